"""Where the server may listen."""

from __future__ import annotations

import asyncio
import socket

import pytest

from seawall.blueprint.auth import TokenAuth
from seawall.blueprint.http import HttpSection
from seawall.errors import StartError, UnsafeError
from seawall.runtime.http.addresses import Listener, listen, permitted

pytestmark = pytest.mark.anyio


async def listening(host: str, port: int) -> Listener:
    return await listen(await permitted(HttpSection(host=host)), port, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "localhost", "::1"])
async def test_loopback_is_allowed(host: str) -> None:
    assert await permitted(HttpSection(host=host))


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "0", "169.254.1.1"]
)
async def test_anything_else_is_unsafe_and_says_what_to_do(host: str) -> None:
    with pytest.raises(UnsafeError) as caught:
        await permitted(HttpSection(host=host))
    assert caught.value.hint is not None
    assert "127.0.0.1" in caught.value.hint
    assert "[http.auth]" in caught.value.hint
    assert "http.allow_unauthenticated" in caught.value.hint


@pytest.mark.parametrize(
    "settings",
    [
        HttpSection(host="0.0.0.0", allow_unauthenticated=True),
        HttpSection(host="0.0.0.0", auth=TokenAuth(kind="token", tokens={"ci": "env:CI_TOKEN"})),
    ],
)
async def test_every_address_is_allowed_with_authentication_or_by_a_visible_setting(
    settings: HttpSection,
) -> None:
    assert await permitted(settings) == ["0.0.0.0"]


async def test_a_name_with_one_foreign_address_among_others_is_unsafe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_args: object, **_kwargs: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("127.0.0.1", 0)), (*kind, ("192.0.2.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnsafeError, match=r"resolves to 192\.0\.2\.7"):
        await permitted(HttpSection(host="mixed.example"))


async def test_a_name_without_an_address_cannot_start() -> None:
    with pytest.raises(StartError):
        await permitted(HttpSection(host="no-such-name.invalid"))


async def test_port_0_takes_a_free_port_and_the_url_names_it() -> None:
    listener = await listening("127.0.0.1", 0)
    try:
        (bound,) = listener.sockets
        assert listener.origin == f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        listener.close()


async def test_a_name_listens_on_each_of_its_addresses_on_one_port() -> None:
    listener = await listening("localhost", 0)
    try:
        assert len({item.getsockname()[1] for item in listener.sockets}) == 1
        assert "127.0.0.1" in {item.getsockname()[0] for item in listener.sockets}
    finally:
        listener.close()


async def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    listener = await listening("::1", 0)
    try:
        assert listener.origin.startswith("http://[::1]:")
    finally:
        listener.close()


async def test_a_port_in_use_is_told_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=rf"127\.0\.0\.1:{port} is in use") as caught:
            await listening("127.0.0.1", port)
    assert caught.value.hint is not None
    assert "--port" in caught.value.hint


async def test_small_answers_leave_at_once() -> None:
    """Without TCP_NODELAY, an answer in two writes waits for the client's acknowledgement: 40 ms on Linux."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        prompt = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.write(b"at once" if prompt else b"later")
        writer.close()
        await writer.wait_closed()

    listener = await listening("localhost", 0)
    try:
        for bound in listener.sockets:
            async with await asyncio.start_server(answer, sock=bound):
                reader, writer = await asyncio.open_connection(*bound.getsockname()[:2])
                assert await reader.read() == b"at once"
                writer.close()
                await writer.wait_closed()
    finally:
        listener.close()
