"""Queries that would cost a service too much are refused before anything is sent; sane ones of the same shape pass."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP

from seawall.runtime.assemble import assemble
from seawall.runtime.results import ERROR_META
from support.graphql_service import DATA, SCHEMA, GraphQLService, harbours

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def service() -> Iterator[GraphQLService]:
    with harbours() as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, service: GraphQLService) -> FastMCP[Any]:
    blueprint = tmp_path / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "harbours"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "{service.url}"\n'
        f'schema = "{SCHEMA}"\nnetworks = ["127.0.0.1/32"]\nexplore = true\n'
        f'documents = ["{DATA}/operations/*.graphql"]\naccess = "write"\n',
        encoding="utf-8",
    )
    return await asyncio.to_thread(assemble, blueprint)


def nested(levels: int, size: int = 2) -> str:
    """Berths of the harbour of a berth of its harbour, and so on."""
    first = '{ harbour(code: "H1")'
    head = "".join(
        f"{'{ harbour' if number else first} {{ berths(first: {size}) {{ nodes " for number in range(levels)
    )
    return head + "{ number }" + "} } }" * levels


def fragments(count: int) -> str:
    """Each fragment spreads the next one twice: two to the power of their number in all."""
    made = [f"fragment F{n} on Ship {{ harbour {{ id }} ...F{n + 1} ...F{n + 1} }}" for n in range(count)]
    return "{ ships { ...F0 } } " + " ".join(made) + f" fragment F{count} on Ship {{ name }}"


def aliases(count: int) -> str:
    return "{ " + " ".join(f'a{n}: harbour(code: "H1") {{ name }}' for n in range(count)) + " }"


def repeated(count: int) -> str:
    """The same field in itself again and again: what a validator compares grows with the square."""
    inner = "name " * count
    return "{ " + f'harbour(code: "H1") {{ {inner} }} ' * count + " }"


HOSTILE = {
    "connections 30 deep": (nested(30), {}, "levels of fields"),
    "ten connections of a hundred each": (nested(3, 100), {}, "objects"),
    "an alias bomb": (aliases(300), {}, "aliases"),
    "aliases in fragments": (
        "{ ...A ...B } fragment A on Query { "
        + " ".join(f'a{n}: harbour(code: "H1") {{ name }}' for n in range(10))
        + " } fragment B on Query { "
        + " ".join(f'b{n}: harbour(code: "H1") {{ name }}' for n in range(10))
        + " }",
        {},
        "aliases",
    ),
    "a circle of fragments": (
        "{ ships { ...A } } fragment A on Ship { name ...B } fragment B on Ship { id ...A }",
        {},
        "in a circle",
    ),
    "a fragment in itself": ("{ ships { ...A } } fragment A on Ship { harbour { ...A } }", {}, "in a circle"),
    "an unused circle": (
        "{ ships { name } } fragment A on Ship { ...B } fragment B on Ship { ...A }",
        {},
        "in a circle",
    ),
    "fragments that double": (fragments(40), {}, "beside each other"),
    "a huge list": ("{ harbours(first: 1000000) { nodes { name } } }", {}, "items"),
    "a huge list from behind": ("{ harbours(last: 1000000) { nodes { name } } }", {}, "items"),
    "a huge list by a variable": (
        "query ($n: Int) { harbours(first: $n) { nodes { name } } }",
        {"n": 1000000},
        "items",
    ),
    "a huge list by a default": (
        "query ($n: Int = 1000000) { harbours(first: $n) { nodes { name } } }",
        {},
        "items",
    ),
    "a huge list by a limit": ('{ search(text: "a", limit: 99999) { __typename } }', {}, "items"),
    "a number beyond every integer": (
        "{ harbours(first: 99999999999999999999999) { nodes { name } } }",
        {},
        "32-bit",
    ),
    "lists that multiply by variables": (
        (
            "query ($n: Int) { harbours(first: $n) { nodes { berths(first: $n) { nodes { ship { harbour { berths(first: $n)"
            " { nodes { number } } } } } } } } }"
        ),
        {"n": 100},
        "objects",
    ),
    "lists that say no length": (
        (
            "{ ships { harbour { berths { nodes { harbour { berths { nodes { harbour { berths { nodes { number } } } } } }"
            " } } } } }"
        ),
        {},
        "objects",
    ),
    "a null for a length": (
        (
            "query ($n: Int) { ships { harbour { berths(first: $n) { nodes { harbour { berths(first: $n) { nodes { harbour"
            " { berths(first: $n) { nodes { number } } } } } } } } } } }"
        ),
        {"n": None},
        "objects",
    ),
    "a wide selection": ("{ ships { " + "name " * 400 + "} }", {}, "beside each other"),
    "many fields again and again": (repeated(40), {}, "fields in all"),
    "introspection": ("{ __schema { types { name } } }", {}, "__schema"),
    "introspection under another name": ('{ a: __type(name: "Ship") { name } }', {}, "__type"),
    "introspection in a fragment": (
        "{ ...A } fragment A on Query { __schema { types { name } } }",
        {},
        "__schema",
    ),
    "introspection in an unused operation": (
        "query A { ships { name } } query B { __schema { types { name } } }",
        {},
        "operation",
    ),
    "a mutation": ('mutation { cancel(id: "1") }', {}, "mutations"),
    "a mutation beside a query": (
        'query A { ships { name } } mutation B { cancel(id: "1") }',
        {},
        "operation",
    ),
    "a subscription": ("subscription { arrivals { name } }", {}, "subscriptions"),
    "a private field": ("{ harbours { nodes { warden { phone } } } }", {}, "Cannot query field"),
    "a private type": ("{ ships { ledger { balance } } }", {}, "Cannot query field"),
    "an unknown field": ("{ ships { owner } }", {}, "Cannot query field"),
    "no selection": ("{ ships }", {}, "selection"),
    "an empty selection": ("{ ships { } }", {}, "Syntax Error"),
    "no query": ("", {}, "Syntax Error"),
    "fragments alone": ("fragment A on Ship { name }", {}, "no operation"),
    "definitions of types": ("{ ships { name } } type Ship { x: Int }", {}, "not executable"),
    "braces without end": ("{a" * 5000, {}, "nested too deeply"),
    "lists without end": ("{ ships(filter: " + "[" * 8000, {}, "nested too deeply"),
    "a text that is too long": ("{ ships { name } } #" + "x" * 20000, {}, "characters"),
    "wide characters that are too many bytes": ("{ ships { name } } #" + "ä" * 16000, {}, "bytes"),
    "a variable that is unknown": ("{ ships { name } }", {"x": 1}, "not one of the operation's"),
    "a variable of another type": (
        "query ($n: Int) { harbours(first: $n) { nodes { name } } }",
        {"n": "3"},
        "Int",
    ),
    "a variable that is missing": ("query ($c: ID!) { harbour(code: $c) { name } }", {}, "non-null"),
    "an unknown directive": ("{ ships { name @defer } }", {}, "Unknown directive"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused_before_anything_is_sent(
    name: str, server: FastMCP[Any], service: GraphQLService
) -> None:
    query, variables, said = HOSTILE[name]
    before = len(service.received)
    async with Client(server) as client:
        answer = await client.call_tool(
            "run_query", {"query": query, "variables": variables}, raise_on_error=False
        )
    assert answer.is_error
    assert answer.meta is not None
    assert answer.meta[ERROR_META]["code"] == "invalid_arguments"
    assert said in answer.meta[ERROR_META]["message"], answer.meta[ERROR_META]["message"]
    assert len(service.received) == before


SANE = {
    "connections within each other": (nested(3, 3), {}),
    "a list of a hundred": ("{ harbours(first: 100) { nodes { name } } }", {}),
    "a few aliases": (aliases(10), {}),
    "fragments that are used twice": (
        "{ a: ships { ...A } b: ships { ...A } } fragment A on Ship { name ...B } fragment B on Ship { id }",
        {},
    ),
    "a chain of fragments": (
        "{ ships { ...A } } fragment A on Ship { harbour { ...B } } fragment B on Harbour { name }",
        {},
    ),
    "fragments of fragments": (fragments(3), {}),
    "a length by a variable": (
        "query ($n: Int) { harbours(first: $n) { nodes { name } } }",
        {"n": 100},
    ),
    "a list that says no length": ("{ ships { name harbour { berths { nodes { number } } } } }", {}),
    "a wide selection": ("{ ships { " + "name " * 50 + "} }", {}),
    "the name of a type": ('{ search(text: "1") { __typename } }', {}),
    "a condition": ("query ($y: Boolean!) { ships { name @include(if: $y) } }", {"y": True}),
    "a filter within a filter": (
        "query ($f: ShipFilter) { ships(filter: $f) { name } }",
        {"f": {"any": [{"name": "a"}, {"any": []}]}},
    ),
}


@pytest.mark.parametrize("name", SANE)
async def test_a_sane_one_of_the_same_shape_is_answered(
    name: str, server: FastMCP[Any], service: GraphQLService
) -> None:
    query, variables = SANE[name]
    async with Client(server) as client:
        valid = await client.call_tool("validate_query", {"query": query, "variables": variables})
        assert valid.structured_content is not None
        assert valid.structured_content["valid"], valid.structured_content
        answer = await client.call_tool("run_query", {"query": query, "variables": variables})
    assert answer.structured_content is not None
    assert "errors" not in answer.structured_content


PERSISTED = {
    "a list that is too long": ("listHarbours", {"first": 10**6}),
    "a list of negative length": ("listHarbours", {"first": -1}),
    "a number as text": ("listHarbours", {"first": "3"}),
    "a cursor of the caller's own": ("getHarbour", {"code": "H1", "after": "c3"}),
    "a word that is no next": ("listHarbours", {"next": "nonsense"}),
    "a next with a cursor in it": ("listHarbours", {"next": "eyJwIjoiYzMifQ"}),
    "an enum's value that there is not": ("findAnything", {"text": "a", "kinds": ["BERTH"]}),
    "null within a list": ("findAnything", {"text": "a", "kinds": [None]}),
    "half of a character": ("findAnything", {"text": "\ud800"}),
    "an unknown member": ("allShips", {"filter": {"owner": "a"}}),
    "a member that is missing": ("reserveBerth", {"input": {"harbour": "h1"}}),
    "a document": ("listHarbours", {"query": "{ ships { name } }"}),
}


@pytest.mark.parametrize("name", PERSISTED)
async def test_arguments_of_an_operation_are_checked_before_anything_is_sent(
    name: str, server: FastMCP[Any], service: GraphQLService
) -> None:
    tool, arguments = PERSISTED[name]
    before = len(service.received)
    async with Client(server) as client:
        answer = await client.call_tool(tool, arguments, raise_on_error=False)
    assert answer.is_error
    assert answer.meta is not None
    assert answer.meta[ERROR_META]["code"] == "invalid_arguments"
    assert len(service.received) == before
