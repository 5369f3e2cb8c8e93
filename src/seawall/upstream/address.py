"""Where a request goes: its URL, taken apart by the very parser that will be used to send it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import httpx2

__all__ = ["Origin", "parse_target"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_URL: Final = 16 * 1024
_AUTHORITY: Final = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port (RFC 6454): who a credential is for."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx2.URL) -> Origin:
        """The origin of a URL.

        Raises:
            ValueError: it is not one of http or https with a host.
        """
        if url.scheme not in _DEFAULT_PORTS or not url.raw_host:
            raise ValueError("the URL is not one of http or https with a host")
        return cls(url.scheme, url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS[url.scheme])

    @classmethod
    def parse(cls, text: str) -> Origin:
        """The origin of a URL that an operator wrote.

        Raises:
            ValueError: it has none.
        """
        try:
            return cls.of(httpx2.URL(text))
        except httpx2.InvalidURL as error:
            raise ValueError("the URL is not one of http or https with a host") from error

    def __str__(self) -> str:
        """As messages name it: the host, with its port unless that is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target(text: str) -> httpx2.URL:
    """The URL of a request, which is sent as it stands, character by character.

    Raises:
        ValueError: it is not absolute, names a user, has a fragment or dot segments, or would have to be changed.
    """
    if len(text) > _MAX_URL:
        raise ValueError(f"the URL has more than {_MAX_URL} characters")
    authority = _AUTHORITY.match(text)
    if authority is None or not text.isascii() or not text.isprintable() or {" ", "#", "\\"} & set(text):
        raise ValueError("the URL is not absolute, or not percent-encoded")
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise ValueError("the URL is not valid") from None
    rest = text[authority.end() :]
    as_sent = rest if rest.startswith("/") else f"/{rest}"
    if url.userinfo or "@" in authority[0] or url.raw_path.decode("ascii") != as_sent:
        raise ValueError("the URL names a user, has dot segments, or is not percent-encoded")
    if any(
        unquote(segment) in {".", ".."}
        for segment in url.raw_path.decode("ascii").partition("?")[0].split("/")
    ):
        raise ValueError("the URL has dot segments")
    return url
