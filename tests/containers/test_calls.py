"""The calls of the example, by clients that we did not write, against its container."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from containers.engine import Engine
from containers.serving import over_http, over_stdio
from support.clients import Client, connect

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]

_TOOLS = ["list_directory", "read_file", "search_files", "write_file"]
_CLIENTS = ("fastmcp-handshake", "fastmcp-modern", "raw-handshake", "raw-modern")


async def _use(client: Client, workspace: Path) -> None:
    """What an assistant does with the example."""
    assert sorted(tool["name"] for tool in await client.list_tools()) == _TOOLS
    plan = {"path": "plans/today.md", "content": "# Low tide\n", "make_parents": True}
    written = await client.call("write_file", plan)
    assert not written.value["isError"], written.text
    path = written.data["path"]
    assert (workspace / path).read_text() == "# Low tide\n"
    assert (workspace / path).stat().st_uid == 1000
    assert (await client.call("read_file", {"path": path})).data["text"] == "# Low tide\n"
    listed = await client.call("list_directory", {"path": "."})
    assert "notes.txt" in json.dumps(listed.data)
    found = await client.call("search_files", {"content": "Low tide"})
    assert path in json.dumps(found.data)


@pytest.mark.parametrize("name", _CLIENTS)
async def test_over_stdio(engine: Engine, image: str, workspace: Path, tmp_path: Path, name: str) -> None:
    """As a client starts it: `docker run --rm -i IMAGE`; the container is gone when the client is."""
    endpoint = over_stdio(engine, image, workspace, tmp_path / "server.log")
    async with connect(name, endpoint) as client:
        await _use(client, workspace)


@pytest.mark.parametrize("name", _CLIENTS)
async def test_over_http(engine: Engine, image: str, workspace: Path, name: str) -> None:
    with over_http(engine, image, workspace) as served:
        async with connect(name, served.endpoint) as client:
            await _use(client, workspace)


async def test_two_kinds_of_toolset_in_one_container(
    engine: Engine, several_image: str, workspace: Path, tmp_path: Path
) -> None:
    endpoint = over_stdio(engine, several_image, workspace, tmp_path / "server.log")
    async with connect("fastmcp-modern", endpoint) as client:
        assert {*_TOOLS, "slow", "grow"} == {tool["name"] for tool in await client.list_tools()}
        assert "done after" in str((await client.call("slow", {"seconds": 0.01})).value)
        assert "tide" in (await client.call("read_file", {"path": "notes.txt"})).text


@asynccontextmanager
async def _attacker(engine: Engine, image: str, workspace: Path, tmp_path: Path) -> AsyncIterator[Client]:
    async with connect("raw-modern", over_stdio(engine, image, workspace, tmp_path / "server.log")) as client:
        yield client


_OUTSIDE = (
    "../etc/passwd",
    "/etc/passwd",
    "/proc/self/environ",
    "a/../../etc/passwd",
    "link-out/passwd",
    "link-to-passwd",
    "link-to-proc/environ",
    "%2e%2e/etc/passwd",
    "./././../../../../../../../../etc/passwd",
    "....//....//etc/passwd",
    "/app/seawall.toml",
    "\x00/etc/passwd",
)
_SECRET = (
    ".env",
    "sub/.env.production",
    "id_rsa",
    ".ssh/id_ed25519",
    "server.key",
    ".git/config",
    "link-to-env",
)


async def test_nothing_outside_of_the_workspace_is_read_or_written(
    engine: Engine, image: str, workspace: Path, own: Callable[[Path], None], tmp_path: Path
) -> None:
    (workspace / "link-out").symlink_to("/etc")
    (workspace / "link-to-passwd").symlink_to("/etc/passwd")
    (workspace / "link-to-proc").symlink_to("/proc/self")
    own(workspace)
    before = sorted(os.listdir(workspace))  # noqa: PTH208  names only
    async with _attacker(engine, image, workspace, tmp_path) as client:
        for path in _OUTSIDE:
            read = await client.call("read_file", {"path": path})
            assert read.value["isError"], path
            assert "root:" not in json.dumps(read.value), path
            written = await client.call("write_file", {"path": path, "content": "pwned"})
            assert written.value["isError"], path
        found = await client.call("search_files", {"content": "root:"})
        assert "passwd" not in json.dumps(found.value.get("structuredContent"))
    assert sorted(os.listdir(workspace)) == before  # noqa: PTH208  names only


async def test_files_that_bear_secrets_are_neither_read_nor_listed_nor_found(
    engine: Engine, image: str, workspace: Path, own: Callable[[Path], None], tmp_path: Path
) -> None:
    for path in _SECRET[:-1]:
        (workspace / path).parent.mkdir(exist_ok=True)
        (workspace / path).write_text("canary-of-a-secret\n")
    (workspace / "link-to-env").symlink_to(".env")
    own(workspace)
    async with _attacker(engine, image, workspace, tmp_path) as client:
        for path in _SECRET:
            read = await client.call("read_file", {"path": path})
            assert read.value["isError"], path
        listed = await client.call("list_directory", {"path": ".", "depth": 5, "hidden": True})
        found = await client.call("search_files", {"content": "canary-of-a-secret", "hidden": True})
    for answer in (listed, found):
        assert not any(
            name in json.dumps(answer.data) for name in ("id_rsa", "server.key", ".env.production")
        )


async def test_ten_mebibytes_are_the_limit_of_a_file(
    engine: Engine, image: str, workspace: Path, own: Callable[[Path], None], tmp_path: Path
) -> None:
    """What is larger is neither written nor searched, and reading it gives a bounded part that says so."""
    (workspace / "huge.txt").write_bytes(b"needle\n" + b"x" * (11 * 1024**2))
    with (workspace / "endless.txt").open("wb") as file:
        file.truncate(1 << 40)
    own(workspace)
    async with _attacker(engine, image, workspace, tmp_path) as client:
        for path in ("huge.txt", "endless.txt"):
            read = await client.call("read_file", {"path": path})
            assert len(json.dumps(read.value)) < 3 * 1024**2, path
        found = await client.call("search_files", {"content": "needle"})
        assert not found.value["isError"]
        assert "huge.txt:" not in found.text
        for part in (3, 3, 3, 1):
            piece = {"path": "big.txt", "content": "y" * (part * 1024**2), "mode": "append"}
            assert not (await client.call("write_file", piece)).value["isError"]
        piece = {"path": "big.txt", "content": "z", "mode": "append"}
        more = await client.call("write_file", piece)
        assert more.own_meta("error")["code"] == "file_too_large"
    assert (workspace / "big.txt").stat().st_size == 10 * 1024**2
