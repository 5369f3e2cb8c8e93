"""Functions that are resources: what holds for methods of a contract holds for them, too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from fastmcp import Client
from mcp.shared.exceptions import MCPError

import seawall
from toolsets.python.workshop import problems_of

pytestmark = pytest.mark.anyio

MODULE = """
import datetime as dt
import seawall

@seawall.resource("log://days/{day}", media_type="text/markdown")
async def day(day: dt.date, caller: seawall.Caller) -> str:
    "What happened on a day."
    return f"# {day:%d.%m.} for {caller.principal}"

@seawall.resource("log://size")
def size() -> dict[str, int]:
    "How large it is."
    return {"days": 3}

@seawall.resource("log://broken")
def broken() -> str:
    "Nobody is told why."
    raise RuntimeError("hunter2")

@seawall.resource("log://all")
@seawall.operation(read_only=True)
def everything() -> str:
    "All of it."
    return "all"
"""
BLUEPRINT = """
[server]
name = "log"

[[toolset]]
kind = "python"
module = "workshop_log"
"""


async def test_functions_are_read_and_are_no_tools_unless_they_say_so(tmp_path: Path) -> None:
    """With `access = "read"`, too: a resource changes nothing."""
    (tmp_path / "workshop_log.py").write_text(dedent(MODULE))
    (tmp_path / "seawall.toml").write_text(BLUEPRINT)
    server = await asyncio.to_thread(seawall.assemble, tmp_path / "seawall.toml")
    async with Client(server) as client:
        assert {str(each.uri) for each in await client.list_resources()} == {
            "log://size", "log://broken", "log://all",
        }  # fmt: skip
        assert [tool.name for tool in await client.list_tools()] == ["everything"]
        (text,) = await client.read_resource("log://days/2026-11-22")
        assert text_of(text) == ("# 22.11. for local", "text/markdown")
        (data,) = await client.read_resource("log://size")
        assert text_of(data) == ('{"days":3}', "application/json")
        with pytest.raises(MCPError, match="day is no valid value in the URI"):
            await client.read_resource("log://days/never")
        with pytest.raises(MCPError) as caught:
            await client.read_resource("log://broken")
    assert "hunter2" not in str(caught.value)


def text_of(content: Any) -> tuple[str, str]:
    return content.text, content.mime_type


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("log://{hour}", "the URI has {hour}, and there is no such parameter"),
        ("log://all", "the URI does not give 'day'"),
        ("/etc/passwd", "is no URI of a resource"),
        ("log://first/{day}", "first has the same URI"),
    ],
)
def test_what_keeps_a_function_from_being_read_is_told_at_its_place(
    tmp_path: Path, uri: str, words: str
) -> None:
    text = f"""
    @seawall.resource("log://first/{{day}}")
    def first(day: int) -> str: ...

    @seawall.resource("{uri}")
    def it(day: int) -> str: ...
    """
    problems = problems_of(tmp_path, text)
    assert any(words in each.message for each in problems), problems
    assert {each.found for each in problems} == {"it"}
