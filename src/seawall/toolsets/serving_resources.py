"""What toolsets offer to read, as FastMCP resources and templates."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from fastmcp.resources.base import Resource, ResourceResult
from fastmcp.resources.template import ResourceTemplate
from pydantic import AnyUrl, PrivateAttr

from seawall.security.budget import Deadline
from seawall.toolsets.interface import CallContext, Caller, Readable

__all__ = ["Offered", "OfferedResource", "OfferedTemplate", "offered"]


@dataclass(frozen=True, slots=True)
class _Inside:
    """What an offered resource holds.

    Attributes:
        readable: what is read.
        scopes: what a caller must have to see and read it.
        limit: bytes that the result may have.
        call: of the request under way; None outside of a server, where the process itself reads.
    """

    readable: Readable
    scopes: frozenset[str]
    limit: int
    call: tuple[Caller, str, Deadline] | None = None

    async def read(self, texts: Mapping[str, str]) -> str | bytes:
        """Read it for the current caller."""
        caller, request_id, deadline = self.call or (
            Caller("local", patterns=("*",)),
            uuid.uuid4().hex,
            Deadline.never(),
        )
        context = CallContext(request_id, caller, deadline, self.limit, _no_progress)
        return await self.readable.read(texts, context)


class OfferedResource(Resource):
    """Something to read under one URI."""

    _inside: _Inside = PrivateAttr()

    @property
    def scopes(self) -> frozenset[str]:
        """What a caller must have to see and read it; the guard of an assembled server asks."""
        return self._inside.scopes

    def called(self, caller: Caller, request_id: str, deadline: Deadline) -> Self:
        """The same for one request: who reads, the request's id, and when nobody waits any more."""
        copy = self.model_copy()
        copy._inside = replace(self._inside, call=(caller, request_id, deadline))  # noqa: SLF001  own copy
        return copy

    async def read(self) -> str | bytes:
        """Its content."""
        return await self._inside.read({})


class OfferedTemplate(ResourceTemplate):
    """Something to read under each URI of a form."""

    _inside: _Inside = PrivateAttr()

    @property
    def scopes(self) -> frozenset[str]:
        """As of `OfferedResource`."""
        return self._inside.scopes

    def called(self, caller: Caller, request_id: str, deadline: Deadline) -> Self:
        """As of `OfferedResource`."""
        copy = self.model_copy()
        copy._inside = replace(self._inside, call=(caller, request_id, deadline))  # noqa: SLF001  own copy
        return copy

    async def read(self, arguments: dict[str, Any]) -> str | bytes:
        """The content for the variables of a URI."""
        return await self._inside.read({name: str(text) for name, text in arguments.items()})

    async def _read(self, uri: str, params: dict[str, Any]) -> ResourceResult:
        """What FastMCP's server calls: read at once, without a resource that is made for it."""
        del uri
        return self.convert_result(await self.read(params))


Offered: TypeAlias = OfferedResource | OfferedTemplate


def offered(readable: Readable, *, response_limit: int, scopes: Iterable[str] = ()) -> Offered:
    """What serves it.

    Args:
        readable: what is read.
        response_limit: bytes that one result may have.
        scopes: what a caller must have to see and read it, beside what it asks for itself.
    """
    words = {
        "name": readable.name,
        "title": readable.title,
        "description": readable.description or None,
        "mime_type": readable.media_type,
    }
    made: Offered
    if readable.variables:
        properties = {name: {"type": "string"} for name in readable.variables}
        parameters = {"type": "object", "properties": properties, "required": list(readable.variables)}
        made = OfferedTemplate(uri_template=readable.uri, parameters=parameters, **words)
    else:
        made = OfferedResource(uri=AnyUrl(readable.uri), **words)
    made._inside = _Inside(readable, frozenset((*scopes, *readable.scopes)), response_limit)  # noqa: SLF001  own constructor
    return made


async def _no_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """A read has no progress to report."""
    del done, total, message
