"""Tools that run as background tasks (SEP-2663) and the plain one that must not become a task."""

import asyncio
from typing import Annotated, Final

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.utilities.tasks import TaskConfig
from fastmcp_tasks import TasksExtension
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, InputRequiredResult
from pydantic import Field

from conformance.fixture_input import accepted, ask

__all__ = ["register"]

_REQUIRED: Final = TaskConfig(mode="required")
_OPTIONAL: Final = TaskConfig(mode="optional")


def greet(name: str) -> str:
    """Greet at once; never a task."""
    return f"Hello, {name}!"


async def slow_compute(seconds: Annotated[float, Field(ge=0, le=60)], label: str = "") -> str:
    """Sleep for some seconds, then answer."""
    await asyncio.sleep(seconds)
    return f"{label} took {seconds} s"


async def failing_job() -> str:
    """Fail after a second, with a message meant for the model."""
    await asyncio.sleep(1)
    raise ToolError("This job always fails")


async def protocol_error_job() -> str:
    """Break off with an error of the protocol, not of the tool."""
    raise MCPError(code=INTERNAL_ERROR, message="This job breaks the protocol")


async def confirm_delete(filename: str, ctx: Context) -> str | InputRequiredResult:
    """Ask before deleting (nothing is deleted)."""
    confirmed = accepted(ctx, "confirm", "confirm")
    if confirmed is None:
        question = ask(f"Delete {filename}?", "confirm", kind="boolean")
        return InputRequiredResult(input_requests={"confirm": question})
    return f"{filename}: {'deleted' if confirmed else 'kept'}"


async def multi_input(ctx: Context) -> str | InputRequiredResult:
    """Ask two questions at once."""
    questions = {"first": ask("First name?", "name"), "second": ask("Second name?", "name")}
    missing = {key: question for key, question in questions.items() if accepted(ctx, key, "name") is None}
    if missing:
        return InputRequiredResult(input_requests=dict(missing))
    return " and ".join(str(accepted(ctx, key, "name")) for key in questions)


async def tool_with_task(ctx: Context) -> str | InputRequiredResult:
    """Ask for a name, then work with it as a task."""
    name = accepted(ctx, "user_name", "name")
    if name is None:
        return InputRequiredResult(input_requests={"user_name": ask("What is your name?", "name")})
    return f"Worked for {name}"


def register(mcp: FastMCP) -> None:
    """Add the tools and the extension; its queue is in memory and starts with the server, not before."""
    mcp.add_extension(TasksExtension(url="memory://"))
    mcp.tool(greet)
    for function in (slow_compute, confirm_delete, multi_input):
        mcp.tool(function, task=_OPTIONAL)
    mcp.tool(failing_job, task=_REQUIRED)
    mcp.tool(protocol_error_job, task=_REQUIRED)
    mcp.tool(tool_with_task, name="test_tool_with_task", task=_REQUIRED)
