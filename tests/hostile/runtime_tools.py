"""One FastMCP server whose tools, resources and prompts fail, hang and say too much: the fixture of the runtime table."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.utilities.tasks import TaskConfig
from fastmcp_tasks import TasksExtension

__all__ = ["DEADLINE", "FORMS", "LIMIT", "LONG", "SECRET", "build"]

SECRET: Final = "s3cret/+for=the&table?"  # noqa: S105  what must not come out
DEADLINE: Final = 1.5
"""Seconds that a call has which names no timeout of its own, on the guarded server."""
LONG: Final = 60.0
"""Seconds that the other tools have on both servers."""
LIMIT: Final = 64 * 1024
"""Bytes that a result may have on the guarded server."""

FORMS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(f"key {text}".encode()).decode(),
    "percent": lambda text: quote(text, safe=""),
}


def _note(label: str, what: str) -> None:
    """One line in the file that the tests read: tools say there what happened to them."""
    with Path(os.environ["HOSTILE_RECORD"]).open("a") as record:
        record.write(f"{label} {what}\n")


def _released(began: float) -> bool:
    """Whether hanging tools may end: the gate is open, or was closed after this one began."""
    record = Path(os.environ["HOSTILE_RECORD"])
    closed = record.with_suffix(".closed")
    return record.with_suffix(".gate").exists() or (closed.exists() and closed.stat().st_mtime > began)


async def echo(text: str) -> str:
    """Gives it back."""
    return text


def block(text: str) -> str:
    """Gives it back, from a thread."""
    return text


async def later(text: str) -> str:
    """Gives it back after a moment."""
    await asyncio.sleep(0.2)
    return text


async def stay(label: str) -> str:
    """Waits until it is stopped."""
    _note(label, "began")
    try:
        await asyncio.sleep(LONG)
    except asyncio.CancelledError:
        _note(label, "cancelled")
        raise
    _note(label, "ended")
    return "late"


async def deaf(label: str) -> str:
    """Waits for the gate, and goes on waiting when it is told to stop."""
    began = time.time()
    _note(label, "began")
    while not _released(began):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            _note(label, "ignored")
    return "late"


def hold(label: str) -> str:
    """Blocks its thread until the gate is there."""
    began = time.time()
    _note(label, "began")
    while not _released(began):
        time.sleep(0.1)
    return "late"


def broken(form: str) -> str:
    """Fails with the secret in its words."""
    raise RuntimeError(f"cannot log in with {FORMS[form](SECRET)}")


def refusing(form: str) -> str:
    """Fails with words for the caller, the secret among them."""
    raise ToolError(f"the service refused {FORMS[form](SECRET)}")


def telling(form: str) -> dict[str, Any]:
    """Has the secret in its result."""
    return {"nested": [{"key": f"<{FORMS[form](SECRET)}>"}]}


async def chatting(form: str, ctx: Context) -> str:
    """Tells the client the secret while it works: in a log message and as progress."""
    await ctx.info(f"logged in with {FORMS[form](SECRET)}")
    await ctx.report_progress(1, 2, f"using {FORMS[form](SECRET)}")
    return "done"


def text_of(size: int) -> str:
    """That many letters."""
    return "a" * size


def data_of(size: int) -> dict[str, str]:
    """That many letters, as data."""
    return {"text": "a" * size}


def secret_resource(form: str) -> str:
    """Has the secret in it."""
    return f"<{FORMS[form](SECRET)}>"


async def stay_resource(label: str) -> str:
    """Waits until it is stopped."""
    return await stay(label)


def broken_resource(form: str) -> str:
    """Fails with the secret in its words."""
    raise RuntimeError(f"cannot read with {FORMS[form](SECRET)}")


def resource_of(size: str) -> str:
    """That many letters."""
    return "a" * int(size)


def secret_prompt(form: str) -> str:
    """Has the secret in it."""
    return f"<{FORMS[form](SECRET)}>"


def broken_prompt(form: str) -> str:
    """Fails with the secret in its words."""
    raise RuntimeError(f"cannot ask with {FORMS[form](SECRET)}")


def prompt_of(size: str) -> str:
    """That many letters."""
    return "a" * int(size)


def build(**settings: Any) -> FastMCP:
    """The server. `stay`, `deaf` and `hold` have no timeout; those with `_long` have one."""
    mcp: FastMCP = FastMCP("hostile", **settings)
    mcp.add_extension(TasksExtension(url="memory://"))
    for quick in (echo, block, later, broken, refusing, telling, chatting, text_of, data_of):
        mcp.tool(quick, timeout=LONG)
    for hanging in (stay, deaf, hold):
        mcp.tool(hanging)
        mcp.tool(hanging, name=f"{hanging.__name__}_long", timeout=LONG)
    for hanging in (stay, deaf):  # a task is a coroutine function
        mcp.tool(hanging, name=f"{hanging.__name__}_task", task=TaskConfig(mode="required"))
    mcp.resource("hostile://secret/{form}")(secret_resource)
    mcp.resource("hostile://stay/{label}")(stay_resource)
    mcp.resource("hostile://broken/{form}")(broken_resource)
    mcp.resource("hostile://size/{size}")(resource_of)
    for prompt in (secret_prompt, broken_prompt, prompt_of):
        mcp.prompt(prompt)
    return mcp
