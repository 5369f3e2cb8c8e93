"""The keys by which an authorization server signs: fetched when one is needed, and kept for a while."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeySet, OKPKey, RSAKey

from seawall.security.rate import Rate, RateLimiter

__all__ = ["FixedKey", "Key", "Keys", "KeysUnavailableError", "PublishedKeys"]

_log = logging.getLogger("seawall.auth")

_FRESH: Final = 3600.0  # seconds for which a fetched set is used without asking again
_STALE: Final = 24 * 3600.0  # seconds for which it is used when the authorization server cannot be reached
# Unknown key ids cost their senders nothing. A fetch brings all keys, whoever caused it: under a flood of made-up ids, too,
# a new key is known within five seconds.
_FETCHES: Final = Rate(1, seconds=5.0, burst=5)
_TIMEOUT: Final = 10.0
_LARGEST: Final = 256 * 1024
_MOST: Final = 64  # keys of one set
_PUBLIC: Final = frozenset({"RSA", "EC", "OKP"})


Key: TypeAlias = RSAKey | ECKey | OKPKey
"""A public key; never a shared secret."""


class KeysUnavailableError(Exception):
    """The authorization server's keys cannot be had now, and none are known."""


class Keys(Protocol):
    """Where the keys come from."""

    async def for_key_id(self, key_id: str | None) -> Key | KeySet:
        """The keys among which that one should be.

        Raises:
            KeysUnavailableError: no keys are known.
        """


class FixedKey:
    """One key that the operator named."""

    def __init__(self, pem: str) -> None:
        """Raises ValueError when the text is no public key, or holds a private one."""
        if "PRIVATE KEY" in pem:
            raise ValueError("it is a private key")
        for kind in (RSAKey, ECKey, OKPKey):
            try:
                self._key: Key = kind.import_key(pem)
            except (JoseError, ValueError, TypeError):
                continue
            return
        raise ValueError("it is no RSA, EC or Ed25519/Ed448 public key in PEM form")

    async def for_key_id(self, key_id: str | None) -> Key:
        """The key, whatever the token calls it."""
        del key_id
        return self._key


class PublishedKeys:
    """The set that the authorization server publishes (RFC 7517).

    Known keys never wait for the authorization server, however slow or far away it is: they go on while a newer
    set is fetched, for a day at most. Only a key that is not known waits, and only so often, whoever asks for it.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: url: of the set. clock: seconds that only grow."""
        self._url = url
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched = -math.inf
        self._limiter = RateLimiter(_FETCHES, kept=1, clock=clock)
        self._fetching: asyncio.Task[None] | None = None

    async def for_key_id(self, key_id: str | None) -> KeySet:
        """The set; fetched anew when it is old or lacks that key, but seldom."""
        if (known := self._having(key_id)) is not None:
            if self._age() > _FRESH:
                self._fetch_soon()
            return known
        if (fetching := self._fetch_soon()) is not None:
            # Shielded: it is everybody's, and the first to ask may go before it ends.
            await asyncio.shield(fetching)
        if self._keys is None or self._age() > _STALE:
            raise KeysUnavailableError
        return self._keys

    def _age(self) -> float:
        return self._clock() - self._fetched

    def _having(self, key_id: str | None) -> KeySet | None:
        if self._keys is None or self._age() > _STALE:
            return None
        return self._keys if key_id is None or any(key.kid == key_id for key in self._keys) else None

    def _fetch_soon(self) -> asyncio.Task[None] | None:
        """The fetch that is under way, or a new one; None when there were many just now."""
        if self._fetching is None or self._fetching.done():
            if self._limiter.wait(self._url):
                return None
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        """Replace the set; leave it as it is when that fails."""
        try:
            async with asyncio.timeout(_TIMEOUT), httpx2.AsyncClient(timeout=_TIMEOUT) as client:
                content = await _content(client, self._url)
            keys = _imported(json.loads(content))
        except (httpx2.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            _log.warning("signing keys cannot be fetched", extra={"seawall": {"error": _in_words(error)}})
            return
        self._keys, self._fetched = keys, self._clock()


def _in_words(error: Exception) -> str:
    """What went wrong, without what the other side sent."""
    return type(error).__name__ if not str(error) or isinstance(error, RecursionError) else str(error)[:200]


async def _content(client: httpx2.AsyncClient, url: str) -> bytes:
    """The document as it came: a compressed one is not unfolded, since a small one may become any size."""
    content = bytearray()
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers) as response:
        if response.status_code != httpx2.codes.OK:
            raise ValueError("not the key set")
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > _LARGEST:
                raise ValueError("larger than any key set")
    return bytes(content)


def _imported(document: object) -> KeySet:
    """The keys for signatures; those that this version does not understand are left out (RFC 7517, section 5)."""
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: list[Key] = []
    for entry in entries[:_MOST] if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        if entry.get("kty") not in _PUBLIC:  # never a shared secret
            continue
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            keys.append(key)
    if not keys:
        raise ValueError("no key in it")
    return KeySet(list(keys))
