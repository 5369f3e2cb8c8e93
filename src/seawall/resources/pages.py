"""Content that the blueprint holds itself, and pages of other servers, read through the egress guard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network

from seawall.blueprint.resource import ResourceDeclaration
from seawall.errors import DeadlineExceededError, ResourceNotFoundError
from seawall.resources.media import guessed, presented
from seawall.security.egress import EgressPolicy, HostRule, PageReader
from seawall.toolsets.interface import CallContext, Reach
from seawall.toolsets.readables import Content, Look, Readable

__all__ = ["PageSource", "TextSource"]


class TextSource:
    """A text of the blueprint."""

    def __init__(self, declaration: ResourceDeclaration, offer: Readable) -> None:
        """Args: declaration: with `text`. offer: the resource without its ways to be read."""
        self._text = declaration.text or ""
        self.readable = replace(
            offer,
            media_type=offer.media_type or "text/plain",
            read=self._read,
            look=self._look,
            state=lambda _: self._text,  # it never changes while the server runs
        )
        self.reach: Sequence[Reach] = ()

    async def start(self) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """Nothing was opened."""

    def faults(self) -> Sequence[str]:
        """None, ever."""
        return ()

    async def _read(self, texts: Mapping[str, str], call: CallContext) -> str:
        del texts, call
        return self._text

    async def _look(self) -> Sequence[Look]:
        return (Look(size=len(self._text.encode())),)


class PageSource:
    """A page of another server, anew for every read. Nothing of the caller's request is sent there."""

    def __init__(self, declaration: ResourceDeclaration, offer: Readable) -> None:
        """Prepare it; nothing is opened yet.

        Args: declaration: with `url`. offer: the resource without its ways to be read.

        Raises:
            ValueError: a network is none, or too wide.
            EgressDeniedError: the URL is read in several ways.
        """
        url = declaration.url or ""
        rule = HostRule.of(url)
        policy = EgressPolicy(
            hosts=(rule,),
            networks=tuple(ip_network(each) for each in declaration.networks),
            connect_timeout=declaration.timeout,
            read_timeout=declaration.timeout,
            max_response=declaration.max_size,
            connections=8,
        )
        self._declaration = declaration
        self._reader = PageReader(url, policy)
        self._guessed = guessed(self._reader.url.without_query)
        media_type = offer.media_type or self._guessed or "text/plain"
        self.readable = replace(offer, media_type=media_type, read=self._read)
        self.reach: Sequence[Reach] = (Reach("network", rule.host, "connect", policy.clauses()),)

    async def start(self) -> None:
        """Nobody is asked yet: another server may be down for a while."""
        await self._reader.start()

    async def close(self) -> None:
        """Close all connections."""
        await self._reader.close()

    def faults(self) -> Sequence[str]:
        """None that would be known without asking the other server."""
        return ()

    async def _read(self, texts: Mapping[str, str], call: CallContext) -> Content:
        del texts
        seconds = min(self._declaration.timeout, max(call.deadline.remaining(), 0))
        try:
            async with asyncio.timeout(seconds):
                page = await self._reader.read()
        except TimeoutError:
            raise DeadlineExceededError(name=self._declaration.uri, seconds=seconds) from None
        if page is None:
            raise ResourceNotFoundError(uri=self._declaration.uri)
        media_type = self._declaration.media_type or page.media_type or self._guessed
        return Content(*presented(page.data, media_type))
