"""What a caller over HTTP is told who lacks scopes, where the server says so instead of hiding what needs them.

By the authorization specification of MCP (2026-07-28, Scope Challenge Handling) that is an answer of HTTP, and not of the
protocol inside. So it is decided before anything of a call begins: behind the check of the token, by the name alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp_types import JSONRPCRequest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.resources.uris import LONGEST
from seawall.runtime.access import AccessRules, ComponentKind
from seawall.runtime.http.request_message import MESSAGE
from seawall.runtime.pipeline.call import Kind
from seawall.runtime.subscriptions import LISTENED

__all__ = ["Challenge", "Lacking", "Redirected"]

_KINDS: Final[Mapping[str, Kind]] = {
    "tools/call": "tool",
    "prompts/get": "prompt",
    "resources/read": "resource",
    "completion/complete": "completion",
    "resources/subscribe": "subscription",
    "subscriptions/listen": "subscription",
}

Redirected = Callable[[str, Mapping[str, Any]], str | None]
"""The tool that a call with these arguments is really for; None when it is for the one that it names."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A use for which its caller lacks scopes.

    Attributes:
        kind: of what is used.
        name: of it; a resource's URI.
        arguments: as they came.
        needed: the scopes that it needs, all of them.
        user: who lacks some.
        rpc_id: of the request.
    """

    kind: Kind
    name: str
    arguments: Mapping[str, Any]
    needed: frozenset[str]
    user: AuthenticatedUser
    rpc_id: str | int


class Challenge:
    """ASGI application between the check of the token and what serves."""

    def __init__(
        self,
        app: ASGIApp,
        rules: AccessRules,
        *,
        metadata_url: str | None,
        redirected: Redirected,
        told: Callable[[Lacking], None],
    ) -> None:
        """Make it.

        Args:
            app: what serves.
            rules: which scopes are needed for what.
            metadata_url: where clients find who gives tokens (RFC 9728); None where nothing says so.
            redirected: finds out what a call is really for.
            told: hears of each challenge.
        """
        self._app = app
        self._rules = rules
        self._metadata_url = metadata_url
        self._redirected = redirected
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, unless it uses something that its caller lacks scopes for."""
        user = scope.get("user")
        if scope["type"] != "http" or scope["method"] != "POST" or not isinstance(user, AuthenticatedUser):
            await self._app(scope, receive, send)
            return
        first = await receive()  # the message is known from then on
        message = scope.get(MESSAGE)
        lacking = self._lacking(message, user) if isinstance(message, JSONRPCRequest) else None
        if lacking is None:
            await self._app(scope, _again(first, receive), send)
            return
        self._told(lacking)
        await self._refuse(send, lacking.needed)

    def _lacking(self, message: JSONRPCRequest, user: AuthenticatedUser) -> Lacking | None:
        kind, params = _KINDS.get(message.method), message.params or {}
        if kind is None:
            return None
        name, needed = self._needed(kind, params)
        if needed.issubset(user.access_token.scopes):
            return None
        arguments = params.get("arguments")
        return Lacking(kind, name, arguments if isinstance(arguments, dict) else {}, needed, user, message.id)

    def _needed(self, kind: Kind, params: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
        rules = self._rules
        if kind == "completion":
            found = params.get("ref")
            reference = found if isinstance(found, dict) else {}
            if reference.get("type") == "ref/prompt":
                return _named("prompt", reference.get("name"), rules)
            name, needed = _named("template", reference.get("uri"), rules)
            return name, needed | rules.needed_to_read(name)
        if kind in {"resource", "subscription"}:
            return self._read(params)
        if kind == "prompt":
            prompt = params.get("name")
            return (prompt, rules.needed_to_make(prompt)) if isinstance(prompt, str) else ("", frozenset())
        name, needed = _named("tool", params.get("name"), rules)
        arguments = params.get("arguments")
        if isinstance(arguments, dict):
            meant = self._redirected(name, arguments)
            return (name, needed) if meant is None else (meant, needed | rules.needed("tool", meant))
        return name, needed

    def _read(self, params: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
        """What a read or a subscription is for; of a stream the first resource for which scopes are needed, and all scopes."""
        uri = params.get("uri")
        if isinstance(uri, str):
            return uri, self._needed_to_read(uri)
        asked = params.get("notifications")
        uris = asked.get("resourceSubscriptions") if isinstance(asked, dict) else None
        found, needed = "", frozenset[str]()
        for each in uris[:LISTENED] if isinstance(uris, list) else ():
            if isinstance(each, str) and (more := self._needed_to_read(each)):
                found, needed = found or each, needed | more
        return found, needed

    def _needed_to_read(self, uri: str) -> frozenset[str]:
        """Nothing for what names no resource: no limit of rate stands before this, and megabytes could be matched."""
        return self._rules.needed_to_read(uri) if len(uri) <= LONGEST else frozenset()

    async def _refuse(self, send: Send, needed: frozenset[str]) -> None:
        scopes = " ".join(sorted(needed))
        words = f"this needs the scope {scopes}" if len(needed) == 1 else f"this needs the scopes {scopes}"
        parts = ['error="insufficient_scope"', f'scope="{scopes}"']
        parts += [f'resource_metadata="{self._metadata_url}"'] if self._metadata_url else []
        parts += [f'error_description="{words}"']
        said = {"error": "insufficient_scope", "error_description": words, "scope": scopes}
        body = json.dumps(said).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"www-authenticate", f"Bearer {', '.join(parts)}".encode()),
        ]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _named(kind: ComponentKind, name: object, rules: AccessRules) -> tuple[str, frozenset[str]]:
    return (name, rules.needed(kind, name)) if isinstance(name, str) else ("", frozenset())


def _again(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
