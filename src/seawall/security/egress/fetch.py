"""One document of the operator's from an https URL, such as the description of an API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
from collections.abc import Sequence
from contextlib import aclosing

import httpx2

from seawall.errors import (
    DeadlineExceededError,
    EgressDeniedError,
    ResponseTooLargeError,
    StartError,
    UnsafeError,
)
from seawall.security.budget import Deadline
from seawall.security.egress.addresses import Network
from seawall.security.egress.egress import Egress
from seawall.security.egress.policy import EgressPolicy, HostRule
from seawall.security.egress.urls import Url, check_url

__all__ = ["fetch"]


async def fetch(
    url: str,
    *,
    max_bytes: int,
    deadline: Deadline,
    sha256: str | None = None,
    networks: Sequence[Network] = (),
    egress: Egress | None = None,
) -> bytes:
    """The bytes behind the URL.

    Args:
        url: of https.
        max_bytes: that the document may have, decoded.
        deadline: for all of it.
        sha256: hexadecimal digest that it must have.
        networks: addresses at which it may be beside public ones; of no use with `egress`.
        egress: the guard to go through; by default one that allows the URL's own origin at public addresses, and no
            redirects.

    Raises:
        EgressDeniedError: the URL may not be used, is not of https, or leads to an address that is not public.
        StartError: nobody answers, the answer is not 200, or is larger than `max_bytes`.
        UnsafeError: it is another document than the one of `sha256`.
        DeadlineExceededError: it took too long.
    """
    parsed = check_url(url)
    if parsed.scheme != "https":
        raise EgressDeniedError(target=parsed.without_query, reason="documents are fetched over https only")
    policy = EgressPolicy(hosts=(HostRule.of(parsed),), networks=tuple(networks), max_response=max_bytes)
    guard = egress or Egress(policy)
    try:
        # A deadline that lies in the past is one that passes at once; one that never comes is none.
        left = deadline.remaining()
        async with asyncio.timeout(None if math.isinf(left) else max(left, 0)):
            content = await _content(guard, parsed, max_bytes)
    except TimeoutError as error:
        raise DeadlineExceededError(name=parsed.without_query, seconds=deadline.seconds) from error
    except httpx2.HTTPError as error:
        raise _failed(parsed, str(error) or type(error).__name__) from error
    finally:
        if egress is None:
            guard.close()
    if sha256 is not None and not hmac.compare_digest(hashlib.sha256(content).hexdigest(), sha256.lower()):
        raise UnsafeError(
            f"{parsed.without_query} is not the document that was pinned by sha256.",
            hint="Read what changed, and pin the new one if that is right.",
        )
    return content


async def _content(guard: Egress, url: Url, max_bytes: int) -> bytes:
    content = bytearray()
    # A client of its own would keep cookies and write the URL, with the keys in its query, into the log.
    async with await asyncio.to_thread(guard.transport) as transport:
        response = await transport.handle_async_request(httpx2.Request("GET", str(url)))
        try:
            if response.status_code != httpx2.codes.OK:
                raise _failed(url, f"the answer's status is {response.status_code}")
            async with aclosing(response.aiter_bytes()) as pieces:
                async for piece in pieces:
                    content += piece
                    if len(content) > max_bytes:
                        raise _too_large(url, max_bytes)
        except ResponseTooLargeError as error:
            raise _too_large(url, max_bytes) from error
        finally:
            await response.aclose()
    return bytes(content)


def _too_large(url: Url, limit: int) -> StartError:
    return _failed(url, f"it has more than {limit} bytes")


def _failed(url: Url, reason: str) -> StartError:
    return StartError(f"{url.without_query} cannot be fetched: {reason}.")
