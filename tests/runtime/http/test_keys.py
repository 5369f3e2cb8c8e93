"""The keys of an authorization server that rotates them, is down, hangs, or answers nonsense: a real one, over HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

import pytest
from joserfc.jwk import ECKey, KeySet

from seawall.runtime.http.keys import KeysUnavailableError, PublishedKeys

pytestmark = pytest.mark.anyio

OLD, NEW = (ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}) for kid in ("old", "new"))
HOUR = 3600.0
GZIP = b"\x1f\x8b"


class Issuer:
    """An authorization server; how it behaves can be changed, and how often it was asked is counted."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
        self.asked = 0
        self.status = 200
        self.coding = ""
        self.body = self.of(OLD)
        self.requests: SimpleQueue[str] = SimpleQueue()
        self.goes_on = threading.Event()
        self.goes_on.set()

    @staticmethod
    def of(*keys: ECKey) -> bytes:
        return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            made.coding = self.headers["Accept-Encoding"]
            made.requests.put(self.path)
            made.goes_on.wait(60)
            self.send_response(made.status)
            if made.body.startswith(GZIP):
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Issuer(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        made.goes_on.set()
        server.shutdown()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def ids(keys: KeySet) -> set[str | None]:
    return {key.kid for key in keys}


async def test_a_key_that_is_known_is_not_asked_for_again(issuer: Issuer) -> None:
    keys = PublishedKeys(issuer.url)
    for _ in range(20):
        assert ids(await keys.for_key_id("old")) == {"old"}
    assert issuer.asked == 1


async def test_many_first_callers_ask_once(issuer: Issuer) -> None:
    keys = PublishedKeys(issuer.url)
    found = await asyncio.gather(*(keys.for_key_id("old") for _ in range(50)))
    assert all(ids(each) == {"old"} for each in found)
    assert issuer.asked == 1


async def test_after_a_rotation_the_new_key_is_found_and_the_old_one_forgotten(issuer: Issuer) -> None:
    clock = Clock()
    keys = PublishedKeys(issuer.url, clock=clock)
    await keys.for_key_id("old")
    issuer.body = issuer.of(NEW)
    clock.now += 60
    assert ids(await keys.for_key_id("new")) == {"new"}
    assert issuer.asked == 2


async def test_unknown_key_ids_do_not_flood_the_issuer(issuer: Issuer) -> None:
    clock = Clock()
    keys = PublishedKeys(issuer.url, clock=clock)
    await keys.for_key_id("old")
    clock.now += 60
    for number in range(200):
        assert ids(await keys.for_key_id(f"made-up-{number}")) == {"old"}
    assert issuer.asked == 1 + 5
    issuer.body = issuer.of(OLD, NEW)
    clock.now += 5
    assert "new" in ids(await keys.for_key_id("made-up-again"))


async def test_a_made_up_key_id_does_not_delay_a_new_key(issuer: Issuer) -> None:
    keys = PublishedKeys(issuer.url)
    await keys.for_key_id("old")
    assert ids(await keys.for_key_id("made-up")) == {"old"}
    issuer.body = issuer.of(NEW)
    assert ids(await keys.for_key_id("new")) == {"new"}


async def test_while_the_issuer_is_down_known_keys_go_on_for_a_day(issuer: Issuer) -> None:
    clock = Clock()
    keys = PublishedKeys(issuer.url, clock=clock)
    await keys.for_key_id("old")
    issuer.status = 500
    for _ in range(23):
        clock.now += HOUR
        assert ids(await keys.for_key_id("old")) == {"old"}
    clock.now += 2 * HOUR
    with pytest.raises(KeysUnavailableError):
        await keys.for_key_id("old")


async def test_known_keys_do_not_wait_for_an_issuer_that_hangs(issuer: Issuer) -> None:
    clock = Clock()
    keys = PublishedKeys(issuer.url, clock=clock)
    await keys.for_key_id("old")
    issuer.goes_on.clear()
    clock.now += 2 * HOUR
    for _ in range(5):
        assert ids(await keys.for_key_id("old")) == {"old"}  # it would hang here
    await asyncio.to_thread(issuer.requests.get, timeout=60)
    await asyncio.to_thread(issuer.requests.get, timeout=60)
    issuer.body = issuer.of(NEW)
    issuer.goes_on.set()
    assert keys._fetching is not None
    await keys._fetching
    assert ids(await keys.for_key_id(None)) == {"new"}
    assert issuer.asked == 2


async def test_a_caller_that_goes_does_not_end_the_fetch_for_the_others(issuer: Issuer) -> None:
    keys = PublishedKeys(issuer.url)
    issuer.goes_on.clear()
    first, second = (asyncio.create_task(keys.for_key_id("old")) for _ in range(2))
    await asyncio.to_thread(issuer.requests.get, timeout=60)
    first.cancel()
    issuer.goes_on.set()
    assert ids(await second) == {"old"}
    assert issuer.asked == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"no JSON", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', b"[" * 100_000],
    ids=["nothing", "no JSON", "no set", "no key", "a shared secret", "deep"],
)
async def test_nonsense_replaces_no_keys(issuer: Issuer, body: bytes) -> None:
    clock = Clock()
    keys = PublishedKeys(issuer.url, clock=clock)
    await keys.for_key_id("old")
    issuer.body = body
    clock.now += 60
    assert ids(await keys.for_key_id("new")) == {"old"}
    assert issuer.asked == 2


async def test_a_set_without_end_is_not_read_to_its_end(issuer: Issuer) -> None:
    issuer.body = issuer.of(OLD)[:-1] + b" " * 2**20 + b"}"
    with pytest.raises(KeysUnavailableError):
        await PublishedKeys(issuer.url).for_key_id("old")


async def test_a_compressed_set_is_neither_asked_for_nor_unfolded(issuer: Issuer) -> None:
    """A few kilobytes could become gigabytes."""
    issuer.body = gzip.compress(issuer.body, mtime=0)
    with pytest.raises(KeysUnavailableError):
        await PublishedKeys(issuer.url).for_key_id("old")
    assert issuer.coding == "identity"
