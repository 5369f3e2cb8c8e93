"""Tools that ask the client in the middle of a call, which only the handshake protocols (to 2025-11-25) allow."""

from typing import Any, Final

from fastmcp import Context, FastMCP
from mcp_types import ElicitResult, SamplingMessage, TextContent

__all__ = ["register"]

_OPTIONS: Final = ("option1", "option2", "option3")

_PERSON: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    },
    "required": ["username", "email"],
}

_DEFAULTS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    },
}


def _titled(word: str) -> list[dict[str, str]]:
    return [
        {"const": f"value{number}", "title": f"{ordinal} {word}"}
        for number, ordinal in enumerate(("First", "Second", "Third"), start=1)
    ]


_ENUMS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": list(_OPTIONS)},
        "titledSingle": {"type": "string", "oneOf": _titled("Option")},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": list(_OPTIONS)}},
        "titledMulti": {"type": "array", "items": {"anyOf": _titled("Choice")}},
    },
}


async def _ask(ctx: Context, message: str, schema: dict[str, Any]) -> ElicitResult:
    # Not Context.elicit: it builds schemas from Python types, and no type yields `enumNames` or `oneOf` titles
    # inside of an object.
    return await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)


def _told(result: ElicitResult) -> str:
    return f"action={result.action}, content={result.content}"


async def sampling(prompt: str, ctx: Context) -> str:
    """Let the client's model answer a prompt."""
    result = await ctx.session.create_message(
        [SamplingMessage(role="user", content=TextContent(type="text", text=prompt))],
        max_tokens=100,
        related_request_id=ctx.request_id,
    )
    return f"LLM response: {result.content}"


async def elicitation(message: str, ctx: Context) -> str:
    """Ask the user for a name and an email address."""
    return f"User response: {_told(await _ask(ctx, message, _PERSON))}"


async def elicitation_sep1034_defaults(ctx: Context) -> str:
    """Ask with a default for every primitive type (SEP-1034)."""
    return f"Elicitation completed: {_told(await _ask(ctx, 'Please check your profile', _DEFAULTS))}"


async def elicitation_sep1330_enums(ctx: Context) -> str:
    """Ask with all five forms of an enumeration (SEP-1330)."""
    return f"Elicitation completed: {_told(await _ask(ctx, 'Please choose', _ENUMS))}"


def register(mcp: FastMCP) -> None:
    for function in (sampling, elicitation, elicitation_sep1034_defaults, elicitation_sep1330_enums):
        mcp.tool(function, name=f"test_{function.__name__}")
