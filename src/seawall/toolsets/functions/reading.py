"""Functions that are read as resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final

from pydantic import TypeAdapter

from seawall.toolsets.functions.injection import bare
from seawall.toolsets.functions.resources import ResourceMark, content_of
from seawall.toolsets.functions.results import adapter_of
from seawall.toolsets.functions.signature import UNSET, Annotation
from seawall.toolsets.functions.survey import Found
from seawall.toolsets.interface import CallContext, Handler, OperationResult, TextResult
from seawall.toolsets.readables import Readable

__all__ = ["ReadContent", "content_encoder", "media_type_of", "readable"]

_LOOSE: Final = frozenset({str, bytes, None, NoneType, Any, object, UNSET})
_MEDIA_TYPES: Final[Mapping[object, str]] = {str: "text/plain", bytes: "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class ReadContent(TextResult):
    """The content of a resource, on its way through the machinery that calls functions."""

    content: str | bytes = b""


def content_encoder(result: Annotation) -> Callable[[object], OperationResult]:
    """Makes the content of what a function with that return annotation gives."""
    adapter: TypeAdapter[object] | None = None if bare(result) in _LOOSE else adapter_of(result)

    def encode(value: object) -> OperationResult:
        return ReadContent(text="", note="", details={}, content=content_of(value, adapter))

    return encode


def media_type_of(result: Annotation) -> str:
    """The media type of what a function with that return annotation gives."""
    return _MEDIA_TYPES.get(bare(result), "application/json")


def readable(found: Found, mark: ResourceMark, handler: Handler) -> Readable:
    """The resource that the function is, read by a handler whose results come from `content_encoder`."""
    default = media_type_of(found.signature.result)

    async def read(texts: Mapping[str, str], call: CallContext) -> str | bytes:
        result = await handler(dict(texts), call)
        if not isinstance(result, ReadContent):
            raise TypeError(f"{found.marks.name} gave {type(result).__name__} in place of a content")
        return result.content

    return Readable(
        uri=mark.uri,
        name=found.marks.name,
        title=found.marks.title,
        description=found.documentation.text,
        media_type=mark.media_type or default,
        read=read,
        variables=mark.variables,
        scopes=tuple(dict.fromkeys((*found.marks.scopes, *mark.scopes))),
    )
