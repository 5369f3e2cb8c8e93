"""What a query may hide its cost in, and what only looks as if it did: each judged without a service."""

from __future__ import annotations

import itertools
import string
from typing import Final

import pytest
from graphql import print_ast

from seawall.toolsets.graphql.checking import Checked, QueryChecker, RefusedQueryError
from seawall.toolsets.graphql.limits import Limits
from seawall.toolsets.graphql.private import private_of
from seawall.toolsets.graphql.schema import read_schema
from seawall.types import JsonObject, JsonValue

SCHEMA: Final = """
directive @private on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
scalar JSON
scalar Big
interface Named { name: String, secret: String @private, born: Int }
type Query {
  a: Int
  one: T
  list: [T]
  page(first: Int, after: String, paging: Paging, size: Big, year: Int): Page
  find(limit: Int = 100000, discount: Int, price: Range): [T]
  nodes(ids: [ID!]!): [T]
  labelled(labels: [String!]): [T]
  issue(number: Int!): T
  any(x: JSON): [T]
  names(first: Int): [String]
  picture(size: Int): String
  thing: Thing
  found: [Found]
  _service: _Service!
}
type Mutation { drop: Int }
type T implements Named { id: ID, name: String, secret: String, born: Int, one: T, list: [T], page(first: Int): Page,
  text(a: JSON, b: [Int], s: String): String, hidden: Hidden }
type Hidden implements Named @private { id: ID, name: String, secret: String, born: Int }
union Found = T | Hidden
type Thing { name: String }
type Page { pageInfo: Info, nodes: [T], within: Within }
type Within { nodes: [T] }
type Info { x: Int }
type _Service { sdl: String }
input Paging { first: Int, inner: Paging, list: [Paging], size: Int }
input Range { min: Int, max: Int }
"""
DEEP = "{ nodes { page(first: 100) { nodes { page(first: 100) { nodes { id } } } } } }"
PAIRS = ["".join(pair) for pair in itertools.product(string.ascii_lowercase, repeat=2) if pair != ("o", "n")]


def checked(
    query: str, variables: JsonObject | None = None, operation: str | None = None, *, mutations: bool = False
) -> Checked:
    schema = read_schema(SCHEMA.encode(), name="hostile.graphql").schema
    private, unmatched = private_of(schema, [])
    assert not unmatched
    checker = QueryChecker(private.without(schema), Limits(), mutations=mutations)
    return checker.check(query, variables or {}, operation)


def within(value: JsonValue, levels: int) -> JsonValue:
    for _ in range(levels):
        value = {"inner": value}
    return value


HOSTILE: dict[str, tuple[str, JsonObject, str]] = {
    "nothing for a length, which may mean all": (
        "{ page(first: 0) { nodes { page(first: 0) { nodes { list { list { id } } } } } } }",
        {},
        "objects",
    ),
    "less than nothing for a length": (
        "{ page(first: -1) { nodes { page(first: -1) { nodes { list { list { id } } } } } } }",
        {},
        "objects",
    ),
    "a length within an object": ("{ page(paging: {first: 1000000}) { nodes { id } } }", {}, "items"),
    "a length within objects within it": (
        "{ page(paging: {inner: {inner: {first: 1000000}}}) { nodes { id } } }",
        {},
        "items",
    ),
    "a length within a list": ("{ page(paging: {list: [{first: 1000000}]}) { nodes { id } } }", {}, "items"),
    "a length within a variable": (
        "query ($p: Paging) { page(paging: $p) { nodes { id } } }",
        {"p": within({"first": 10**6}, 5)},
        "items",
    ),
    "a variable within an object": (
        "query ($n: Int) { page(paging: {inner: {first: $n}}) { nodes { id } } }",
        {"n": 10**6},
        "items",
    ),
    "a length in a scalar of any form": (
        "query ($x: JSON) { any(x: $x) { id } }",
        {"x": [{"page": {"limit": 10**6}}]},
        "items",
    ),
    "a length as text": ('{ page(size: "1000000") { nodes { id } } }', {}, "items"),
    "a length as text with a fraction": ('{ page(size: " 1000000.0 ") { nodes { id } } }', {}, "items"),
    "a length as text with space around it": (
        '{ page(size: "' + " " * 500 + '1000000") { nodes { id } } }',
        {},
        "items",
    ),
    "a length as text with a power": ('{ page(size: "1E6") { nodes { id } } }', {}, "items"),
    "a length as text of another base": ('{ page(size: "0xFFFFF") { nodes { id } } }', {}, "items"),
    "a length as a very long text": (
        f'{{ page(size: "{"9" * 5000}") {{ nodes {{ id }} }} }}',
        {},
        "far too many",
    ),
    "a length as a power": ("{ page(size: 1e6) { nodes { id } } }", {}, "items"),
    "a length beyond every float": ("{ page(size: 1e999) { nodes { id } } }", {}, "far too many"),
    "a length as text in a variable": (
        "query ($s: Big) { page(size: $s) { nodes { id } } }",
        {"s": "1000000"},
        "items",
    ),
    "infinity in a variable": (
        "query ($s: Big) { page(size: $s) { nodes { id } } }",
        {"s": float("inf")},
        "far too many",
    ),
    "an integer beyond every limit in a variable": (
        "query ($n: Int) { page(first: $n) { nodes { id } } }",
        {"n": 10**5000},
        "beyond every limit",
    ),
    "an integer beyond every limit as a default": (
        f"query ($s: Big = {'9' * 5000}) {{ page(size: $s) {{ nodes {{ id }} }} }}",
        {},
        "far too many",
    ),
    "a default of the schema": ("{ find { list { id } } }", {}, "objects"),
    "a default of the schema behind a variable that is not given": (
        "query ($n: Int) { find(limit: $n) { list { id } } }",
        {},
        "objects",
    ),
    "as many identifiers": (
        "query ($i: [ID!]!) { nodes(ids: $i) { id } }",
        {"i": ["x"] * 101},
        "items",
    ),
    "as many words": (
        "query ($l: [String!]) { labelled(labels: $l) { list { id } } }",
        {"l": ["x"] * 400},
        "objects",
    ),
    "a list within another object of a page": (
        "{ page(first: 100) { within { nodes { page(first: 100) { within { nodes { id } } } } } } }",
        {},
        "objects",
    ),
    "words without end": ("{ names(first: 1000000) }", {}, "items"),
    "fragments by the thousand that there are not": (
        "{ one { " + " ".join(f"...{first}" for first in PAIRS) + " id } "
        "one { " + " ".join(f"...{first}{first}" for first in PAIRS) + " id } }",
        {},
        "Unknown fragment",
    ),
    "directives by the thousand": ("{ a " + "@skip(if: true) " * 1000 + "}", {}, "only be used once"),
    "directives that there are not": ("{ a " + "@x " * 5000 + "}", {}, "Unknown directive"),
    "variables by the thousand": (
        "query (" + " ".join(f"${pair}: Int" for pair in PAIRS) + ") { a }",
        {},
        "never used",
    ),
    "arguments by the thousand": (
        "{ issue(" + " ".join(f"{pair}: 1" for pair in PAIRS) + ") { id } }",
        {},
        "Unknown argument",
    ),
    "members by the thousand": (
        "{ page(paging: {" + " ".join(f"{pair}: 1" for pair in PAIRS) + "}) { nodes { id } } }",
        {},
        "unknown field",
    ),
    "objects without end": (
        "{ page(paging: " + "{inner: " * 1000 + "{}" + "}" * 1000 + ") { nodes { id } } }",
        {},
        "nested too deeply",
    ),
    "objects without end in a variable": (
        "query ($p: Paging) { page(paging: $p) { nodes { id } } }",
        {"p": within({}, 900)},
        "nested too deeply",
    ),
    "a text that ends nowhere": ('{ one { text(s: """' + "x\n" * 4000, {}, "Syntax Error"),
    "conditions that are nested without end": (
        "{ one {" + "... { " * 400 + "id" + "}" * 400 + " } }",
        {},
        "nested too deeply",
    ),
    "selections that are compared with each other": (
        "{ " + " ".join("one { one { " + "id " * 15 + "} }" for _ in range(55)) + " }",
        {},
        "too many fields",
    ),
    "a mutation behind a query": ("query q { a } mutation m { drop }", {}, "mutations are not allowed"),
    "a subscription behind a query": ("query q { a } subscription s { a }", {}, "subscriptions"),
    "two operations of one name": ("query q { a } query q { one { id } }", {}, "must name one"),
    "an operation without a name beside one": ("{ a } query q { a }", {}, "must name one"),
    "introspection beside the operation that is meant": (
        "query q { a } query r { __schema { types { name } } }",
        {},
        "__schema",
    ),
    "introspection under a condition": (
        '{ ... on Query @include(if: true) { ... { t: __type(name: "T") { name } } } }',
        {},
        "__type",
    ),
    "introspection of a subgraph": ("{ _service { sdl } }", {}, "__schema"),
    "a field that is private in an interface": ("{ one { secret } }", {}, "Cannot query field 'secret'"),
    "such a field in an interface": (
        "{ one { ... on Named { secret } } }",
        {},
        "Cannot query field 'secret'",
    ),
    "a private type in a union": ("{ found { ... on Hidden { name } } }", {}, "Unknown type 'Hidden'"),
    "a private type behind an interface": (
        "{ one { ...F } } fragment F on Named { ... on Hidden { id } }",
        {},
        "Unknown type 'Hidden'",
    ),
    "a field that gives a private type": ("{ one { hidden { id } } }", {}, "Cannot query field 'hidden'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_the_reason(name: str) -> None:
    query, variables, said = HOSTILE[name]
    with pytest.raises(RefusedQueryError) as refused:
        checked(query, variables, "q" if query.startswith("query q") else None)
    assert said in "; ".join(refused.value.faults)


@pytest.mark.parametrize(
    "query",
    [
        "{ one { hiden { id } } }",
        "{ found { ... on Hiden { id } } }",
        "{ found { name } }",
        "{ one { secrt } }",
    ],
)
def test_no_reason_proposes_what_is_private(query: str) -> None:
    with pytest.raises(RefusedQueryError) as refused:
        checked(query)
    told = "; ".join(refused.value.faults)
    assert "hidden" not in told.lower()
    assert "secret" not in told


SANE: dict[str, tuple[str, JsonObject]] = {
    "a number that is an identifier": ("{ issue(number: 4711) { id } }", {}),
    "the size of a picture": ("{ picture(size: 460) }", {}),
    "a bound of a price": ("{ find(limit: 3, price: {min: 500, max: 5000}) { id } }", {}),
    "a word that ends as a length does": ("{ find(limit: 3, discount: 500) { id } }", {}),
    "a year": ("{ page(first: 3, year: 2026) { nodes { id } } }", {}),
    "a length within an object": ("{ page(paging: {inner: {first: 3}}) { nodes { id } } }", {}),
    "a few identifiers": ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["x", "y"]}),
    "a text that is no length": ('{ any(x: {first: "Ada", last: "Lovelace"}) { id } }', {}),
    "a large integer for who takes one": ("{ any(x: " + "9" * 500 + ") { id } }", {}),
    "an object of some levels": (
        "query ($p: Paging) { page(paging: $p) { nodes { id } } }",
        {"p": within({"first": 5}, 30)},
    ),
    "a long text in a block": ('{ one { text(s: """' + "x\n" * 4000 + '""") } }', {}),
    "a field of an interface": ("{ one { ... on Named { name born } } }", {}),
    "a union without what is private": ("{ found { __typename ... on T { id } } }", {}),
    "fragments of fragments": (
        "{ one { ...A } } fragment A on T { one { ...B } list { ...B } } fragment B on T { id }",
        {},
    ),
}


@pytest.mark.parametrize("name", SANE)
def test_a_sane_one_of_the_same_shape_passes(name: str) -> None:
    query, variables = SANE[name]
    assert checked(query, variables).cost <= 5000


def test_of_several_operations_the_one_that_is_meant_is_sent_alone_with_its_fragments() -> None:
    """A service that takes no notice of the name can do nothing else."""
    text = (
        "query q { one { ...A } } mutation m { drop } fragment A on T { ...B } fragment B on T { id }"
        " query r { one { ...C } } fragment C on T { name }"
    )
    found = checked(text, operation="q", mutations=True)
    assert found.operation.name is not None
    assert found.operation.name.value == "q"
    sent = print_ast(found.document)
    assert "fragment B" in sent
    assert all(word not in sent for word in ("drop", "query r", "fragment C"))
