"""How a gRPC service is reached: certificates of both sides, tokens, and services that hang, die or are none."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from fastmcp import Client

import seawall
from support.grpc_service import serving, until
from support.grpc_world import asked, blueprint, code_of, shopping
from support.loopback import Authority, answer
from support.loopback import serving as serving_http

pytestmark = pytest.mark.anyio

TAKEN = "Bearer token-number-1"
ONCE = "retries = { attempts = 1 }\n"


class Parties:
    """Certificates of a service at 127.0.0.1 and of ours, signed by one authority, and one of a stranger's."""

    def __init__(self, directory: Path) -> None:
        for folder in ("theirs", "strange"):
            (directory / folder).mkdir()
        authority, stranger = Authority(directory / "theirs"), Authority(directory / "strange")
        authority.server("127.0.0.1")
        authority.server("us.example")
        stranger.server("us.example")
        own = (directory / "theirs" / "127.0.0.1.pem").read_bytes()
        roots = authority.file.read_bytes()
        self.mutual = grpc.ssl_server_credentials([(own, own)], roots, require_client_auth=True)
        self.plain = grpc.ssl_server_credentials([(own, own)])


OURS = 'certificate = "theirs/us.example.pem"\ncertificate_key = "file:theirs/us.example.pem"\n'
MUTUAL = {
    "ours": (OURS, None),
    "none": ("", "upstream_unavailable"),
    "a stranger's": (OURS.replace("theirs/", "strange/"), "upstream_unavailable"),
}


@pytest.mark.parametrize("shown", MUTUAL)
async def test_a_service_that_wants_a_certificate_of_ours_gets_the_one_of_the_blueprint(
    tmp_path: Path, shown: str
) -> None:
    more, code = MUTUAL[shown]
    more = more.replace("file:", f"file:{tmp_path}/")
    parties = await asyncio.to_thread(Parties, tmp_path)
    with serving(credentials=parties.mutual) as shop:
        path = await asyncio.to_thread(
            blueprint,
            tmp_path,
            f"https://127.0.0.1:{shop.port}",
            f'ca = "theirs/authority.pem"\n{more}{ONCE}',
        )
        async with Client(await asyncio.to_thread(seawall.assemble, path)) as client:
            if code is None:
                assert (await asked(client, "get_pet", petId="7"))["id"] == "7"
                assert len((await asked(client, "list_pets", count=3))["messages"]) == 3
            else:
                assert (await code_of(client, "get_pet", petId="7"))[0] == code
    assert ("GetPet" in shop.calls) == (code is None)


async def test_a_certificate_of_another_name_is_not_believed(tmp_path: Path) -> None:
    """The name is the endpoint's, although the connection is made to an address."""
    parties = await asyncio.to_thread(Parties, tmp_path)
    with serving(credentials=parties.plain) as shop:
        for host, well in (("127.0.0.1", True), ("localhost", False)):
            path = await asyncio.to_thread(
                blueprint, tmp_path, f"https://{host}:{shop.port}", f'ca = "theirs/authority.pem"\n{ONCE}'
            )
            path.write_text(path.read_text().replace('"127.0.0.0/8"', '"127.0.0.0/8", "::1/128"'))
            async with Client(await asyncio.to_thread(seawall.assemble, path)) as client:
                if well:
                    assert await asked(client, "get_nothing") == {}
                else:
                    assert (await code_of(client, "get_nothing"))[0] == "upstream_unavailable"
    assert shop.calls == ["GetNothing"]


class Issuer:
    """Gives another token each time."""

    def __init__(self) -> None:
        self.given = 0

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        self.given += 1
        token = {"access_token": f"token-number-{self.given}", "token_type": "Bearer", "expires_in": 3600}
        writer.write(answer(json.dumps(token).encode(), "Content-Type: application/json"))
        await writer.drain()


@pytest.fixture
async def issuing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Issuer, str]]:
    """An authorization server, and the settings that name it."""
    authority, issuer = Authority(tmp_path), Issuer()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("SHOP_SECRET", "a-secret-of-the-shop")
    async with serving_http({"/token": issuer}, tls=authority.server("127.0.0.1")) as login:
        yield (
            issuer,
            (
                f'auth = {{ scheme = "oauth2", token_url = "https://127.0.0.1:{login.port}/token", '
                'client_id = "us", client_secret = "env:SHOP_SECRET" }\n'
            ),
        )


async def test_a_token_of_ones_own_is_asked_for_once_and_travels_as_metadata(
    tmp_path: Path, issuing: tuple[Issuer, str]
) -> None:
    issuer, auth = issuing
    with serving(token=TAKEN) as shop:
        async with shopping(tmp_path, shop, auth) as client:
            assert issuer.given == 0
            await asyncio.gather(*(asked(client, "get_nothing") for _ in range(5)))
            assert len((await asked(client, "list_pets", count=2))["messages"]) == 2
    assert issuer.given == 1
    assert len(shop.calls) == 6


async def test_a_token_that_is_not_taken_any_more_is_asked_for_anew(
    tmp_path: Path, issuing: tuple[Issuer, str]
) -> None:
    """It is sent again with the new one, also what must not be repeated: it was refused before it was carried out.

    A service that takes no token at all has the issuer asked no more often than once in five seconds.
    """
    issuer, auth = issuing
    with serving(token=TAKEN) as shop:
        async with shopping(tmp_path, shop, f'{auth}access = "write"\n') as client:
            assert await asked(client, "get_nothing") == {}
            shop.token = "Bearer token-number-2"  # noqa: S105  a test's own
            assert (await asked(client, "add_pet", name="Rex"))["name"] == "Rex"
            shop.token = "Bearer of-nobody"  # noqa: S105  see above
            code, text = await code_of(client, "get_nothing")
    assert (code, "UNAUTHENTICATED" in text) == ("upstream_refused", True)
    assert "token-number" not in text
    assert shop.calls[:3] == ["GetNothing", "AddPet", "AddPet"]
    assert issuer.given == 2


async def test_a_caller_who_goes_ends_the_call_at_the_service(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop) as client:
            call = asyncio.create_task(client.call_tool("get_late", {"value": "3600s"}))
            await until(lambda: "GetLate" in shop.calls)
            assert shop.ended == []
            call.cancel()
            await until(lambda: shop.ended)
            assert await asked(client, "get_nothing") == {}


async def test_a_deadline_that_passes_ends_the_call_at_the_service(tmp_path: Path) -> None:
    with serving() as shop:
        more = '[toolset.override."pets.v1.PetStore/GetLate"]\ntimeout = "300ms"\n'
        async with shopping(tmp_path, shop, more) as client:
            assert (await code_of(client, "get_late", value="3600s"))[0] == "deadline_exceeded"
            await until(lambda: shop.ended)


async def test_a_service_that_dies_under_a_call_is_unavailable_and_found_again(tmp_path: Path) -> None:
    with serving() as shop:
        path = await asyncio.to_thread(
            blueprint, tmp_path, shop.url, f'{ONCE}breaker = {{ pause = "10ms" }}\n'
        )
        async with Client(await asyncio.to_thread(seawall.assemble, path)) as client:
            call = asyncio.create_task(client.call_tool("get_late", {"value": "3600s"}, raise_on_error=False))
            await until(lambda: "GetLate" in shop.calls)
            await asyncio.to_thread(shop.stop)
            died = await call
            assert died.is_error
            code, _ = await code_of(client, "get_nothing")
            assert code == "upstream_unavailable"
            with serving(port=shop.port):
                while (await client.call_tool("get_nothing", raise_on_error=False)).is_error:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.05)  # until grpcio connects again


@contextmanager
def talking(words: bytes | None) -> Iterator[int]:
    """Something that listens and is no gRPC service: it says these words, or nothing at all."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        over = threading.Event()

        def talk() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                held.append(connection)
                if words is not None:
                    connection.sendall(words)
                    connection.close()

        thread = threading.Thread(target=talk)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()
    for each in held:
        each.close()


WORDS = {
    "nothing at all": None,
    "an end at once": b"",
    "HTTP/1.1": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "noise": bytes(range(256)) * 16,
    "half of HTTP/2": b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\x00\xff\xff\x01\x00\x00\x00\x00\x01",
}


@pytest.mark.parametrize("said", WORDS)
async def test_what_listens_and_is_no_service_is_an_error_within_the_callers_time(
    tmp_path: Path, said: str
) -> None:
    more = f'{ONCE}connect_timeout = "1s"\ntimeout = "2s"\n'
    with talking(WORDS[said]) as port:
        path = await asyncio.to_thread(blueprint, tmp_path, f"http://127.0.0.1:{port}", more)
        async with Client(await asyncio.to_thread(seawall.assemble, path)) as client:
            code, text = await code_of(client, "get_nothing")
    assert code in {"upstream_unavailable", "deadline_exceeded"}, text
    assert "hello" not in text
