"""The official Node clients, each worked through its driver in support/node."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from support.clients.interface import (
    Answer,
    Client,
    Endpoint,
    Era,
    Json,
    answer_from_result,
    offers_from_listings,
    text_of_contents,
    text_of_messages,
    tool_from_listing,
)

__all__ = ["connect"]

_DRIVERS = Path(__file__).parent.parent / "node"
_LONGEST_LINE = 64 * 2**20


class _Connection:
    def __init__(self, process: Process, stdout: ByteReceiveStream) -> None:
        self._process = process
        self._lines = BufferedByteReceiveStream(stdout)

    async def answered(self) -> Json:
        answer: Json = json.loads(await self._lines.receive_until(b"\n", _LONGEST_LINE))
        return answer

    async def _ask(self, command: Json) -> Json:
        assert self._process.stdin is not None
        await self._process.stdin.send(json.dumps(command).encode() + b"\n")
        return await self.answered()

    async def list_tools(self) -> list[Json]:
        answer = await self._ask({"do": "list"})
        return [tool_from_listing(tool) for tool in answer["tools"]]

    async def call(
        self, name: str, arguments: Json | None = None, *, cancel_after: float | None = None
    ) -> Answer:
        answer = await self._ask(
            {"do": "call", "name": name, "arguments": arguments or {}, "cancel_after": cancel_after}
        )
        if "result" in answer:
            return answer_from_result(answer["result"])
        if "error" in answer:
            code = answer["error"]["code"]
            # The 1.x client puts the code in front of the server's own words.
            message = answer["error"]["message"].removeprefix(f"MCP error {code}: ")
            return Answer("error", {"code": code, "message": message})
        return Answer("cancelled")

    async def list_offers(self) -> set[str]:
        answer = await self._ask({"do": "offers"})
        return offers_from_listings(answer["prompts"], answer["resources"], answer["templates"])

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        answer = await self._ask({"do": "prompt", "name": name, "arguments": arguments})
        return text_of_messages(answer)

    async def read(self, uri: str) -> str:
        return text_of_contents(await self._ask({"do": "read", "uri": uri}))

    async def complete(self, reference: Json, argument: str, value: str) -> list[str]:
        asked = {"ref": reference, "argument": {"name": argument, "value": value}}
        answer = await self._ask({"do": "complete", **asked})
        values: list[str] = answer["completion"]["values"]
        return values


@contextlib.asynccontextmanager
async def connect(endpoint: Endpoint, era: Era, driver: str) -> AsyncIterator[Client]:
    node = shutil.which("node")
    assert node is not None, "Node.js is not installed"
    options: Json = {"era": era}
    if endpoint.url:
        options["url"] = endpoint.url
    else:
        options |= {"command": endpoint.command, "env": dict(endpoint.environment)}
    with endpoint.log.open("ab") as log:
        process = await anyio.open_process(
            [node, str(_DRIVERS / f"{driver}.mjs"), json.dumps(options)], stderr=log
        )
    async with process:
        assert process.stdout is not None
        assert process.stdin is not None
        connection = _Connection(process, process.stdout)
        await connection.answered()
        yield connection
        await process.stdin.aclose()
        assert await process.wait() == 0
