"""Commands in containers: the example as it is built, and the table of hostile arguments in a default container."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from containers.building import Builder
from containers.conftest import USER
from containers.engine import Engine
from containers.projects import write
from containers.serving import over_http, over_stdio
from hostile.command_faults import faults, silent
from hostile.command_host import SECRET, programs
from hostile.sandbox_users import SOURCE
from seawall.security.sandbox import Tier
from support.clients import connect
from support.command_example import EXAMPLE, attack, repository, use
from support.servers import run

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]

_PACKAGES = (
    "bash", "curl", "diffutils", "findutils", "gawk", "git", "grep", "less", "make", "man-db", "openssh-client", "perl",
    "ripgrep", "rsync", "sed", "tar", "vim",
)  # fmt: skip
_ARMED = f"""\
[server]
name = "filesystem-mcp"
version = "0.1.0"
purpose = "Has every program of the table."

[[toolset]]
kind = "command"
roots = "./workspace"
packages = {json.dumps(_PACKAGES)}

[[toolset.command]]
name = "git_version"
argv = ["git", "--version"]
"""


@pytest.fixture(scope="session")
def example_image(builder: Builder) -> str:
    """The image of examples/commands."""
    builder.build(EXAMPLE, "localhost/commands:test")
    return "localhost/commands:test"


@pytest.fixture(scope="session")
def armed(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with all programs of the table, as `packages` of a blueprint brings them."""
    folder = tmp_path_factory.mktemp("armed")
    write(folder, {"seawall.toml": _ARMED})
    ended = run("new", folder / "project", "--from", folder / "seawall.toml")
    assert ended.returncode == 0, ended.stderr
    builder.build(folder / "project", "localhost/armed:test")
    return "localhost/armed:test"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    repository(tmp_path / "workspace", owner=USER)
    return tmp_path / "workspace"


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_the_example_is_used_and_attacked(
    engine: Engine, example_image: str, workspace: Path, tmp_path: Path, transport: str
) -> None:
    """In the hardened container that its compose.yaml makes, by both ways."""
    if transport == "stdio":
        endpoint = over_stdio(engine, example_image, workspace, tmp_path / "server.log")
        async with connect("fastmcp-modern", endpoint) as client:
            await use(client)
            await attack(client, workspace)
        return
    with over_http(engine, example_image, workspace) as served:
        assert served.container.healthy()
        async with connect("raw-handshake", served.endpoint) as client:
            await use(client)
            await attack(client, workspace)
        assert served.ready()


@pytest.mark.parametrize("user", [0, USER])
@pytest.mark.parametrize("tier", [Tier.LANDLOCK, Tier.LIMITS])
def test_an_argument_stays_one_and_what_gets_through_gets_nowhere(
    engine: Engine, armed: str, tmp_path: Path, tier: Tier, user: int
) -> None:
    """In a container as podman makes it by default, with its seccomp profile."""
    table = tmp_path / "table"
    for part in ("hostile", "toolsets/command"):
        shutil.copytree(SOURCE / "tests" / part, table / part, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (table, *table.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    line = table / "line"
    line.write_text(json.dumps({"tier": tier, "base": "/tmp"}) + "\n")
    with line.open("rb") as stdin:
        ended = engine.ended(
            "run", "--rm", "--interactive", "--pull=never", "--entrypoint=python", f"--volume={table}:/table:ro",
            "--env=PYTHONPATH=/table", f"--env=CANARY_KEY={SECRET}", f"--user={user}", armed,
            "-B", "/table/hostile/command_host.py", stdin=stdin.fileno(),
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    rows = [json.loads(each) for each in ended.stdout.splitlines()]
    assert {row["name"] for row in rows} == {*programs(), "printf", "git presets"}
    wrong = [(row["name"], row["payload"], what, row) for row in rows if (what := faults(row, tier))]
    assert not wrong, json.dumps(wrong, indent=1)
    assert not silent(rows)
