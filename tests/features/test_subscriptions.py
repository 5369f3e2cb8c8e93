"""Clients are told of changes of the resources that they subscribed to, over every transport and in both eras."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

import seawall
from support.clients.interface import Era
from support.servers import log_records, serve_http, wait_for_record
from support.subscribing import Http, Pipe, close_streams, piped, serving, watcher

pytestmark = pytest.mark.whole

BLUEPRINT = """
[server]
name = "watched"

[[resource]]
uri = "note://one"
file = "one.md"

[[resource]]
uri = "notes://{page*}"
directory = "notes"

[[resource]]
uri = "text://fixed"
text = "always the same"
"""
FUNCTION = """
[[resource]]
uri = "said://now"
function = "watched_functions:now"

[[resource]]
uri = "page://there"
url = "https://pages.example/"
"""
ERAS: tuple[Era, ...] = ("handshake", "modern")
ID = "io.modelcontextprotocol/subscriptionId"


@pytest.fixture(autouse=True)
def _closed_streams() -> Iterator[None]:
    yield
    close_streams()


def written(directory: Path, more: str = "", blueprint: str = BLUEPRINT) -> Path:
    (directory / "notes" / "deep").mkdir(parents=True)
    (directory / "one.md").write_text("one")
    (directory / "notes" / "a.md").write_text("a")
    (directory / "notes" / "deep" / "b.md").write_text("b")
    (directory / "watched_functions.py").write_text('def now() -> str:\n    return "now"\n')
    path = directory / "seawall.toml"
    path.write_text(blueprint + more)
    return path


@contextlib.contextmanager
def client(transport: str, directory: Path, path: Path) -> Iterator[Http | Pipe]:
    if transport == "stdio":
        with piped(directory / "log", path) as pipe:
            yield pipe
    else:
        with serve_http(directory / "log", path) as server:
            yield Http(server.port)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_each_way_in_which_a_file_changes_is_told(transport: str, era: Era, tmp_path: Path) -> None:
    path = written(tmp_path)
    with client(transport, tmp_path, path) as wire:
        watched = watcher(wire, era, "note://one", "notes://a.md", "text://fixed")
        (tmp_path / "one.md").write_text("one, and more")
        assert watched.changed() == "note://one"
        (tmp_path / "notes" / "a.md").unlink()
        assert watched.changed() == "notes://a.md"
        (tmp_path / "notes" / "a.md").write_text("back again")
        assert watched.changed() == "notes://a.md"
        replacement = tmp_path / "new.md"
        replacement.write_text("one, replaced")
        replacement.rename(tmp_path / "one.md")
        assert watched.changed() == "note://one"
        os.utime(tmp_path / "one.md", ns=(1, 1))
        assert watched.changed() == "note://one"


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_nothing_is_told_of_what_was_unsubscribed_from(transport: str, tmp_path: Path) -> None:
    path = written(tmp_path)
    with client(transport, tmp_path, path) as wire:
        watched = watcher(wire, "handshake", "note://one", "notes://a.md")
        for uri in ("note://one", "note://one", "notes://never-subscribed-to.md"):
            assert wire.ask("handshake", "resources/unsubscribe", {"uri": uri})["result"] == {}
        (tmp_path / "one.md").write_text("changed")
        (tmp_path / "notes" / "a.md").write_text("changed")
        assert watched.changed() == "notes://a.md"
        assert wire.ask("handshake", "resources/subscribe", {"uri": "note://one"})["result"] == {}
        (tmp_path / "notes" / "a.md").write_text("changed once more")
        assert watched.changed() == "notes://a.md"
        (tmp_path / "one.md").write_text("changed once more")
        assert watched.changed() == "note://one"


def test_streams_of_one_caller_are_told_each_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path)
    with serve_http(tmp_path / "log", path) as server:
        wire = Http(server.port)
        first, second = wire.listen("note://one", number=1), wire.listen("notes://a.md", number=2)
        assert [each.message()["params"]["_meta"][ID] for each in (first, second)] == [1, 2]
        (tmp_path / "one.md").write_text("changed")
        (tmp_path / "notes" / "a.md").write_text("changed")
        found = [each.message()["params"] for each in (first, second)]
        assert found == [
            {"uri": "note://one", "_meta": {ID: 1}},
            {"uri": "notes://a.md", "_meta": {ID: 2}},
        ]


def test_what_is_acknowledged_is_what_will_be_told(tmp_path: Path) -> None:
    """Kinds of notices that there are none of, what is not there, and what nobody can tell of are left out."""
    path = written(tmp_path, FUNCTION)
    uris = ("said://now", "notes://deep/b.md", "note://none", "page://there", "notes://gone.md", "note://one")
    with serve_http(tmp_path / "log", path) as server:
        said = (
            Http(server.port)
            .listen(*uris, "note://one", toolsListChanged=True, resourcesListChanged=True)
            .message()
        )
        assert said["params"]["notifications"] == {
            "resourceSubscriptions": ["notes://deep/b.md", "note://one"]
        }


def test_a_stream_of_nothing_ends_at_once(tmp_path: Path) -> None:
    path = written(tmp_path)
    with serve_http(tmp_path / "log", path) as server:
        stream = Http(server.port).listen(toolsListChanged=True)
        assert stream.message()["params"]["notifications"] == {}
        assert stream.message()["result"]["_meta"][ID] == 900
        assert stream.message() is None


@pytest.mark.parametrize("uri", ["said://now", "page://there"])
def test_what_nobody_can_tell_of_is_refused_with_the_next_step(uri: str, tmp_path: Path) -> None:
    path = written(tmp_path, FUNCTION)
    with piped(tmp_path / "log", path) as wire:
        wire.begin()
        error = wire.ask("handshake", "resources/subscribe", {"uri": uri})["error"]
        assert error["data"]["io.github.seawall/error"]["code"] == "not_subscribable"
        assert error["code"] == -32602
        assert uri in error["message"]
        assert "Read it again" in error["message"]


def test_clients_are_told_what_is_served(tmp_path: Path) -> None:
    """Of a later version the SDK would say that all kinds of notices are sent, once there is one."""
    path = written(tmp_path)
    with serve_http(tmp_path / "log", path) as server:
        wire = Http(server.port).begin()
        assert wire.capabilities["resources"]["subscribe"] is True
        found = wire.ask("modern", "server/discover", {})["result"]["capabilities"]
        assert found["resources"] == {"subscribe": True, "listChanged": False}
        assert {found[each]["listChanged"] for each in ("tools", "prompts") if each in found} == {False}


@pytest.mark.parametrize("era", ERAS)
def test_where_nobody_can_tell_of_anything_the_methods_are_not_there(era: Era, tmp_path: Path) -> None:
    path = written(tmp_path, FUNCTION, blueprint='[server]\nname = "unwatched"\n')
    methods: dict[Era, tuple[str, dict[str, Any]]] = {
        "handshake": ("resources/subscribe", {"uri": "said://now"}),
        "modern": ("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["said://now"]}}),
    }
    with piped(tmp_path / "log", path) as wire:
        if era == "handshake":
            assert wire.begin().capabilities["resources"]["subscribe"] is False
        assert wire.ask(era, *methods[era])["error"]["code"] == -32601


def test_a_stream_ends_in_order_with_the_server(tmp_path: Path) -> None:
    """It waits for nothing: the grace for calls under way is far longer than this test has."""
    path = written(tmp_path, '[http]\nshutdown_grace = "1h"\n')
    with serve_http(tmp_path / "log", path) as server:
        wire = Http(server.port)
        stream, held = wire.listen("note://one"), watcher(wire, "handshake", "note://one")
        assert stream.message()["method"] == "notifications/subscriptions/acknowledged"
        server.process.send_signal(signal.SIGTERM)
        assert stream.message()["result"]["_meta"][ID] == 900
        assert stream.message() is None
        assert server.process.wait(60) == 0
        del held


def test_a_stream_holds_up_no_end_of_input(tmp_path: Path) -> None:
    path = written(tmp_path)
    with piped(tmp_path / "log", path) as wire:
        wire.listen("note://one")
        assert wire.message()["method"] == "notifications/subscriptions/acknowledged"
        assert wire.process.stdin is not None
        wire.process.stdin.close()
        assert wire.message()["result"]["_meta"][ID] == 900
        assert wire.message() is None


def test_a_stream_that_its_client_cancels_on_pipes_ends(tmp_path: Path) -> None:
    path = written(tmp_path)
    with piped(tmp_path / "log", path) as wire:
        for number in (901, 902):
            wire.listen("note://one", number=number)
            assert wire.message()["params"]["_meta"] == {ID: number}
            if number == 901:
                params = {"requestId": 901, "_meta": {}}
                wire.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        (tmp_path / "one.md").write_text("changed")
        assert wire.message()["params"]["_meta"] == {ID: 902}


@pytest.mark.parametrize("era", ERAS)
def test_who_goes_leaves_nothing_behind(era: Era, tmp_path: Path) -> None:
    path = written(tmp_path)
    with serve_http(tmp_path / "log", path) as server:

        def held() -> int:
            return int(
                re.findall(r"^seawall_subscriptions (\d+)$", server.get("/metrics")[1], re.MULTILINE)[0]
            )

        wire = Http(server.port)
        if era == "modern":
            stream = wire.listen("note://one", "notes://a.md")
            assert stream.message()["method"] == "notifications/subscriptions/acknowledged"
            assert held() == 2
            stream.close()
        else:
            wire.begin()
            for uri in ("note://one", "note://one", "notes://a.md"):
                assert wire.ask("handshake", "resources/subscribe", {"uri": uri})["result"] == {}
            assert held() == 2
            ended = {"Mcp-Session-Id": wire.session or "", "MCP-Protocol-Version": "2025-11-25"}
            assert server.send("DELETE", "/mcp", headers=ended)[0] == 200
        while held():
            pass
        (tmp_path / "one.md").write_text("changed")
        after = watcher(Http(server.port), "modern", "notes://a.md")
        (tmp_path / "notes" / "a.md").write_text("changed")
        assert after.changed() == "notes://a.md"


@pytest.mark.parametrize("era", ERAS)
def test_each_subscription_is_recorded(era: Era, tmp_path: Path) -> None:
    path = written(tmp_path, '[audit]\nfile = "audit.jsonl"\n')
    with piped(tmp_path / "log", path) as wire:
        watcher(wire, era, "note://one", "notes://a.md")
        wire.ask(era, "resources/read", {"uri": "note://one"})
    kept = {"kind": "subscription", "principal": "local", "outcome": "ok"}
    found = [
        each for each in log_records(tmp_path / "audit.jsonl", event="call") if kept.items() <= each.items()
    ]
    assert [each["name"] for each in found] == ["note://one", "notes://a.md"]
    assert wait_for_record(tmp_path / "log", kind="subscription", name="notes://a.md")["outcome"] == "ok"


@pytest.mark.parametrize("era", ERAS)
def test_what_serves_without_us_tells_too(era: Era, tmp_path: Path) -> None:
    """`fastmcp run` and an own mount of the application know nothing of our door."""
    mcp = seawall.assemble(written(tmp_path))
    with serving(mcp.http_app()) as port:
        watched = watcher(Http(port), era, "note://one")
        (tmp_path / "one.md").write_text("changed")
        assert watched.changed() == "note://one"


def test_where_tokens_are_and_nobody_can_know_who_listens_nothing_is_promised(tmp_path: Path) -> None:
    mcp = seawall.assemble(written(tmp_path))
    mcp.auth = StaticTokenVerifier({"alice-0123456789": {"client_id": "alice", "scopes": []}})
    with serving(mcp.http_app()) as port:
        wire = Http(port, "alice-0123456789")
        error = wire.begin().ask("handshake", "resources/subscribe", {"uri": "note://one"})["error"]
        assert error["data"]["io.github.seawall/error"]["code"] == "not_subscribable"
        watched = watcher(wire, "modern", "note://one")
        (tmp_path / "one.md").write_text("changed")
        assert watched.changed() == "note://one"


def test_a_server_that_ended_can_be_served_again(tmp_path: Path) -> None:
    mcp = seawall.assemble(written(tmp_path))
    for _ in range(2):
        app = seawall.http_app(mcp)
        with serving(app) as port:
            watched = watcher(Http(port), "modern", "note://one")
            (tmp_path / "one.md").write_text(f"changed {time.monotonic_ns()}")
            assert watched.changed() == "note://one"
            app.close()


def test_what_is_disabled_is_told_of_no_more(tmp_path: Path) -> None:
    mcp = seawall.assemble(written(tmp_path))
    with serving(seawall.http_app(mcp)) as port:
        watches = [watcher(Http(port), era, "note://one", "notes://a.md") for era in ERAS]
        mcp.disable(keys={"resource:note://one@"})
        (tmp_path / "one.md").write_text("changed")
        (tmp_path / "notes" / "a.md").write_text("changed")
        assert [each.changed() for each in watches] == ["notes://a.md"] * 2


@pytest.mark.node
@pytest.mark.parametrize(
    ("driver", "era"),
    [("subscriber_1", "handshake"), ("subscriber_2", "handshake"), ("subscriber_2", "modern")],
)
def test_the_official_node_clients_are_told(driver: str, era: Era, tmp_path: Path) -> None:
    path = written(tmp_path)
    node = shutil.which("node")
    assert node is not None, "Node.js is not installed"
    script = Path(__file__).parents[1] / "support" / "node" / f"{driver}.mjs"
    with serve_http(tmp_path / "log", path) as server:
        line = (node, str(script), str(server.endpoint.url), "notes://deep/b.md", era)
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "subscribed\n"
            (tmp_path / "notes" / "deep" / "b.md").write_text("changed")
            assert json.loads(process.stdout.readline()) == ["notes://deep/b.md", "changed"]
            assert process.wait(60) == 0
