"""A new project for each kind of toolset, for what is no tool, and for all of them; the services that they ask, and calls that prove them."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from support import graphql_service, grpc_service
from support.clients import Client, Endpoint, connect
from support.forwarding import forwarded
from support.loopback import Authority
from support.servers import environment, run

__all__ = ["BEGINNINGS", "SECRETS", "Asked", "begin", "calls", "services"]

_DATA: Final = Path(__file__).parents[1] / "data"
_OPENAPI: Final = ("--openapi", str(_DATA / "specs" / "petstore-3.0.yaml"))
_GRAPHQL: Final = ("--graphql", str(graphql_service.SCHEMA))
_GRPC: Final = ("--grpc", str(_DATA / "grpc" / "pets.proto"))
_FILES: Final = ("--filesystem", "./workspace")

_COMMAND: Final = ("--command", "repeat=printf -- %s {words}")

_PAGE: Final = "https://status.example/now.txt"
_OFFERS: Final = (
    "--prompts",
    *("--resource", "handbook"),
    *("--resource", "terms.md"),
    *("--resource", "harbour_data:report"),
    *("--resource", _PAGE),
)
"""Prompts, and one resource of each sort."""

BEGINNINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "command": _COMMAND,
    "contract": ("--contract",),
    "filesystem": _FILES,
    "graphql": _GRAPHQL,
    "grown": _FILES,
    "grpc": _GRPC,
    "offers": _OFFERS,
    "openapi": _OPENAPI,
    "python": ("--python",),
    "several": (
        *_FILES,
        "--python",
        "--contract",
        *_OPENAPI,
        *_GRAPHQL,
        *_GRPC,
        *_COMMAND,
        *_OFFERS,
        "--write",
    ),
}
"""The flags of `seawall new`, by a word for the project."""

_ADDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "grown": (
        ("toolset", "python"),
        ("toolset", *_COMMAND),
        ("prompt", "explain"),
        *(("resource", each) for each in _OFFERS if not each.startswith("--")),
    )
}
"""What is added to it by `seawall add`, one after the other."""

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

_READ: Final[Mapping[str, str]] = {
    "resource data://report": '{"state":"fine"}',
    "resource docs://terms": "# terms",
    "resource handbook://start.md": "The first page.",
    "resource web://status-example": "All quiet in the harbour.",
}
"""What is read when it is listed, and what is in it."""

_COMPLETED: Final[Mapping[str, tuple[dict[str, str], str, str, list[str]]]] = {
    "prompt explain": ({"type": "ref/prompt", "name": "explain"}, "reader", "b", ["beginner"]),
    "template handbook://{page*}": (
        {"type": "ref/resource", "uri": "handbook://{page*}"},
        "page",
        "st",
        ["start.md"],
    ),
}
"""What is completed when it is listed: where, the argument, how it begins, and how it may go on."""


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
    """Call, get, read and complete what there is; gives the names of all tools, prompts, resources and templates."""
    async with connect(client, endpoint) as connection:
        tools = {tool["name"] for tool in await connection.list_tools()}
        offered = await connection.list_offers()
        assert tools & _ANSWERS.keys() or offered & _READ.keys(), (tools, offered)
        for name in sorted(tools & _ANSWERS.keys()):
            arguments, words = _ANSWERS[name]
            answer = await connection.call(name, arguments)
            assert words in answer.text, (name, answer.text)
        await _used(connection, offered)
        return tools | offered


async def _used(connection: Client, offered: set[str]) -> None:
    """Use what is no tool."""
    assert not offered or offered == {*_READ, *_COMPLETED}
    if "prompt explain" in offered:
        text = await connection.prompt("explain", {"text": "What a berth is.", "reader": "expert"})
        assert "to an expert" in text
        assert "What a berth is." in text
    for name in sorted(offered & _READ.keys()):
        content = await connection.read(name.removeprefix("resource "))
        assert _READ[name] in content, (name, content)
    for name in sorted(offered & _COMPLETED.keys()):
        reference, argument, begun, completed = _COMPLETED[name]
        assert await connection.complete(reference, argument, begun) == completed, name


def begin(kind: str, project: Path, *flags: str) -> Path:
    """Make a project of that word, as its owner would: begun, added to, and said by variables where a page is."""
    made = run("new", project, *BEGINNINGS[kind], *flags)
    assert made.returncode == 0, made.stderr
    for each in _ADDED.get(kind, ()):
        added = run("add", *(word.removeprefix("--") for word in each), "--project", project)
        assert added.returncode == 0, (each, added.stderr)
    blueprint = project / "seawall.toml"
    text = blueprint.read_text()
    if _PAGE in text:
        variable = f'"${{PAGE:-{_PAGE}}}"\nnetworks = ["${{PAGE_NETWORK:-192.0.2.0/24}}"]'
        blueprint.write_text(text.replace(f'"{_PAGE}"', variable))
        ended = run("upgrade", project)
        assert ended.returncode == 0, ended.stderr
    if kind in _ADDED:
        recorded = subprocess.run(
            (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--seawall-update", "-k", "recorded"),
            cwd=project, env=environment(SECRETS), capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert recorded.returncode == 0, recorded.stdout
    return project


def _asks(kind: str, what: str) -> bool:
    """Whether a project of that word has a toolset or resource of that kind."""
    return f"--{what}" in BEGINNINGS[kind] or what in {each[0] for each in _ADDED.get(kind, ())}


@contextmanager
def services(project: str, *, host: str = "127.0.0.1", network: str = "127.0.0.0/8") -> Iterator[Asked]:
    """The services of that project on loopback; reached at `host` when that is another interface of this machine."""
    asked = Asked()
    with ExitStack() as stack:
        for kind, setting in (
            ("openapi", "BASE_URL"),
            ("graphql", "ENDPOINT"),
            ("grpc", "ENDPOINT"),
            ("resource", ""),
        ):
            if not _asks(project, kind):
                continue
            url = urlsplit(stack.enter_context(_RUNNING[kind](asked)))
            port = url.port or 0
            if host != "127.0.0.1":
                port = stack.enter_context(forwarded(host, port))
            if kind == "resource":
                asked.settings |= {"PAGE": f"https://{host}:{port}/now.txt", "PAGE_NETWORK": network}
                continue
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

    def answer(path: str, headers: Message) -> bytes | None:
        received.append(path)
        known = headers.get("api_key") == SECRETS["API_KEY"]
        return b'{"anchors":7}' if known and path == "/api/v3/store/inventory" else None

    with _answering(answer, "application/json") as port:
        yield f"http://127.0.0.1:{port}/api/v3"


@contextmanager
def _page(asked: Asked) -> Iterator[str]:
    """Over TLS, with a certificate for whatever name it is reached by."""
    received = asked.received["resource"] = []

    def answer(path: str, headers: Message) -> bytes | None:
        del headers
        received.append(path)
        return b"All quiet in the harbour.\n" if path == "/now.txt" else None

    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        asked.settings["SSL_CERT_FILE"] = str(authority.file)
        tls = authority.server("127.0.0.1")
        tls.sni_callback = lambda taken, name, _: setattr(
            taken, "context", authority.server(name or "127.0.0.1")
        )
        with _answering(answer, "text/plain; charset=utf-8", tls) as port:
            yield f"https://127.0.0.1:{port}/"


@contextmanager
def _answering(
    answer: Callable[[str, Message], bytes | None], media_type: str, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """The port of a server that answers a GET with that, or with 404 and nothing."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answer(self.path, self.headers)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
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


_RUNNING: Final = {"openapi": _inventory, "graphql": _harbours, "grpc": _pets, "resource": _page}
