"""A GraphQL service on loopback: ariadne over a schema with data in memory, which remembers what it was asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import uvicorn
from ariadne import (
    InterfaceType,
    MutationType,
    ObjectType,
    QueryType,
    UnionType,
    graphql,
    make_executable_schema,
)
from ariadne.types import SchemaBindable

__all__ = ["DATA", "SCHEMA", "GraphQLService", "connection", "harbours"]

DATA: Final = Path(__file__).parents[1] / "data" / "graphql"
SCHEMA: Final = Path(__file__).parents[2] / "examples" / "graphql" / "harbour.graphql"
_START = 10.0


def connection(items: Sequence[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the items, as the specification of Relay's connections says."""
    first, last = arguments.get("first"), arguments.get("last")
    start = int(arguments["after"].removeprefix("c")) + 1 if arguments.get("after") else 0
    end = int(arguments["before"].removeprefix("c")) if arguments.get("before") else len(items)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    page = list(items[start:end])
    return {
        "totalCount": len(items),
        "nodes": page,
        "edges": [{"cursor": f"c{start + number}", "node": each} for number, each in enumerate(page)],
        "pageInfo": {
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
            "startCursor": f"c{start}" if page else None,
            "endCursor": f"c{end - 1}" if page else None,
        },
    }


class GraphQLService:
    """The service, for the time of a `with` block.

    Attributes:
        received: every request's body, in order.
        headers: theirs.
        failures: statuses to answer the next requests with, instead of an answer.
        delay: seconds before an answer.
        canned: status, headers and body to answer the next requests with, whatever they ask.
        stored: texts that are known by their hash; None when hashes are not supported.
    """

    def __init__(self, schema: str, *bindables: SchemaBindable, introspection: bool = True) -> None:
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.failures: list[int] = []
        self.delay = 0.0
        self.canned: list[tuple[int, dict[str, str], bytes]] = []
        self.stored: dict[str, str] | None = None
        self._schema = make_executable_schema(schema, *bindables)
        self._introspection = introspection
        self._socket = socket.socket()
        config = uvicorn.Config(self._app, interface="asgi3", log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        self._thread.start()
        last = time.monotonic() + _START
        while not self._server.started:
            if time.monotonic() > last or not self._thread.is_alive():
                raise TimeoutError("the GraphQL service does not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_START)
        self._socket.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/graphql"

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        self.received.append(json.loads(body))
        await asyncio.sleep(self.delay)
        if self.canned:
            status, named, content = self.canned.pop(0)
        else:
            status, answer = await self._answer(self.received[-1])
            named, content = {}, json.dumps(answer).encode()
        named = {"content-type": "application/json", "content-length": str(len(content)), **named}
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, asked: dict[str, Any]) -> tuple[int, Any]:
        if self.failures:
            return self.failures.pop(0), {}
        digest = asked.get("extensions", {}).get("persistedQuery", {}).get("sha256Hash")
        if digest is not None:
            if self.stored is None:
                return 200, {"errors": [{"message": "PersistedQueryNotSupported"}]}
            if "query" not in asked:
                if digest not in self.stored:
                    return 200, {"errors": [{"message": "PersistedQueryNotFound"}]}
                asked = {**asked, "query": self.stored[digest]}
            elif hashlib.sha256(asked["query"].encode()).hexdigest() == digest:
                self.stored[digest] = asked["query"]
        _, answer = await graphql(self._schema, asked, introspection=self._introspection)
        return 200, answer


def harbours(count: int = 7, *, introspection: bool = True) -> GraphQLService:
    """The harbour authority of tests/data/graphql."""
    ships: list[dict[str, Any]] = [
        {"kind": "Ship", "id": f"s{number}", "name": f"Ship {number}", "built": "1931-05-01T00:00:00Z"}
        for number in range(40)
    ]
    known: list[dict[str, Any]] = [
        {
            "kind": "Harbour",
            "id": f"h{number}",
            "code": f"H{number}",
            "name": f"Harbour {number}",
            "depth": 4.5,
            "warden": {"name": "Ines", "phone": "555-0100"},
        }
        for number in range(count)
    ]
    berths = [{"number": number, "length": 12.0, "ship": ships[number % 3]} for number in range(25)]
    query, mutation, harbour, berth = QueryType(), MutationType(), ObjectType("Harbour"), ObjectType("Berth")
    ship = ObjectType("Ship")
    node, found = InterfaceType("Node"), UnionType("Found")
    query.set_field("harbour", lambda *_, code: next((h for h in known if h["code"] == code), None))
    query.set_field("harbours", lambda *_, **arguments: connection(known, arguments))
    query.set_field("node", lambda *_, id: next((h for h in [*known, *ships] if h["id"] == id), None))  # noqa: A006
    query.set_field("ships", lambda *_, **_ignored: ships)
    query.set_field(
        "search", lambda *_, text, limit, **_kinds: [h for h in [*known, *ships] if text in h["name"]][:limit]
    )
    harbour.set_field("berths", lambda *_, **arguments: connection(berths, arguments))
    harbour.set_field("weather", _no_weather)
    berth.set_field("harbour", lambda *_: known[0])
    ship.set_field("harbour", lambda *_: known[0])
    ship.set_field("ledger", lambda *_: {"balance": 12.5})
    mutation.set_field("reserve", lambda *_, input: {"id": "r1", "nights": input["nights"], "ship": ships[0]})  # noqa: A006
    mutation.set_field("cancel", lambda *_, **_ignored: True)
    for each in (node, found):
        each.set_type_resolver(lambda value, *_: value["kind"])
    text = SCHEMA.read_text()
    return GraphQLService(
        text, query, mutation, harbour, berth, ship, node, found, introspection=introspection
    )


def _no_weather(*_: object) -> str:
    raise ValueError("no weather today: token=abcdefgh12345678 at 10.1.2.3")
