"""An API as a toolset: what it offers, what it makes, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from seawall.errors import BlueprintError
from seawall.toolsets.interface import Reaches, Reports
from seawall.toolsets.openapi.model import Server
from support.stand_in_api import PETSTORE, StandIn, assembled, operation, served

pytestmark = pytest.mark.anyio


async def names(more: str = "") -> list[str]:
    assembly, _ = await served(more)
    return [tool.name for tool in await assembly.mcp.list_tools(run_middleware=False)]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", ["getPetById", "getInventory", "get_user_by_name"]),
        (
            'access = "write"',
            ["addPet", "getPetById", "deletePet", "getInventory", "get_user_by_name"],
        ),
        ('operations = ["get*", "!getInventory"]', ["getPetById", "get_user_by_name"]),
        ('operations = ["GET /pet/*"]', ["getPetById"]),
        ('operations = ["get /store/inventory"]', ["getInventory"]),
        ('access = "write"\noperations = ["tag:pet", "!DELETE *"]', ["addPet", "getPetById"]),
        ('operations = ["tag:st*"]', ["getInventory"]),
        ('operations = ["GET /pet/{petId}", "POST /pet"]', ["getPetById"]),
        ('operations = ["GET /broken", "getInventory"]', ["getInventory"]),
        ('prefix = "p_"\noperations = ["getInventory"]', ["p_getInventory"]),
    ],
)
async def test_access_and_patterns_choose(settings: str, expected: list[str]) -> None:
    assert await names(settings) == expected


@pytest.mark.parametrize(
    ("pattern", "suggestion"),
    [
        ("getPetByID", "getPetById"),
        ("GET /pets/{petId}", "GET /pet/{petId}"),
        ("tag:pets", "tag:pet"),
        ("!tag:pets", "!tag:pet"),
    ],
)
def test_a_pattern_that_matches_nothing_is_a_problem(pattern: str, suggestion: str) -> None:
    with pytest.raises(BlueprintError) as caught:
        assembled(f'operations = ["{pattern}"]')
    (problem,) = caught.value.problems
    assert (problem.line, problem.suggestion) == (7, suggestion)


async def test_all_four_hints_are_on_every_tool() -> None:
    assembly, _ = await served('access = "write"')
    for tool in await assembly.mcp.list_tools(run_middleware=False):
        hints = tool.annotations
        assert hints is not None
        assert None not in (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        )


async def test_a_call_goes_to_the_base_with_fixed_arguments_that_nobody_sees() -> None:
    settings = '[toolset.override."GET /pet/{petId}"]\nname = "pet"\nfixed = { verbose = "no" }\n'
    assembly, api = await served(settings)
    async with Client(assembly.mcp) as client:
        (tool,) = [tool for tool in await client.list_tools() if tool.name == "pet"]
        assert list(tool.input_schema["properties"]) == ["petId"]
        answer: Any = await client.call_tool("pet", {"petId": "1"})
    assert answer.structured_content == {"called": "GET /pet/{petId}"}
    assert api.recorded.sent == [
        ("GET /pet/{petId}", "https://petstore.example/api", {"petId": "1", "verbose": "no"})
    ]
    assert api.recorded.events == ["start", "close"]


def test_an_override_that_does_not_fit_is_a_problem_at_its_line() -> None:
    with pytest.raises(BlueprintError) as caught:
        assembled('[toolset.override.getPetById]\nhidden = ["colour"]\n')
    (problem,) = caught.value.problems
    assert "colour" in problem.message
    assert problem.line is not None


def test_an_unknown_override_is_a_problem_at_its_line() -> None:
    with pytest.raises(BlueprintError) as caught:
        assembled('[toolset.override."GET /pat/{petId}"]\nname = "x"\n')
    (problem,) = caught.value.problems
    assert (problem.line, problem.suggestion) == (7, "GET /pet/{petId}")


class TestWhereTheApiIs:
    """Said by the blueprint, or by the description when that says https."""

    @pytest.mark.parametrize("url", ["http://petstore.example", "/api", "", "ftp://x", "https://a@b"])
    def test_nothing_else_counts(self, url: str) -> None:
        api = StandIn(replace(PETSTORE, servers=(Server(url),) if url else ()))
        with pytest.raises(BlueprintError) as caught:
            assembled(api=api)
        assert "base_url" in caught.value.problems[0].message

    async def test_base_url_goes_before(self) -> None:
        assembly, api = await served('base_url = "http://127.0.0.1:8080/v1/"')
        async with Client(assembly.mcp) as client:
            await client.call_tool("getInventory", {})
        assert api.recorded.sent[0][1] == "http://127.0.0.1:8080/v1"


class TestOfAThousandOperations:
    """Nothing is made that nobody asks for."""

    API = replace(
        PETSTORE,
        operations=tuple(operation(f"GET /thing{number}", f"getThing{number}") for number in range(1000)),
    )

    def test_only_what_is_chosen_is_made(self) -> None:
        _, api = assembled('operations = ["getThing7"]', api=StandIn(self.API))
        assert api.recorded.shaped == ["getThing7"]

    async def test_what_is_searched_is_made_when_it_is_called(self) -> None:
        assembly, api = await served('discovery = "search"', api=StandIn(self.API))
        assert api.recorded.shaped == []
        async with Client(assembly.mcp) as client:
            found: Any = await client.call_tool("search_operations", {"query": "thing 512"})
            assert found.content[0].text.startswith("getThing512 (reads)")
            await client.call_tool("call_operation", {"name": "getThing512"})
        assert api.recorded.shaped == ["getThing512"]


def test_it_says_what_it_was_made_of_and_what_it_reaches() -> None:
    assembly, _ = assembled()
    toolset = assembly.toolsets["openapi"]
    assert isinstance(toolset, Reports)
    assert isinstance(toolset, Reaches)
    report = toolset.report()
    assert (report.source, report.found) == ("OpenAPI 3.0: Petstore 1.0.27", 6)
    assert [each.name for each in report.unservable] == ["GET /broken"]
    assert [each.name for each in report.faults] == ["/paths/~1pet"]
    assert [each.subject for each in toolset.reach()] == ["https://petstore.example/api"]
    assert "GET /broken" in [each.name for each in assembly.left_out["openapi"]]


def test_a_name_stays_when_another_operation_takes_its_id(tmp_path: Path) -> None:
    """Without the lock file both would get a hash, and the name that clients know would be gone."""
    lock = '[openapi]\n"GET /store/inventory" = { name = "getInventory" }\n'
    twin = replace(PETSTORE, operations=(*PETSTORE.operations, operation("GET /other", "getInventory")))
    before, _ = assembled(api=StandIn(twin), directory=tmp_path)
    assert "getInventory" not in before.owners
    (tmp_path / "seawall.lock").write_text("format = 1\n" + lock, encoding="utf-8")
    after, _ = assembled(api=StandIn(twin), directory=tmp_path)
    assert "getInventory" in after.owners


TAKEN = ["search_operations", "describe_operation", "call_operation", "Call_Operation"]


class TestOperationsThatAreNamedLikeTheToolsThatStandForThem:
    """They would run what the call of another operation is, past the rules for that one."""

    @pytest.mark.parametrize("name", TAKEN)
    async def test_a_description_cannot_name_them_so(self, name: str) -> None:
        mine = (operation("GET /own", name), operation("GET /other", "other"))
        assembly, _ = await served('discovery = "search"', api=StandIn(replace(PETSTORE, operations=mine)))
        async with Client(assembly.mcp) as client:
            found: Any = await client.call_tool("search_operations", {"query": ""})
            names = [line.partition(" ")[0] for line in found.content[0].text.splitlines()]
            assert names[0].startswith(f"{name}_")
            nested = {"name": "call_operation", "arguments": {"name": "other", "arguments": {}}}
            refused: Any = await client.call_tool("call_operation", nested, raise_on_error=False)
            assert refused.is_error
            answer: Any = await client.call_tool("call_operation", {"name": names[0]})
            assert answer.structured_content == {"called": "GET /own"}

    @pytest.mark.parametrize("name", TAKEN[:3])
    def test_a_blueprint_that_does_is_refused(self, name: str) -> None:
        with pytest.raises(BlueprintError) as caught:
            assembled(f'discovery = "search"\n[toolset.override.getInventory]\nname = "{name}"\n')
        assert name in caught.value.problems[0].message

    async def test_without_a_search_the_names_are_free(self) -> None:
        mine = (operation("GET /own", "call_operation"),)
        assembly, _ = await served(api=StandIn(replace(PETSTORE, operations=mine)))
        assert [tool.name for tool in await assembly.mcp.list_tools(run_middleware=False)] == [
            "call_operation"
        ]


def test_credentials_ask_for_the_place_that_they_go_to() -> None:
    """The description alone must not decide it: who changes that would be sent the credentials."""
    auth = 'auth = { scheme = "bearer", token = "env:KEY" }'
    with pytest.raises(BlueprintError) as caught:
        assembled(auth)
    assert "set `base_url`" in caught.value.problems[0].message
    assembled(f'{auth}\nbase_url = "https://pets.example"')
