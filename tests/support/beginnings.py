"""A new project for each kind of toolset and one for all of them, the services that they ask, and calls that prove them."""

from __future__ import annotations

import http.server
import json
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from support import graphql_service, grpc_service
from support.clients import Endpoint, connect

__all__ = ["BEGINNINGS", "SECRETS", "Asked", "calls", "services"]

_DATA: Final = Path(__file__).parents[1] / "data"
_OPENAPI: Final = ("--openapi", str(_DATA / "specs" / "petstore-3.0.yaml"))
_GRAPHQL: Final = ("--graphql", str(graphql_service.SCHEMA))
_GRPC: Final = ("--grpc", str(_DATA / "grpc" / "pets.proto"))
_FILES: Final = ("--filesystem", "./workspace")

_COMMAND: Final = ("--command", "repeat=printf -- %s {words}")

BEGINNINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "command": _COMMAND,
    "contract": ("--contract",),
    "filesystem": _FILES,
    "graphql": _GRAPHQL,
    "grpc": _GRPC,
    "openapi": _OPENAPI,
    "python": ("--python",),
    "several": (*_FILES, "--python", "--contract", *_OPENAPI, *_GRAPHQL, *_GRPC, *_COMMAND, "--write"),
}
"""The flags of `seawall new`, by a word for the project."""

SECRETS: Final[Mapping[str, str]] = {"API_KEY": "the-key-of-the-harbour"}
"""What a project's operator sets beside: the description of the API asks for a key."""

_ANSWERS: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "count_words": ({"text": "one two three"}, "3"),
    "getInventory": ({}, '"anchors":7'),
    "get_pet": ({"petId": "7"}, "Rex"),
    "harbours": ({"first": 1}, "Harbour 0"),
    "list_items": ({}, "anchor"),
    "repeat": ({"words": "anchors away"}, "anchors away"),
    "read_file": ({"path": "welcome.txt"}, "nothing else is"),
}
"""What is called of a tool when it is there, and what is in the answer."""


@dataclass
class Asked:
    """The services that a project asks.

    Attributes:
        settings: the variables that tell the project where they are.
        received: what each was asked, by its kind.
    """

    settings: dict[str, str] = field(default_factory=dict)
    received: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def counts(self) -> list[int]:
        """How often each was asked."""
        return [len(each) for _, each in sorted(self.received.items())]


async def calls(endpoint: Endpoint, client: str) -> set[str]:
    """Call what there is to call; gives the names of all tools."""
    async with connect(client, endpoint) as connection:
        names = {tool["name"] for tool in await connection.list_tools()}
        called = sorted(names & _ANSWERS.keys())
        assert called, names
        for name in called:
            arguments, words = _ANSWERS[name]
            answer = await connection.call(name, arguments)
            assert words in answer.text, (name, answer.text)
        return names


@contextmanager
def services(project: str, *, host: str = "127.0.0.1", network: str = "127.0.0.0/8") -> Iterator[Asked]:
    """The services of that project on loopback; reached at `host` when that is another interface of this machine."""
    asked = Asked()
    with ExitStack() as stack:
        for kind, setting in (("openapi", "BASE_URL"), ("graphql", "ENDPOINT"), ("grpc", "ENDPOINT")):
            if f"--{kind}" not in BEGINNINGS[project]:
                continue
            url = urlsplit(stack.enter_context(_RUNNING[kind](asked)))
            port = url.port or 0
            if host != "127.0.0.1":
                port = stack.enter_context(_forwarded(host, port))
            prefix = f"SEAWALL_TOOLSET__{kind.upper()}__"
            asked.settings |= SECRETS if kind == "openapi" else {}
            asked.settings |= {
                f"{prefix}{setting}": f"http://{host}:{port}{url.path}",
                f"{prefix}NETWORKS": json.dumps([network]),
            }
        yield asked


@contextmanager
def _inventory(asked: Asked) -> Iterator[str]:
    received = asked.received["openapi"] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.path)
            known = self.headers.get("api_key") == SECRETS["API_KEY"]
            found = known and self.path == "/api/v3/store/inventory"
            body = b'{"anchors":7}' if found else b"{}"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v3"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _harbours(asked: Asked) -> Iterator[str]:
    with graphql_service.harbours() as service:
        asked.received["graphql"] = service.received
        yield service.url


@contextmanager
def _pets(asked: Asked) -> Iterator[str]:
    with grpc_service.serving() as shop:
        asked.received["grpc"] = shop.calls
        yield shop.url


_RUNNING: Final = {"openapi": _inventory, "graphql": _harbours, "grpc": _pets}


@contextmanager
def _forwarded(host: str, port: int) -> Iterator[int]:
    """A port of that interface which leads to the same one of loopback's."""
    with socket.socket() as listening:
        listening.setsockopt(
            socket.IPPROTO_IP, _FREEBIND, 1
        )  # a bridge has its address once a container is on it
        listening.bind((host, 0))
        listening.listen()
        thread = threading.Thread(target=_forward, args=(listening, port), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


_FREEBIND: Final = 15  # linux/in.h: IP_FREEBIND, which Python does not name


def _forward(listening: socket.socket, port: int) -> None:
    pairs: dict[socket.socket, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listening, *pairs], [], [])
        for one in ready:
            if one is listening:
                try:
                    taken, _ = listening.accept()
                except OSError:  # shut down
                    for each in pairs:
                        each.close()
                    return
                other = socket.create_connection(("127.0.0.1", port))
                pairs |= {taken: other, other: taken}
            elif one in pairs:
                _pass_on(one, pairs)


def _pass_on(one: socket.socket, pairs: dict[socket.socket, socket.socket]) -> None:
    try:
        data = one.recv(65536)
        if data:
            pairs[one].sendall(data)
            return
    except OSError:
        pass  # broken off: the same as an end
    other = pairs.pop(one)
    del pairs[other]
    one.close()
    other.close()
