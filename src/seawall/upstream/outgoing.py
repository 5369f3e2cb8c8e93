"""Puts a request together: the operation's part, what the operator and the caller add to it, and the credentials."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final
from urllib.parse import parse_qsl, quote

import httpx2

from seawall.errors import UpstreamRequestError
from seawall.upstream.address import Origin, parse_target
from seawall.upstream.body import ACCEPTED
from seawall.upstream.credentials import Credential, Proof, reserved
from seawall.upstream.headers import (
    Header,
    cookie_header,
    forwarded,
    may_be_fixed,
    may_be_forwarded,
    operation_headers,
)
from seawall.upstream.messages import UpstreamRequest
from seawall.upstream.methods import METHODS
from seawall.upstream.policy import UpstreamPolicy
from seawall.upstream.retry import IDEMPOTENT

__all__ = ["Composer", "Prepared", "compose"]

_KEY: Final = b"idempotency-key"
_USER_AGENT: Final = f"seawall/{version('seawall')}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that may be sent, but for its credentials.

    Attributes:
        method: in capitals.
        url: as it will be sent.
        origin: of the URL.
        headers: all but credentials, cookies and what the body brings.
        cookies: of the operation.
        body: as in the request.
        repeatable: whether it may be sent again.
    """

    method: str
    url: httpx2.URL
    origin: Origin
    headers: tuple[Header, ...] = field(repr=False)
    cookies: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(repr=False)
    repeatable: bool


class Composer:
    """Makes requests of what one toolset's operations ask for; refuses what may not be sent, before it is."""

    def __init__(self, policy: UpstreamPolicy, credentials: Iterable[Credential]) -> None:
        """Args: policy: what may be sent. credentials: whose places nobody else may fill.

        Raises:
            ValueError: an origin or a header of the policy cannot be used.
        """
        self.origins = tuple(Origin.parse(text) for text in policy.origins)
        well = all(may_be_fixed(name, value) for name, value in policy.headers)
        if not self.origins or not well or not all(map(may_be_forwarded, policy.forward)):
            raise ValueError("no origin, or a header that cannot be set so")
        places = {reserved(credential) for credential in credentials}
        self._fixed = {name.lower(): value for name, value in policy.headers}
        self._forward = frozenset(name.lower() for name in policy.forward)
        headers = {name for place, name in places if place == "header"} | {*self._fixed} | self._forward
        self._taken = frozenset(name.replace("_", "-") for name in headers)
        self._parameters = frozenset(name for place, name in places if place == "query")
        self._cookies = frozenset(name for place, name in places if place == "cookie")
        self._add_key = policy.retry.idempotency_key

    def prepare(self, request: UpstreamRequest, caller_headers: Mapping[str, str]) -> Prepared:
        """The request with all but its credentials.

        Raises:
            UpstreamRequestError: it may not be sent; says why, and never repeats a value.
        """
        try:
            return self._prepared(request, caller_headers)
        except ValueError as error:
            raise UpstreamRequestError(host=str(self.origins[0]), reason=str(error)) from None

    def _prepared(self, request: UpstreamRequest, caller_headers: Mapping[str, str]) -> Prepared:
        if request.method not in METHODS:
            raise ValueError(f"the method {request.method[:16]!r} is none that is sent")
        url = self.target(request.url)
        own = operation_headers(request.headers, taken=self._taken)
        headers = self._headers(own, caller_headers)
        repeatable = (
            request.repeatable or request.method in IDEMPOTENT or any(name == _KEY for name, _ in headers)
        )
        if not repeatable and self._add_key:
            headers.append((_KEY, str(uuid.uuid4()).encode()))
            repeatable = True
        cookies = cookie_header(request.cookies, taken=self._cookies)
        return Prepared(
            request.method,
            url,
            Origin.of(url),
            headers=tuple(headers),
            cookies=tuple(cookies),
            body=request.body,
            repeatable=repeatable,
        )

    def target(self, text: str) -> httpx2.URL:
        """The URL, when requests may go there.

        Raises:
            ValueError: they may not.
        """
        url = parse_target(text)
        if Origin.of(url) not in self.origins:
            raise ValueError("its URL leads to another place than the services of this toolset")
        for name, _ in parse_qsl(url.query.decode("ascii"), keep_blank_values=True):
            if name in self._parameters:
                raise ValueError("it sets a query parameter that holds a credential")
        return url

    def without_credentials(self, url: str) -> str:
        """The URL without the query parameters that hold credentials: a service may repeat what it was sent."""
        if not self._parameters or "?" not in url:
            return url
        path, _, query = url.partition("?")
        kept = [
            part
            for part in query.split("&")
            if not any(name in self._parameters for name, _ in parse_qsl(part, keep_blank_values=True))
        ]
        return f"{path}?{'&'.join(kept)}" if kept else path

    def _headers(self, own: Sequence[Header], caller_headers: Mapping[str, str]) -> list[Header]:
        said = {name for name, _ in own}
        usual = [(b"user-agent", _USER_AGENT.encode()), (b"accept", b"*/*")]
        fixed = [(name.encode(), value.encode()) for name, value in self._fixed.items()]
        said |= {name for name, _ in fixed}
        taken_over = forwarded(caller_headers, names=self._forward - self._fixed.keys())
        rest = [header for header in usual if header[0] not in said]
        return [*rest, (b"accept-encoding", ACCEPTED.encode()), *fixed, *taken_over, *own]


def compose(
    prepared: Prepared, proofs: Iterable[Proof], timeouts: Mapping[str, float | None]
) -> httpx2.Request:
    """The request as it is sent, with the credentials in their places."""
    headers = list(prepared.headers)
    cookies = list(prepared.cookies)
    url = str(prepared.url)
    for proof in proofs:
        if proof.place == "header":
            headers.append((proof.name.encode(), proof.value.encode()))
        elif proof.place == "cookie":
            cookies.append((proof.name, proof.value))
        else:
            joint = "&" if "?" in url else "?"
            url = f"{url}{joint}{quote(proof.name, safe='')}={quote(proof.value, safe='')}"
    if cookies:
        text = "; ".join(f"{name}={value}" for name, value in cookies)
        headers.append((b"cookie", text.encode()))
    return httpx2.Request(
        prepared.method,
        url,
        headers=headers,
        content=prepared.body,
        extensions={"timeout": dict(timeouts)},
    )
