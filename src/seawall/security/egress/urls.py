"""One strict reading of a URL: what two parsers would read differently is no URL to us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import httpx2

from seawall.errors import EgressDeniedError

__all__ = ["Url", "canonical_host", "check_url"]

_PORTS: Final = {"https": 443, "http": 80}
_PORT_LIMIT: Final = 65535
_NAME_LIMIT: Final = 253  # characters of a name, RFC 1035, 2.3.4
_FORM: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?(?P<rest>.*)", re.DOTALL
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC: Final = re.compile(
    r"[0-9]+|0[xX][0-9a-fA-F]*"
)  # a last label like this makes an address: WHATWG URL, 3.5
# C0, space, DEL, C1, backslash (a slash to some), and what does not show: zero-width and bidirectional characters.
_HARMFUL: Final = re.compile(
    "[\x00-\x20\x7f-\xa0\\\\\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]"
)
_DOTS: Final = frozenset(
    "\u3002\uff0e\uff61"
)  # IDNA takes them for dots, so that an address can be written with them
_HINT: Final = "Write it as 'https://host/path', with the host's name as it is."


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL of HTTP, taken apart.

    Attributes:
        scheme: `https` or `http`.
        host: in small letters, IDNA as A-labels (RFC 5891); an IPv6 address without its brackets.
        port: the one that is connected to; the scheme's own when the text names none.
        target: path and query as they are sent, percent-encoded (RFC 9112, 3.2.1).
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, the latter only when it is not the scheme's own (RFC 6454)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def without_query(self) -> str:
        """The URL as it may be shown: queries hold keys."""
        return self.origin + self.target.partition("?")[0]

    def __str__(self) -> str:
        return self.origin + self.target


def check_url(text: str) -> Url:
    """Take a URL apart; a fragment is dropped.

    Raises:
        EgressDeniedError: not absolute, not HTTP, with a user or password, with control or invisible characters, a
            backslash, an IPv6 zone, a host that is percent-encoded, ends in a dot or is an address in a form other than the
            usual one (`127.1`, `0x7f.1`, `2130706433`), or a port that is none.
    """
    harmful = _HARMFUL.search(text)
    if harmful:
        raise _refused(text, f"it holds the character U+{ord(harmful[0]):04X}")
    form = _FORM.fullmatch(text)
    if form is None:
        raise _refused(text, "it is not an absolute URL")
    scheme = form["scheme"].lower()
    if scheme not in _PORTS:
        raise _refused(text, f"{scheme} is neither https nor http")
    host, port = _authority(text, form["authority"] or "")
    try:
        parsed = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError) as error:
        raise _refused(text, "it is not a URL") from error
    name = canonical_host(parsed.raw_host.decode("ascii"))
    if name is None or (host.isascii() and canonical_host(host.strip("[]")) != name):
        raise _refused(text, "its host is neither a name nor an address as it is usually written")
    return Url(scheme, name, _PORTS[scheme] if port is None else port, parsed.raw_path.decode("ascii"))


def canonical_host(host: str) -> str | None:
    """The host in the one form in which hosts are compared; None when it is neither name nor address.

    Args:
        host: ASCII, without brackets.
    """
    if ":" in host:
        try:
            address = IPv6Address(host)
        except AddressValueError:
            return None
        return None if address.scope_id is not None else str(address)
    name = host.lower()
    labels = name.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except AddressValueError:
            return None
    fits = len(name) <= _NAME_LIMIT and all(_LABEL.fullmatch(label) for label in labels)
    return name if fits else None


def _authority(text: str, authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise _refused(text, "it names a user: credentials do not belong into a URL")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or _DOTS.intersection(parts["host"]):
        raise _refused(text, "its host is neither a name nor an address as it is usually written")
    port = None if parts["port"] is None else int(parts["port"])
    if port is not None and not 0 < port <= _PORT_LIMIT:
        raise _refused(text, f"{port} is not a port")
    return parts["host"], port


def _refused(text: str, reason: str) -> EgressDeniedError:
    # The query may hold a key, and what stands before an @ a password: neither is shown.
    shown = text.partition("://")[0] + "://…" if "@" in text else re.split("[?#]", text, maxsplit=1)[0]
    return EgressDeniedError(target=shown, reason=reason, hint=_HINT)
