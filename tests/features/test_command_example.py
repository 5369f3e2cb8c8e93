"""examples/commands, served as it ships: used by clients, and attacked through its tools."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clients import Endpoint, connect
from support.command_example import EXAMPLE, attack, repository, use
from support.servers import run, serve_http, stdio

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

ENVIRONMENT = {
    "TOOLS": str(Path(sys.executable).parents[1]),
    "PYTHON_HOME": sys.base_prefix,
    "CANARY": "of the server",
}


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    """The example, with a repository in its workspace."""
    shutil.copytree(EXAMPLE, tmp_path / "commands")
    repository(tmp_path / "commands" / "workspace")
    return tmp_path / "commands" / "seawall.toml"


@pytest.fixture(params=["stdio", "http"])
def endpoint(blueprint: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Endpoint]:
    log = tmp_path / "log"
    if request.param == "stdio":
        yield stdio(log, blueprint, extra=ENVIRONMENT)
        return
    with serve_http(log, blueprint, extra=ENVIRONMENT) as server:
        yield server.endpoint


@pytest.mark.parametrize("client", ["fastmcp-modern", "raw-handshake"])
async def test_every_tool_does_what_it_is_for(endpoint: Endpoint, client: str) -> None:
    async with connect(client, endpoint) as connection:
        await use(connection)


async def test_nothing_gets_out_of_it(endpoint: Endpoint, blueprint: Path) -> None:
    """By its arguments, and by the tests of a repository that is hostile."""
    async with connect("raw-modern", endpoint) as connection:
        await attack(connection, blueprint.parent / "workspace")


def test_it_is_sound(blueprint: Path) -> None:
    ended = run("check", blueprint, extra=ENVIRONMENT)
    assert ended.returncode == 0, ended.stdout
