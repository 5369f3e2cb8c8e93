"""Documents by URL, over real TLS on loopback."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging

import pytest

from seawall.errors import DeadlineExceededError, EgressDeniedError, StartError, UnsafeError
from seawall.security.budget import Deadline
from seawall.security.egress import Egress, EgressPolicy, HostRule, fetch
from support.loopback import Authority, LoopbackServer, answer, serving
from support.recording import LOOPBACK, Names

pytestmark = pytest.mark.anyio
DOCUMENT = b'{"openapi": "3.1.0"}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def _guard(authority: Authority, server: LoopbackServer) -> Egress:
    policy = EgressPolicy((HostRule("spec.test", server.port),), networks=LOOPBACK)
    return Egress(policy, resolver=Names({"spec.test": ["127.0.0.1"]}), tls=authority.trusting())


async def _fetch(
    authority: Authority,
    reply: object,
    *,
    max_bytes: int = 1000,
    sha256: str | None = None,
    seconds: float = 30,
) -> bytes:
    async with serving({"/a?key=s3cret": reply}, tls=authority.server("spec.test")) as server:  # type: ignore[dict-item]
        return await fetch(
            f"https://spec.test:{server.port}/a?key=s3cret",
            max_bytes=max_bytes,
            deadline=Deadline.after(seconds),
            sha256=sha256,
            egress=_guard(authority, server),
        )


async def test_a_document_is_fetched(authority: Authority) -> None:
    digest = hashlib.sha256(DOCUMENT).hexdigest()
    assert await _fetch(authority, answer(DOCUMENT), sha256=digest.upper()) == DOCUMENT
    packed = answer(gzip.compress(DOCUMENT), "Content-Encoding: gzip")
    assert await _fetch(authority, packed, sha256=digest, max_bytes=len(DOCUMENT)) == DOCUMENT


async def test_another_document_than_the_pinned_one_is_refused(authority: Authority) -> None:
    with pytest.raises(UnsafeError, match="pinned"):
        await _fetch(authority, answer(DOCUMENT + b" "), sha256=hashlib.sha256(DOCUMENT).hexdigest())


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(bytes(1001)), "more than 1000 bytes"),
        (answer(gzip.compress(bytes(10_000_000), mtime=0), "Content-Encoding: gzip"), "more than 1000 bytes"),
        (answer(DOCUMENT, status=404), "status is 404"),
        (answer(b"", "Location: https://spec.test/b", status=302), "status is 302"),
        (answer(DOCUMENT, "Content-Encoding: br"), "not asked for"),
        (b"nonsense\r\n\r\n", "cannot be fetched"),
        (b"", "disconnected"),
    ],
)
async def test_why_a_document_cannot_be_had_is_said(
    authority: Authority, caplog: pytest.LogCaptureFixture, reply: bytes, words: str
) -> None:
    """Neither the message nor the log has the URL's query, which may hold a key."""
    caplog.set_level(logging.INFO)
    with pytest.raises(StartError, match=words) as caught:
        await _fetch(authority, reply)
    assert "https://spec.test:" in str(caught.value)
    assert "s3cret" not in str(caught.value) + caplog.text


async def test_a_document_that_does_not_come_is_given_up(authority: Authority) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 x\r\nContent-Length: 900\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    with pytest.raises(DeadlineExceededError):
        await _fetch(authority, drip, seconds=0.5)


async def test_without_a_guard_only_public_addresses_are_asked(authority: Authority) -> None:
    async with serving(tls=authority.server("localhost")) as server:
        for host in ("localhost", "127.0.0.1"):
            with pytest.raises(EgressDeniedError):
                await fetch(f"https://{host}:{server.port}/", max_bytes=1000, deadline=Deadline.never())
        assert server.connections == 0


@pytest.mark.parametrize(
    "url", ["http://spec.test/", "file:///etc/passwd", "specs/api.yaml", "https://u:p@spec.test/"]
)
async def test_a_document_comes_over_https_or_not_at_all(url: str) -> None:
    with pytest.raises(EgressDeniedError):
        await fetch(url, max_bytes=1000, deadline=Deadline.never())
