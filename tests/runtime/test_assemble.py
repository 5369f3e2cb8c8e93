"""The composition root: from a blueprint to a server, and the way out to plain FastMCP."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StdioTransport

import seawall
from runtime.toy import SMALLEST, ToyKind, assembled
from seawall.blueprint import parse
from seawall.errors import BlueprintError, StartError
from seawall.runtime.assemble import build
from seawall.runtime.served import started
from seawall.toolsets.serving import OperationTool

pytestmark = pytest.mark.anyio

WORKSPACE = """
[server]
name = "workspace"
version = "2.5.0"
purpose = "Reads one project."

[[toolset]]
kind = "filesystem"
roots = "${FILES:-files}"
"""


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("one\n")
    path = tmp_path / "seawall.toml"
    path.write_text(WORKSPACE)
    return path


async def read(mcp: FastMCP, path: str) -> str:
    """What `read_file` answers."""
    async with Client(mcp) as client:
        result = await client.call_tool("read_file", {"path": path}, raise_on_error=False)
    return str(result.content[0].text)


def test_assemble_gives_a_plain_fastmcp_server_of_the_blueprint(blueprint: Path) -> None:
    mcp = seawall.assemble(blueprint)
    assert isinstance(mcp, FastMCP)
    assert (mcp.name, mcp.version, mcp.instructions) == ("workspace", "2.5.0", "Reads one project.")
    assert asyncio.run(read(mcp, "a.txt")).startswith("one\n")


def test_assemble_lays_a_profile_over_the_blueprint(blueprint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with blueprint.open("a") as file:
        file.write('[profile.prod.server]\nversion = "3.0.0"\n')
    assert seawall.assemble(blueprint, profile="prod").version == "3.0.0"
    assert seawall.assemble(blueprint).version == "2.5.0"
    monkeypatch.setenv("SEAWALL_PROFILE", "prod")
    assert seawall.assemble(blueprint).version == "3.0.0"
    with pytest.raises(BlueprintError) as caught:
        seawall.assemble(blueprint, profile="prd")
    assert [(each.source, each.suggestion) for each in caught.value.problems] == [("profile", "prod")]


def test_assemble_reads_the_environment_at_the_edge(
    blueprint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("FILES", "other")
    assert "[not_found]" in asyncio.run(read(seawall.assemble(str(blueprint)), "a.txt"))


@pytest.mark.parametrize("command", [("inspect",), ("inspect", "--format", "mcp")])
def test_fastmcps_own_command_accepts_a_file_that_assembles(
    blueprint: Path, command: tuple[str, ...]
) -> None:
    program = blueprint.with_name("server.py")
    program.write_text(f"import seawall\n\nmcp = seawall.assemble({str(blueprint)!r})\n")
    fastmcp = Path(sys.executable).with_name("fastmcp")
    done = subprocess.run(
        [fastmcp, *command, program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "workspace" in done.stdout


async def test_fastmcp_run_serves_a_file_that_assembles(blueprint: Path) -> None:
    program = blueprint.with_name("server.py")
    program.write_text(f"import seawall\n\nmcp = seawall.assemble({str(blueprint)!r})\n")
    transport = StdioTransport(
        str(Path(sys.executable).with_name("fastmcp")),
        ["run", str(program), "--no-banner"],
        log_file=blueprint.with_name("log"),
        keep_alive=False,
    )
    async with Client(transport) as client:
        result = await client.call_tool("read_file", {"path": "a.txt"})
        refused = await client.call_tool("read_file", {"path": "../x"}, raise_on_error=False)
    assert result.content[0].text.startswith("one\n")
    assert "[path_escapes]" in refused.content[0].text


def test_importing_the_package_loads_neither_fastmcp_nor_a_logger() -> None:
    program = (
        "import sys, logging, seawall\n"
        "print([name for name in ('fastmcp', 'mcp', 'pydantic', 'structlog') if name in sys.modules])\n"
        "print(logging.getLogger().handlers, callable(seawall.assemble), 'fastmcp' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["[]", "[] True True"]


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_clients_are_told_who_the_server_is(era: Any) -> None:
    text = SMALLEST.replace(
        'name = "toy"', 'name = "toy"\nversion = "3.1"\ntitle = "The Toy"\npurpose = "Plays."'
    )
    async with Client(assembled(text)[0].mcp, mode=era) as client:
        told = client.server_info
        assert told is not None
        instructions = client.instructions
    assert (told.name, told.version, told.title, instructions) == ("toy", "3.1", "The Toy", "Plays.")


async def test_a_listed_operation_is_offered_and_the_others_are_not() -> None:
    assembly, _ = assembled(SMALLEST.replace('access = "write"', 'operations = ["greet", "change"]'))
    assert [tool.name for tool in await assembly.mcp.list_tools()] == ["greet"]
    assert assembly.owners == {"greet": "toy"}


def test_every_problem_of_every_toolset_is_told_at_once() -> None:
    text = (
        SMALLEST + 'operations = ["gret"]\n\n[[toolset]]\nkind = "toy"\nname = "b"\noperations = ["lettrs"]\n'
    )
    with pytest.raises(BlueprintError) as caught:
        assembled(text)
    assert [(item.key, item.suggestion) for item in caught.value.problems] == [
        ("toolset[0].operations[0]", "greet"),
        ("toolset[1].operations[0]", "letters"),
    ]


def test_a_clash_of_names_proposes_a_prefix_that_resolves_it() -> None:
    text = SMALLEST + '\n[[toolset]]\nkind = "toy"\nname = "more"\n'
    with pytest.raises(BlueprintError) as caught:
        assembled(text)
    prefix = caught.value.problems[0].suggestion
    assembly, _ = assembled(f'{text}prefix = "{prefix}"\n')
    assert assembly.owners[f"{prefix}greet"] == "more"


def test_an_operation_whose_schema_is_not_valid_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise ValueError("no schema")

    monkeypatch.setattr(OperationTool, "of", refuse)
    with pytest.raises(StartError, match="'greet' has a schema that is not valid: no schema"):
        assembled()


async def test_toolsets_can_be_started_without_serving(tmp_path: Path) -> None:
    assembly, toy = assembled()
    async with started(assembly.served):
        assert toy.events == ["start"]
        async with Client(assembly.mcp):
            assert toy.events == ["start"], "the server finds it started"
    assert toy.events == ["start", "close"]


async def test_a_toolset_that_cannot_start_closes_those_before_it(tmp_path: Path) -> None:
    kind = ToyKind()
    loaded = parse(
        SMALLEST + '\n[[toolset]]\nkind = "toy"\nname = "b"\nprefix = "b_"\nroot = "missing"\n',
        source="seawall.toml",
        directory=tmp_path,
        kinds={"toy": kind.declaration},
        environment={},
    )
    with pytest.raises(StartError):
        async with started(build(loaded, {"toy": kind}).served):
            pytest.fail("it cannot start")
    assert [toy.events for toy in kind.built] == [["start", "close"], ["start", "close"]]


async def test_a_server_can_run_again_after_it_ended() -> None:
    assembly, toy = assembled()
    for _ in range(2):
        async with started(assembly.served), Client(assembly.mcp) as client:
            assert (await client.call_tool("blocking", {})).content[0].text == "blocked"
    assert toy.events == ["start", "close"] * 2
