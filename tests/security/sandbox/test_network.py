"""Commands with a list of hosts: they reach what is on it by way of the proxy, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest

from seawall.security.egress import Egress
from seawall.security.sandbox import Exited, Reach, Sandbox, Tier, find_program
from seawall.security.sandbox.proxy import Proxy, host_rules
from support.sandboxes import TIERS, execution

pytestmark = pytest.mark.anyio
HELD = [tier for tier in TIERS if tier.at_least(Tier.LANDLOCK)]
LOOPBACK = (ip_network("127.0.0.0/8"),)

_CLIENT = """
import http.client, os, sys
from urllib.parse import urlsplit
import base64
proxy = urlsplit(os.environ["https_proxy"])
host, _, port = sys.argv[1].rpartition(":")
user = sys.argv[2] if len(sys.argv) > 2 else f"{proxy.username}:{proxy.password}"
client = http.client.HTTPConnection(proxy.hostname, proxy.port, timeout=20)
client.set_tunnel(host, int(port), {"Proxy-Authorization": "Basic " + base64.b64encode(user.encode()).decode()})
try:
    client.request("GET", "/")
    print(client.getresponse().read().decode())
except OSError as error:
    print(error)
"""


@asynccontextmanager
async def service(text: str) -> AsyncIterator[int]:
    """A service on loopback that answers every request with the text."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = text.encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield port


async def ask(sandbox: Sandbox, hosts: set[str], *arguments: str) -> str:
    python = str(find_program("python3"))
    reach = Reach(network=frozenset(hosts))
    finished = await sandbox.run(execution(python, "-I", "-S", "-c", _CLIENT, *arguments, reach=reach))
    assert finished.ending == Exited(0), finished.stderr
    return finished.stdout.decode().strip()


@pytest.mark.parametrize("tier", HELD)
async def test_what_is_on_the_list_is_reached_and_nothing_else(tier: Tier) -> None:
    async with (
        service("here") as port,
        service("there") as other,
        Sandbox(tier=tier, networks=LOOPBACK) as sandbox,
    ):
        hosts = {f"127.0.0.1:{port}"}
        assert await ask(sandbox, hosts, f"127.0.0.1:{port}") == "here"
        assert "403" in await ask(sandbox, hosts, f"127.0.0.1:{other}")
        assert "403" in await ask(sandbox, hosts, f"127.0.0.2:{port}")
        assert "407" in await ask(sandbox, hosts, f"127.0.0.1:{port}", "run:guessed")


@pytest.mark.parametrize("tier", HELD)
async def test_an_address_that_is_not_public_is_refused_even_when_its_name_is_listed(tier: Tier) -> None:
    async with service("inside") as port, Sandbox(tier=tier) as sandbox:
        assert "403" in await ask(sandbox, {f"127.0.0.1:{port}"}, f"127.0.0.1:{port}")


@pytest.mark.parametrize("tier", HELD)
async def test_runs_at_once_have_lists_of_their_own(tier: Tier) -> None:
    async with service("one") as one, service("two") as two, Sandbox(tier=tier, networks=LOOPBACK) as sandbox:
        asked = [
            ask(sandbox, {f"127.0.0.1:{mine}"}, f"127.0.0.1:{wanted}")
            for mine in (one, two)
            for wanted in (one, two)
        ]
        answers = await asyncio.gather(*asked)
    assert [answers[0], answers[3]] == ["one", "two"]
    assert all("403" in answer for answer in answers[1:3])


def descriptors() -> int:
    """How many this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


_KEY = base64.b64encode(b"run:secret-of-the-run").decode()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET http://127.0.0.1/ HTTP/1.1", "405"),
        ("CONNECT 127.0.0.1 HTTP/1.1", "400"),
        ("CONNECT 127.0.0.1:443x HTTP/1.1", "400"),
        ("CONNECT :443 HTTP/1.1", "400"),
        ("CONNECT example.org:443 HTTP/1.1", "403"),
        ("CONNECT example.com:444 HTTP/1.1", "403"),
    ],
)
async def test_the_proxy_knows_one_request_and_checks_its_target(request_line: str, status: str) -> None:
    proxy = Proxy((), Egress)
    proxy.admit("secret-of-the-run", {"example.com"})
    try:
        head = f"{request_line}\r\nProxy-Authorization: Basic {_KEY}\r\n\r\n".encode()
        assert (await exchange(await proxy.port(), head)).split()[1].decode() == status
    finally:
        proxy.dismiss("secret-of-the-run")
        await proxy.close()


async def test_a_credential_that_is_no_text_is_answered_like_any_other() -> None:
    proxy = Proxy((), Egress)
    port = await proxy.port()
    try:
        for key in (b"\xff\xff", b"====", b"/w==", b""):
            head = b"CONNECT example.com:443 HTTP/1.1\r\nProxy-Authorization: Basic " + key + b"\r\n\r\n"
            assert (await exchange(port, head)).split()[1] == b"407", key
    finally:
        await proxy.close()


async def test_who_connects_and_says_nothing_keeps_nobody_out_and_few_descriptors() -> None:
    proxy = Proxy((), Egress)
    port = await proxy.port()
    before = descriptors()
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(150)]
    try:
        assert (await exchange(port, b"GET / HTTP/1.1\r\n\r\n")).split()[1] == b"405"
        theirs = descriptors() - before - len(silent)
        assert theirs <= 70
        async with asyncio.timeout(30):
            ended = [await reader.read() for reader, _ in silent[:80]]  # the oldest have made room
        assert not any(ended)
    finally:
        for _, writer in silent:
            writer.close()
        for _, writer in silent:
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await proxy.close()


async def test_one_run_has_only_so_many_tunnels() -> None:
    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(held, "127.0.0.1", 0)
    port, tokens = server.sockets[0].getsockname()[1], ("secret-of-the-run", "secret-of-another")
    proxy = Proxy(LOOPBACK, Egress)
    for token in tokens:
        proxy.admit(token, {f"127.0.0.1:{port}"})
    answers, writers = [], []
    for token in (*tokens[:1] * 80, tokens[1]):
        key = base64.b64encode(f"run:{token}".encode()).decode()
        reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.port())
        writers.append(writer)
        head = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nProxy-Authorization: Basic {key}\r\n\r\n"
        writer.write(head.encode())
        answers.append((await reader.readuntil(b"\r\n\r\n")).split()[1])
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    for token in tokens:
        proxy.dismiss(token)
    await proxy.close()
    server.close()
    await asyncio.sleep(0.2)  # until the transports of both sides are closed
    assert answers == [b"200"] * 64 + [b"503"] * 16 + [b"200"]


@pytest.mark.parametrize("tier", HELD)
async def test_a_run_that_had_a_network_leaves_no_descriptor(tier: Tier) -> None:
    """In namespaces the server listens inside: as long as it does, they are kept."""
    run = execution("/bin/true", reach=Reach(network=frozenset({"example.com"})))
    async with Sandbox(tier=tier) as sandbox:
        await sandbox.run(run)
        await sandbox._spares.settle()
        before = descriptors()
        for _ in range(5):
            await sandbox.run(run)
            await sandbox._spares.settle()
        assert descriptors() <= before + 2  # spares, of which there are two at most


async def test_the_credential_of_a_run_ends_with_it() -> None:
    proxy = Proxy((), Egress)
    proxy.admit("secret-of-the-run", {"example.com"})
    port = await proxy.port()
    proxy.dismiss("secret-of-the-run")
    head = f"CONNECT example.com:443 HTTP/1.1\r\nProxy-Authorization: Basic {_KEY}\r\n\r\n".encode()
    try:
        assert (await exchange(port, head)).split()[1] == b"407"
        assert await exchange(port, b"CONNECT " + b"x" * 20_000) == b""
    finally:
        await proxy.close()


def test_patterns_of_hosts_become_rules() -> None:
    rules = host_rules({"example.com", "*.example.org:8443", "[2001:db8::1]:443"})
    assert [(rule.host, rule.port) for rule in rules] == [
        ("*.example.org", 8443),
        ("2001:db8::1", 443),
        ("example.com", 443),
    ]
    with pytest.raises(ValueError, match="neither a host"):
        host_rules({"no host at all"})
