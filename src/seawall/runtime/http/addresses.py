"""Where the server may listen: on loopback, and elsewhere when callers are authenticated."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address, ip_network

from seawall.blueprint.http import HttpSection
from seawall.errors import StartError, UnsafeError

__all__ = ["Listener", "addresses_of", "is_loopback", "listen", "network_of", "permitted"]

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


def is_loopback(address: str) -> bool:
    """Whether the address, as the system writes it, is one of this machine alone."""
    return ip_address(address.partition("%")[0]).is_loopback


def network_of(host: str) -> str:
    """Who an address is: itself, or of IPv6 the network of 64 bits, all of whose addresses one has (RFC 6177)."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:  # what a proxy wrote
        return host
    if isinstance(address, IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


async def permitted(settings: HttpSection, *, authenticated: bool = False) -> Sequence[str]:
    """Every address of the host that the settings name, IPv4 first, as clients try it.

    Args:
        settings: the `[http]` table.
        authenticated: whether the server asks callers who they are by means of its own.

    Raises:
        UnsafeError: one of the addresses is not loopback, and neither callers are authenticated nor the
            settings say that they need not be.
        StartError: the name has no address.
    """
    addresses = await addresses_of(settings.host, "http.host")
    if authenticated or settings.auth is not None or settings.allow_unauthenticated:
        return addresses
    for address in addresses:
        if not is_loopback(address):
            resolved = "" if address == settings.host else f" (it resolves to {address})"
            raise UnsafeError(
                f"http.host = {settings.host!r} is not a loopback address{resolved}: whoever reaches the port could "
                "call every tool, since callers are not authenticated.",
                hint="Set [http.auth]; or listen on 127.0.0.1; or, behind a proxy that authenticates, set "
                "http.allow_unauthenticated = true.",
            )
    return addresses


async def listen(addresses: Sequence[str], port: int, *, host: str, setting: str = "http.port") -> Listener:
    """Bind every address, before anything else of the server starts.

    Args:
        addresses: those of `host`.
        port: the port; 0 takes a free one, the same for every address.
        host: how the address is called in the URL.
        setting: what the blueprint calls the port.

    Raises:
        StartError: the port cannot be had.
    """
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            bound = _bind(address, sockets[0].getsockname()[1] if sockets else port, first=not sockets)
            sockets += [bound] if bound else []
    except OSError as error:
        for item in sockets:
            item.close()
        raise _unavailable(host, port, error, setting) from error
    return Listener(sockets, host=host)


async def addresses_of(host: str, setting: str) -> list[str]:
    """Every address of a host, IPv4 first, as clients try it; `setting` is what the blueprint calls it.

    Raises:
        StartError: the name has no address.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"{setting} = {host!r} has no address: {error}.", hint='Use "127.0.0.1" or "localhost".'
        ) from error
    ordered = sorted(found, key=lambda item: item[0] != socket.AF_INET)
    return list(dict.fromkeys(str(item[4][0]) for item in ordered))


def _bind(address: str, port: int, *, first: bool) -> socket.socket | None:
    """A listening socket; None for a further address of a name that this machine does not have."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # The protocol by name: asyncio turns off the delay of small writes (TCP_NODELAY) only where it stands.
    item = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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


def _unavailable(host: str, port: int, error: OSError, setting: str) -> StartError:
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        flag = "--port, or " if setting == "http.port" else ""
        return StartError(
            f"{shown} is in use by another program.",
            hint=f"Stop it, or choose another port: {flag}{setting} in the blueprint (0 takes a free one).",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StartError(
            f"{shown} needs privileges that this user does not have.", hint="Choose a port above 1023."
        )
    return StartError(
        f"{shown} cannot be listened on: {error.strerror}.", hint="Choose another address or port."
    )
