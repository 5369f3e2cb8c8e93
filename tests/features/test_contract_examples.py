"""The examples of contracts, served: two implementations of one contract pass one suite, and rates come over HTTP."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.clients import PYTHON_CLIENTS, Client, connect
from support.loopback import LoopbackServer, Reply, answer, serving
from support.servers import run, serve_http, stdio

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

EXAMPLES = Path(__file__).parents[2] / "examples"


def copy_of(name: str, directory: Path) -> Path:
    """The example where its files may be changed."""
    shutil.copytree(
        EXAMPLES / name, directory / name, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3")
    )
    return directory / name / "seawall.toml"


@pytest.fixture(params=["memory", "stored"])
def profile(request: pytest.FixtureRequest) -> list[str]:
    """Which implementation carries the contract out."""
    return ["--profile", "stored"] if request.param == "stored" else []


@pytest.fixture(params=["stdio fastmcp-modern", "http fastmcp-handshake"])
async def client(profile: list[str], request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    blueprint, log = copy_of("contract", tmp_path), tmp_path / "log"
    transport, name = request.param.split()
    with contextlib.ExitStack() as stack:
        endpoint = stdio(log, blueprint, *profile)
        if transport == "http":
            endpoint = stack.enter_context(serve_http(log, blueprint, *profile)).endpoint
        async with connect(name, endpoint) as connection:
            yield connection


async def added(client: Client, name: str, **more: Any) -> dict[str, Any]:
    values = {"name": name, "kind": "deck", "count": 5, "price": "2.50"} | more
    return (await client.call("add_item", values)).data


class TestInventory:
    """What the contract promises holds for every implementation of it."""

    async def test_an_item_that_was_added_is_there(self, client: Client) -> None:
        made = await added(client, "rope", price="10.10", kind="galley")
        assert (made["name"], made["kind"], made["count"], made["price"]) == ("rope", "galley", 5, "10.10")
        assert (await client.call("get_item", {"item": made["id"]})).data == made

    async def test_items_are_found_by_words_and_kind_in_the_order_of_their_names(
        self, client: Client
    ) -> None:
        for name in ("steel rope", "anchor", "Rope ladder"):
            await added(client, name)
        await added(client, "rope grease", kind="engine")
        found = (await client.call("find_items", {"words": "rope", "kind": "deck"})).data
        assert [each["name"] for each in found["items"]] == ["Rope ladder", "steel rope"]
        assert found["cursor"] is None
        assert len((await client.call("find_items")).data["items"]) == 4

    async def test_many_items_come_in_pages_each_exactly_once(self, client: Client) -> None:
        for number in range(120):
            await added(client, f"bolt {number:03}")
        names, cursor, pages = [], None, 0
        while cursor or not pages:
            page = (
                await client.call("find_items", {"words": "bolt", **({"cursor": cursor} if cursor else {})})
            ).data
            names += [each["name"] for each in page["items"]]
            cursor, pages = page["cursor"], pages + 1
        assert names == [f"bolt {number:03}" for number in range(120)]
        assert pages == 3

    async def test_what_is_missing_or_too_little_is_said_in_the_contracts_own_words(
        self, client: Client
    ) -> None:
        made = await added(client, "rope")
        too_much = await client.call("take_out", {"item": made["id"], "count": 6})
        assert too_much.text == "There are 5 of rope, not 6. [out_of_stock]"
        assert too_much.own_meta("error")["code"] == "out_of_stock"
        nothing = str(uuid.UUID(int=0))
        assert (await client.call("get_item", {"item": nothing})).own_meta("error")["code"] == "no_such_item"
        assert (await client.call("take_out", {"item": made["id"], "count": 5})).data["count"] == 0

    async def test_what_was_removed_is_gone(self, client: Client) -> None:
        made = await added(client, "rope")
        assert (await client.call("remove_item", {"item": made["id"]})).data == {"result": True}
        assert (await client.call("remove_item", {"item": made["id"]})).data == {"result": False}
        assert (await client.call("find_items")).data == {"items": [], "cursor": None}

    async def test_arguments_that_do_not_fit_are_refused_before_any_method_runs(self, client: Client) -> None:
        for wrong in ({"item": "rope"}, {"item": 7}, {}, {"item": str(uuid.uuid4()), "self": 1}):
            refused = await client.call("get_item", wrong)
            assert refused.own_meta("error")["code"] == "invalid_arguments"


async def test_hints_follow_names_and_decorators(tmp_path: Path) -> None:
    async with connect("raw-modern", stdio(tmp_path / "log", copy_of("contract", tmp_path))) as client:
        hints = {tool["name"]: tool["annotations"] for tool in await client.list_tools()}
    assert {name for name, said in hints.items() if said["readOnlyHint"]} == {"get_item", "find_items"}
    assert {name for name, said in hints.items() if said["destructiveHint"]} == {"take_out", "remove_item"}
    assert hints["remove_item"]["idempotentHint"]


def test_what_is_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    blueprint = copy_of("contract", tmp_path)
    item = {"name": "rope", "kind": "deck", "count": 2, "price": "1.50"}
    chosen = {"SEAWALL_PROFILE": "stored"}
    run("run", blueprint, "add_item", "--args", json.dumps(item), extra=chosen)
    found = json.loads(run("run", blueprint, "find_items", extra=chosen).stdout)
    assert [each["name"] for each in found["items"]] == ["rope"]
    assert json.loads(run("run", blueprint, "find_items").stdout)["items"] == []


@pytest.fixture
async def service() -> AsyncIterator[LoopbackServer]:
    """A service of exchange rates that knows one of them."""
    rate = json.dumps({"value": "1.0842", "at": "2026-11-20T12:00:00+00:00"}).encode()
    replies: dict[str, Reply] = {
        "/rates/EUR/USD": answer(rate, "Content-Type: application/json"),
        "/rates/EUR/XXX": answer(b"", status=404),
        "/rates/EUR/ZZZ": answer(b"broken at db.internal", status=500),
        "/currencies?after=": answer(b'["EUR", "USD"]'),
        "/currencies?after=USD": answer(b"[]"),
    }
    async with serving(replies) as server:
        yield server


@pytest.mark.parametrize("name", PYTHON_CLIENTS)
async def test_rates_come_from_the_one_service_that_is_named_and_only_when_asked(
    name: str, service: LoopbackServer, tmp_path: Path
) -> None:
    extra = {"RATES_URL": f"http://127.0.0.1:{service.port}", "HTTP_PROXY": "http://127.0.0.1:9"}
    endpoint = stdio(tmp_path / "log", copy_of("contract-http", tmp_path), extra=extra)
    async with connect(name, endpoint) as client:
        await client.list_tools()
        assert service.connections == 0
        rate = await client.call("get_rate", {"base": "EUR", "quote": "USD"})
        assert rate.data == {"base": "EUR", "quote": "USD", "value": "1.0842", "at": "2026-11-20T12:00:00Z"}
        unknown = await client.call("get_rate", {"base": "EUR", "quote": "XXX"})
        assert unknown.text == "There is no rate from EUR to XXX. [unknown_currency]"
        failed = await client.call("get_rate", {"base": "EUR", "quote": "ZZZ"})
        assert failed.own_meta("error")["code"] == "internal_error"
        assert "db.internal" not in json.dumps(failed.value)
        assert (await client.call("list_currencies")).data == {"items": ["EUR", "USD"], "cursor": None}
        assert (await client.call("get_rate", {"base": "EUR", "quote": "../x"})).value["isError"]
    assert len(service.targets) == 5


async def test_a_service_that_is_down_has_a_code_of_its_own(tmp_path: Path) -> None:
    endpoint = stdio(
        tmp_path / "log", copy_of("contract-http", tmp_path), extra={"RATES_URL": "http://127.0.0.1:9"}
    )
    async with connect("raw-modern", endpoint) as client:
        answered = await client.call("list_currencies")
    assert answered.own_meta("error")["code"] == "service_down"
