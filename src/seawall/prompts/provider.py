"""Prompts as FastMCP prompts."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fastmcp.prompts.base import Message as PromptMessage
from fastmcp.prompts.base import Prompt as FastPrompt
from fastmcp.prompts.base import PromptArgument, PromptResult
from fastmcp.server.providers import Provider
from fastmcp.utilities.versions import VersionSpec
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)
from pydantic import PrivateAttr

from seawall.prompts.completing import completions
from seawall.prompts.model import Argument, Limits, Prompt
from seawall.prompts.reaching import Reaching
from seawall.prompts.values import Embedded
from seawall.toolsets.cleaning import clean_prose

__all__ = ["OfferedPrompt", "PromptProvider"]


@dataclass(frozen=True, slots=True)
class _Inside:
    prompt: Prompt
    reaching: Reaching
    limits: Limits


class OfferedPrompt(FastPrompt):
    """One prompt of a file."""

    _inside: _Inside = PrivateAttr()

    @classmethod
    def of(cls, prompt: Prompt, reaching: Reaching, limits: Limits) -> OfferedPrompt:
        """What serves it; `reaching` asks for files and tools in the name of whoever gets it."""
        made = cls(
            name=prompt.name,
            title=prompt.title,
            description=prompt.description or None,
            arguments=[_argument(each) for each in prompt.arguments],
        )
        made._inside = _Inside(prompt, reaching, limits)
        return made

    @property
    def scopes(self) -> frozenset[str]:
        """What a caller must have to see and get it; the guard of an assembled server asks."""
        return self._inside.prompt.scopes

    @property
    def prompt(self) -> Prompt:
        """What is served."""
        return self._inside.prompt

    async def render(self, arguments: dict[str, Any] | None = None) -> PromptResult:
        """Its messages.

        Raises:
            InvalidArgumentsError: the arguments are not valid.
            PromptFailedError: it cannot be made.
        """
        from seawall.prompts.rendering import render  # noqa: PLC0415  Jinja2: a server without prompts does without

        inside = self._inside
        messages = await render(inside.prompt, arguments or {}, inside.reaching, inside.limits)
        made = [PromptMessage(_content(each.content), role=each.role) for each in messages]
        return PromptResult(made, description=inside.prompt.description or None)

    async def complete(self, argument: str, begun: str) -> Sequence[str]:
        """Values that the argument may have; none for one that there is not."""
        known = self._inside.prompt.by_name.get(argument)
        return () if known is None else await completions(known, begun, self._inside.reaching)


class PromptProvider(Provider):
    """Serves all prompts of a directory."""

    def __init__(self, prompts: Iterable[OfferedPrompt]) -> None:
        """Args: prompts: no two with the same name."""
        super().__init__()
        self._prompts = tuple(prompts)
        self._by_name = {each.name: each for each in self._prompts}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._prompts)})"

    async def _list_prompts(self) -> Sequence[FastPrompt]:
        return self._prompts

    async def _get_prompt(self, name: str, version: VersionSpec | None = None) -> FastPrompt | None:
        found = self._by_name.get(name)
        return found if found is None or version is None or version.matches(found.version) else None


def _argument(argument: Argument) -> PromptArgument:
    """As clients see it: they send texts, so that all else stands in the description."""
    return PromptArgument(
        name=argument.name, description=described(argument) or None, required=argument.required
    )


def described(argument: Argument) -> str:
    """The description of an argument, and what its values may be."""
    facts = (
        [] if argument.type == "string" else [{"path": "a path"}.get(argument.type, f"type: {argument.type}")]
    )
    if argument.choices:
        facts.append(f"one of: {', '.join(_shown(each) for each in argument.choices)}")
    facts += [f"at least {argument.minimum}"] if argument.minimum is not None else []
    facts += [f"at most {argument.maximum}"] if argument.maximum is not None else []
    facts += [f"matches {argument.pattern}"] if argument.pattern else []
    facts += [f"default: {_shown(argument.default)}"] if argument.default is not None else []
    said = f" ({'; '.join(facts)})" if facts else ""
    return clean_prose(f"{argument.description}{said}")


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(content: str | Embedded) -> TextContent | ImageContent | AudioContent | EmbeddedResource:
    if isinstance(content, str):
        return TextContent(type="text", text=content)
    kind, data = content.media_type, content.content
    if isinstance(data, str):
        text = TextResourceContents(uri=content.uri, mime_type=kind, text=data)
        return EmbeddedResource(type="resource", resource=text)
    encoded = base64.b64encode(data).decode()
    if kind.startswith("image/"):
        return ImageContent(type="image", data=encoded, mime_type=kind)
    if kind.startswith("audio/"):
        return AudioContent(type="audio", data=encoded, mime_type=kind)
    blob = BlobResourceContents(uri=content.uri, mime_type=kind, blob=encoded)
    return EmbeddedResource(type="resource", resource=blob)
