"""What a client gets of a stream that it takes up again: of notices those that it may hear at that moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastmcp.server.dependencies import get_access_token
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp_types import JSONRPCMessage, JSONRPCNotification

__all__ = ["JudgedReplay"]

_UPDATED = "notifications/resources/updated"


@dataclass(frozen=True, slots=True)
class JudgedReplay(EventStore):
    """The events of another store. What was told to one token of a principal is not for all of theirs.

    Attributes:
        events: keeps them.
        needed: the scopes that are needed to read a URI.
    """

    events: EventStore
    needed: Callable[[str], frozenset[str]]

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        """Keep an event."""
        return await self.events.store_event(stream_id, message)

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        """Send what came after an event, as far as the current caller may hear it."""

        async def send(event: EventMessage) -> None:
            if self._is_for_caller(event.message):
                await send_callback(event)

        return await self.events.replay_events_after(last_event_id, send)

    def _is_for_caller(self, message: JSONRPCMessage) -> bool:
        if not isinstance(message, JSONRPCNotification) or message.method != _UPDATED:
            return True
        token = get_access_token()
        held = frozenset(token.scopes) if token else frozenset[str]()
        return self.needed(str((message.params or {}).get("uri"))) <= held
