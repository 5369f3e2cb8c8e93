"""Channels of gRPC: the one place where grpcio is let out, to addresses that were just checked and to no other.

grpcio resolves names, connects and connects again by itself, on threads of its own, where no guard can stand. So it is
never given a name: a channel gets the literal addresses that the policy allows (`ipv4:` or `ipv6:`), and the name only
for what is said inside of the connection (`:authority`, the certificate). Whatever it does on its own then, it does to
these addresses. No proxy of the environment, no service configuration from DNS, no sharing of connections.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from seawall.security.egress.egress import Egress
from seawall.security.egress.urls import Url

if TYPE_CHECKING:
    import grpc.aio

__all__ = ["ChannelTrust", "GuardedChannel", "trusted_roots"]

_Option: TypeAlias = tuple[str, str | int]
_GRACE: Final = 60.0  # seconds that calls on a channel which is replaced have to end
_METADATA: Final = 16 * 1024  # bytes of headers and trailers that an answer may have
_FRESH: Final = (
    1.0  # seconds in which a name is not looked up twice, however many calls find the connection down
)


@dataclass(frozen=True, slots=True)
class ChannelTrust:
    """Whom a channel believes, and what it shows of its own.

    Attributes:
        roots: certificates to trust, PEM; those that come with grpcio when None.
        certificate: our own, PEM, for services that want one.
        key: that certificate's key, PEM.
    """

    roots: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None


class GuardedChannel:
    """The channel to one service, made when it is first needed. For one event loop at a time.

    The name is looked up and checked when the channel is made, and again before a call that finds the connection down.
    When it stands for other addresses then, another channel takes over, and calls on the old one may end.
    """

    def __init__(
        self, egress: Egress, url: Url, *, trust: ChannelTrust, message_size: int, agent: str
    ) -> None:
        """Open nothing.

        Args:
            egress: whose policy says where connections may go; its `max_response` bounds what an answer's message has.
            url: of the service; with `http` nothing is encrypted.
            trust: certificates.
            message_size: bytes that a message of a request may have.
            agent: how we name ourselves.
        """
        self._egress = egress
        self._url = url
        self._trust = trust
        self._options = _options(egress, url, message_size=message_size, agent=agent)
        self._lock = asyncio.Lock()
        self._channel: grpc.aio.Channel | None = None
        self._addresses: frozenset[str] = frozenset()
        self._checked = 0.0
        self._leaving: set[asyncio.Task[None]] = set()

    async def channel(self) -> grpc.aio.Channel:
        """The channel for a call that begins now.

        Raises:
            EgressDeniedError: the service's name stands for an address that may not be reached.
            OverloadedError: too many names are being looked up.
            OSError: it has no address, or that was not found in time.
        """
        async with self._lock:
            channel = self._channel
            if channel is None or not self._is_up(channel):
                channel = await self._again(channel)
            return channel

    async def close(self) -> None:
        """End every call and connection."""
        async with self._lock:
            channel, self._channel = self._channel, None
            if channel is not None:
                await channel.close(None)
            for task in self._leaving:
                task.cancel()
            await asyncio.gather(*self._leaving, return_exceptions=True)

    def _is_up(self, channel: grpc.aio.Channel) -> bool:
        import grpc  # noqa: PLC0415  an extra: only a server that asks a service by gRPC has it

        up = channel.get_state() is grpc.ChannelConnectivity.READY
        return up or time.monotonic() - self._checked < _FRESH

    async def _again(self, old: grpc.aio.Channel | None) -> grpc.aio.Channel:
        addresses = await self._egress.addresses(self._url)
        self._checked = time.monotonic()
        if old is not None and self._addresses == frozenset(addresses):
            return old
        self._channel = self._opened(_target(addresses, self._url.port))
        self._addresses = frozenset(addresses)
        if old is not None:
            task = asyncio.create_task(old.close(_GRACE))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        return self._channel

    def _opened(self, target: str) -> grpc.aio.Channel:
        import grpc.aio  # noqa: PLC0415  see above

        if self._url.scheme == "http":
            return grpc.aio.insecure_channel(target, options=self._options)
        trust = self._trust
        credentials = grpc.ssl_channel_credentials(trust.roots, trust.key, trust.certificate)
        return grpc.aio.secure_channel(target, credentials, options=self._options)


def trusted_roots() -> bytes | None:
    """The certificates that this machine trusts (or `SSL_CERT_FILE`), PEM; None when it has none in one file. Blocks."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(map(ssl.DER_cert_to_PEM_cert, found)).encode() or None


def _target(addresses: Sequence[str], port: int) -> str:
    """The addresses as grpcio takes them. Its lists are of one family, so that beside IPv6 an IPv4 address is a mapped one."""
    if not any(":" in each for each in addresses):
        return "ipv4:" + ",".join(f"{each}:{port}" for each in addresses)
    mapped = (each if ":" in each else f"::ffff:{each}" for each in addresses)
    return "ipv6:" + ",".join(f"[{each}]:{port}" for each in mapped)


def _options(egress: Egress, url: Url, *, message_size: int, agent: str) -> list[_Option]:
    wait = max(1, int(egress.policy.connect_timeout * 1000))
    options: list[_Option] = [
        ("grpc.enable_http_proxy", 0),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_retries", 0),  # what may be sent again is decided elsewhere, with the deadline in sight
        ("grpc.default_authority", url.origin.partition("://")[2]),
        ("grpc.max_receive_message_length", egress.policy.max_response),
        ("grpc.max_send_message_length", message_size),
        ("grpc.max_metadata_size", _METADATA),
        ("grpc.absolute_max_metadata_size", _METADATA),
        ("grpc.min_reconnect_backoff_ms", wait),
        ("grpc.initial_reconnect_backoff_ms", min(wait, 1000)),
        ("grpc.primary_user_agent", agent),
    ]
    if url.scheme == "https":
        # grpcio's name for it speaks of tests, but it is what it is: the name that the certificate has to have.
        options.append(("grpc.ssl_target_name_override", url.host))
    return options
