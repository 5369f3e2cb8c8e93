"""What `seawall new` makes works: its own tests, the check, serving, calls by real clients, and FastMCP's commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.beginnings import BEGINNINGS, SECRETS, begin, calls, services
from support.clients import Endpoint
from support.servers import SEAWALL, environment, serve_http

pytestmark = [pytest.mark.anyio, pytest.mark.whole, pytest.mark.timeout(600)]

FASTMCP = SEAWALL.with_name("fastmcp")

once = pytest.mark.parametrize("kind", ["several"], scope="module")
"""For what holds of every project in the same way: server.py and the tests are the same in all of them."""


@pytest.fixture(scope="module", params=BEGINNINGS)
def kind(request: pytest.FixtureRequest) -> str:
    """What the project begins with."""
    return str(request.param)


@pytest.fixture(scope="module")
def project(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, made by the command."""
    directory = tmp_path_factory.mktemp("new") / "harbour"
    return begin(kind, directory, "--purpose", "Keeps the harbour's log.")


def command(project: Path, *line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, cwd=project, env=environment(SECRETS), capture_output=True, text=True, timeout=300, check=False
    )


def test_its_own_tests_pass(project: Path) -> None:
    ended = command(project, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    assert ended.returncode == 0, ended.stdout


@once
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


def test_the_check_finds_nothing_but_what_no_tool_can_be(kind: str, project: Path) -> None:
    """The pets' service has two methods that take a stream. That an address is a placeholder still is told, too."""
    ended = command(project, str(SEAWALL), "check", "--json")
    assert ended.returncode == 0, ended.stdout
    findings = [each["message"] for each in json.loads(ended.stdout)["findings"]]
    placeholders = [each for each in findings if each.endswith("a placeholder: every call fails.")]
    assert len(placeholders) == len({"--graphql", "--grpc"} & {*BEGINNINGS[kind]})
    rest = [each for each in findings if each not in placeholders]
    streams = ["2 of the operations of its source cannot be served" in each for each in rest]
    assert streams == ([True] if "--grpc" in BEGINNINGS[kind] else [])


def test_its_documents_are_written_and_told_when_they_are_stale(project: Path) -> None:
    """With whatever it offers; a word more in the blueprint, and they are."""
    assert command(project, str(SEAWALL), "docs").returncode == 0
    ended = command(project, str(SEAWALL), "docs", "--check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    blueprint = project / "seawall.toml"
    before = blueprint.read_text()
    blueprint.write_text(before.replace("Keeps the harbour's log.", "Keeps the log."))
    try:
        ended = command(project, str(SEAWALL), "docs", "--check")
        assert (ended.returncode, "docs/README.md" in ended.stdout) == (1, True), ended.stdout
    finally:
        blueprint.write_text(before)


async def test_it_serves_over_stdio(kind: str, project: Path, tmp_path: Path) -> None:
    line = (str(SEAWALL), "serve", str(project / "seawall.toml"))
    with services(kind) as asked:
        endpoint = Endpoint(log=tmp_path / "log", command=line, environment=environment(asked.settings))
        assert await calls(endpoint, "fastmcp-handshake")
        assert all(asked.counts)


async def test_it_serves_over_http(kind: str, project: Path, tmp_path: Path) -> None:
    with services(kind) as asked:
        with serve_http(tmp_path / "log", project / "seawall.toml", extra=asked.settings) as server:
            assert await calls(server.endpoint, "fastmcp-modern")
        assert all(asked.counts)


@once
async def test_fastmcp_runs_it(kind: str, project: Path, tmp_path: Path) -> None:
    line = ("bash", "-euc", f"cd '{project}' && exec '{FASTMCP}' run server.py --no-banner")
    with services(kind) as asked:
        endpoint = Endpoint(log=tmp_path / "log", command=line, environment=environment(asked.settings))
        assert await calls(endpoint, "fastmcp-modern")
        assert all(asked.counts)


@once
def test_fastmcp_inspects_it(project: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = command(project, str(FASTMCP), "inspect", "server.py", "--format", "mcp", "-o", str(report))
    assert ended.returncode == 0, ended.stderr
    assert json.loads(report.read_text())["tools"]


@once
def test_a_tool_of_ones_own_works_below_it(project: Path) -> None:
    script = (project / "server.py").read_text() + (
        "\n\n@mcp.tool\ndef tide(hour: int) -> str:\n    'Tell the tide.'\n    return 'high'\n\n\n"
        "import asyncio\nfrom fastmcp import Client\n\n\nasync def main():\n"
        "    async with Client(mcp) as client:\n        print((await client.call_tool('tide', {'hour': 3})).data)\n\n\n"
        "asyncio.run(main())\n"
    )
    ended = command(project, sys.executable, "-c", script)
    assert ended.stdout == "high\n", ended.stderr
