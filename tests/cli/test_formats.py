"""A blueprint of an older format: served and checked with a warning, written anew by `seawall upgrade`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.processes import Seawall
from seawall import assemble
from support.clients import connect
from support.servers import log_records, stdio

DRAFT = 'format = 0\n\n[server]\nname = "x"\ndescription = "y"  # ours\n\n[[toolset]]\nkind = "filesystem"\nroot = "."\n'


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    path = tmp_path / "seawall.toml"
    path.write_text(DRAFT)
    return path


@pytest.mark.anyio
async def test_it_is_served_with_a_warning(blueprint: Path, tmp_path: Path) -> None:
    endpoint = stdio(tmp_path / "log", blueprint)
    async with connect("raw-modern", endpoint) as client:
        answer = await client.call("read_file", {"path": "seawall.toml"})
    assert "root" in answer.text
    (record,) = log_records(tmp_path / "log", event="older format")
    assert "`toolset[0].root` is `roots` now." in record["message"]


def test_it_is_assembled_with_a_warning(blueprint: Path, caplog: pytest.LogCaptureFixture) -> None:
    assemble(blueprint)
    assert [each.getMessage() for each in caplog.records] == ["older format"]


def test_the_check_says_so(called: Seawall, blueprint: Path) -> None:
    ended = called("check", blueprint, "--json")
    assert ended.status == 0
    (finding,) = (each for each in json.loads(ended.out)["findings"] if each["code"] == "old_format")
    assert finding["level"] == "warning"
    assert "`server.description` is `purpose` now." in finding["message"]
    assert called("check", blueprint, "--strict").status == 1


def test_the_upgrade_tells_each_change_and_shows_the_difference(called: Seawall, blueprint: Path) -> None:
    ended = called("upgrade")
    assert ended.status == 1
    assert "`toolset[0].root` is `roots` now." in ended.out
    assert '+purpose = "y"  # ours' in ended.out
    told = json.loads(called("upgrade", "--json").out)
    assert told["notes"][0].startswith("seawall.toml has format 0")
    assert blueprint.read_text() == DRAFT


def test_a_project_around_it_begins_in_the_format_of_today(
    called: Seawall, blueprint: Path, tmp_path: Path
) -> None:
    ended = called("new", "harbour", "--from", blueprint)
    assert ended.status == 0, ended.err
    assert "`toolset[0].root` is `roots` now." in ended.out
    wanted = DRAFT.replace("= 0", "= 1").replace("root =", "roots =").replace("description", "purpose")
    assert (tmp_path / "harbour" / "seawall.toml").read_text() == wanted


@pytest.mark.parametrize("command", ["serve", "check", "config", "upgrade", "docs"])
def test_a_newer_one_is_refused_by_every_command(seawall: Seawall, blueprint: Path, command: str) -> None:
    blueprint.write_text(DRAFT.replace("= 0", "= 2"))
    ended = seawall(command)
    assert ended.status == 2
    assert "written by a newer Seawall" in " ".join((ended.out + ended.err).split())
