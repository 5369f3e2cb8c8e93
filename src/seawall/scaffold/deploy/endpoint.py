"""Where a server calls, as far as a firewall can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from seawall.scaffold.deploy.fault import require

__all__ = ["Endpoint"]

_HOST: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_LONGEST: Final = 253  # characters of a name (RFC 1035)
_LAST_PORT: Final = 65535
_NEARBY: Final = (".svc", ".cluster.local", ".internal", ".local", ".lan", ".localhost")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and port that the server calls.

    Attributes:
        host: a name or an address; empty for any public host.
        port: of TCP.
    """

    host: str = ""
    port: int = 443

    def __post_init__(self) -> None:
        """Refuse what could mean something else in one of the files.

        Raises:
            DeploymentError: no host, or no port.
        """
        plain = not self.host or self.cidr or (len(self.host) <= _LONGEST and _HOST.fullmatch(self.host))
        require(plain, "the host that is called", self.host, "a name or an address")
        require(0 < self.port <= _LAST_PORT, "the port that is called", str(self.port), "1 to 65535")

    @property
    def cidr(self) -> str | None:
        """The one address as a network; None for a name, whose addresses are found when it is called."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return None
        return f"{address}/{address.max_prefixlen}" if "%" not in self.host else None

    @property
    def here(self) -> bool:
        """Whether it is within the same container or host, where nothing has to be opened."""
        name = self.host.lower().rstrip(".")
        return ip_address(self.host).is_loopback if self.cidr else name == "localhost"

    @property
    def nearby(self) -> bool:
        """Whether the name is one of a cluster or a local network, not of the public one."""
        name = self.host.lower().rstrip(".")
        return bool(name) and self.cidr is None and ("." not in name or name.endswith(_NEARBY))

    @property
    def public(self) -> bool:
        """Whether it is found by a public name, or by one that is not known yet."""
        return self.cidr is None and not self.nearby

    @property
    def shown(self) -> str:
        """Host and port for people."""
        host = self.host or "any public host"
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
