"""What `check` says of an API: what it was made of, what each tool costs and may do, and what has changed."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from seawall.blueprint import parse
from seawall.cli.check import CheckResult, render, result_as_json
from seawall.cli.checking import examine
from seawall.cli.locking import offered
from seawall.toolsets.interface import LeftOut
from seawall.toolsets.lock import LOCK_NAME, lock_text
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.toolset import OpenApiKind
from support.stand_in_api import BLUEPRINT, PETSTORE, StandIn, assembled, operation


def checked(directory: Path, more: str = "", *, api: StandIn | None = None) -> CheckResult:
    loaded = parse(
        BLUEPRINT + more,
        source=str(directory / "seawall.toml"),
        directory=directory,
        kinds={"openapi": OpenApiDeclaration},
        environment={},
    )
    return examine(loaded, {"openapi": OpenApiKind(api or StandIn())}, {})


def written(result: CheckResult) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    for each in render(result, ok=True):
        console.print(each)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def codes(result: CheckResult) -> dict[str, str]:
    return {finding.code: finding.level for finding in result.findings}


def test_the_description_is_reported(tmp_path: Path) -> None:
    result = checked(tmp_path, 'access = "write"')
    text = written(result)
    for line in (
        "from OpenAPI 3.0: Petstore 1.0.27: 6 operations, 5 can be served, 1 fault",
        "cannot be served: GET /broken: its parameter `x` has no schema",
        "fault at: /paths/~1pet: a `$ref` leads nowhere; it was left out",
    ):
        assert line in text
    told: Any = result_as_json(result, ok=True)
    assert told["toolsets"][0]["report"] == {
        "source": "OpenAPI 3.0: Petstore 1.0.27",
        "found": 6,
        "served": 5,
        "unservable": [{"name": "GET /broken", "reason": "its parameter `x` has no schema"}],
        "faults": [{"place": "/paths/~1pet", "fault": "a `$ref` leads nowhere; it was left out"}],
    }
    assert codes(result)["unservable"] == "note"
    assert result.exit_status(strict=True) == 0


def test_each_tool_has_its_cost_and_its_risk(tmp_path: Path) -> None:
    settings = 'access = "write"\n[toolset.override.addPet]\nhints = { destructive = false }\n'
    risks = {tool.name: tool.risk for tool in checked(tmp_path, settings).tools}
    assert risks == {
        "addPet": "changes",
        "getPetById": "reads",
        "deletePet": "may destroy",
        "getInventory": "reads",
        "get_user_by_name": "reads",
    }


def test_above_the_budget_searching_is_proposed_and_ends_the_finding(tmp_path: Path) -> None:
    many = replace(PETSTORE, operations=tuple(operation(f"GET /t{n}", f"getThing{n}") for n in range(300)))
    result = checked(tmp_path, "token_budget = 2000", api=StandIn(many))
    (finding,) = [each for each in result.findings if each.code == "token_budget"]
    assert finding.hint is not None
    assert 'discovery = "search"' in finding.hint
    searched = checked(tmp_path, 'token_budget = 2000\ndiscovery = "search"', api=StandIn(many))
    assert "token_budget" not in codes(searched)
    assert "300 operations to search for" in written(searched)


def test_a_long_list_is_cut_for_people_and_whole_for_programs(tmp_path: Path) -> None:
    many = replace(PETSTORE, operations=tuple(operation(f"POST /t{n}", f"addThing{n}") for n in range(50)))
    result = checked(tmp_path, api=StandIn(many))
    text = " ".join(written(result).split())
    assert text.count("left out:") == 1
    assert "addThing19, and 30 more (--json has all): it does not say that it changes nothing, and" in text
    assert len(result.toolsets[0].left_out) == 51


def test_a_placeholder_for_the_address_is_told(tmp_path: Path) -> None:
    """Else a project that was just begun is sound, and each of its calls fails."""
    result = checked(tmp_path, 'base_url = "https://api.invalid/v2"')
    (finding,) = (each for each in result.findings if each.code == "placeholder")
    assert (finding.level, finding.message) == (
        "note",
        "base_url is https://api.invalid/v2, a placeholder: every call fails.",
    )
    assert "placeholder" not in codes(checked(tmp_path, 'base_url = "https://api.example/v2"'))


def test_a_toolset_that_offers_nothing_is_told(tmp_path: Path) -> None:
    only = replace(PETSTORE, operations=(operation("POST /t", "addThing"),))
    result = checked(tmp_path, api=StandIn(only))
    assert codes(result)["offers_nothing"] == "note"
    assert "; no tools." in written(result)
    assert "offers_nothing" not in codes(checked(tmp_path))


class TestLock:
    """`seawall.lock` beside the blueprint."""

    @pytest.fixture
    def locked(self, tmp_path: Path) -> Path:
        assembly, _ = assembled()
        (tmp_path / LOCK_NAME).write_text(lock_text(offered(assembly)), encoding="utf-8")
        return tmp_path

    def test_without_one_a_note_says_so(self, tmp_path: Path) -> None:
        assert codes(checked(tmp_path))["not_locked"] == "note"

    def test_the_same_api_is_as_it_was(self, locked: Path) -> None:
        assert {"not_locked", "lock_outdated"}.isdisjoint(codes(checked(locked)))

    def test_what_is_different_is_shown_line_by_line(self, locked: Path) -> None:
        changed = tuple(
            replace(each, parameters=()) if each.operation_id == "getPetById" else each
            for each in PETSTORE.operations
            if each.operation_id != "getInventory"
        )
        api = StandIn(replace(PETSTORE, operations=(*changed, operation("GET /new", "getNew"))))
        result = checked(locked, api=api)
        assert codes(result)["lock_outdated"] == "warning"
        assert result.toolsets[0].changes == (
            "+ GET /new: getNew (reads)",
            "~ GET /pet/{petId}: arguments -petId* -verbose",
            "- GET /store/inventory: getInventory (reads)",
        )
        assert "  + GET /new: getNew (reads)" in written(result)

    def test_offering_fewer_is_no_change_and_offering_more_is(self, locked: Path) -> None:
        assert "lock_outdated" not in codes(checked(locked, 'operations = ["getInventory"]'))
        wider = checked(locked, 'access = "write"')
        assert wider.toolsets[0].changes == (
            "+ DELETE /pet/{petId}: deletePet (may destroy)",
            "+ POST /pet: addPet (may destroy)",
        )


def test_hostile_text_of_a_description_is_only_text_on_a_terminal(tmp_path: Path) -> None:
    """No escape sequence of a description reaches the terminal, and no markup of it means anything."""
    evil = "\x1b]0;pwned\x07\x1b[31m[bold]x[/bold]\u202e\r\n"
    api = StandIn(
        replace(
            PETSTORE,
            title=evil,
            quarantined=(replace(PETSTORE.quarantined[0], key=evil, reason=evil),),
            faults=(replace(PETSTORE.faults[0], pointer=evil, message=evil),),
        )
    )
    text = written(checked(tmp_path, api=api))
    assert not set(text) & set("\x1b\x07\u202e\r")
    assert "[bold]x[/bold]" in text
    assert LeftOut(evil, evil) in checked(tmp_path, api=api).toolsets[0].left_out
