"""The session store: empty until something is kept, and then FastMCP's own."""

from __future__ import annotations

import sys
from subprocess import run

import pytest
from fastmcp import Client, Context
from key_value.aio.stores.memory import MemoryStore

from runtime.toy import assembled
from seawall.runtime.state import SessionState

pytestmark = pytest.mark.anyio


async def test_it_answers_like_the_store_that_it_stands_for() -> None:
    """Each question before anything was kept, then after; and the answers of FastMCP's own store."""
    answers = []
    for store in (SessionState(), MemoryStore()):
        said: list[object] = []
        for _ in range(2):
            said += [
                await store.get("a"),
                await store.get_many(["a", "b"]),
                await store.get("a", collection="c"),
            ]
            said += [await store.ttl("a"), await store.ttl_many(["a", "b"])]
            said += [await store.delete("b"), await store.delete_many(["b", "d"])]
            await store.put("a", {"x": 1})
            await store.put_many(["b", "c"], [{"y": 2}, {"z": 3}], ttl=None)
        said += [await store.delete("a"), await store.delete_many(["a", "b", "c"]), await store.get("b")]
        answers.append(said)
    assert answers[0] == answers[1]


async def test_a_tool_that_is_hidden_for_a_session_stays_hidden() -> None:
    assembly, _ = assembled()

    @assembly.mcp.tool
    async def hide(context: Context) -> str:
        await context.disable_components(names={"greet"}, components={"tool"})
        return "hidden"

    async with Client(assembly.mcp, mode="legacy") as client:
        assert "greet" in {tool.name for tool in await client.list_tools()}
        await client.call_tool("hide")
        assert "greet" not in {tool.name for tool in await client.list_tools()}
        assert (await client.call_tool("greet", {"name": "x"}, raise_on_error=False)).is_error


def test_nothing_is_loaded_for_a_store_that_is_never_used() -> None:
    script = "import sys, seawall.runtime.state; sys.exit('key_value' in sys.modules)"
    assert run([sys.executable, "-c", script], check=False).returncode == 0
