"""Names to addresses, off the event loop."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from seawall.security.budget import WorkerPool

__all__ = ["Resolver", "SystemResolver"]

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host as text, the preferred one first. Raises OSError when there are none."""

_THREADS: Final = 4
_QUEUED: Final = 256


class SystemResolver:
    """The resolver of the operating system, `/etc/hosts` included.

    Its threads are few and its own: names that nobody answers delay other names of the same toolset, nothing else. A
    thread that hangs in it keeps the server neither waiting nor from ending.
    """

    def __init__(self) -> None:
        self._workers = WorkerPool(size=_THREADS, queued=_QUEUED)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of the host.

        Raises:
            OSError: it has none.
            OverloadedError: too many names are being looked up.
        """
        return await self._workers.run(_look_up, host, port)

    def close(self) -> None:
        """Let the threads end. The next look-up starts them again."""
        self._workers.close()


def _look_up(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is too long for the codec
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
