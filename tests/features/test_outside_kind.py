"""A third kind of toolset, from a package that is not ours: installed beside Seawall, it is there like our own.

The package stands in support/outside_kind. It is installed by pip, as its author would, into a directory that the
server's process finds; nothing in Seawall names it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

from support.clients import PYTHON_CLIENTS, Endpoint, connect
from support.servers import run, serve_http, stdio

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

OURS = sorted(kind.name for kind in distribution("seawall").entry_points if kind.group == "seawall.toolsets")
"""The kinds that the installed Seawall brings itself."""

PACKAGE = Path(__file__).parents[1] / "support" / "outside_kind"

BLUEPRINT = """\
[server]
name = "coast"

[[toolset]]
kind = "filesystem"
roots = "."

[[toolset]]
kind = "tides"
harbour = "Dover"
first_high = 4.0
access = "write"

[[toolset]]
kind = "python"
module = "coast_tools"
"""

TOOLS = '''\
import seawall

@seawall.operation(read_only=True)
def depth(place: str) -> float:
    """How deep it is."""
    return 3.5
'''


@dataclass(frozen=True)
class Coast:
    """The blueprint, and the environment in which the package is installed."""

    blueprint: Path
    extra: dict[str, str]


@pytest.fixture(scope="module")
def coast(tmp_path_factory: pytest.TempPathFactory) -> Coast:
    directory = tmp_path_factory.mktemp("coast")
    installed = directory / "installed"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(installed)]
    subprocess.run([*pip, *options, str(PACKAGE)], check=True, timeout=120)
    assert (installed / "acme_tides-1.0.dist-info" / "entry_points.txt").is_file()
    blueprint = directory / "seawall.toml"
    blueprint.write_text(BLUEPRINT)
    (directory / "coast_tools.py").write_text(TOOLS)
    return Coast(blueprint, {"PYTHONPATH": str(installed)})


@pytest.fixture(scope="module", params=["stdio", "http"])
def endpoint(
    coast: Coast, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    log = tmp_path_factory.mktemp("log") / "log"
    if request.param == "stdio":
        yield stdio(log, coast.blueprint, extra=coast.extra)
        return
    with serve_http(log, coast.blueprint, extra=coast.extra) as server:
        yield server.endpoint


@pytest.mark.parametrize("client", PYTHON_CLIENTS)
async def test_its_tools_are_served_beside_those_of_our_own_kinds(endpoint: Endpoint, client: str) -> None:
    async with connect(client, endpoint) as connection:
        names = [tool["name"] for tool in await connection.list_tools()]
        lock = [] if endpoint.url else ["close_lock"]  # over HTTP nobody has its scope without a token
        assert names == ["read_file", "list_directory", "search_files", "next_high_water", *lock, "depth"]
        answer = await connection.call("next_high_water", {"hour": 5})
        assert answer.data == {"harbour": "Dover", "hour": 16.4}
        assert (await connection.call("depth", {"place": "pier"})).data == {"result": 3.5}
        assert "coast_tools.py" in (await connection.call("list_directory")).text


@pytest.mark.parametrize("client", PYTHON_CLIENTS)
async def test_it_is_behind_the_same_guards(endpoint: Endpoint, client: str) -> None:
    async with connect(client, endpoint) as connection:
        answer = await connection.call("next_high_water", {"hour": 99})
        assert answer.own_meta("error")["code"] == "invalid_arguments"
        answer = await connection.call("close_lock")
        if endpoint.url:
            assert answer.kind == "error" or answer.own_meta("error")["code"] == "unknown_tool"
        else:
            assert answer.text == "closed for local"


def test_check_and_schema_know_it(coast: Coast) -> None:
    told = json.loads(run("check", coast.blueprint, "--json", extra=coast.extra).stdout)
    assert told["ok"]
    assert [toolset["kind"] for toolset in told["toolsets"]] == ["filesystem", "tides", "python"]
    schema = json.loads(run("schema", extra=coast.extra).stdout)
    kinds = [
        each["properties"]["kind"]["const"] for each in schema["properties"]["toolset"]["items"]["oneOf"]
    ]
    assert kinds == sorted([*OURS, "tides"])


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (("first_high", "frist_high"), 2, "did you mean 'first_high'?"),
        (("first_high = 4.0", "first_high = 13.0"), 2, "below 12.4"),
        (('"Dover"', '"atlantis"'), 1, "Atlantis has no tides any more."),
        (('kind = "tides"', 'kind = "tide"'), 2, "did you mean 'tides'?"),
    ],
)
def test_faults_of_its_section_are_told_like_those_of_ours(
    coast: Coast, tmp_path: Path, change: tuple[str, str], status: int, words: str
) -> None:
    (tmp_path / "coast_tools.py").write_text(TOOLS)
    blueprint = tmp_path / "seawall.toml"
    blueprint.write_text(BLUEPRINT.replace(*change))
    ended = run("check", blueprint, extra=coast.extra)
    assert ended.returncode == status
    assert words in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_without_the_package_its_kind_is_unknown(coast: Coast) -> None:
    ended = run("check", coast.blueprint)
    assert ended.returncode == 2
    *others, last = (repr(kind) for kind in OURS)
    assert f"found 'tides', allowed: {', '.join(others)} or {last}" in ended.stdout


def test_no_file_of_seawall_names_it() -> None:
    """The proof that nothing was changed for it."""
    source = Path(__file__).parents[2] / "src"
    assert not [file for file in source.rglob("*.py") if "tides" in file.read_text()]
