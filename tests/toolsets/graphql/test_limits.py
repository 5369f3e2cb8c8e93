"""What a query costs, counted: sizes of lists multiply along the path, and every fragment counts where it is spread."""

from __future__ import annotations

import pytest
from graphql import build_schema, parse, validate
from graphql.language import FragmentDefinitionNode, OperationDefinitionNode

from seawall.toolsets.graphql.cost import measured_cost
from seawall.toolsets.graphql.limits import form_of
from seawall.toolsets.graphql.sizes import defaults, list_variables, sized_fields, too_large_lists
from seawall.types import JsonObject

SCHEMA = build_schema(
    """
    type Query { one: T, list: [T], grid: [[T]], page(first: Int, last: Int, paging: P): C, find(limit: Int, year: Int): [T]
      any: U, names: [String] }
    type T { id: ID, one: T, list: [T], page(first: Int): C, u: U }
    type C { pageInfo: I, nodes: [T], edges: [Ed], total: Int, owner: T }
    type Ed { node: T }
    type I { x: Int }
    type V { list: [T] }
    union U = T | V
    input P { first: Int, size: Int }
    """
)


def parts(text: str) -> tuple[OperationDefinitionNode, dict[str, FragmentDefinitionNode]]:
    document = parse(text)
    assert validate(SCHEMA, document) == []
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    return operation, fragments


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ one { id } }", {}, 1),
        ("{ one { one { one { id } } } }", {}, 3),
        ("{ names }", {}, 0),
        ("{ list { id } }", {}, 10),
        ("{ grid { id } }", {}, 100),
        ("{ list { list { id } } }", {}, 10 * (1 + 10)),
        ("{ page(first: 5) { nodes { id } } }", {}, 1 + 5),
        ("{ page(last: 5) { nodes { id } } }", {}, 1 + 5),
        ("{ page { nodes { id } } }", {}, 1 + 10),
        ("{ page(first: 5) { edges { node { id } } } }", {}, 1 + 5 * 2),
        ("{ page(first: 5) { total pageInfo { x } owner { id } } }", {}, 1 + 2),
        ("{ page(first: 5) { nodes { page(first: 4) { nodes { id } } } } }", {}, 1 + 5 * (1 + 1 + 4)),
        ("{ page(first: 5) { nodes { list { id } } } }", {}, 1 + 5 * (1 + 10)),
        ("query ($n: Int) { page(first: $n) { nodes { id } } }", {"n": 7}, 1 + 7),
        ("query ($n: Int = 7) { page(first: $n) { nodes { id } } }", {}, 1 + 7),
        ("query ($n: Int = 7) { page(first: $n) { nodes { id } } }", {"n": None}, 1 + 10),
        ("{ page(first: -5) { nodes { id } } }", {}, 1 + 10),
        ("{ page(paging: {first: 6}) { nodes { id } } }", {}, 1 + 6),
        ("query ($p: P) { page(paging: $p) { nodes { id } } }", {"p": {"size": 6}}, 1 + 6),
        ("{ find(limit: 3, year: 2024) { id } }", {}, 3),
        ("{ a: list { id } b: list { id } }", {}, 20),
        ("{ ...F ...F } fragment F on Query { list { id } }", {}, 20),
        ("{ page(first: 5) { ...F } } fragment F on C { nodes { id } }", {}, 1 + 5),
        ("{ any { ... on T { one { id } } ... on V { list { id } } } }", {}, 1 + 1 + 10),
    ],
)
def test_the_objects_of_an_answer_are_estimated(query: str, variables: JsonObject, cost: int) -> None:
    operation, fragments = parts(query)
    assert measured_cost(operation, fragments, SCHEMA, variables=variables, assumed=10) == cost


@pytest.mark.parametrize(
    ("query", "depth", "aliases", "breadth", "fields"),
    [
        ("{ a }", 1, 0, 1, 1),
        ("{ a { b { c } } d }", 3, 0, 2, 4),
        ("{ x: a { y: b } }", 2, 2, 1, 2),
        ("{ ...F ...F } fragment F on Q { a { x: b } c }", 2, 2, 4, 6),
        ("{ ... on Q { a } ... { b } c }", 1, 0, 3, 3),
        ("query A { a } query B { a { b } }", 2, 0, 1, 2),
    ],
)
def test_the_form_is_counted_with_every_fragment_in_place(
    query: str, depth: int, aliases: int, breadth: int, fields: int
) -> None:
    form = form_of(parse(query))
    assert (form.depth, form.aliases, form.breadth, form.fields) == (depth, aliases, breadth, fields)


def test_lists_that_are_too_long_are_named_those_of_the_document_too_or_not() -> None:
    operation, fragments = parts(
        "query ($n: Int = 500) { page(first: $n) { nodes { page(first: 300) { total } } } }"
    )
    fields = sized_fields(operation, fragments, SCHEMA)
    told = list(too_large_lists(fields, variables=defaults(operation), most=100))
    assert sorted(told) == [
        "page is asked for 300 items, more than the 100 that are allowed",
        "page is asked for 500 items, more than the 100 that are allowed",
    ]
    assert list(too_large_lists(fields, variables={}, most=100, written=False)) == []
    assert len(list(too_large_lists(fields, variables={"n": 101}, most=100, written=False))) == 1
    assert list_variables(fields) == {"n"}
