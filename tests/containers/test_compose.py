"""The Compose file, started as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from containers.building import Builder
from containers.engine import GUARD, Container, Engine
from containers.projects import new
from containers.serving import Served, eventually
from support.clients import connect
from support.servers import free_port, run

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]

_VOLUME = "filesystem-mcp_audit"
_COMPOSE = Path(sys.prefix) / "deploy" / "bin" / "podman-compose"


@pytest.fixture
def running(
    engine: Engine, builder: Builder, example: Path, tmp_path: Path, own: Callable[[Path], None]
) -> Iterator[Served]:
    """`docker compose --profile http up -d`, with a port and a workspace of its own from `.env`."""
    project = tmp_path / "project"
    shutil.copytree(example, project)
    workspace = tmp_path / "files"
    workspace.mkdir()
    own(workspace)
    port = free_port()
    environment = (project / ".env.example").read_text()
    environment = environment.replace("WORKSPACE_DIR=./workspace", f"WORKSPACE_DIR={workspace}")
    (project / ".env").write_text(environment.replace("HTTP_PORT=8000", f"HTTP_PORT={port}"))
    builder.build(project, "filesystem-mcp:0.1.0")
    try:
        _compose(engine, project, "--profile", "http", "up", "-d", "--no-build", "http")
        container = Container(engine, engine.run("ps", "--quiet", "--filter=name=filesystem-mcp").split()[0])
        served = Served(container, port, tmp_path / "client.log")
        eventually(served.ready, container.logs)
        yield served
    finally:
        _compose(engine, project, "--profile", "http", "down")


async def test_http_starts_by_its_profile_and_is_as_hardened_as_it_says(
    running: Served, tmp_path: Path
) -> None:
    async with connect("fastmcp-modern", running.endpoint) as client:
        written = await client.call("write_file", {"path": "a.txt", "content": "by compose\n"})
    status = running.container.status()
    host = running.container.inspect()["HostConfig"]

    assert not written.value["isError"]
    assert (tmp_path / "files" / "a.txt").read_text() == "by compose\n"
    assert status["Uid"].split() == ["1000"] * 4
    assert status["CapBnd"] == "0" * 16
    assert status["NoNewPrivs"] == "1"
    assert host["ReadonlyRootfs"] is True
    assert host["Memory"] == 512 * 1024**2
    assert host["PidsLimit"] == 128
    assert host["NanoCpus"] == 500_000_000


async def test_records_of_calls_are_kept_in_a_volume_when_the_services_are_removed(
    engine: Engine, builder: Builder, tmp_path: Path, own: Callable[[Path], None]
) -> None:
    """Nothing has to be made for it beside the blueprint's two lines; the secret comes as a file."""
    project = new(tmp_path / "project", "--filesystem", "./workspace")
    with (project / "seawall.toml").open("a") as blueprint:
        blueprint.write('\n[audit]\nfile = "audit.jsonl"\nkey = "secret:audit-key"\n')
    assert run("upgrade", project).returncode == 0
    own(project / "workspace")
    (project / "secrets").mkdir()
    (project / "secrets" / "audit-key").write_text("0123456789abcdef" * 4)
    (project / "secrets" / "audit-key").chmod(0o444)
    port = free_port()
    (project / ".env").write_text(f"HTTP_PORT={port}\n")
    builder.build(project, "filesystem-mcp:0.1.0")
    try:
        for _ in range(2):
            _compose(engine, project, "--profile", "http", "up", "-d", "--no-build", "http")
            container = Container(
                engine, engine.run("ps", "--quiet", "--filter=name=filesystem-mcp").split()[0]
            )
            served = Served(container, port, tmp_path / "client.log")
            eventually(served.ready, container.logs)
            async with connect("fastmcp-modern", served.endpoint) as client:
                assert not (await client.call("list_directory", {})).value["isError"]
            _compose(engine, project, "--profile", "http", "down")
        assert _verified(engine, project / "secrets" / "audit-key") == 2
    finally:
        engine.ended("volume", "rm", "--force", _VOLUME)


def _verified(engine: Engine, key: Path) -> int:
    """How many files of records are in the volume, each proven whole and with one call."""
    volume = Path(engine.run("volume", "inspect", "--format={{.Mountpoint}}", _VOLUME).strip())
    files = sorted(volume.iterdir())
    for file in files:
        told = run("audit", "verify", file, "--key", f"file:{key}")
        assert (told.returncode, "1 of them calls" in told.stdout) == (0, True), told.stdout
    return len(files)


def _compose(engine: Engine, project: Path, *arguments: str) -> None:
    """The program calls `podman` by its name: an own one is put before it, which uses the tests' store."""
    programs = project.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "podman").write_text(
        f'#!/bin/sh\nexec {shutil.which("podman")} {" ".join(engine.program[1:])} "$@"\n'
    )
    (programs / "podman").chmod(0o755)
    ended = subprocess.run(
        [_COMPOSE, "-f", project / "compose.yaml", *arguments],
        cwd=project,
        env={**engine.environment, "PATH": f"{programs}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
