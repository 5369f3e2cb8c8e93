"""A network in which connections are written down; none of them leaves loopback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network

import httpcore2
import httpx2

from seawall.security.egress import Egress, EgressPolicy, HostRule, Network

__all__ = ["LOOPBACK", "PUBLIC", "Names", "Recorder", "any_host", "get"]

PUBLIC = "93.184.216.34"
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)


class Recorder(httpcore2.AsyncNetworkBackend):
    """Remembers where a connection would go, and makes it only when that is a server of the test's own."""

    def __init__(self, *ports: int) -> None:
        """Args: ports: of the test's servers on loopback."""
        self.calls: list[tuple[str, int]] = []
        self.unix: list[str] = []
        self._ports = ports
        self._real = httpcore2.AnyIOBackend()

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.calls]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.calls.append((host, port))
        if port in self._ports and ip_address(host).is_loopback:
            return await self._real.connect_tcp(host, port, timeout, local_address, socket_options)
        raise httpcore2.ConnectError("written down, not connected")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002  the interface of httpcore
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002  likewise
    ) -> httpcore2.AsyncNetworkStream:
        self.unix.append(path)
        raise httpcore2.ConnectError("written down, not connected")

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


class Names:
    """A resolver that knows these names, and how often it was asked."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self.asked: list[str] = []
        self._names = names

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._names:
            raise OSError(f"{host} is unknown")
        return self._names[host]


def any_host(
    recorder: Recorder, names: Mapping[str, Sequence[str]] | None = None, *, ports: Iterable[int] = ()
) -> Egress:
    """A guard that allows every host at the usual ports and these: only what it says of addresses protects."""
    rules = [
        HostRule("*", port, scheme)
        for scheme, usual in (("http", 80), ("https", 443))
        for port in (usual, *ports)
    ]
    return Egress(EgressPolicy(tuple(rules)), backend=recorder, resolver=Names(names or {}))


async def get(
    transport: httpx2.AsyncBaseTransport, url: str, headers: Sequence[tuple[str, str]] = ()
) -> httpx2.Response:
    """What a client of httpx2 with that transport is answered."""
    async with httpx2.AsyncClient(transport=transport) as client:
        return await client.get(url, headers=list(headers))
