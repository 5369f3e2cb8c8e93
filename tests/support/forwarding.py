"""A port of another interface of this machine that leads to one of loopback's."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["forwarded"]


@contextmanager
def forwarded(host: str, port: int) -> Iterator[int]:
    """A port of that interface which leads to the same one of loopback's."""
    with socket.socket() as listening:
        listening.setsockopt(
            socket.IPPROTO_IP, _FREEBIND, 1
        )  # a bridge has its address once a container is on it
        listening.bind((host, 0))
        listening.listen()
        thread = threading.Thread(target=_forward, args=(listening, port), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


_FREEBIND: Final = 15  # linux/in.h: IP_FREEBIND, which Python does not name


def _forward(listening: socket.socket, port: int) -> None:
    pairs: dict[socket.socket, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listening, *pairs], [], [])
        for one in ready:
            if one is listening:
                try:
                    taken, _ = listening.accept()
                except OSError:  # shut down
                    for each in pairs:
                        each.close()
                    return
                other = socket.create_connection(("127.0.0.1", port))
                pairs |= {taken: other, other: taken}
            elif one in pairs:
                _pass_on(one, pairs)


def _pass_on(one: socket.socket, pairs: dict[socket.socket, socket.socket]) -> None:
    try:
        data = one.recv(65536)
        if data:
            pairs[one].sendall(data)
            return
    except OSError:
        pass  # broken off: the same as an end
    other = pairs.pop(one)
    del pairs[other]
    one.close()
    other.close()
