"""An answer's body, decoded and counted as it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Final

import httpcore2
import httpx2

from seawall.errors import ResponseTooLargeError

__all__ = ["ACCEPTED", "BoundedBody", "check_encoding", "client_errors"]

ACCEPTED: Final = frozenset({"identity", "gzip", "deflate"})
"""Content codings (RFC 9110, 8.4.1) that are decoded in bounded steps."""


@contextmanager
def client_errors() -> Iterator[None]:
    """Errors of the connection pool as those of the HTTP client, which have the same names."""
    try:
        yield
    except Exception as error:  # translated when the pool made it, passed on otherwise
        names = (each.__name__ for each in type(error).__mro__ if each.__module__.startswith("httpcore2"))
        same = next((getattr(httpx2, name) for name in names if hasattr(httpx2, name)), None)
        if same is None:
            raise
        raise same(str(error)) from error


def check_encoding(headers: httpx2.Headers) -> None:
    """Refuse a body that is encoded in a way that nobody asked for: unknown, or several times over.

    Raises:
        httpx2.DecodingError: it is.
    """
    codings = [each.strip().lower() for each in headers.get_list("content-encoding", split_commas=True)]
    meant = [coding for coding in codings if coding and coding != "identity"]
    if len(meant) > 1 or not ACCEPTED.issuperset(meant):
        message = f"the answer is encoded as {', '.join(meant)[:80]!r}, which was not asked for"
        raise httpx2.DecodingError(message)


class BoundedBody(httpx2.AsyncByteStream):
    """The decoded body of an answer, in pieces; the piece that goes beyond the limit is an error instead.

    What counts is what comes out of decoding, so that a few bytes that unpack to gigabytes end where others do.
    """

    def __init__(self, answer: httpcore2.Response, *, name: str, limit: int) -> None:
        """Args: answer: of the pool; name: whose answer it is; limit: in bytes."""
        self._raw = _Raw(answer)
        self._headers = httpx2.Headers(answer.headers)
        self._name = name
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        # The client's own decoder gives out at most a mebibyte at once.
        encoded = httpx2.Response(200, headers=self._headers, stream=self._raw)
        async with aclosing(encoded.aiter_bytes()) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > self._limit:
                    raise ResponseTooLargeError(name=self._name, size=size, limit=self._limit)
                yield piece

    async def aclose(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""
        await self._raw.aclose()


class _Raw(httpx2.AsyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with client_errors():
            async with aclosing(self._answer.aiter_stream()) as pieces:
                async for piece in pieces:
                    yield piece

    async def aclose(self) -> None:
        with client_errors():
            await self._answer.aclose()
