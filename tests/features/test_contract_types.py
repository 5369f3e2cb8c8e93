"""Every type of a contract makes the way to the implementation and back: generated values, real clients, both eras."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter

from support.clients import Client, connect
from support.servers import serve_http, stdio

pytestmark = pytest.mark.whole

ECHO = Path(__file__).parents[1] / "support" / "echo"
CALLS = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _contract() -> ModuleType:
    spec = importlib.util.spec_from_file_location("echo_contract", ECHO / "echo_contract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["echo_contract"] = module
    spec.loader.exec_module(module)
    return module


CONTRACT = _contract()
ANY_TEXT = st.text(max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
DECIMAL = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
MOMENT = st.datetimes(min_value=dt.datetime(1970, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001  hypothesis adds the zone
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
POINT = st.builds(CONTRACT.Point, x=WHOLE, y=NUMBER)
OCTETS = st.binary(max_size=40)
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "text": ANY_TEXT,
    "whole": WHOLE,
    "number": NUMBER,
    "moment": MOMENT,
    "span": st.timedeltas(dt.timedelta(days=-1000), dt.timedelta(days=1000)),
    "clock": st.times(),
    "decimal": DECIMAL,
    "octets": OCTETS,
    "union": WHOLE | ANY_TEXT,
    "tagged": st.builds(CONTRACT.Cat, kind=st.just("cat"), lives=WHOLE)
    | st.builds(CONTRACT.Dog, kind=st.just("dog"), name=ANY_TEXT),
    "table": st.dictionaries(ANY_TEXT, WHOLE, max_size=4),
    "several": st.sets(WHOLE, max_size=4),
    "fixed": st.tuples(WHOLE, ANY_TEXT),
    "octet_table": st.dictionaries(ANY_TEXT, OCTETS, max_size=3),
    "pair": st.builds(CONTRACT.Pair, WHOLE, ANY_TEXT),
    "point": POINT,
    "parcel": st.builds(
        CONTRACT.Parcel,
        key=OCTETS,
        price=DECIMAL,
        sent=MOMENT,
        stops=st.lists(POINT, max_size=2).map(tuple),
        notes=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=2),
    ),
    "route": st.fixed_dictionaries({}, optional={"name": ANY_TEXT, "stops": st.lists(POINT, max_size=2)}),
    "ship": st.builds(
        CONTRACT.Ship, name=st.text(min_size=1, max_size=9), port=POINT | st.none(), data=OCTETS
    ),
    "node": st.recursive(
        st.builds(CONTRACT.Node, value=WHOLE),
        lambda inner: st.builds(CONTRACT.Node, value=WHOLE, children=st.lists(inner, max_size=2)),
        max_leaves=4,
    ),
    "branch": st.recursive(
        st.fixed_dictionaries({"value": WHOLE}),
        lambda inner: st.fixed_dictionaries({"value": WHOLE, "branches": st.lists(inner, max_size=2)}),
        max_leaves=3,
    ),
    "json": st.recursive(
        st.none() | st.booleans() | WHOLE | ANY_TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
        max_leaves=5,
    ),
    "filled": st.builds(CONTRACT.Filled, given=WHOLE, words=st.lists(ANY_TEXT, max_size=2)),
    "right": st.sampled_from([CONTRACT.Right(bits) for bits in range(4)]),
    "by_day": st.dictionaries(st.dates(), DECIMAL, max_size=2),
    "box": st.builds(CONTRACT.Box[int], content=WHOLE),
    "day_box": st.builds(CONTRACT.Box[dt.date], content=st.dates()),
    "crate": st.builds(CONTRACT.Crate, content=st.lists(DECIMAL, max_size=3)),
    "user": WHOLE,
    "percent": st.integers(0, 100),
    "literal": st.sampled_from(["a", 2, True]),
    "nothing": st.none(),
}


def strategy(name: str) -> st.SearchStrategy[Any]:
    return KNOWN[name] if name in KNOWN else st.from_type(CONTRACT.TYPES[name])


def adapter(annotation: Any) -> TypeAdapter[Any]:
    """Independent of the code under test: a list around the type takes the configuration for it."""
    return TypeAdapter(list[annotation], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


class Caller:
    """A connected client for synchronous tests."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self._client = client
        self.tools = {tool["name"]: tool for tool in portal.call(client.list_tools)}

    def echo(self, name: str, value: Any) -> Any:
        """What comes back; argument and answer are held against the schemas that the server lists."""
        tool = self.tools[name]
        arguments = json.loads(json.dumps(value))
        jsonschema_rs.validate(tool["inputSchema"], arguments)
        answer = self._portal.call(self._client.call, name, arguments)
        assert not answer.value["isError"], answer.text
        if "outputSchema" not in tool or tool["outputSchema"] is None:
            return answer.text
        jsonschema_rs.validate(tool["outputSchema"], answer.data)
        return answer.data


@pytest.fixture(
    scope="module",
    params=[
        "stdio fastmcp-modern",
        "stdio fastmcp-handshake",
        "http fastmcp-modern",
        "http fastmcp-handshake",
    ],
)
def caller(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    log = tmp_path_factory.mktemp("echo") / "log"
    transport, name = request.param.split()
    with start_blocking_portal() as portal:
        if transport == "stdio":
            with portal.wrap_async_context_manager(
                connect(name, stdio(log, ECHO / "seawall.toml"))
            ) as client:
                yield Caller(portal, client)
        else:
            with (
                serve_http(log, ECHO / "seawall.toml") as server,
                portal.wrap_async_context_manager(connect(name, server.endpoint)) as client,
            ):
                yield Caller(portal, client)


@pytest.mark.parametrize("name", CONTRACT.TYPES)
def test_a_value_of_any_type_comes_back_as_it_was(caller: Caller, name: str) -> None:
    own = adapter(CONTRACT.TYPES[name])

    @CALLS
    @given(strategy(name))
    def round_trip(value: Any) -> None:
        (sent,) = own.dump_python([value], mode="json", by_alias=True)
        came = caller.echo(f"get_{name}", {"value": sent})
        if isinstance(came, str):
            assert came == ("Done." if value is None else f"{value}")
            return
        plain = came["result"] if set(came) == {"result"} else came
        assert own.validate_json(json.dumps([plain])) == [value]

    round_trip()


def test_a_type_variable_is_what_the_contract_binds_it_to(caller: Caller) -> None:
    assert caller.tools["get_own"]["inputSchema"]["properties"]["value"] == {
        "type": "string",
        "format": "date",
    }
    assert caller.echo("get_own", {"value": "2026-11-22"}) == {"result": "2026-11-22"}


def test_paths_are_relative_to_the_root_on_both_ways(caller: Caller) -> None:
    assert caller.echo("get_path", {"value": "inner/b c.txt"}) == {"result": "inner/b c.txt"}
    given = {"value": ["a.txt", "./inner/b c.txt"]}
    assert caller.echo("get_paths", given) == {"a.txt": "a.txt", "b c.txt": "inner/b c.txt"}


@CALLS
@given(values=st.lists(KNOWN["parcel"], max_size=8))
def test_items_of_an_iterator_come_back_page_by_page(caller: Caller, values: list[Any]) -> None:
    own = adapter(CONTRACT.Parcel)
    arguments: dict[str, Any] = {"values": own.dump_python(values, mode="json")}
    came: list[Any] = []
    while True:
        page = caller.echo("list_items", arguments)
        assert len(page["items"]) <= 3
        came += page["items"]
        if page["cursor"] is None:
            break
        arguments = {**arguments, "cursor": page["cursor"]}
    assert own.validate_json(json.dumps(came)) == values


def test_every_schema_is_closed_and_valid(caller: Caller) -> None:
    """Of a recursive type the parts stand in `$defs`; nothing else has a reference."""

    def objects(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                yield node
            for each in node.values():
                yield from objects(each)
        elif isinstance(node, list):
            for each in node:
                yield from objects(each)

    for name, tool in caller.tools.items():
        for schema in filter(None, (tool["inputSchema"], tool.get("outputSchema"))):
            jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
            assert schema["type"] == "object"
            assert all(each.get("additionalProperties") is False for each in objects(schema)), name
            assert ("$ref" in json.dumps(schema)) == (name in {"get_node", "get_branch", "get_json"})
