"""One page of another server, as often as it is wanted: a plain GET without anything of the caller's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import httpx2

from seawall.errors import ResponseTooLargeError, UpstreamUnavailableError
from seawall.security.egress.egress import Egress
from seawall.security.egress.policy import EgressPolicy
from seawall.security.egress.transport import EgressTransport
from seawall.security.egress.urls import check_url

__all__ = ["Page", "PageReader"]

_HEADERS: Final = {"user-agent": "seawall", "accept": "*/*"}
_NOTHING: Final = frozenset({httpx2.codes.NOT_FOUND, httpx2.codes.GONE})
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""RFC 6838, 4.2: whatever else another server says there is shown to nobody."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was there.

    Attributes:
        data: decoded.
        media_type: as the other server says, without parameters, in small letters; empty when it says none.
    """

    data: bytes
    media_type: str


class PageReader:
    """Reads one URL through a guard of its own."""

    def __init__(
        self, url: str, policy: EgressPolicy, *, guard: Callable[[EgressPolicy], Egress] = Egress
    ) -> None:
        """Prepare it; nothing is opened yet.

        Args:
            url: of http or https, one that the policy allows.
            policy: of the guard; `max_response` bounds the page.
            guard: makes the guard.

        Raises:
            EgressDeniedError: the URL may not be used.
        """
        self.url = check_url(url)
        self._guard = guard(policy)
        self._transport: EgressTransport | None = None

    async def start(self) -> None:
        """Read the certificates to trust."""
        self._transport = await asyncio.to_thread(self._guard.transport)

    async def close(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None
        self._guard.close()

    async def read(self) -> Page | None:
        """The page as it is now; None when the other server says that there is none.

        Raises:
            EgressDeniedError: it leads to an address that may not be reached.
            ResponseTooLargeError: it is larger than the policy allows.
            UpstreamUnavailableError: nobody answers, or with another status than 200, 404 and 410.
        """
        if self._transport is None:
            raise self._unavailable("this server is stopping")
        try:
            return await self._read(self._transport)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._unavailable("it cannot be reached, or breaks HTTP") from error

    async def _read(self, transport: EgressTransport) -> Page | None:
        most = self._guard.policy.max_response
        response = await transport.handle_async_request(
            httpx2.Request("GET", str(self.url), headers=_HEADERS)
        )
        data = bytearray()
        try:
            if response.status_code in _NOTHING:
                return None
            if response.status_code != httpx2.codes.OK:
                raise self._unavailable(f"its answer has the status {response.status_code}")
            async with aclosing(response.aiter_bytes()) as pieces:
                async for piece in pieces:
                    data += piece
                    if len(data) > most:
                        raise ResponseTooLargeError(name=self.url.without_query, size=len(data), limit=most)
        finally:
            await response.aclose()
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Page(bytes(data), media_type if _MEDIA_TYPE.fullmatch(media_type) else "")

    def _unavailable(self, reason: str) -> UpstreamUnavailableError:
        return UpstreamUnavailableError(host=self.url.host, reason=reason)
