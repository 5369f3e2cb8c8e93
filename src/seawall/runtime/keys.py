"""The keys by which an authorization server signs: fetched when one is needed, and kept for a while."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Final, Protocol, TypeAlias

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeySet, OKPKey, RSAKey

__all__ = ["FixedKey", "Key", "Keys", "KeysUnavailableError", "PublishedKeys"]

_FRESH: Final = 3600.0  # seconds for which a fetched set is used without asking again
_STALE: Final = 24 * 3600.0  # seconds for which it is used when the authorization server cannot be reached
_AGAIN: Final = 30.0  # seconds between two fetches: unknown key ids cost their senders nothing
_TIMEOUT: Final = 10.0
_LARGEST: Final = 256 * 1024
_MOST: Final = 64  # keys of one set


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
    """The set that the authorization server publishes (RFC 7517)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: KeySet | None = None
        self._fetched = self._tried = -_STALE
        self._lock = asyncio.Lock()

    async def for_key_id(self, key_id: str | None) -> KeySet:
        """The set; fetched anew when it is old or lacks that key, but seldom."""
        if (known := self._usable(key_id)) is not None:
            return known
        async with self._lock:
            if (known := self._usable(key_id)) is None and time.monotonic() - self._tried >= _AGAIN:
                self._tried = time.monotonic()
                await self._fetch()
            if self._keys is None or time.monotonic() - self._fetched > _STALE:
                raise KeysUnavailableError
            return self._keys

    def _usable(self, key_id: str | None) -> KeySet | None:
        if self._keys is None or time.monotonic() - self._fetched > _FRESH:
            return None
        return self._keys if key_id is None or any(key.kid == key_id for key in self._keys) else None

    async def _fetch(self) -> None:
        """Replace the set; leave it as it is when that fails."""
        try:
            async with asyncio.timeout(_TIMEOUT), httpx2.AsyncClient(timeout=_TIMEOUT) as client:
                content = await _content(client, self._url)
            keys = _imported(json.loads(content))
        except (httpx2.HTTPError, TimeoutError, ValueError, RecursionError):
            return
        self._keys, self._fetched = keys, time.monotonic()


async def _content(client: httpx2.AsyncClient, url: str) -> bytes:
    content = bytearray()
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        if response.status_code != httpx2.codes.OK:
            raise ValueError("not the key set")
        async for chunk in response.aiter_bytes():
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
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):  # never a shared secret
            keys.append(key)
    if not keys:
        raise ValueError("no key in it")
    return KeySet(list(keys))
