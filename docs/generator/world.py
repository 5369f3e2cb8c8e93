"""A small workspace with everything that a caller can stumble over, and a server assembled on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from fastmcp import Client, FastMCP

import seawall

__all__ = ["TEXT", "answer", "client", "listed", "workspace"]

TEXT: Final = "06:12 high water 5.1 m\n12:31 low water 0.9 m\n18:40 high water 5.3 m\n"
"""The content of `notes/tide.txt`."""

_TIME: Final = 1_767_225_600  # seconds since 1970: 2026-01-01, so that the pages do not depend on today
_BLUEPRINT: Final = """\
[server]
name = "workspace"

[[toolset]]
kind = "filesystem"
roots = "./workspace"
access = "write"
max_file_size = "1KiB"
"""


@contextmanager
def workspace() -> Iterator[FastMCP]:
    """A server with every tool of the kind `filesystem`, for the time of the block."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "seawall.toml").write_text(_BLUEPRINT)
        _fill(directory / "workspace")
        yield seawall.assemble(directory / "seawall.toml")


def _fill(root: Path) -> None:
    (root / "notes").mkdir(parents=True)
    (root / "notes" / "tide.txt").write_text(TEXT)
    (root / "notes" / "latin.txt").write_bytes("Großschot\n".encode("latin-1"))
    (root / ".env").write_text("TOKEN=x\n")
    (root / "large.log").write_text("x" * 2048)
    (root / "twice.txt").write_text("one file, two names\n")
    os.link(root / "twice.txt", root / "again.txt")
    os.mkfifo(root / "pipe")
    (root / "outside").symlink_to("/etc")
    for path in sorted(root.rglob("*")):
        os.utime(path, (_TIME, _TIME), follow_symlinks=False)


@asynccontextmanager
async def client(server: FastMCP) -> AsyncIterator[Client[Any]]:
    """A client of the server within this process."""
    async with Client(server) as opened:
        yield opened


async def listed(opened: Client[Any]) -> list[dict[str, Any]]:
    """The entries of `tools/list` as they go over the wire."""
    tools = await opened.list_tools()
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def answer(opened: Client[Any], tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a call as it goes over the wire, our own part of `_meta` included."""
    result = await opened.call_tool_mcp(tool, arguments)
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)
