"""The pages of an answer, whichever way a service has them, as one opaque value `next`.

A service says how to go on in one of three ways: by a link (RFC 8288, or a URL in the body), by a cursor in the body, or
not at all, where pages or items are counted. What the caller gets is a text that names the kind of paging, the request
that it belongs to, and the position. A position is one value of one query parameter, so a forged one gives its author
what plain arguments would. A link could lead anywhere, so it is signed, holds to the origin of its request, and carries
no credentials.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urljoin

import httpx2

from seawall.types import JsonValue
from seawall.upstream.address import Origin, parse_target
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

__all__ = [
    "MAXIMUM_LENGTH",
    "CursorPaging",
    "LinkPaging",
    "NotOursError",
    "OffsetPaging",
    "PagePaging",
    "Pages",
    "Paging",
    "links",
    "page_of",
]

MAXIMUM_LENGTH: Final = 8192
"""Characters that a `next` may have."""

_LONGEST_CURSOR: Final = 4096
_LARGEST: Final = 1 << 53
_LONGEST_PLACE: Final = 10  # digits of a place in a list
_FINGERPRINT: Final = 16
_LINK: Final = re.compile(
    r"\s*<([^<>]*)>((?:\s*;\s*[^\s;,=]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]*))?)*)\s*(?:,|$)"
)
_PARAMETER: Final = re.compile(r";\s*([^\s;,=]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*))")


class NotOursError(ValueError):
    """The text is no `next` that this tool gave for these arguments."""


@dataclass(frozen=True, slots=True)
class LinkPaging:
    """The answer has the URL of the next page: in a `Link` header, or in its body where `pointer` says.

    A member of a body may be somebody else's text, so such a URL has to have the path of the request.

    Attributes:
        pointer: to the URL in the body; None for the header.
        below: path below which the URL of a header has to lie, without a slash at its end.
        kept: query parameters that it has to have as the request has them.
    """

    pointer: str | None = None
    below: str = ""
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CursorPaging:
    """The body has a cursor, at the JSON pointer `pointer`, that is sent as the query parameter `parameter`."""

    parameter: str
    pointer: str


@dataclass(frozen=True, slots=True)
class PagePaging:
    """Pages are counted in the query parameter `parameter`, from `first` on; `items` points to the list in the body."""

    parameter: str
    items: str = ""
    first: int = 1


@dataclass(frozen=True, slots=True)
class OffsetPaging:
    """Items are counted in the query parameter `parameter`, from `first` on; `items` points to the list in the body."""

    parameter: str
    items: str = ""
    first: int = 0


Paging: TypeAlias = LinkPaging | CursorPaging | PagePaging | OffsetPaging


class Pages:
    """Makes `next` of an answer, and a request of `next`. One for all operations of a toolset."""

    def __init__(self, key: bytes, *, clean: Callable[[str], str]) -> None:
        """Args: key: signs links. clean: takes credentials out of a URL."""
        self._key = key
        self._clean = clean

    def after(
        self, paging: Paging, request: UpstreamRequest, response: UpstreamResponse, body: JsonValue = None
    ) -> str | None:
        """How to go on after this answer; None when there is no more, or nothing that could be used.

        Args:
            paging: how the service does it.
            request: what the arguments beside `next` become.
            response: the answer, to that request or to one for a later page.
            body: the answer's body, if it is JSON.
        """
        if isinstance(paging, LinkPaging):
            return self._after_link(paging, request, response, body)
        if isinstance(paging, CursorPaging):
            cursor = _at(body, paging.pointer)
            if isinstance(cursor, bool) or not isinstance(cursor, str | int) or cursor == "":
                return None
            return (
                self._position(request, paging.parameter, str(cursor))
                if len(str(cursor)) <= _LONGEST_CURSOR
                else None
            )
        items = _at(body, paging.items)
        if not isinstance(items, list) or not items:
            return None
        here = _number(_parameter(response.url, paging.parameter))
        if isinstance(paging, PagePaging):
            return self._position(request, paging.parameter, str(page_of(paging, response) + 1))
        return self._position(
            request, paging.parameter, str((paging.first if here is None else here) + len(items))
        )

    def resume(self, text: str, paging: Paging, request: UpstreamRequest) -> UpstreamRequest:
        """The request of the next page.

        Args:
            text: a `next`, from a caller.
            paging: how the service does it.
            request: what the arguments beside `next` become.

        Raises:
            NotOursError: the text is none that this tool gave for these arguments.
        """
        kind, base, position, signature = _decoded(text)
        if isinstance(paging, LinkPaging):
            if kind != "link" or base != _fingerprint(request, None):
                raise NotOursError
            if not hmac.compare_digest(signature, self._signature(base, position)):
                raise NotOursError
            return replace(request, url=_same_origin(request.url, position))
        if kind != "at" or base != _fingerprint(request, paging.parameter):
            raise NotOursError
        if not isinstance(paging, CursorPaging) and _number(position) is None:
            raise NotOursError
        return replace(request, url=_with(request.url, paging.parameter, position))

    def _after_link(
        self, paging: LinkPaging, request: UpstreamRequest, response: UpstreamResponse, body: JsonValue
    ) -> str | None:
        if paging.pointer is None:
            found: JsonValue = next((url for url, relations in links(response) if "next" in relations), None)
        else:
            found = _at(body, paging.pointer)
        if not isinstance(found, str) or not found:
            return None
        try:
            url = _same_origin(request.url, self._clean(urljoin(response.url, found)))
        except ValueError:
            return None
        if not _leads_on(paging, request.url, url):
            return None
        base = _fingerprint(request, None)
        return _encoded("link", base, url, self._signature(base, url))

    def _position(self, request: UpstreamRequest, parameter: str, position: str) -> str:
        return _encoded("at", _fingerprint(request, parameter), position, "")

    def _signature(self, base: str, url: str) -> str:
        return hmac.new(self._key, f"{base} {url}".encode(), hashlib.sha256).hexdigest()[:32]


def page_of(paging: PagePaging, response: UpstreamResponse) -> int:
    """The number of the page that this is the answer to."""
    here = _number(_parameter(response.url, paging.parameter))
    return paging.first if here is None else here


def links(response: UpstreamResponse) -> Iterator[tuple[str, frozenset[str]]]:
    """The targets in the `Link` header with the relations of each, in small letters (RFC 8288, 3)."""
    text = response.headers.get("link", "")[: 16 * 1024]
    at = 0
    while match := _LINK.match(text, at):
        relations: set[str] = set()
        for parameter in _PARAMETER.finditer(match[2]):
            if parameter[1].lower() == "rel" and not relations:  # only the first counts (RFC 8288, 3.3)
                relations = set((parameter[2] or parameter[3] or "").lower().split())
        yield match[1], frozenset(relations)
        if match.end() == at:
            return
        at = match.end()


def _same_origin(url: str, other: str) -> str:
    try:
        target = parse_target(other)
        if Origin.of(target) != Origin.parse(url):
            raise NotOursError
    except ValueError as error:
        raise NotOursError from error
    return other


def _leads_on(paging: LinkPaging, here: str, there: str) -> bool:
    """Whether the URL may be a page of the request's answer, and not something else that the service has."""
    path = _path(there)
    if path != _path(here) if paging.pointer is not None else not f"{path}/".startswith(f"{paging.below}/"):
        return False
    return all(_values(here, name) == _values(there, name) for name in paging.kept)


def _path(url: str) -> str:
    """The path, its segments encoded in one way."""
    path = httpx2.URL(url).raw_path.decode("ascii").partition("?")[0]
    return "/".join(quote(unquote(segment), safe="") for segment in path.split("/")).rstrip("/")


def _values(url: str, name: str) -> list[str]:
    pairs = parse_qsl(url.partition("?")[2], keep_blank_values=True)
    return [value for key, value in pairs if key == name]


def _at(body: JsonValue, pointer: str) -> JsonValue:
    """What a JSON pointer leads to (RFC 6901); None when it leads nowhere."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(body, dict):
            body = body.get(name)
        elif (
            isinstance(body, list)
            and name.isdecimal()
            and len(name) < _LONGEST_PLACE
            and int(name) < len(body)
        ):
            body = body[int(name)]
        else:
            return None
    return body


def _parameter(url: str, name: str) -> str | None:
    pairs = parse_qsl(url.partition("?")[2], keep_blank_values=True)
    return next((value for key, value in pairs if key == name), None)


def _number(text: str | None) -> int | None:
    well = text is not None and text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST))
    return int(text) if well and text is not None else None


def _without(url: str, name: str) -> str:
    path, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) != name]
    return f"{path}?{'&'.join(kept)}" if kept else path


def _with(url: str, name: str, value: str) -> str:
    rest = _without(url, name)
    return f"{rest}{'&' if '?' in rest else '?'}{quote(name, safe='')}={quote(value, safe='')}"


def _fingerprint(request: UpstreamRequest, parameter: str | None) -> str:
    """Names the request whose pages these are, the position left out."""
    url = request.url if parameter is None else _without(request.url, parameter)
    told = "\0".join((request.method, url, hashlib.sha256(request.body or b"").hexdigest()))
    return hashlib.sha256(told.encode()).hexdigest()[:_FINGERPRINT]


def _encoded(*fields: str) -> str:
    text = json.dumps(fields, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decoded(text: str) -> tuple[str, str, str, str]:
    try:
        if len(text) > MAXIMUM_LENGTH:
            raise NotOursError
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotOursError from error
    if not isinstance(fields, list) or len(fields) != 4 or not all(isinstance(each, str) for each in fields):  # noqa: PLR2004  fields of `_encoded`
        raise NotOursError
    kind, base, position, signature = fields
    return kind, base, position, signature
