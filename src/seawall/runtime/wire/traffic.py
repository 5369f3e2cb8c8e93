"""How much is under way: the requests that the server has and did not answer yet."""

from __future__ import annotations

from collections.abc import Callable

from mcp_types import RequestId

__all__ = ["Traffic"]


class Traffic:
    """Counts requests from the moment when the server gets them until they are answered or let go.

    Ids are the client's: it may use one twice at the same time, and each of the two is then counted.
    """

    def __init__(self, *, most: int, most_bytes: int) -> None:
        """Args: how many, and how many bytes of lines together, may be under way; one alone always may."""
        self._most = most
        self._most_bytes = most_bytes
        self._listener: Callable[[], None] | None = None
        self._sizes: dict[RequestId, list[int]] = {}
        self._count = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._count

    @property
    def full(self) -> bool:
        """Whether no further request should be begun."""
        return self._count >= self._most or self._bytes > self._most_bytes

    def on_settled(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each request that was answered or let go."""
        self._listener = listener

    def forget(self) -> None:
        """Count from nothing: nobody waits for the answers any more."""
        self._sizes.clear()
        self._count = self._bytes = 0

    def begin(self, request_id: RequestId, size: int) -> None:
        """Count a request whose line has `size` bytes."""
        self._sizes.setdefault(request_id, []).append(size)
        self._count += 1
        self._bytes += size

    def settle(self, request_id: RequestId | None) -> None:
        """Count it no more. An id that is not under way is nothing to us: it answers no request."""
        if request_id is None or request_id not in self._sizes:
            return
        sizes = self._sizes[request_id]
        self._bytes -= sizes.pop(0)
        self._count -= 1
        if not sizes:
            del self._sizes[request_id]
        if self._listener is not None:
            self._listener()

    async def let_go(self, request_id: RequestId) -> None:
        """What the SDK calls when a request ends without an answer, since the client cancelled it."""
        self.settle(request_id)
