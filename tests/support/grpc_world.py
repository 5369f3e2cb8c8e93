"""A server with the shop of `grpc_service` behind it, and a client of that server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastmcp import Client

import seawall
from seawall.runtime.results import ERROR_META
from support.grpc_service import Shop, descriptors

__all__ = ["asked", "blueprint", "code_of", "shopping"]


def blueprint(
    directory: Path, endpoint: str, more: str = "", *, described: str = 'descriptors = "shop.binpb"'
) -> Path:
    """A blueprint with that service, beside its descriptors."""
    (directory / "shop.binpb").write_bytes(descriptors())
    path = directory / "seawall.toml"
    path.write_text(
        f'[server]\nname = "shop"\n\n[[toolset]]\nkind = "grpc"\nname = "shop"\nendpoint = "{endpoint}"\n'
        f'{described}\nnetworks = ["127.0.0.0/8"]\n{more}',
        encoding="utf-8",
    )
    return path


@asynccontextmanager
async def shopping(directory: Path, shop: Shop, more: str = "", **other: Any) -> AsyncIterator[Client[Any]]:
    """A client of the server in this process."""
    path = await asyncio.to_thread(blueprint, directory, shop.url, more, **other)
    server = await asyncio.to_thread(seawall.assemble, path)
    async with Client(server) as client:
        yield client


async def asked(client: Client[Any], tool: str, **arguments: Any) -> Any:
    """The data of an answer, which has to be none of an error."""
    answer = await client.call_tool(tool, arguments)
    return answer.structured_content


async def code_of(client: Client[Any], tool: str, **arguments: Any) -> tuple[str, str]:
    """Code and text of an error."""
    answer: Any = await client.call_tool(tool, arguments, raise_on_error=False)
    assert answer.is_error, answer
    return answer.meta[ERROR_META]["code"], answer.content[0].text
