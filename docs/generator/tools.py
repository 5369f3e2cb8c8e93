"""The page of the tools: what an assembled server lists, and what it answers to real calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final

from fastmcp import Client, FastMCP

from generator.calls import CALLS, Calls
from generator.markdown import code, fence, page, table
from generator.wording import Node, default_of, in_words
from generator.world import answer, client, listed, workspace

__all__ = ["WrongAnswerError", "tools_page"]

_RESULT: Final = "io.github.seawall/result"

_INTRODUCTION: Final = """\
The tools of the built-in kind `filesystem`, as an assembled server lists them. `access = "read"` offers those that are read-only,
`access = "write"` all of them. The tools of the kind `python` are [your own functions](../how-to/own-functions.md), those of `contract` the
[methods of your own contract](../how-to/contracts.md), those of `openapi` the [operations of an API](../how-to/serve-an-api.md), those of `graphql`
[your operations on a GraphQL service](../how-to/serve-graphql.md).

Arguments are checked against the schema before a tool runs; nothing is converted, and unknown names are refused. Paths are
relative to the workspace and have `/` between names. With several roots, the first name of a path is that of the root.

An answer that would be too long is partial: it says so and has `next`. The answers below are those of real calls to a small
workspace, whose `max_file_size` is 1 KiB. What every tool can be answered beside its own errors, such as `rate_limited`,
stands in [Errors](errors.md#any-tool); `permission_denied` and `storage_failed` depend on the machine alone."""

_TEXT_RESULT: Final = f"""\
The text, then a blank line and one line in brackets about it: range, encoding, line endings, time, and how to go on. The same is
in `_meta`, under {code(_RESULT)}. With `results = "json"` text and details come as structured content."""

_HINTS: Final = {
    "readOnlyHint": "read-only",
    "destructiveHint": "destructive",
    "idempotentHint": "idempotent",
    "openWorldHint": "open world",
}


class WrongAnswerError(Exception):
    """A call that the page shows was not answered as `calls.py` says."""


def tools_page() -> str:
    """The whole page.

    Raises:
        WrongAnswerError: a call is answered otherwise than `calls.py` says, or a tool has no calls there.
    """
    with workspace() as server:
        return page("Tools", _INTRODUCTION, *asyncio.run(_tools(server)))


async def _tools(server: FastMCP) -> list[str]:
    async with client(server) as opened:
        tools = await listed(opened)
        if missing := {tool["name"] for tool in tools} ^ CALLS.keys():
            raise WrongAnswerError(f"calls.py and the server differ in {sorted(missing)}")
        return [await _tool(opened, tool) for tool in sorted(tools, key=lambda each: str(each["name"]))]


async def _tool(opened: Client[Any], tool: dict[str, Any]) -> str:
    name, calls = tool["name"], CALLS[tool["name"]]
    parts = [
        f"## {code(name)}",
        tool["description"],
        "Hints: " + ", ".join(_hint(tool, key, words) for key, words in _HINTS.items()) + ".",
        "**Parameters**",
        _parameters(tool["inputSchema"]),
        "**Result**",
        *_result(tool),
        "**Example**",
        *_example(calls.well, await _well(opened, name, calls)),
        "**Errors**",
        table(("code", "when", "for example", "what the caller reads"), await _errors(opened, name, calls)),
    ]
    return "\n\n".join(parts)


def _hint(tool: dict[str, Any], key: str, words: str) -> str:
    return words if tool["annotations"][key] else f"not {words}"


def _parameters(schema: Node) -> str:
    required = schema.get("required", [])
    rows = []
    for name, node in schema["properties"].items():
        default = default_of(node)
        shown = "required" if name in required else "" if default is None else code(default)
        rows.append((code(name), in_words(node), shown, node.get("description", "")))
    return table(("parameter", "value", "default", "meaning"), rows)


def _result(tool: dict[str, Any]) -> list[str]:
    schema = tool.get("outputSchema")
    if schema is None:
        return [_TEXT_RESULT]
    rows = list(_fields(schema, ""))
    return ["Structured content, and the same JSON as text:", table(("field", "value", "meaning"), rows)]


def _fields(schema: Node, prefix: str) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", [])
    for name, node in schema["properties"].items():
        path = f"{prefix}{name}"
        words = in_words(node) if "items" not in node else "an array"
        yield (
            code(path),
            words if name in required else f"{words}; may be left out",
            node.get("description", ""),
        )
        items = node.get("items", {})
        if "properties" in items:
            yield from _fields(items, f"{path}[].")


async def _well(opened: Client[Any], name: str, calls: Calls) -> dict[str, Any]:
    result = await answer(opened, name, calls.well)
    if result["isError"]:
        raise WrongAnswerError(f"{name}: {result['content'][0]['text']}")
    return result


def _example(arguments: dict[str, Any], result: dict[str, Any]) -> list[str]:
    shown = [fence("json", json.dumps(arguments, ensure_ascii=False)), "is answered with"]
    if (data := result.get("structuredContent")) is not None:
        return [*shown, fence("json", json.dumps(data, indent=2, ensure_ascii=False))]
    details = {_RESULT: result["_meta"][_RESULT]}
    return [
        *shown,
        fence("text", result["content"][0]["text"]),
        "and in `_meta`",
        fence("json", json.dumps(details, indent=2, ensure_ascii=False)),
    ]


async def _errors(opened: Client[Any], name: str, calls: Calls) -> list[tuple[str, str, str, str]]:
    rows = []
    for expected, (when, arguments) in calls.refused.items():
        text = (await answer(opened, name, arguments))["content"][0]["text"]
        if not text.endswith(f"[{expected}]"):
            raise WrongAnswerError(f"{name}: {expected} was expected, not: {text}")
        spoken = text.removesuffix(f" [{expected}]")
        rows.append((_code_link(expected), when, code(json.dumps(arguments, ensure_ascii=False)), spoken))
    return rows


def _code_link(word: str) -> str:
    return f"[{code(word)}](errors.md#{word})"
