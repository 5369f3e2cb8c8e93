"""Where the server may listen: loopback only, since this version has no authentication."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from seawall.errors import StartError, UnsafeError

__all__ = ["Listener", "loopback_listener", "require_loopback"]

_BACKLOG = 2048


class Listener:
    """Bound sockets on one port, and the URL that reaches them."""

    def __init__(self, sockets: list[socket.socket], *, host: str) -> None:
        self.sockets = sockets
        port = sockets[0].getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.origin = f"http://{shown}:{port}"

    def close(self) -> None:
        """Close the sockets; closing them twice does no harm."""
        for item in self.sockets:
            item.close()


async def require_loopback(host: str) -> Sequence[str]:
    """Every address of `host`, all of them loopback; IPv4 first, as clients try it.

    Raises:
        UnsafeError: one of the addresses is not loopback.
        StartError: the name has no address.
    """
    addresses = await _addresses(host)
    for address in addresses:
        if not ip_address(address.partition("%")[0]).is_loopback:
            resolved = "" if address == host else f" (it resolves to {address})"
            raise UnsafeError(
                f"http.host = {host!r} is not a loopback address{resolved}: whoever reaches the port could call "
                "every tool, since this server has no authentication.",
                hint="Listen on 127.0.0.1, and put a proxy that authenticates in front of it.",
            )
    return addresses


async def loopback_listener(host: str, port: int) -> Listener:
    """Bind every address of `host`, before anything else of the server starts.

    Args:
        host: an address or a name.
        port: the port; 0 takes a free one, the same for every address.

    Raises:
        UnsafeError: one of the addresses is not loopback.
        StartError: the name has no address, or the port cannot be had.
    """
    addresses = await require_loopback(host)
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            bound = _bind(address, sockets[0].getsockname()[1] if sockets else port, first=not sockets)
            sockets += [bound] if bound else []
    except OSError as error:
        for item in sockets:
            item.close()
        raise _unavailable(host, port, error) from error
    return Listener(sockets, host=host)


async def _addresses(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"http.host = {host!r} has no address: {error}.", hint='Use "127.0.0.1" or "localhost".'
        ) from error
    ordered = sorted(found, key=lambda item: item[0] != socket.AF_INET)
    return list(dict.fromkeys(str(item[4][0]) for item in ordered))


def _bind(address: str, port: int, *, first: bool) -> socket.socket | None:
    """A listening socket; None for a further address of a name that this machine does not have."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    item = socket.socket(family, socket.SOCK_STREAM)
    try:
        item.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            item.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        item.bind((address, port))
        item.listen(_BACKLOG)
        item.settimeout(0)
    except OSError as error:
        item.close()
        if not first and error.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    return item


def _unavailable(host: str, port: int, error: OSError) -> StartError:
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return StartError(
            f"{shown} is in use by another program.",
            hint="Stop it, or choose another port: --port, or http.port in the blueprint (0 takes a free one).",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StartError(
            f"{shown} needs privileges that this user does not have.", hint="Choose a port above 1023."
        )
    return StartError(
        f"{shown} cannot be listened on: {error.strerror}.", hint="Choose another address or port."
    )
