"""Tools that answer by themselves: every content kind, errors, notifications, schemas and headers."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.tools.base import Tool, ToolResult
from mcp_types import PromptListChangedNotification, TextContent, ToolListChangedNotification
from pydantic import Field

from conformance.samples import audio, embedded_text, image

__all__ = ["register"]

_STEP_SECONDS: Final = 0.05
"""The pause that the suite asks for between two notifications of one call."""

_SCHEMA_2020_12: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


class _DeclaredTool(Tool):
    """A tool whose input schema is written by hand, so that it can use keywords no signature produces."""

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        return ToolResult(content=f"received {sorted(arguments)}")


def simple_text() -> str:
    """Answer with one text."""
    return "This is a simple text response for testing."


def image_content() -> ToolResult:
    """Answer with one image."""
    return ToolResult(content=[image()])


def audio_content() -> ToolResult:
    """Answer with one sound."""
    return ToolResult(content=[audio()])


def embedded_resource() -> ToolResult:
    """Answer with one embedded resource."""
    return ToolResult(
        content=[embedded_text("test://embedded-resource", "This is an embedded resource content.")]
    )


def multiple_content_types() -> ToolResult:
    """Answer with text, an image and a resource at once."""
    return ToolResult(
        content=[
            TextContent(type="text", text="Multiple content types test:"),
            image(),
            embedded_text(
                "test://mixed-content-resource",
                '{"test":"data","value":123}',
                mime_type="application/json",
            ),
        ]
    )


def error_handling() -> str:
    """Fail on purpose, with a message meant for the model."""
    raise ToolError("This tool intentionally returns an error for testing")


async def tool_with_logging(ctx: Context) -> str:
    """Send three log notifications while it runs."""
    await ctx.info("Tool execution started")
    await asyncio.sleep(_STEP_SECONDS)
    await ctx.info("Tool processing data")
    await asyncio.sleep(_STEP_SECONDS)
    await ctx.info("Tool execution completed")
    return "logged three messages"


async def logging_tool(ctx: Context) -> str:
    """Log once; a request that named no log level must not see it."""
    await ctx.info("Nobody asked for this")
    return "logged one message"


async def tool_with_progress(ctx: Context) -> str:
    """Report progress three times."""
    for percent in (0, 50, 100):
        await ctx.report_progress(percent, 100)
        await asyncio.sleep(_STEP_SECONDS)
    return "reported progress three times"


async def reconnection(ctx: Context) -> str:
    """Close the response stream in the middle of the call; the client resumes it by its last event id."""
    await ctx.close_sse_stream()
    await asyncio.sleep(_STEP_SECONDS)
    return "answered after the stream was closed"


def custom_headers(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    priority: Literal["low", "high"] = "low",
) -> str:
    """Take a parameter that a client mirrors into an HTTP header."""
    return f"region {region}, priority {priority}"


async def trigger_tool_change(ctx: Context) -> str:
    """Change the list of tools and say so; the list ends as it began, so that its order stays comparable."""
    ctx.fastmcp.tool(simple_text, name="test_short_lived")
    ctx.fastmcp.local_provider.remove_tool("test_short_lived")
    await ctx.send_notification(ToolListChangedNotification())
    return "the list of tools changed"


async def trigger_prompt_change(ctx: Context) -> str:
    """Change the list of prompts and say so; the list ends as it began."""
    ctx.fastmcp.prompt(simple_text, name="test_short_lived")
    ctx.fastmcp.local_provider.remove_prompt("test_short_lived")
    await ctx.send_notification(PromptListChangedNotification())
    return "the list of prompts changed"


def register(mcp: FastMCP) -> None:
    """Add the tools; the first one takes no arguments, as the suite calls whichever is listed first without any."""
    for function in (
        simple_text,
        image_content,
        audio_content,
        embedded_resource,
        multiple_content_types,
        error_handling,
        tool_with_logging,
        logging_tool,
        tool_with_progress,
        reconnection,
        custom_headers,
        trigger_tool_change,
        trigger_prompt_change,
    ):
        mcp.tool(function, name=f"test_{function.__name__}")
    mcp.add_tool(
        _DeclaredTool(
            name="json_schema_2020_12_tool",
            description="Tool with JSON Schema 2020-12 features",
            parameters=_SCHEMA_2020_12,
        )
    )
