"""All declared resources of a server, and their life."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from seawall.blueprint.resource import ResourceDeclaration
from seawall.errors import BlueprintError, EgressDeniedError, Problem
from seawall.resources.files import DirectorySource, FileSource
from seawall.resources.functions import FunctionSource
from seawall.resources.pages import PageSource, TextSource
from seawall.resources.source import Source
from seawall.resources.uris import Template, template_of
from seawall.toolsets.cleaning import clean_line, clean_prose
from seawall.toolsets.interface import CallContext, Host, Operation, Reach
from seawall.toolsets.readables import CacheRule, Content, Readable

__all__ = ["Shelf", "shelf_of"]

_WORDS: Final = re.compile(r"[^A-Za-z0-9]+")


class Shelf:
    """The resources of a blueprint: a source of things to read, as toolsets are, without operations."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._open: AsyncExitStack | None = None

    @property
    def operations(self) -> Sequence[Operation]:
        """None: these are no tools."""
        return ()

    @property
    def readables(self) -> Sequence[Readable]:
        """All of them, in the order of the blueprint."""
        return tuple(each.readable for each in self._sources)

    def reach(self) -> Sequence[Reach]:
        """What they touch outside of the server."""
        return tuple(reach for each in self._sources for reach in each.reach)

    def reach_of(self, uri: str) -> tuple[Reach, ...]:
        """What one of them touches; nothing for a URI that is none of theirs."""
        return next((tuple(each.reach) for each in self._sources if each.readable.uri == uri), ())

    async def start(self) -> None:
        """Open each; see that files and directories are there.

        Raises:
            StartError: one is not.
        """
        async with AsyncExitStack() as stack:
            for each in self._sources:
                stack.push_async_callback(each.close)
                await each.start()
            self._open = stack.pop_all()

    async def close(self) -> None:
        """Close them all."""
        if self._open is not None:
            await self._open.aclose()
            self._open = None

    def faults(self) -> Sequence[str]:
        """Why some cannot be read now."""
        return tuple(fault for each in self._sources for fault in each.faults())


def shelf_of(declarations: Sequence[ResourceDeclaration], host: Host) -> Shelf:
    """The resources that are declared. Functions are imported, nothing else is opened.

    Raises:
        BlueprintError: with all problems; those of the blueprint itself have keys, and no lines.
    """
    sources: list[Source] = []
    problems: list[Problem] = list(_clashes(declarations))
    for index, declaration in enumerate(declarations):
        key = f"resource[{index}]"
        template = template_of(declaration.uri)
        wrong = list(_misfits(declaration, template, key))
        problems += wrong
        if wrong:
            continue
        try:
            sources.append(_source(declaration, template, host))
        except BlueprintError as error:
            problems += [
                each if each.source else replace(each, key=f"{key}.{each.key}") for each in error.problems
            ]
        except EgressDeniedError as error:
            problems.append(_problem(f"{key}.url", error.target, error.reason, "https://host/path"))
        except ValueError as error:
            allowed = "patterns of .gitignore" if declaration.directory else "networks such as 10.0.0.0/8"
            setting = "deny" if declaration.directory else "networks"
            problems.append(_problem(f"{key}.{setting}", "", f"{setting}: {error}", allowed))
    if problems:
        raise BlueprintError(problems)
    return Shelf(sources)


def _source(declaration: ResourceDeclaration, template: Template | None, host: Host) -> Source:
    offer = _offer(declaration, template)
    if declaration.text is not None:
        return TextSource(declaration, offer)
    if declaration.file is not None:
        return FileSource(declaration, offer, host)
    if declaration.directory is not None and template is not None:
        return DirectorySource(declaration, offer, host, template)
    if declaration.url is not None:
        return PageSource(declaration, offer)
    return FunctionSource(declaration, offer, host, template)


def _offer(declaration: ResourceDeclaration, template: Template | None) -> Readable:
    """All of it but the ways to be read."""
    name = clean_line(declaration.name) or _WORDS.sub("-", declaration.uri.partition("://")[2]).strip("-")
    cache = None if declaration.cache is None else CacheRule(declaration.cache, declaration.cache_scope)
    return Readable(
        uri=declaration.uri,
        name=name or declaration.uri.partition(":")[0],
        title=clean_line(declaration.title) or name or declaration.uri,
        description=clean_prose(declaration.description),
        media_type=declaration.media_type,
        read=_unread,
        variables=() if template is None else template.variables,
        scopes=declaration.scopes,
        audience=declaration.audience,
        priority=declaration.priority,
        cache=cache,
    )


async def _unread(texts: object, call: CallContext) -> str | bytes | Content:
    """Stands where a source puts its own."""
    raise TypeError(f"nothing reads this resource ({texts!r}, {call.request_id})")


def _misfits(declaration: ResourceDeclaration, template: Template | None, key: str) -> Iterator[Problem]:
    """Where the URI and the source do not belong together."""
    uri = declaration.uri
    if template is None and "{" in uri:
        yield _problem(f"{key}.uri", uri, "a variable of the URI stands twice", "each variable once")
    elif declaration.directory is not None and (template is None or len(template.variables) != 1):
        allowed = "one variable for the path, such as {page*}"
        yield _problem(f"{key}.uri", uri, "the URI of a directory has not one variable", allowed)
    elif template is not None and declaration.source in {"text", "file", "url"}:
        allowed = "a URI without variables"
        yield _problem(
            f"{key}.uri", uri, f"the URI has variables, and `{declaration.source}` takes none", allowed
        )


def _clashes(declarations: Sequence[ResourceDeclaration]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, declaration in enumerate(declarations):
        if declaration.uri in seen:
            message = f"resource[{seen[declaration.uri]}] has this URI already"
            yield _problem(f"resource[{index}].uri", declaration.uri, message, "a URI of its own")
        seen.setdefault(declaration.uri, index)


def _problem(key: str, found: str, message: str, allowed: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found=found,
        allowed=allowed,
        suggestion=None,
        message=f"{key}: {message}; allowed: {allowed}.",
    )
