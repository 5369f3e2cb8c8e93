"""An ASGI application on loopback, in a thread of its own, for the time of a test."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import uvicorn

__all__ = ["App", "Mock", "Receive", "Scope", "SendBack", "whole"]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendBack: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, SendBack], Awaitable[None]]

_START: Final = 10.0  # seconds until the server must listen


class _Listening:
    """Serves the application between `start` and `stop`."""

    def __init__(self, app: App) -> None:
        self._socket = socket.socket()
        config = uvicorn.Config(
            app, interface="asgi3", log_config=None, lifespan="off", ws="none", proxy_headers=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Listen. Returns when it does.

        Raises:
            TimeoutError: it does not.
        """
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        self._thread.start()
        last = time.monotonic() + _START
        while not self._server.started:
            if time.monotonic() > last or not self._thread.is_alive():
                raise TimeoutError("the mock upstream does not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop listening."""
        self._server.should_exit = True
        self._thread.join(_START)
        self._socket.close()


class Mock:
    """A service that listens for the time of a `with` block."""

    def __init__(self, app: App) -> None:
        self._listening = _Listening(app)

    def __enter__(self) -> Self:
        """Listen. Returns when it does."""
        self._listening.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._listening.stop()

    @property
    def url(self) -> str:
        """Where it is: scheme, host and port."""
        return self._listening.url


async def whole(receive: Receive) -> bytes:
    """The body of a request."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
