"""Which Host and Origin headers belong to this server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from seawall.blueprint.http import HttpSection
from seawall.errors import UnsafeError

__all__ = ["Hosts", "is_well_formed"]

_HOST = re.compile(r"(?:([A-Za-z0-9._-]*)|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{0,5}))?")
_LAST_PORT = 65535
_IPV6 = 6
_ANYBODY = ("anybody.invalid", "https://anybody.invalid:443")  # RFC 6761: nobody has this name


@dataclass(frozen=True, slots=True)
class Hosts:
    """What is allowed beside loopback.

    Attributes:
        allowed: names and patterns of hosts, without ports.
        origins: of web pages, in small letters, without a slash at the end.
    """

    allowed: tuple[str, ...]
    origins: tuple[str, ...]

    @classmethod
    def of(cls, settings: HttpSection) -> Hosts:
        """Those of the settings: the ones that are listed, the address itself, and the public URL's.

        Raises:
            UnsafeError: a pattern allows everything.
        """
        for pattern in (*settings.allowed_hosts, *settings.allowed_origins):
            if any(fnmatchcase(name, pattern.lower()) for name in _ANYBODY):
                raise UnsafeError(
                    f"http.allowed_hosts and http.allowed_origins must not hold {pattern!r}: "
                    "any web page could then call the tools.",
                    hint="Name the hosts and origins.",
                )
        public = urlsplit(settings.public_url or "")
        hosts = [*settings.allowed_hosts]
        # The unspecified address is none to send requests to; browsers that do so all the same reach loopback.
        hosts += [settings.host] if not _is_unspecified(settings.host) else []
        hosts += [public.hostname] if public.hostname else []
        origins = [origin.rstrip("/").lower() for origin in settings.allowed_origins]
        origins += [f"{public.scheme}://{public.netloc}".lower()] if public.hostname else []
        return cls(tuple(hosts), tuple(origins))


@lru_cache(maxsize=64)  # most callers name the same few
def is_well_formed(host: str) -> bool:
    """Whether a Host header is a name or address, with a port or without (RFC 9110, section 7.2); it may be empty.

    Readers of anything else disagree about which part is the name.
    """
    match = _HOST.fullmatch(host)
    if match is None or int(match[3] or 0) > _LAST_PORT:
        return False
    try:
        return match[2] is None or ip_address(match[2]).version == _IPV6
    except ValueError:
        return False


def _is_unspecified(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
