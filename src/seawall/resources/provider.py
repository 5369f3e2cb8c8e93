"""What can be read, as FastMCP resources and templates, whoever offers it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

from fastmcp.resources.base import Resource, ResourceContent, ResourceResult
from fastmcp.resources.template import ResourceTemplate
from fastmcp.server.providers import Provider
from fastmcp.utilities.versions import VersionSpec
from mcp_types import Annotations, ReadResourceResult
from mcp_types import Resource as ListedResource
from mcp_types import ResourceTemplate as ListedTemplate
from pydantic import AnyUrl, PrivateAttr

from seawall.resources.together import Together
from seawall.resources.uris import Template, template_of
from seawall.resources.watch import Watch
from seawall.security.budget import Deadline
from seawall.toolsets.interface import CallContext, Caller
from seawall.toolsets.readables import CacheRule, Content, Look, Readable

__all__ = ["Offered", "OfferedResource", "OfferedTemplate", "ResourceProvider", "offered"]


_UNKNOWN: Final = Look()


@dataclass(frozen=True, slots=True)
class _Inside:
    """What an offered resource holds.

    Attributes:
        readable: what is read.
        scopes: what a caller must have to see and read it.
        limit: bytes that the result may have.
        template: of its URI, when that has variables.
        look: what is known of it without reading it.
        call: of the request under way; None outside of a server, where the process itself reads.
        shared: whether a cache that several callers share may keep it.
    """

    readable: Readable
    scopes: frozenset[str]
    limit: int
    template: Template | None = None
    look: Look = _UNKNOWN
    call: tuple[Caller, str, Deadline] | None = None
    shared: bool = True

    async def read(self, texts: Mapping[str, str]) -> ResourceResult:
        """Read it for the current caller."""
        caller, request_id, deadline = self.call or (
            Caller("local", patterns=("*",)),
            uuid.uuid4().hex,
            Deadline.never(),
        )
        context = CallContext(request_id, caller, deadline, self.limit, _no_progress)
        found = await self.readable.read(texts, context)
        if not isinstance(found, Content):
            found = Content(found, self.readable.media_type)
        result = ReadResult([ResourceContent(found.data, mime_type=found.media_type)])
        cache = self.readable.cache
        if cache is not None and not self.shared:
            cache = replace(cache, scope="private")
        result._cache = cache  # noqa: SLF001  own class
        return result


class ReadResult(ResourceResult):
    """A result that says how long it may be kept."""

    _cache: CacheRule | None = PrivateAttr(default=None)

    def __init__(self, contents: list[ResourceContent]) -> None:
        super().__init__(contents)

    def to_mcp_result(self, uri: AnyUrl | str) -> ReadResourceResult:
        """As the base, with both hints where there are some; otherwise the SDK says that nothing is kept."""
        result = super().to_mcp_result(uri)
        if self._cache is None:
            return result
        kept = {"ttl_ms": int(self._cache.seconds * 1000), "cache_scope": self._cache.scope}
        return result.model_copy(update=kept)


class OfferedResource(Resource):
    """Something to read under one URI."""

    _inside: _Inside = PrivateAttr()

    @property
    def scopes(self) -> frozenset[str]:
        """What a caller must have to see and read it; the guard of an assembled server asks."""
        return self._inside.scopes

    @property
    def readable(self) -> Readable:
        """What is read."""
        return self._inside.readable

    def called(self, caller: Caller, request_id: str, deadline: Deadline, *, shared: bool) -> Self:
        """The same for one request: who reads, the request's id, when nobody waits any more, and who may keep it."""
        copy = self.model_copy()
        call = (caller, request_id, deadline)
        copy._inside = replace(self._inside, call=call, shared=shared)  # noqa: SLF001  own copy
        return copy

    def looked(self, look: Look) -> Self:
        """The same with what is known of it now."""
        update: dict[str, object] = {"annotations": _annotations(self._inside.readable, look)}
        copy = self.model_copy(update=update)
        copy._inside = replace(self._inside, look=look)  # noqa: SLF001  own copy
        return copy

    async def known(self) -> Self | None:
        """The same with its size and age, where somebody knows them; None when it is not there now."""
        look = self._inside.readable.look
        if look is None:
            return self
        found = await look()
        return self.looked(found[0]) if found else None

    async def read(self) -> ResourceResult:
        """Its content."""
        return await self._inside.read({})

    def to_mcp_resource(self, **overrides: Any) -> ListedResource:  # noqa: ANN401  FastMCP's own signature
        """As the base, with the size."""
        listed = super().to_mcp_resource(**overrides)
        size = self._inside.look.size
        return listed if size is None else listed.model_copy(update={"size": size})


class OfferedTemplate(ResourceTemplate):
    """Something to read under each URI of a form."""

    _inside: _Inside = PrivateAttr()

    @property
    def scopes(self) -> frozenset[str]:
        """As of `OfferedResource`."""
        return self._inside.scopes

    @property
    def readable(self) -> Readable:
        """What is read."""
        return self._inside.readable

    def called(self, caller: Caller, request_id: str, deadline: Deadline, *, shared: bool) -> Self:
        """As of `OfferedResource`."""
        copy = self.model_copy()
        call = (caller, request_id, deadline)
        copy._inside = replace(self._inside, call=call, shared=shared)  # noqa: SLF001  own copy
        return copy

    def matches(self, uri: str) -> dict[str, Any] | None:
        """The values of the variables, when the URI is one of the template's in the one form that it has."""
        template = self._inside.template
        return None if template is None else template.match(uri)

    def to_mcp_template(self, **overrides: Any) -> ListedTemplate:  # noqa: ANN401  FastMCP's own signature
        """As the base; without a media type where each content has its own (specification 2026-07-28, Resources)."""
        listed = super().to_mcp_template(**overrides)
        return listed if self.readable.media_type else listed.model_copy(update={"mime_type": None})

    async def listed(self) -> Sequence[OfferedResource]:
        """What stands in the list of resources besides the template itself."""
        inside = self._inside
        if inside.readable.look is None:
            return ()
        made = []
        for look in await inside.readable.look():
            single = replace(
                inside.readable,
                uri=look.uri,
                name=look.name,
                title=look.name,
                variables=(),
                media_type=look.media_type or inside.readable.media_type,
            )
            resource = offered(single, response_limit=inside.limit, scopes=inside.scopes)
            if isinstance(resource, OfferedResource):
                made.append(resource.looked(look))
        return made

    async def read(self, arguments: dict[str, Any]) -> ResourceResult:
        """The content for the variables of a URI."""
        return await self._inside.read({name: str(text) for name, text in arguments.items()})

    async def _read(self, uri: str, params: dict[str, Any]) -> ResourceResult:
        """What FastMCP's server calls: read at once, without a resource that is made for it."""
        del uri
        return await self.read(params)


Offered: TypeAlias = OfferedResource | OfferedTemplate


def offered(readable: Readable, *, response_limit: int, scopes: Iterable[str] = ()) -> Offered:
    """What serves it.

    Args:
        readable: what is read.
        response_limit: bytes that one result may have.
        scopes: what a caller must have to see and read it, beside what it asks for itself.
    """
    words: dict[str, Any] = {
        "name": readable.name,
        "title": readable.title,
        "description": readable.description or None,
        "mime_type": readable.media_type,
        "annotations": _annotations(readable, _UNKNOWN),
    }
    made: Offered
    if readable.variables:
        properties = {name: {"type": "string"} for name in readable.variables}
        parameters = {"type": "object", "properties": properties, "required": list(readable.variables)}
        made = OfferedTemplate(uri_template=readable.uri, parameters=parameters, **words)
    else:
        made = OfferedResource(uri=AnyUrl(readable.uri), **words)
    made._inside = _Inside(  # noqa: SLF001  own constructor
        readable,
        frozenset((*scopes, *readable.scopes)),
        response_limit,
        template_of(readable.uri) if readable.variables else None,
    )
    return made


class ResourceProvider(Provider):
    """Serves all that can be read of a server. Their sources are started and closed with the toolsets."""

    def __init__(self, resources: Iterable[Offered], watch: Watch | None = None) -> None:
        """Args: resources: no two with the same URI. watch: looks for changes of what is subscribed to."""
        super().__init__()
        known = tuple(resources)
        self._watch = watch
        self._resources = tuple(each for each in known if isinstance(each, OfferedResource))
        self._templates = tuple(each for each in known if isinstance(each, OfferedTemplate))
        self._by_uri = {str(each.uri): each for each in self._resources}
        self._listing = Together(self._listed)  # looking through directories takes threads from everybody

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._resources)}, {len(self._templates)})"

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Look for changes as long as the server runs."""
        if self._watch is None:
            yield
            return
        async with self._watch.running():
            yield

    async def _list_resources(self) -> Sequence[Resource]:
        return await self._listing.result()

    async def _listed(self) -> Sequence[Resource]:
        fixed = [found for each in self._resources if (found := await each.known()) is not None]
        return [*fixed, *[each for template in self._templates for each in await template.listed()]]

    async def _get_resource(self, uri: str, version: VersionSpec | None = None) -> Resource | None:
        """One with a URI of its own; what a template lists is read through the template."""
        found = self._by_uri.get(uri)
        return found if found is None or version is None or version.matches(found.version) else None

    async def _list_resource_templates(self) -> Sequence[ResourceTemplate]:
        return self._templates


def _annotations(readable: Readable, look: Look) -> Annotations | None:
    """Whom it is for, how much it matters, and when it changed."""
    said: dict[str, Any] = {}
    if readable.audience:
        said["audience"] = list(readable.audience)
    if readable.priority is not None:
        said["priority"] = readable.priority
    if look.modified is not None:
        said["last_modified"] = look.modified.isoformat().replace("+00:00", "Z")
    return Annotations(**said) if said else None


async def _no_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """A read has no progress to report."""
    del done, total, message
