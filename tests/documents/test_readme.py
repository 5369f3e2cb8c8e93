"""The README's commands and files, run word for word. A block that nothing here runs fails the first test."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest

from documents.markdown import ROOT, blocks
from documents.running import PROGRAMS, answering, serving, shell, stand_ins, tools_of
from seawall.testing.upstream import MockUpstream
from support.clients import Endpoint, connect
from support.servers import environment, free_port

pytestmark = pytest.mark.whole

README = ROOT / "README.md"
COMMANDS = [block.text.strip() for block in blocks(README, "sh")]

SERVE_EXAMPLE, RUN_TESTS, SET_PATH, NEW, CHECK, SERVE, SERVE_ROOT, RUN, SCHEMA, CONFIG = COMMANDS[:10]
RUN_API, SERVE_API, DOCS, INSTALL, CLAUDE, CODE, DOCTOR = COMMANDS[10:]

PETSTORE = ROOT / "examples" / "petstore"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new user's folder: the README's blueprint beside a folder `workspace`."""
    (tmp_path / "seawall.toml").write_text(blocks(README, "toml")[0].text)
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "notes.txt").write_text("the tide comes in\n")
    return tmp_path


READING = {"read_file", "list_directory", "search_files"}


@pytest.mark.anyio
async def test_make_serve_serves_the_example(tmp_path: Path) -> None:
    assert SERVE_EXAMPLE == "make serve"
    port = free_port()
    with serving(SERVE_EXAMPLE, ROOT, {"PORT": str(port)}, port, tmp_path / "log") as server:
        async with connect("fastmcp-modern", server.endpoint) as client:
            listing = await client.call("list_directory")
    assert listing.data["entries"]


def test_make_test_runs_pytest() -> None:
    """Only what it would run: these tests are run by it already."""
    assert RUN_TESTS == "make test"
    assert "-m pytest" in shell(RUN_TESTS, ROOT, {"MAKEFLAGS": "n"}).stdout


def test_the_path_has_the_command_afterwards() -> None:
    ended = shell(f"{SET_PATH}\ncommand -v seawall", ROOT)
    assert ended.stdout.strip() == str(ROOT / ".venv" / "bin" / "seawall")


def test_from_nothing_to_a_tool_call(tmp_path: Path) -> None:
    """Word for word, port 8000 included: one run at a time on this machine."""
    with Path(tempfile.gettempdir(), "seawall-port-8000.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = shell(NEW, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "seawall.toml: sound" in ended.stdout
    assert "what lies here is what the assistant can reach" in ended.stdout
    assert (tmp_path / "harbour" / "compose.yaml").is_file()


def test_check_finds_the_smallest_blueprint_sound(folder: Path) -> None:
    ended = shell(CHECK, folder)
    assert ended.returncode == 0, ended.stderr
    assert "read_file" in ended.stdout


def test_one_call_from_the_terminal_prints_the_file(folder: Path) -> None:
    ended = shell(RUN, folder)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("the tide comes in\n")


def test_the_blueprint_of_the_petstore_is_that_of_the_example() -> None:
    shown = next(block.text for block in blocks(README, "toml") if "openapi" in block.text)
    ours, readme = (tomllib.loads(text) for text in ((PETSTORE / "seawall.toml").read_text(), shown))
    assert ours["toolset"] == readme["toolset"]
    published = ROOT / "tests" / "data" / "specs" / "petstore-3.0.yaml"
    assert (PETSTORE / "specs" / "petstore.yaml").read_bytes() == published.read_bytes()


@pytest.fixture
def shop() -> Iterator[MockUpstream]:
    """The service of the petstore's description; in the end nothing was wrong with any request."""
    with MockUpstream.of(PETSTORE / "specs" / "petstore.yaml") as upstream:
        yield upstream
        assert not upstream.faults


def test_one_call_of_the_petstore_reaches_the_service(shop: MockUpstream) -> None:
    ended = shell(RUN_API, ROOT, {"PETSTORE": shop.url})
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["status"] == 200
    assert [(each.method, each.target) for each in shop.received] == [("GET", "/pet/7")]


@pytest.mark.anyio
async def test_the_petstore_is_served_over_http(shop: MockUpstream, tmp_path: Path) -> None:
    """Its tools read, a call reaches the service, and arguments that do not fit never do."""
    port = free_port()
    settings = {"PETSTORE": shop.url, "SEAWALL_HTTP__PORT": str(port)}
    with serving(SERVE_API, ROOT, settings, port, tmp_path / "log") as server:
        async with connect("fastmcp-modern", server.endpoint) as client:
            assert await tools_of(client) == {"findPetsByStatus", "findPetsByTags", "getPetById"}
            assert (await client.call("getPetById", {"petId": 7})).data["status"] == 200
            assert "invalid_arguments" in (await client.call("getPetById", {"petId": "seven"})).text
    assert [each.target for each in shop.received] == ["/pet/7"]


def test_the_documentation_is_written_and_then_not_stale(folder: Path) -> None:
    assert shell(DOCS, folder).returncode == 0
    assert "read_file" in (folder / "docs" / "tools.md").read_text()
    assert shell(f"{DOCS} --check", folder).returncode == 0


def test_install_writes_the_entry_of_claude_code(folder: Path) -> None:
    """The README's line asks; here nobody is there to answer."""
    home = {"HOME": str(folder), "CLAUDE_CONFIG_DIR": ""}
    assert "--yes" in shell(INSTALL, folder, home).stderr
    assert shell(f"{INSTALL} --yes", folder, home).returncode == 0
    entry = json.loads((folder / ".claude.json").read_text())["mcpServers"]["workspace"]
    assert entry["args"] == ["serve", str(folder / "seawall.toml")]


def test_the_fuller_blueprint_is_sound(folder: Path) -> None:
    (folder / "seawall.toml").write_text(blocks(README, "toml")[1].text)
    (folder / "handbook").mkdir()
    ended = shell(CHECK, folder)
    assert ended.returncode == 0, ended.stderr
    assert "write_file" in ended.stdout


@pytest.mark.anyio
@pytest.mark.parametrize("line", [SERVE, SERVE_ROOT])
async def test_it_is_served_over_http(line: str, folder: Path, tmp_path: Path) -> None:
    port = free_port()
    with serving(line, folder, {"SEAWALL_HTTP__PORT": str(port)}, port, tmp_path / "log") as server:
        async with connect("fastmcp-handshake", server.endpoint) as client:
            assert await tools_of(client) == READING
            assert "the tide comes in" in (await client.call("read_file", {"path": "notes.txt"})).text


def test_the_schema_for_the_editor_accepts_the_blueprint(folder: Path) -> None:
    ended = shell(SCHEMA, folder)
    assert ended.returncode == 0, ended.stderr
    schema = json.loads((folder / "seawall.schema.json").read_text())
    jsonschema_rs.validate(schema, tomllib.loads((folder / "seawall.toml").read_text()))


def test_the_profile_changes_what_config_tells(folder: Path) -> None:
    with (folder / "seawall.toml").open("a") as file:
        file.write(next(block.text for block in blocks(README, "toml") if "[profile." in block.text))
    ended = shell(CONFIG, folder)
    assert ended.returncode == 0, ended.stderr
    (roots,) = (line.split() for line in ended.stdout.splitlines() if line.startswith("  roots "))
    assert roots[1:3] == ['"/srv/workspace"', "prod,"]


@pytest.mark.anyio
@pytest.mark.parametrize("line", [CLAUDE, CODE])
async def test_what_a_client_is_told_to_start_answers(line: str, folder: Path, tmp_path: Path) -> None:
    """The clients themselves are stand-ins that keep their arguments; the command they were told is then started."""
    programs = stand_ins(tmp_path / "bin")
    ended = shell(line, folder, {"PATH": f"{programs}:{PROGRAMS}:{os.environ['PATH']}"})
    assert ended.returncode == 0, ended.stderr
    (kept,) = programs.glob("*.arguments")
    words = kept.read_text().split("\0")[:-1]
    if line is CLAUDE:
        command = words[words.index("--") + 1 :]
    else:
        entry = json.loads(words[words.index("--add-mcp") + 1])
        command = [entry["command"], *entry["args"]]
    await _answers_over_stdio(command, tmp_path)


@pytest.mark.anyio
async def test_the_configuration_file_starts_a_server(folder: Path, tmp_path: Path) -> None:
    entry = json.loads(blocks(README, "json")[0].text)["mcpServers"]["workspace"]
    command = [entry["command"], *entry["args"]]
    command[-1] = command[-1].replace("/path/to", str(folder))
    await _answers_over_stdio(command, tmp_path)


async def _answers_over_stdio(command: list[str], tmp_path: Path) -> None:
    program = shutil.which(command[0], path=str(PROGRAMS))
    assert program is not None
    endpoint = Endpoint(log=tmp_path / "log", command=(program, *command[1:]), environment=environment())
    assert await answering(endpoint) == READING


@pytest.mark.anyio
async def test_the_python_example_adds_a_tool_beside_the_guarded_ones(folder: Path, tmp_path: Path) -> None:
    (folder / "server.py").write_text(blocks(README, "python")[0].text)
    endpoint = Endpoint(
        log=tmp_path / "log",
        command=("bash", "-euc", f"cd '{folder}' && exec '{PROGRAMS}/fastmcp' run server.py --no-banner"),
        environment=environment(),
    )
    async with connect("fastmcp-modern", endpoint) as client:
        assert await tools_of(client) == READING | {"word_count"}
        assert (await client.call("word_count", {"text": "one two three"})).data == {"result": 3}


def test_fastmcp_inspects_the_python_example(folder: Path) -> None:
    (folder / "server.py").write_text(blocks(README, "python")[0].text)
    ended = shell("fastmcp inspect server.py --format mcp -o surface.json", folder)
    assert ended.returncode == 0, ended.stderr
    names = {tool["name"] for tool in json.loads((folder / "surface.json").read_text())["tools"]}
    assert names == READING | {"word_count"}


@pytest.mark.anyio
async def test_the_second_python_example_serves_an_existing_server_hardened(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "my_server.py").write_text(
        "from fastmcp import FastMCP\n\nmcp = FastMCP('mine')\n\n\n"
        "@mcp.tool\ndef half(number: int) -> float:\n    return 1 / number\n"
    )
    (folder / "server.py").write_text(blocks(README, "python")[1].text)
    endpoint = Endpoint(
        log=tmp_path / "log",
        command=("bash", "-euc", f"cd '{folder}' && exec '{sys.executable}' server.py"),
        environment=environment(),
    )
    async with connect("fastmcp-modern", endpoint) as client:
        assert (await client.call("half", {"number": 2})).data == {"result": 0.5}
        assert "invalid_arguments" in (await client.call("half", {"number": "2"})).text
        assert "internal_error" in (await client.call("half", {"number": 0})).text


def test_the_second_python_example_has_three_lines() -> None:
    assert len([line for line in blocks(README, "python")[1].text.splitlines() if line.strip()]) == 3


def test_doctor_reports(folder: Path) -> None:
    ended = shell(DOCTOR, folder)
    assert ended.returncode == 0, ended.stderr
    assert "openat2" in ended.stdout


def test_the_contributors_command_is_the_readmes(folder: Path) -> None:
    assert [block.text.strip() for block in blocks(ROOT / "CONTRIBUTING.md", "sh")] == [RUN_TESTS]
