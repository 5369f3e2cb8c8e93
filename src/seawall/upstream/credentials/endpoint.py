"""The token endpoint of an authorization server (RFC 6749, 3.2), asked over the transport of the toolset."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote_plus, urlencode

import httpx2

from seawall.errors import UpstreamCredentialError, UpstreamUnavailableError
from seawall.security.redact import KNOWN_SECRETS
from seawall.upstream.address import Origin
from seawall.upstream.body import BrokenBodyError, read_body
from seawall.upstream.credentials.tokens import Issued
from seawall.upstream.retry_after import retry_after

__all__ = ["TokenEndpoint"]

_PATIENCE: Final = 10.0  # seconds for one answer
_LARGEST: Final = 128 * 1024  # bytes of an answer
_UNSAID: Final = 300.0  # seconds that a token is used whose issuer does not say for how long
_LONGEST: Final = 86_400.0
_ERROR: Final = re.compile(r"[a-z_]{1,40}")  # the codes of RFC 6749, 5.2, and RFC 8693, 2.2.2
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_OK: Final = 200


class TokenEndpoint:
    """Asks for tokens in the name of one client."""

    def __init__(
        self,
        url: str,
        *,
        client: tuple[str, str],
        client_auth: Literal["basic", "post"],
        transport: httpx2.AsyncBaseTransport,
    ) -> None:
        """Args: url: of the endpoint. client: its id and secret. client_auth: where it shows them."""
        self._url = url
        self._transport = transport
        self._host = str(Origin.parse(url))
        self._form: dict[str, str] = {}
        self._headers = {"accept": "application/json", "accept-encoding": "identity"}
        if client_auth == "post":
            self._form = {"client_id": client[0], "client_secret": client[1]}
        else:  # form-encoded first (RFC 6749, 2.3.1)
            pair = ":".join(quote_plus(part, safe="") for part in client)
            proof = base64.b64encode(pair.encode()).decode()
            KNOWN_SECRETS.add(proof)
            self._headers["authorization"] = f"Basic {proof}"

    async def issue(self, form: Mapping[str, str]) -> Issued:
        """A token for what the form says.

        Raises:
            UpstreamUnavailableError: the authorization server does not answer, or not with a token.
            UpstreamCredentialError: it refuses.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                status, headers, body = await self._asked({**form, **self._form})
        except TimeoutError:
            raise self._unavailable("the authorization server does not answer") from None
        except (httpx2.RequestError, BrokenBodyError) as error:
            raise self._unavailable(
                f"the authorization server cannot be asked ({type(error).__name__})"
            ) from None
        answer = _object(body)
        if status in _BUSY:
            reason = f"the authorization server answers {status}"
            raise UpstreamUnavailableError(host=self._host, reason=reason, wait=retry_after(headers))
        if status != _OK:
            raise UpstreamCredentialError(
                host=self._host,
                reason=f"the authorization server refuses to issue a token ({_code(answer, status)})",
            )
        return self._read(answer)

    async def _asked(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), _PATIENCE)
        headers = {**self._headers, "content-type": "application/x-www-form-urlencoded"}
        content = urlencode(form).encode()
        request = httpx2.Request(
            "POST", self._url, headers=headers, content=content, extensions={"timeout": timeout}
        )
        response = await self._transport.handle_async_request(request)
        try:
            coding = response.headers.get("content-encoding", "")
            body, _ = await read_body(response.aiter_raw(), coding=coding, most=_LARGEST)
        finally:
            await response.aclose()
        return response.status_code, response.headers, body

    def _read(self, answer: Mapping[str, object]) -> Issued:
        token, lifetime = answer.get("access_token"), answer.get("expires_in", _UNSAID)
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise self._unavailable("the authorization server gives no token")
        try:
            seconds = float(lifetime) if isinstance(lifetime, int | float | str) else _UNSAID
        except ValueError:
            seconds = _UNSAID
        return Issued(token, min(max(0.0, seconds), _LONGEST) if seconds == seconds else _UNSAID)  # noqa: PLR0124  NaN

    def _unavailable(self, reason: str) -> UpstreamUnavailableError:
        return UpstreamUnavailableError(host=self._host, reason=reason)


def _object(body: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _code(answer: Mapping[str, object], status: int) -> str:
    """The error's code if it is one; its description may be anything, and is nobody's business here."""
    code = answer.get("error")
    return code if isinstance(code, str) and _ERROR.fullmatch(code) else str(status)
