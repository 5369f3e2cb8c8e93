"""What FastMCP keeps for a session, without the cost of asking for it at every call of a server that keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, SupportsFloat

if TYPE_CHECKING:
    from key_value.aio.stores.memory import MemoryStore

__all__ = ["SessionState"]


class SessionState:
    """FastMCP's own store in memory, from the first value on; until then it is empty, and nothing is loaded.

    FastMCP asks it for the session's visibility rules at every call and every list. Its answer costs a tenth of a
    call, and few servers ever set such a rule (`Context.disable_components`).
    """

    def __init__(self) -> None:
        self._store: MemoryStore | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was ever kept."""
        return self._store is None

    async def get(self, key: str, *, collection: str | None = None) -> dict[str, Any] | None:
        """The value; None when there is none."""
        return None if self._store is None else await self._store.get(key, collection=collection)

    async def get_many(
        self, keys: Sequence[str], *, collection: str | None = None
    ) -> list[dict[str, Any] | None]:
        """The values in the order of the keys."""
        if self._store is None:
            return [None for _ in keys]
        found: list[dict[str, Any] | None] = await self._store.get_many(keys, collection=collection)
        return found

    async def ttl(
        self, key: str, *, collection: str | None = None
    ) -> tuple[dict[str, Any] | None, float | None]:
        """The value, and the seconds that it will be kept."""
        return (None, None) if self._store is None else await self._store.ttl(key, collection=collection)

    async def ttl_many(
        self, keys: Sequence[str], *, collection: str | None = None
    ) -> list[tuple[dict[str, Any] | None, float | None]]:
        """The values with their seconds, in the order of the keys."""
        if self._store is None:
            return [(None, None) for _ in keys]
        found: list[tuple[dict[str, Any] | None, float | None]] = await self._store.ttl_many(
            keys, collection=collection
        )
        return found

    async def put(
        self,
        key: str,
        value: Mapping[str, Any],
        *,
        collection: str | None = None,
        ttl: SupportsFloat | None = None,
    ) -> None:
        """Keep a value, for `ttl` seconds or for as long as the process lives."""
        await self._kept().put(key, value, collection=collection, ttl=ttl)

    async def put_many(
        self,
        keys: Sequence[str],
        values: Sequence[Mapping[str, Any]],
        *,
        collection: str | None = None,
        ttl: SupportsFloat | None = None,
    ) -> None:
        """Keep several values."""
        await self._kept().put_many(keys, values, collection=collection, ttl=ttl)

    async def delete(self, key: str, *, collection: str | None = None) -> bool:
        """Forget a value; whether there was one."""
        return False if self._store is None else await self._store.delete(key, collection=collection)

    async def delete_many(self, keys: Sequence[str], *, collection: str | None = None) -> int:
        """Forget several values; how many there were."""
        return 0 if self._store is None else await self._store.delete_many(keys, collection=collection)

    def _kept(self) -> MemoryStore:
        if self._store is None:
            from key_value.aio.stores.memory import MemoryStore  # noqa: PLC0415  not needed to start

            self._store = MemoryStore()
        return self._store
