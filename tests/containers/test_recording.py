"""Calls recorded where nothing but a volume can be written, and settings that change under a server that is process 1."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from containers.building import Builder
from containers.engine import HARDENED, Engine
from containers.projects import new
from containers.serving import Served, eventually, over_http, over_stdio
from support.clients import connect
from support.clients.raw import headers, request
from support.servers import run

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]

IMAGE = "localhost/recorded:test"
_SETTINGS = """
[audit]
file = "audit.jsonl"

[log]
level = "info"

[secrets]
directories = ["/etc/keys"]

[http.auth]
kind = "token"
tokens = { harbour = "secret:harbour" }
"""
_TOKENS = ("the-first-token-of-the-harbour-0123456789", "the-second-token-of-the-harbour-012345678")


@pytest.fixture(scope="module")
def project(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project whose operator added an audit and a token to its blueprint; its image is made."""
    made = new(tmp_path_factory.mktemp("recorded") / "project", "--filesystem", "./workspace")
    with (made / "seawall.toml").open("a") as blueprint:
        blueprint.write(_SETTINGS)
    stale = run("check", made / "seawall.toml", "--json")
    told = {each["subject"] for each in json.loads(stale.stdout)["findings"] if each["code"] == "stale_files"}
    assert told == {"Dockerfile", "compose.yaml"}
    upgraded = run("upgrade", made)
    assert upgraded.returncode == 0, upgraded.stderr
    builder.build(made, IMAGE)
    return made


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The directory of secrets, as an engine mounts it."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "harbour").write_text(_TOKENS[0])
    (folder / "harbour").chmod(0o444)
    return folder


@pytest.fixture
def mounts(engine: Engine, secrets: Path) -> Iterator[tuple[str, ...]]:
    """The flags for a volume that the engine keeps, as compose.yaml names one, and for the secrets."""
    name = "seawall-test-audit"
    engine.ended("volume", "rm", "--force", name)
    engine.run("volume", "create", name)
    yield (f"--volume={name}:/audit", f"--volume={secrets}:/run/secrets:ro")
    engine.ended("volume", "rm", "--force", name)


def _status(served: Served, token: str) -> int:
    """How a list of tools is answered for who brings the token."""
    message = request("modern", 1, "tools/list")
    sent = {**headers("modern", message), "Authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("POST", "/mcp", json.dumps(message), sent)
    status = connection.getresponse().status
    connection.close()
    return status


async def test_each_server_records_its_calls_on_the_volume(
    engine: Engine, project: Path, workspace: Path, mounts: tuple[str, ...], tmp_path: Path
) -> None:
    """Several at a time, each in a file of its own, of which every one is proven whole after the containers are gone."""
    for _ in range(2):
        endpoint = over_stdio(engine, IMAGE, workspace, tmp_path / "server.log", *mounts)
        async with (
            connect("fastmcp-modern", endpoint) as one,
            connect("fastmcp-handshake", endpoint) as other,
        ):
            for client in (one, other):
                answer = await client.call("read_file", {"path": "notes.txt"})
                assert "the tide comes in" in answer.text
    script = "import pathlib; print(*sorted(map(str, pathlib.Path('/audit').iterdir())))"
    kept = ("run", "--rm", "--network=none", *HARDENED, *mounts)
    files = engine.run(*kept, "--entrypoint=python", IMAGE, "-c", script).split()
    assert len(files) == 4
    for file in files:
        told = engine.run(*kept, IMAGE, "audit", "verify", file)
        assert "1 of them calls" in told


def test_over_stdio_a_server_that_records_is_healthy(
    engine: Engine, project: Path, workspace: Path, mounts: tuple[str, ...]
) -> None:
    """The check of its health is another process, which leaves the file of records to the server."""
    flags = ("--interactive", "--network=none", f"--volume={workspace}:/workspace", *mounts)
    with engine.started(IMAGE, *flags, name="seawall-test-recording") as container:
        eventually(lambda: '"ready"' in container.logs(), container.logs)
        assert container.healthy()


def test_without_a_place_for_records_it_does_not_start_and_says_what_is_missing(
    engine: Engine, project: Path, workspace: Path, secrets: Path
) -> None:
    """So does the check, in the same container."""
    flags = (f"--volume={workspace}:/workspace", f"--volume={secrets}:/run/secrets:ro", "--network=none")
    for command in (("serve",), ("check",)):
        ended = engine.ended("run", "--rm", "--pull=never", *HARDENED, *flags, IMAGE, *command)
        assert ended.returncode != 0
        assert "on a mounted volume" in " ".join((ended.stdout + ended.stderr).split()), ended.stderr


def test_a_changed_blueprint_and_a_changed_secret_are_taken_over_at_sighup(
    engine: Engine, project: Path, workspace: Path, mounts: tuple[str, ...], tmp_path: Path
) -> None:
    """Process 1 of the hardened container, with the blueprint mounted read-only: all of it or nothing, as anywhere."""
    blueprint = tmp_path / "seawall.toml"
    shutil.copyfile(project / "seawall.toml", blueprint)
    secret = tmp_path / "secrets" / "harbour"

    def hang_up(words: str) -> None:
        before = served.container.logs().count(words)
        engine.run("kill", "--signal=HUP", served.container.name)
        eventually(lambda: served.container.logs().count(words) > before, served.container.logs)

    changed = f"--volume={blueprint}:/app/seawall.toml:ro"
    with over_http(engine, IMAGE, workspace, *mounts, changed) as served:
        assert [_status(served, token) for token in _TOKENS] == [200, 401]
        secret.chmod(0o644)
        secret.write_text(_TOKENS[1])
        hang_up('"reloaded"')
        assert [_status(served, token) for token in _TOKENS] == [401, 200]

        text = blueprint.read_text()
        blueprint.write_text(text.replace('level = "info"', 'level = "debug"'))
        hang_up('"log.level"')
        blueprint.write_text(text.replace("[log]", "[logg]"))
        hang_up("unknown setting 'logg'")
        blueprint.write_text(text.replace('roots = "./workspace"', 'roots = "/tmp"\nprefix = "x_"'))
        hang_up("can change at a start only")
        assert [_status(served, token) for token in _TOKENS] == [401, 200]
        assert served.ready()
