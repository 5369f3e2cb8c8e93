"""The way of confined processes to the hosts on their list: a proxy that knows CONNECT alone, on the egress guard."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import socket
from collections.abc import Callable, Iterable
from typing import Final

import httpcore2

from seawall.errors import EgressDeniedError, OperationError
from seawall.security.egress import Egress, EgressPolicy, HostRule, Network

__all__ = ["Proxy", "host_rules"]

_HEAD_LIMIT: Final = 8 * 1024
_HEAD_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 300.0
_CHUNK: Final = 64 * 1024
_MOST_WAITING: Final = 64  # connections that have not said yet what they want
_MOST_TUNNELS: Final = 64  # of one run
_HTTPS: Final = 443


def host_rules(patterns: Iterable[str]) -> tuple[HostRule, ...]:
    """The rules of `host` and `host:port` patterns.

    Raises:
        ValueError: one of them names no host.
    """
    found = []
    for pattern in sorted(patterns):
        host, _, port = pattern.rpartition(":") if pattern.rpartition(":")[2].isdigit() else (pattern, "", "")
        found.append(HostRule(host.strip("[]"), int(port) if port else _HTTPS))
    return tuple(found)


class Proxy:
    """Tunnels for runs, each to the hosts on its own list, known by a credential of its own.

    It listens on loopback, and in the networks of runs that have one of their own. What it holds for a run is bounded, since
    each connection takes descriptors of the server.
    """

    def __init__(self, networks: tuple[Network, ...], egress: Callable[[EgressPolicy], Egress]) -> None:
        """Open nothing.

        Args:
            networks: addresses that may be reached beside public ones.
            egress: makes the guard of a run's connections.
        """
        self._networks = networks
        self._egress = egress
        self._admitted: dict[str, Egress] = {}
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()
        self._inside: dict[str, set[asyncio.Server]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._of_run: dict[str, set[asyncio.Task[object]]] = {}
        self._waiting: dict[asyncio.StreamWriter, None] = {}  # the oldest first

    def admit(self, token: str, hosts: Iterable[str]) -> None:
        """Let a run reach these hosts, as long as it is not dismissed."""
        policy = EgressPolicy(host_rules(hosts), self._networks)
        self._admitted[token] = self._egress(policy)
        self._of_run[token] = set()
        self._inside[token] = set()

    def dismiss(self, token: str) -> None:
        """End the run's tunnels, let it in no more, and let go of its network."""
        self._admitted.pop(token).close()
        for task in self._of_run.pop(token):
            task.cancel()
        for server in self._inside.pop(token):
            server.close()

    async def port(self) -> int:
        """The port on 127.0.0.1 where it listens."""
        async with self._starting:
            if self._server is None:
                self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_LIMIT)
            port: int = self._server.sockets[0].getsockname()[1]
            return port

    def listen(self, token: str, listener: socket.socket) -> None:
        """Listen in the network of a run, too, until it is dismissed."""
        task = asyncio.get_running_loop().create_task(self._listen(token, listener))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        if self._server is not None:
            self._server.close()
        self._server = None

    async def _listen(self, token: str, listener: socket.socket) -> None:
        listener.setblocking(False)  # noqa: FBT003  the interface of socket
        server = await asyncio.start_server(self._serve, sock=listener, limit=_HEAD_LIMIT)
        if token in self._inside:
            self._inside[token].add(server)
        else:  # the run was over before
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            token, host, port = _asked(await self._head(reader, writer))
            await self._tunnel(token, host, port, reader, writer)
        except _RefusedError as refused:
            await _say(writer, refused.status)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # the process has gone, or says nothing that is a request
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """What it asks for. Whoever asks at once gets an answer, however many others connect and say nothing."""
        self._waiting[writer] = None
        if len(self._waiting) > _MOST_WAITING:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.transport.abort()
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                return await reader.readuntil(b"\r\n\r\n")
        finally:
            self._waiting.pop(writer, None)

    async def _tunnel(
        self, token: str, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        egress = next((found for known, found in self._admitted.items() if _same(known, token)), None)
        if egress is None:
            raise _RefusedError("407 Proxy Authentication Required")
        task = asyncio.current_task()
        tunnels = self._of_run[token]
        if len(tunnels) >= _MOST_TUNNELS:
            raise _RefusedError("503 Service Unavailable")
        if task is not None:
            tunnels.add(task)
        try:
            stream = await _connected(egress, host, port)
            try:
                await _say(writer, "200 Connection established")
                await _both_ways(stream, reader, writer)
            finally:
                await stream.aclose()
        finally:
            if task is not None:
                tunnels.discard(task)


class _RefusedError(Exception):
    """What a client is told instead of a tunnel."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def _asked(head: bytes) -> tuple[str, str, int]:
    """The credential and the target of a request."""
    line, *fields = head.decode("latin-1").split("\r\n")
    method, _, rest = line.partition(" ")
    target = rest.partition(" ")[0]
    if method != "CONNECT":
        raise _RefusedError("405 Method Not Allowed")
    token = ""
    for field in fields:
        name, _, value = field.partition(":")
        scheme, _, credential = value.strip().partition(" ")
        if name.lower() == "proxy-authorization" and scheme.lower() == "basic":
            with contextlib.suppress(ValueError):  # no base64, or no text
                token = base64.b64decode(credential, validate=True).decode().partition(":")[2]
    host, _, port = target.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 5:  # noqa: PLR2004  digits of a port
        raise _RefusedError("400 Bad Request")
    return token, host.strip("[]").lower(), int(port)


async def _connected(egress: Egress, host: str, port: int) -> httpcore2.AsyncNetworkStream:
    try:
        return await egress.connect(host, port)
    except EgressDeniedError as error:
        raise _RefusedError("403 Forbidden") from error
    except (OperationError, httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        raise _RefusedError("502 Bad Gateway") from error


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


async def _say(writer: asyncio.StreamWriter, status: str) -> None:
    challenge = 'Proxy-Authenticate: Basic realm="sandbox"\r\n' if status.startswith("407") else ""
    length = "" if status.startswith("200") else "Content-Length: 0\r\n"
    writer.write(f"HTTP/1.1 {status}\r\n{challenge}{length}\r\n".encode())
    with contextlib.suppress(OSError):
        await writer.drain()


async def _both_ways(
    stream: httpcore2.AsyncNetworkStream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Carry bytes until one side ends, or nothing comes for long."""

    async def outward() -> None:
        while data := await reader.read(_CHUNK):
            await stream.write(data, _IDLE_SECONDS)

    async def inward() -> None:
        while data := await stream.read(_CHUNK, _IDLE_SECONDS):
            writer.write(data)
            await writer.drain()

    ways = [asyncio.ensure_future(outward()), asyncio.ensure_future(inward())]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
