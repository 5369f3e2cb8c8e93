"""Subscriptions to resources, in both protocol eras; FastMCP serves neither form.

Up to version 2025-11-25 a client asks with `resources/subscribe`, and is told on the stream of its session. From
2026-07-28 on it holds a request open, `subscriptions/listen`, and is told in that one's answer. Each URI passes the
pipeline as a call of the kind `subscription`, so it is limited, recorded, and hidden like a read of the same resource.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from fastmcp import FastMCP
from fastmcp.exceptions import DisabledError, NotFoundError
from fastmcp.server.dependencies import get_context, get_http_request
from fastmcp.server.middleware import MiddlewareContext
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    EmptyResult,
    ResourceUpdatedNotification,
    ResourceUpdatedNotificationParams,
    ServerCapabilities,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic_core import PydanticSerializationError, to_json

from seawall.errors import NotSubscribableError, ResourceNotFoundError, TooManySubscriptionsError
from seawall.resources.provider import OfferedResource, OfferedTemplate
from seawall.resources.watch import Notices, Watch
from seawall.runtime.caller import account, over_http
from seawall.runtime.enforcement import Enforcement
from seawall.runtime.listeners import Listeners, Standing
from seawall.runtime.pipeline.call import Report
from seawall.runtime.results import protocol_error

__all__ = ["LISTENED", "Subscriptions"]

LISTENED: Final = 256
"""Resources that one stream may tell of."""

_STREAMS: Final = 32  # streams that one account may hold open
_NOTICES: Final = "seawall.notices"
_REQUEST: Final = 128 * 1024  # bytes of what is kept in several forms as long as a stream is open


class Subscriptions:
    """Who is told of changes of which resources."""

    def __init__(self, mcp: FastMCP, enforcement: Enforcement, watch: Watch) -> None:
        """Args: mcp: the server. enforcement: its guards. watch: looks for changes."""
        self._mcp = mcp
        self._enforcement = enforcement
        self._watch = watch
        self._streams: Counter[str] = Counter()
        self._open: set[Notices] = set()
        self._tellers: set[asyncio.Task[None]] = set()
        self.listeners = Listeners(mcp, enforcement.scopes)
        """Who hears, and with which scopes."""

    def offer(self) -> None:
        """Serve the methods, and say so to clients."""
        server = self._mcp._mcp_server  # noqa: SLF001  FastMCP has no door for further methods of the protocol
        server.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)
        server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, self._listen)
        server.get_capabilities = partial(_honest, server.get_capabilities)  # type: ignore[method-assign]

    def end(self) -> None:
        """End every stream in order, and take no new ones: the server ends."""
        self._watch.closing = True
        for notices in tuple(self._open):
            notices.end()

    async def _subscribe(
        self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams
    ) -> EmptyResult:
        """Tell the session of changes of one resource (specification 2025-11-25, Resources)."""
        connection = ctx.session._connection  # noqa: SLF001  as FastMCP itself reaches it
        if (
            not connection.has_standalone_channel or not self.listeners.may_be_known()
        ):  # a server without sessions
            raise NotSubscribableError(uri=params.uri)
        await self._join(self._notices(connection), params.uri)
        return EmptyResult()

    async def _unsubscribe(
        self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        """Tell the session no more; also of what it never subscribed to, so that nothing shows what exists."""
        notices = ctx.session._connection.state.get(_NOTICES)  # noqa: SLF001  see above
        if isinstance(notices, Notices):
            self._watch.remove(notices, params.uri)
        return EmptyResult()

    async def _listen(
        self, ctx: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Tell the caller in the answer of this request (specification 2026-07-28, Subscriptions).

        What cannot be told of is left out of what is acknowledged, and so is what does not exist for the caller. A
        stream of which nothing is left ends at once.
        """
        if ctx.request_id is None:
            raise MCPError(INVALID_REQUEST, "subscriptions/listen needs an id")
        if _size(ctx.params) > _REQUEST:
            raise MCPError(
                INVALID_PARAMS, f"subscriptions/listen may have {_REQUEST} bytes of params at most"
            )
        uris = dict.fromkeys(params.notifications.resource_subscriptions or ())
        meta = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        credential = _credential()
        with self._stream() as notices:
            if len(uris) > LISTENED:
                raise _refused(TooManySubscriptionsError(own=True))
            honoured = [uri for uri in uris if await self._joined(notices, uri)]
            acknowledged = SubscriptionsAcknowledgedNotificationParams(
                notifications=SubscriptionFilter(resource_subscriptions=honoured or None), _meta=meta
            )
            told = SubscriptionsAcknowledgedNotification(params=acknowledged)
            await ctx.session.send_notification(told, related_request_id=ctx.request_id)
            if not honoured:
                notices.end()
            while (uri := await notices.next()) is not None:
                standing = await self.listeners.standing(credential, lambda: notices.ended)
                if standing is None:
                    break
                if not await self._is_for(standing, uri):
                    continue
                update = ResourceUpdatedNotificationParams(uri=uri, _meta=meta)
                await ctx.session.send_notification(
                    ResourceUpdatedNotification(params=update), related_request_id=ctx.request_id
                )
        return SubscriptionsListenResult(_meta=meta)

    @contextmanager
    def _stream(self) -> Iterator[Notices]:
        """A stream of the current caller."""
        whose = account()
        if self._streams[whose] >= _STREAMS:
            raise _refused(TooManySubscriptionsError(own=True))
        notices = Notices(whose)
        self._streams[whose] += 1
        self._open.add(notices)
        if self._watch.closing:
            notices.end()
        try:
            yield notices
        finally:
            self._open.discard(notices)
            self._watch.leave(notices)
            self._streams[whose] -= 1
            if not self._streams[whose]:
                del self._streams[whose]

    async def _joined(self, notices: Notices, uri: str) -> bool:
        """Whether the caller may subscribe to the URI and now does: asked as if it had come alone.

        Raises:
            MCPError: it was refused for another reason than what it names, such as a limit.
        """

        async def end(context: MiddlewareContext[Any]) -> EmptyResult:
            del context
            await self._join(notices, uri)
            return EmptyResult()

        context: MiddlewareContext[Any] = MiddlewareContext(
            message={"uri": uri},
            source="client",
            type="request",
            method="resources/subscribe",
            fastmcp_context=get_context(),
        )
        try:
            await self._mcp._run_middleware(context, end, phase="outer")  # noqa: SLF001  the way of all requests
        except MCPError as error:
            if error.error.code != INVALID_PARAMS:
                raise
            return False
        return True

    async def _join(self, notices: Notices, uri: str) -> None:
        await self._watch.add(notices, uri, await self._look(uri))

    async def _look(self, uri: str) -> Callable[[], Hashable]:
        """What tells whether the resource has changed, for a caller who may read it."""
        enforcement = self._enforcement
        if not enforcement.scopes.held(enforcement.rules.needed_to_read(uri)):
            raise ResourceNotFoundError(uri=uri)
        texts: Mapping[str, str] = {}
        found: object = await self._mcp.get_resource(uri)
        if found is None:
            found = await self._mcp.get_resource_template(uri)
            if isinstance(found, OfferedTemplate):
                texts = {name: str(text) for name, text in (found.matches(uri) or {}).items()}
        if found is None:
            raise ResourceNotFoundError(uri=uri)
        state = found.readable.state if isinstance(found, OfferedResource | OfferedTemplate) else None
        if state is None:
            raise NotSubscribableError(uri=uri)
        return partial(state, texts)

    def _notices(self, connection: Connection) -> Notices:
        """Those of a session, which are told and forgotten with it."""
        known = connection.state.get(_NOTICES)
        if isinstance(known, Notices):
            return known
        notices = connection.state[_NOTICES] = Notices(account())
        session = (connection.session_id or "") if over_http() else None
        # In a context of its own, which keeps nothing of this request.
        teller = asyncio.get_running_loop().create_task(
            self._tell(connection, notices, session), context=contextvars.Context()
        )
        self._tellers.add(teller)
        teller.add_done_callback(self._tellers.discard)
        connection.exit_stack.callback(teller.cancel)
        connection.exit_stack.callback(self._watch.leave, notices)
        return notices

    async def _tell(self, connection: Connection, notices: Notices, session: str | None) -> None:
        while (uri := await notices.next()) is not None:
            standing = await self.listeners.of_session(session, lambda: notices.ended)
            if standing is not None and self._watch.holds(notices, uri) and await self._is_for(standing, uri):
                await connection.send_resource_updated(uri)

    async def _is_for(self, standing: Standing, uri: str) -> bool:
        """Whether the URI is to be read by whoever has those scopes, and has not been taken away since it was subscribed to."""
        if not standing(self._enforcement.rules.needed_to_read(uri)):
            return False
        try:
            return bool(await self._mcp.get_resource(uri) or await self._mcp.get_resource_template(uri))
        except (NotFoundError, DisabledError):
            return False


def _credential() -> str | None:
    """The `Authorization` of the current request, empty for none; None on a wire of this process."""
    return get_http_request().headers.get("authorization", "") if over_http() else None


def _size(params: Mapping[str, Any] | None) -> int:
    """Bytes of the parameters of a request, or characters where no bytes can be made of them."""
    try:
        return len(to_json(params))
    except (PydanticSerializationError, ValueError):
        return len(repr(params))


def _refused(error: TooManySubscriptionsError) -> MCPError:
    """As the pipeline says it, for what is refused before any URI passes it."""
    return protocol_error(Report.of(error))


def _honest(
    capabilities: Callable[..., ServerCapabilities],
    *args: object,
    protocol_version: str | None = None,
    **more: object,
) -> ServerCapabilities:
    """The capabilities without notices that nobody sends: the SDK infers from the one method that there are all kinds."""
    found = capabilities(*args, protocol_version=protocol_version, **more)
    if protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return found
    changed: dict[str, Any] = {}
    for name in ("tools", "prompts", "resources"):
        each = getattr(found, name)
        if each is not None:
            changed[name] = each.model_copy(update={"list_changed": False})
    return found.model_copy(update=changed)
