"""A gRPC service, called end to end against a real server of grpcio."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

import seawall
from seawall.errors import BlueprintError, StartError
from support.grpc_service import PROTOS, serving
from support.grpc_world import asked, blueprint, code_of, shopping
from support.loopback import Authority

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-shop"  # noqa: S105  a test's own


async def test_a_service_is_served_over_stdio(tmp_path: Path) -> None:
    with serving() as shop:
        path = await asyncio.to_thread(blueprint, tmp_path, shop.url)
        arguments = ["-m", "seawall", "serve", str(path), "--quiet"]
        async with Client(StdioTransport(sys.executable, arguments)) as client:
            names = {tool.name for tool in await client.list_tools()}
            assert {"get_pet", "list_pets", "get_echo"} <= names
            assert not {"add_pet", "put_pet", "get_or_create_pet", "upload_photos", "chat"} & names
            pet = await asked(client, "get_pet", petId="7")
            page = await asked(client, "list_pets", count=2)
    assert pet == {"id": "7", "name": "Rex", "kind": "KIND_DOG"}
    assert [each["id"] for each in page["messages"]] == ["1", "2"]


async def test_writing_takes_access(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop, 'access = "write"\n') as client:
            tools = {tool.name: tool for tool in await client.list_tools()}
            annotations: Any = tools["put_pet"].annotations
            assert (annotations.read_only_hint, annotations.idempotent_hint) == (False, True)
            added = await asked(client, "add_pet", name="Rex", kind="KIND_CAT")
    assert added["name"] == "Rex"


async def test_operations_are_chosen_by_service_and_method(tmp_path: Path) -> None:
    with serving() as shop:
        chosen = 'operations = ["pets.v1.PetStore/Get*", "!tag:Nobody", "!get_pet"]\n'
        with pytest.raises(BlueprintError):
            async with shopping(tmp_path, shop, chosen):
                pass
        async with shopping(tmp_path, shop, chosen.replace(', "!tag:Nobody"', "")) as client:
            names = {tool.name for tool in await client.list_tools()}
    assert names == {"get_echo", "get_nothing", "get_status", "get_metadata", "get_bulk", "get_late"}


async def test_every_kind_of_value_comes_back_as_it_went(tmp_path: Path) -> None:
    value = {
        "aDouble": "Infinity",
        "anInt64": "-9223372036854775808",
        "someBytes": "AAEC/w==",
        "kind": "KIND_DOG",
        "pets": {"x": {"id": "1", "name": "Rex", "kind": "KIND_CAT"}},
        "tree": {"label": "a", "children": [{"label": "b", "children": []}]},
        "at": "2026-01-31T12:00:00Z",
        "any": {
            "@type": "type.googleapis.com/pets.v1.Pet",
            "id": "3",
            "name": "",
            "kind": "KIND_UNSPECIFIED",
        },
        "byNumber": "7",
        "setOrNot": 0,
    }
    with serving() as shop:
        async with shopping(tmp_path, shop) as client:
            again = await asked(client, "get_echo", **value)
            length = await asked(client, "count_word", value="Größe")
    assert {name: again[name] for name in value} == value
    assert "byName" not in again
    assert length == {"value": "5"}


async def test_a_stream_is_read_page_by_page_and_not_ahead(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop) as client:
            seen: list[str] = []
            page = await asked(client, "list_pets", count=5, limit=2)
            while True:
                seen += [each["id"] for each in page["messages"]]
                if "page_next" not in page:
                    break
                page = await asked(client, "list_pets", page_next=page["page_next"], limit=2)
    assert seen == ["1", "2", "3", "4", "5"]
    assert shop.calls == ["ListPets"]


async def test_a_stream_that_waits_gives_what_has_come(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop, 'page_wait = "200ms"\n') as client:
            page = await asked(client, "list_pets", count=1, pause=1500)
            assert page["messages"] == []
            while not page["messages"]:
                page = await asked(client, "list_pets", page_next=page["page_next"])
    assert [each["id"] for each in page["messages"]] == ["1"]


async def test_what_came_before_a_stream_broke_off_is_given_with_the_reason(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop) as client:
            page = await asked(client, "list_pets", count=5, failsAfter=2)
    assert [each["id"] for each in page["messages"]] == ["1", "2"]
    assert "ABORTED: no more today" in page["error"]
    assert "page_next" not in page


async def test_a_page_is_cut_where_a_result_is_full(tmp_path: Path) -> None:
    with serving() as shop:
        path = blueprint(tmp_path, shop.url)
        path.write_text(
            path.read_text().replace("\n[[tool", '\n[limits]\nresponse_size = "4KiB"\n\n[[tool', 1)
        )
        server = await asyncio.to_thread(seawall.assemble, path)
        async with Client(server) as client:
            first = await asked(client, "list_pets", count=100)
            second = await asked(client, "list_pets", page_next=first["page_next"])
    ids = [each["id"] for page in (first, second) for each in page["messages"]]
    assert len(first["messages"]) < 100
    assert ids == [str(number) for number in range(1, len(ids) + 1)]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (3, "upstream_refused", "INVALID_ARGUMENT: the words"),
        (5, "upstream_refused", "404 Not Found"),
        (6, "upstream_refused", "409"),
        (7, "upstream_refused", "403"),
        (8, "upstream_busy", "429"),
        (12, "upstream_refused", "501"),
        (13, "upstream_refused", "500"),
        (14, "upstream_unavailable", "UNAVAILABLE"),
        (16, "upstream_refused", "401"),
    ],
)
async def test_a_status_becomes_an_error_of_ours(tmp_path: Path, status: int, code: str, words: str) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop, "retries = { attempts = 1 }\n") as client:
            told, text = await code_of(client, "get_status", code=status, message="the words")
    assert told == code
    assert words in text
    assert ("the words" in text) == (status not in (12, 13, 14))


async def test_what_only_reads_is_asked_again(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop, 'retries = { pause = "10ms" }\n') as client:
            assert await asked(client, "get_status", code=14, times=2) == {}
    assert shop.failures == 3


async def test_a_service_that_is_down_leaves_the_server_up(tmp_path: Path) -> None:
    with serving() as shop:
        pass
    more = 'retries = { attempts = 1 }\nbreaker = { failures = 1, pause = "1h" }\n'
    async with shopping(tmp_path, shop, more) as client:
        code, text = await code_of(client, "get_pet", petId="1")
        assert (code, "Try again in" in text) == ("upstream_unavailable", True)
        code, _ = await code_of(client, "get_pet", petId="1")
        assert code == "upstream_unavailable"
        assert len(await client.list_tools()) > 0


async def test_the_deadline_of_the_call_reaches_the_service(tmp_path: Path) -> None:
    with serving() as shop:
        more = '[toolset.override."pets.v1.PetStore/GetLate"]\ntimeout = "500ms"\n'
        async with shopping(tmp_path, shop, more) as client:
            code, _ = await code_of(client, "get_late", value="60s")
            assert code == "deadline_exceeded"


async def test_credentials_travel_as_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    with serving(token=f"Bearer {TOKEN}") as shop:
        auth = 'auth = { scheme = "bearer", token = "env:SHOP_TOKEN" }\nheaders = { X-Tenant = "harbour" }\n'
        async with shopping(tmp_path, shop, auth) as client:
            seen = await asked(client, "get_metadata")
        async with shopping(tmp_path, shop) as client:
            code, _ = await code_of(client, "get_nothing")
    assert shop.metadata[0]["authorization"] == f"Bearer {TOKEN}"
    assert shop.metadata[0]["x-tenant"] == "harbour"
    assert TOKEN not in str(seen)
    assert code == "upstream_refused"


async def test_tls_trusts_the_authority_that_the_blueprint_names(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.server("127.0.0.1")
    pem = (tmp_path / "127.0.0.1.pem").read_bytes()
    with serving(credentials=grpc.ssl_server_credentials([(pem, pem)])) as shop:
        endpoint = f"https://127.0.0.1:{shop.port}"
        for more, well in (('ca = "authority.pem"\n', True), ("", False)):
            path = await asyncio.to_thread(
                blueprint, tmp_path, endpoint, more + "retries = { attempts = 1 }\n"
            )
            async with Client(await asyncio.to_thread(seawall.assemble, path)) as client:
                if well:
                    assert await asked(client, "get_nothing") == {}
                else:
                    assert (await code_of(client, "get_nothing"))[0] == "upstream_unavailable"


async def test_proto_files_are_compiled_at_start(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop, described=f'proto = ["{PROTOS}/pets.proto"]') as client:
            tools = {tool.name: tool for tool in await client.list_tools()}
            assert tools["get_pet"].description == "Finds one pet."
            assert (await asked(client, "get_pet", petId="7"))["name"] == "Rex"


async def test_reflection_is_asked_once_and_saved(tmp_path: Path) -> None:
    described = 'reflection = true\ndescriptors = "specs/shop.txtpb"'
    with serving(reflects=True) as shop:
        async with shopping(tmp_path, shop, described=described) as client:
            assert (await asked(client, "get_pet", petId="7"))["name"] == "Rex"
    saved = (tmp_path / "specs" / "shop.txtpb").read_text()
    assert 'name: "PetStore"' in saved
    async with shopping(tmp_path, shop, described=described) as client:  # the service is gone
        assert "get_pet" in {tool.name for tool in await client.list_tools()}
    with pytest.raises(BlueprintError):
        async with shopping(tmp_path, shop, described=f'{described}\nsha256 = "{"0" * 64}"'):
            pass


async def test_a_service_without_reflection_is_told_about(tmp_path: Path) -> None:
    with serving() as shop, pytest.raises(StartError, match="cannot be asked what it has"):
        async with shopping(tmp_path, shop, described="reflection = true"):
            pass
    assert not (tmp_path / "shop.txtpb").exists()


async def test_many_operations_are_searched_for(tmp_path: Path) -> None:
    with serving() as shop:
        async with shopping(tmp_path, shop, 'discovery = "search"\n') as client:
            found: Any = await client.call_tool("search_operations", {"query": "find one pet"})
            answer = await asked(client, "call_operation", name="get_pet", arguments={"petId": "9"})
    assert "get_pet (reads)" in found.content[0].text
    assert answer["id"] == "9"


def test_without_the_extra_the_server_starts_and_the_kind_says_what_to_install(tmp_path: Path) -> None:
    """In a process in which none of the extra's packages can be imported."""
    blueprint(tmp_path, "https://pets.example")
    program = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'grpc', 'google', 'grpc_tools', 'grpc_reflection'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from seawall.cli import main\n"
        "sys.exit(main())\n"
    )
    script = tmp_path / "without.py"
    script.write_text(program)
    other = subprocess.run(
        [sys.executable, script, "schema"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert other.returncode == 0, other.stderr
    ended = subprocess.run(
        [sys.executable, script, "check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "pip install 'seawall[grpc]'" in " ".join((ended.stdout + ended.stderr).split())
