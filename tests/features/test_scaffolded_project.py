"""What `seawall new` makes works: its own tests, the check, serving, calls by real clients, and FastMCP's commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.clients import Endpoint, connect
from support.servers import SEAWALL, environment, run, serve_http

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

FASTMCP = SEAWALL.with_name("fastmcp")
PROJECTS = {
    "filesystem": ("--filesystem", "./workspace"),
    "python": ("--python",),
    "contract": ("--contract",),
    "both": ("--filesystem", "./workspace", "--python", "--write"),
}
CALLS = {
    "read_file": ({"path": "welcome.txt"}, "nothing else is"),
    "count_words": ({"text": "one two three"}, "3"),
    "list_items": ({}, "anchor"),
}


@pytest.fixture(scope="module", params=PROJECTS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, made by the command."""
    directory = tmp_path_factory.mktemp("new") / "harbour"
    ended = run("new", directory, *PROJECTS[request.param], "--purpose", "Keeps the harbour's log.")
    assert ended.returncode == 0, ended.stderr
    return directory


def command(project: Path, *line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, cwd=project, env=environment(), capture_output=True, text=True, timeout=100, check=False
    )


def test_its_own_tests_pass(project: Path) -> None:
    ended = command(project, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    assert ended.returncode == 0, ended.stdout


def test_its_own_tests_notice_a_changed_tool(project: Path) -> None:
    surface = project / "tests" / "surface.json"
    recorded = surface.read_text()
    surface.write_text(recorded.replace('"type": "object"', '"type": "objekt"', 1))
    try:
        ended = command(
            project, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "recorded"
        )
        assert ended.returncode == 1
        assert "objekt" in ended.stdout
    finally:
        surface.write_text(recorded)


def test_the_check_is_strict_and_silent(project: Path) -> None:
    ended = command(project, str(SEAWALL), "check", "--strict", "--json")
    assert ended.returncode == 0, ended.stdout
    assert json.loads(ended.stdout)["findings"] == []


async def calls(endpoint: Endpoint, client: str) -> set[str]:
    """Call what there is to call; gives the names of all tools."""
    async with connect(client, endpoint) as connection:
        names = {tool["name"] for tool in await connection.list_tools()}
        for name in names & CALLS.keys():
            arguments, words = CALLS[name]
            assert words in (await connection.call(name, arguments)).text
        return names


async def test_it_serves_over_stdio(project: Path, tmp_path: Path) -> None:
    line = (str(SEAWALL), "serve", str(project / "seawall.toml"))
    assert await calls(
        Endpoint(log=tmp_path / "log", command=line, environment=environment()), "fastmcp-handshake"
    )


async def test_it_serves_over_http(project: Path, tmp_path: Path) -> None:
    with serve_http(tmp_path / "log", project / "seawall.toml") as server:
        assert await calls(server.endpoint, "fastmcp-modern")


async def test_fastmcp_runs_it(project: Path, tmp_path: Path) -> None:
    line = ("bash", "-euc", f"cd '{project}' && exec '{FASTMCP}' run server.py --no-banner")
    endpoint = Endpoint(log=tmp_path / "log", command=line, environment=environment())
    assert await calls(endpoint, "fastmcp-modern") & CALLS.keys()


def test_fastmcp_inspects_it(project: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = command(project, str(FASTMCP), "inspect", "server.py", "--format", "mcp", "-o", str(report))
    assert ended.returncode == 0, ended.stderr
    assert json.loads(report.read_text())["tools"]


def test_a_tool_of_ones_own_works_below_it(project: Path) -> None:
    script = (project / "server.py").read_text() + (
        "\n\n@mcp.tool\ndef tide(hour: int) -> str:\n    'Tell the tide.'\n    return 'high'\n\n\n"
        "import asyncio\nfrom fastmcp import Client\n\n\nasync def main():\n"
        "    async with Client(mcp) as client:\n        print((await client.call_tool('tide', {'hour': 3})).data)\n\n\n"
        "asyncio.run(main())\n"
    )
    ended = command(project, sys.executable, "-c", script)
    assert ended.stdout == "high\n", ended.stderr
