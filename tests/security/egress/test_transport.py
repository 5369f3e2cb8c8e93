"""What a transport does besides refusing: answers, bounds, timeouts, and a client that notices nothing."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Sequence
from contextlib import aclosing
from ipaddress import ip_network
from typing import Any

import httpcore2
import httpx2
import pytest

from seawall.errors import ResponseTooLargeError, UsageError
from seawall.security.egress import Egress, EgressPolicy, EgressTransport, HostRule
from support.loopback import LoopbackServer, Reply, answer, serving
from support.recording import LOOPBACK, Names, Recorder

pytestmark = pytest.mark.anyio
MEBIBYTE = 1024 * 1024


def transport(server: LoopbackServer, **limits: Any) -> EgressTransport:
    """To the server as `ok.test`."""
    policy = EgressPolicy((HostRule("ok.test", server.port, "http"),), networks=LOOPBACK, **limits)
    return Egress(policy, resolver=Names({"ok.test": ["127.0.0.1"]})).transport()


async def get(server: LoopbackServer, path: str = "/", **limits: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=transport(server, **limits)) as client:
        return await client.get(f"http://ok.test:{server.port}{path}")


# --- bodies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes), ("GZIP", gzip.compress)],
)  # fmt: skip
async def test_a_body_arrives_decoded(coding: str, encode: Callable[[bytes], bytes]) -> None:
    async with serving({"/": answer(encode(b"text " * 1000), f"Content-Encoding: {coding}")}) as server:
        response = await get(server)
        assert response.content == b"text " * 1000
        assert "content-encoding" not in response.headers


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "x-gzip", "gzip, gzip", "gzip, br", "whatever"])
async def test_a_coding_that_nobody_asked_for_is_refused(coding: str) -> None:
    async with serving({"/": answer(gzip.compress(b"x"), f"Content-Encoding: {coding}")}) as server:
        with pytest.raises(httpx2.DecodingError, match="not asked for"):
            await get(server)
        assert "accept-encoding: gzip, deflate\r\n" in server.heads[0].lower()


async def test_a_few_bytes_that_unpack_to_very_many_end_at_the_limit() -> None:
    """The limit is one of decoded bytes; the rest is neither unpacked nor kept."""
    bomb = gzip.compress(bytes(64 * MEBIBYTE))
    assert len(bomb) < MEBIBYTE // 10
    async with serving({"/": answer(bomb, "Content-Encoding: gzip")}) as server:
        with pytest.raises(ResponseTooLargeError) as caught:
            await get(server, max_response=MEBIBYTE)
    assert str(MEBIBYTE) in caught.value.message


async def test_a_body_without_end_ends_at_the_limit_and_its_connection_with_it() -> None:
    ended = asyncio.Event()

    async def forever(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + bytes(4096) + b"\r\n")
                await writer.drain()
        finally:
            ended.set()

    async with serving({"/": forever}) as server:
        with pytest.raises(ResponseTooLargeError):
            await get(server, max_response=100_000)
        await asyncio.wait_for(ended.wait(), 30)


async def test_a_body_of_exactly_the_limit_arrives() -> None:
    async with serving({"/": answer(bytes(1000))}) as server:
        assert len((await get(server, max_response=1000)).content) == 1000
        with pytest.raises(ResponseTooLargeError):
            await get(server, max_response=999)


async def test_a_reader_may_stop_early_without_an_error() -> None:
    """Whoever wants the beginning alone gets it; the limit concerns those who read on."""
    async with serving({"/": answer(bytes(10 * MEBIBYTE))}) as server:
        small = transport(server, max_response=MEBIBYTE, connections=1)
        async with httpx2.AsyncClient(transport=small) as client:
            url = f"http://ok.test:{server.port}"
            async with (
                client.stream("GET", f"{url}/") as response,
                aclosing(response.aiter_bytes()) as pieces,
            ):
                assert await anext(pieces)
            assert (await client.get(f"{url}/small")).text == "SECRET", (
                "the only connection was not given back"
            )


async def test_a_body_that_is_cut_short_is_an_error() -> None:
    async with serving({"/": b"HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\n12345"}) as server:
        with pytest.raises(httpx2.RemoteProtocolError):
            await get(server)


async def test_status_headers_and_body_of_a_request_pass() -> None:
    async with serving({"/x?a=%2F": answer(b"no", "X-A: 1", "X-A: 2", status=404)}) as server:
        async with httpx2.AsyncClient(transport=transport(server)) as client:
            url = f"http://ok.test:{server.port}/x?a=%2F"
            response = await client.post(url, content=b"body")
        assert (response.status_code, response.text) == (404, "no")
        assert response.headers.get_list("x-a") == ["1", "2"]
        assert response.extensions["egress_url"] == url
        assert "content-length: 4\r\n" in server.heads[0].lower()


# --- connections ----------------------------------------------------------------------------------------


async def test_connections_are_used_again() -> None:
    kept = b"HTTP/1.1 200 x\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n1"
    async with serving({"/": kept}) as server, httpx2.AsyncClient(transport=transport(server)) as client:
        texts = [(await client.get(f"http://ok.test:{server.port}/")).text for _ in range(3)]
        assert (texts, len(server.heads), server.connections) == (["1", "1", "1"], 3, 1)


async def test_when_one_address_does_not_answer_the_next_one_is_tried() -> None:
    async with serving() as server:
        policy = EgressPolicy((HostRule("ok.test", server.port, "http"),), networks=LOOPBACK)
        recorder = Recorder(server.port)
        names = Names({"ok.test": ["93.184.216.34", "127.0.0.1"]})
        async with httpx2.AsyncClient(
            transport=Egress(policy, backend=recorder, resolver=names).transport()
        ) as client:
            assert (await client.get(f"http://ok.test:{server.port}/")).text == "SECRET"
        assert recorder.addresses == ["93.184.216.34", "127.0.0.1"]


async def test_the_system_s_resolver_finds_names() -> None:
    async with serving() as server:
        networks = (*LOOPBACK, ip_network("::1/128"))
        guard = Egress(EgressPolicy((HostRule("localhost", server.port, "http"),), networks=networks))
        async with httpx2.AsyncClient(transport=guard.transport()) as client:
            assert (await client.get(f"http://localhost:{server.port}/")).text == "SECRET"
        guard.close()


# --- time -----------------------------------------------------------------------------------------------


async def test_a_server_that_says_nothing_is_given_up() -> None:
    silent: Reply = _silent
    async with serving({"/": silent}) as server:
        with pytest.raises(httpx2.ReadTimeout):
            await get(server, read_timeout=0.2)


async def _silent(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def test_a_name_that_nobody_answers_is_given_up() -> None:
    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    recorder = Recorder()
    policy = EgressPolicy((HostRule("slow.test"),), connect_timeout=0.1)
    guard = Egress(policy, backend=recorder, resolver=never)
    async with httpx2.AsyncClient(transport=guard.transport()) as client:
        with pytest.raises(httpx2.ConnectTimeout, match=r"slow\.test"):
            await client.get("https://slow.test/")
    assert recorder.calls == []


async def test_a_look_up_that_hangs_in_the_system_holds_up_neither_the_loop_nor_its_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()

    def hang(*_arguments: object, **_named: object) -> list[Any]:
        release.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    guard = Egress(EgressPolicy((HostRule("slow.test"),), connect_timeout=0.1), backend=Recorder())
    try:
        async with httpx2.AsyncClient(transport=guard.transport()) as client:
            with pytest.raises(httpx2.ConnectTimeout):
                await client.get("https://slow.test/")
    finally:
        release.set()
        guard.close()


@pytest.mark.parametrize(
    ("asked", "used"),
    [(60.0, 5.0), (None, 5.0), (1.0, 1.0)],
)
async def test_a_request_may_shorten_the_time_to_connect_and_not_lengthen_it(
    asked: float | None, used: float
) -> None:
    class Timed(Recorder):
        limit: float | None = None

        async def connect_tcp(self, *arguments: Any, **_named: Any) -> httpcore2.AsyncNetworkStream:
            self.limit = arguments[2]
            raise httpcore2.ConnectError("written down")

    recorder = Timed()
    names = Names({"ok.test": ["93.184.216.34"]})
    guard = Egress(EgressPolicy((HostRule("ok.test"),)), backend=recorder, resolver=names)
    async with httpx2.AsyncClient(transport=guard.transport(), timeout=asked) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("https://ok.test/")
    assert recorder.limit is not None
    assert 0 < recorder.limit <= used
    assert recorder.limit > used / 2


# --- wrong uses -----------------------------------------------------------------------------------------


def test_a_context_that_verifies_nothing_is_refused() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    with pytest.raises(UsageError):
        Egress(EgressPolicy(()), tls=context)
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(UsageError):
        Egress(EgressPolicy(()), tls=context)
