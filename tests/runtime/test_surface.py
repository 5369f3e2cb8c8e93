"""What a server shows, as plain values, and what it costs a model."""

from __future__ import annotations

import pytest

from runtime.toy import SMALLEST, assembled
from seawall.runtime.surface import estimated_tokens, surface

pytestmark = pytest.mark.anyio


async def test_every_tool_is_told_with_its_toolset_and_cost() -> None:
    assembly, _ = assembled(SMALLEST)
    mcp = assembly.mcp

    @mcp.tool
    def mine() -> str:
        """Mine."""
        return "x"

    shown = await surface(assembly)
    by_name = {tool.name: tool for tool in shown.tools}
    assert (by_name["greet"].toolset, by_name["greet"].title, by_name["greet"].read_only) == (
        "toy",
        "Greet",
        True,
    )
    assert (by_name["change"].read_only, by_name["change"].destructive) == (False, True)
    assert (by_name["mine"].toolset, by_name["mine"].description) == (None, "Mine.")
    assert shown.tokens == sum(tool.tokens for tool in shown.tools) > 100


async def test_tools_that_need_scopes_are_told_too() -> None:
    assembly, _ = assembled(SMALLEST + 'scopes = ["a"]\n\n[stdio]\nscopes = []\n')
    assert "greet" in {tool.name for tool in (await surface(assembly)).tools}


def test_an_estimate_grows_with_the_text() -> None:
    assert (
        0 == estimated_tokens("") < estimated_tokens('{"name":"a"}') < estimated_tokens('{"name":"a"}' * 10)
    )
