"""What every test client answers to, whoever wrote it: list what there is, call a tool, cancel a call, read, complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

__all__ = [
    "Answer",
    "Client",
    "Endpoint",
    "Era",
    "Json",
    "answer_from_result",
    "offers_from_listings",
    "text_of_contents",
    "text_of_messages",
    "tool_from_listing",
]

Json: TypeAlias = dict[str, Any]
Era: TypeAlias = Literal["handshake", "modern"]

OWN_META_PREFIX = "io.github.seawall/"
TOOL_FIELDS = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")


@dataclass(frozen=True)
class Endpoint:
    """Where a client finds the server: a command to start over stdio, or the URL of one that listens.

    Attributes:
        command: the server's command line; empty over HTTP.
        url: the MCP endpoint; empty over stdio.
        log: the file that gets the server's stderr.
        environment: the whole environment of the server that a client starts.
    """

    log: Path
    command: tuple[str, ...] = ()
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back from a call, in the form in which answers of different clients must be equal.

    `kind` is "result" (with content, structuredContent, isError and our own part of `_meta`), "error" (a JSON-RPC
    error: code and message) or "cancelled".
    """

    kind: Literal["result", "error", "cancelled"]
    value: Json = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text parts of a result, one after the other."""
        return "\n".join(part["text"] for part in self.value["content"] if part["type"] == "text")

    @property
    def data(self) -> Json:
        """The structured content of a result."""
        content: Json = self.value["structuredContent"]
        return content

    def own_meta(self, name: str) -> Any:
        """Our part of `_meta` under this name, None when there is none."""
        return self.value["meta"].get(OWN_META_PREFIX + name)


class Client(Protocol):
    """One open connection."""

    async def list_tools(self) -> list[Json]:
        """All tools of all pages, in the form of `tool_from_listing`."""

    async def call(
        self, name: str, arguments: Json | None = None, *, cancel_after: float | None = None
    ) -> Answer:
        """Call a tool; with `cancel_after`, ask the server that many seconds later to stop."""

    async def list_offers(self) -> set[str]:
        """All prompts, resources and templates of all pages, as `offers_from_listings` names them."""

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        """The text of a prompt's messages."""

    async def read(self, uri: str) -> str:
        """The text of a resource."""

    async def complete(self, reference: Json, argument: str, value: str) -> list[str]:
        """How an argument that begins so may go on."""


def answer_from_result(raw: Json) -> Answer:
    """The comparable part of a CallToolResult in its wire form."""
    meta = raw.get("_meta") or {}
    return Answer(
        "result",
        {
            "content": raw.get("content", []),
            "structuredContent": raw.get("structuredContent"),
            "isError": bool(raw.get("isError", False)),
            "meta": {key: value for key, value in meta.items() if key.startswith(OWN_META_PREFIX)},
        },
    )


def tool_from_listing(raw: Json) -> Json:
    """The comparable part of a Tool in its wire form."""
    return {name: raw[name] for name in TOOL_FIELDS if raw.get(name) is not None}


def offers_from_listings(prompts: list[Json], resources: list[Json], templates: list[Json]) -> set[str]:
    """What is listed, as `prompt NAME`, `resource URI` and `template URI`."""
    return {
        *(f"prompt {each['name']}" for each in prompts),
        *(f"resource {each['uri']}" for each in resources),
        *(f"template {each['uriTemplate']}" for each in templates),
    }


def text_of_messages(raw: Json) -> str:
    """All text of a GetPromptResult in its wire form."""
    contents = [message["content"] for message in raw["messages"]]
    return "\n".join(each["text"] for each in contents if each["type"] == "text")


def text_of_contents(raw: Json) -> str:
    """All text of a ReadResourceResult in its wire form."""
    return "\n".join(each["text"] for each in raw["contents"])
