"""What a toolset may connect to, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from seawall.errors import EgressDeniedError
from seawall.security.egress.addresses import Network, fault_of_network
from seawall.security.egress.urls import Url, canonical_host, check_url

__all__ = ["EgressPolicy", "HostRule"]

_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class HostRule:
    """Hosts that may be reached, over one scheme and one port.

    Attributes:
        host: a name or address in its usual form; `*.example.com` for every name below that one; `*` for every host.
        port: exactly that one.
        scheme: `https` or `http`.
    """

    host: str
    port: int = 443
    scheme: str = "https"

    def __post_init__(self) -> None:
        """Refuse what could never match.

        Raises:
            ValueError: not a host in canonical form, no port, or another scheme.
        """
        if self.scheme not in {"https", "http"}:
            message = f"{self.scheme!r} is neither https nor http"
            raise ValueError(message)
        if self.host != _ANY and canonical_host(self._suffix) != self._suffix:
            message = f"{self.host!r} is neither a host's name in small letters nor an address as it is usually written"
            raise ValueError(message)
        if not 0 < self.port < 65536:  # noqa: PLR2004  the ports of TCP
            message = f"{self.port} is not a port"
            raise ValueError(message)

    @classmethod
    def of(cls, url: str | Url) -> HostRule:
        """The rule that allows the URL's own origin and nothing else.

        Raises:
            EgressDeniedError: it is no URL that may be used.
        """
        parsed = check_url(url) if isinstance(url, str) else url
        return cls(parsed.host, parsed.port, parsed.scheme)

    def matches(self, host: str, port: int) -> bool:
        """Whether it allows that host (canonical) on that port, whatever the scheme."""
        if port != self.port:
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:]) and host != self.host[1:]
        return self.host in {_ANY, host}

    def __str__(self) -> str:
        return Url(self.scheme, self.host, self.port, "").origin

    @property
    def _suffix(self) -> str:
        return self.host.removeprefix("*.")


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Where connections may lead, and what one may cost.

    Attributes:
        hosts: what may be reached. Nothing else is, not even by a redirect.
        networks: addresses that may be reached beside public ones. The metadata service of a cloud only when a network
            is that one address (`169.254.169.254/32`).
        max_redirects: how many redirects of GET and HEAD are followed in a row; of other methods none is.
        connect_timeout: seconds for finding the addresses and connecting to one of them, and again for TLS.
        read_timeout: seconds without a byte after which an answer is given up; also for sending, and for a free place.
        max_response: bytes of an answer's body, decoded, after which reading it fails.
        connections: how many are open at most, to all hosts together.
        http2: offer HTTP/2 (needs the package h2).
    """

    hosts: tuple[HostRule, ...]
    networks: tuple[Network, ...] = ()
    max_redirects: int = 0
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    max_response: int = 16 * 1024 * 1024
    connections: int = 32
    http2: bool = False

    def __post_init__(self) -> None:
        """Refuse values that would open more than anybody means.

        Raises:
            ValueError: a network that is too wide, or a limit that is none.
        """
        for network in self.networks:
            fault = fault_of_network(network)
            if fault:
                raise ValueError(fault)
        if min(self.connect_timeout, self.read_timeout, self.max_response, self.connections) <= 0:
            message = "timeouts, max_response and connections are greater than 0"
            raise ValueError(message)
        if self.max_redirects < 0:
            message = "max_redirects is 0 or greater"
            raise ValueError(message)

    def check(self, url: Url) -> None:
        """Say no to a URL whose origin is not allowed.

        Raises:
            EgressDeniedError: no rule names it.
        """
        if not any(rule.scheme == url.scheme and rule.matches(url.host, url.port) for rule in self.hosts):
            raise EgressDeniedError(target=url.origin, reason="it is not among the hosts that may be reached")

    def check_host(self, host: str, port: int) -> None:
        """The same at the door of the network, where no scheme is known any more.

        Raises:
            EgressDeniedError: no rule names it.
        """
        if not any(rule.matches(host, port) for rule in self.hosts):
            raise EgressDeniedError(
                target=f"{host}:{port}", reason="it is not among the hosts that may be reached"
            )

    def clauses(self) -> tuple[str, ...]:
        """What narrows the connections, one clause each, for documentation."""
        networks = ", ".join(map(str, self.networks))
        found = [
            f"only {', '.join(map(str, self.hosts)) or 'nothing'}",
            f"public addresses and {networks}" if networks else "public addresses",
            f"at most {self.max_redirects} redirects, to the same hosts"
            if self.max_redirects
            else "no redirects",
            f"answers of at most {self.max_response} bytes",
        ]
        return tuple(found)
