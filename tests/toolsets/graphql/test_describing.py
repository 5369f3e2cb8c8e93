"""What a model finds out about a schema: what it can reach, and nothing else."""

from __future__ import annotations

from graphql import build_schema

from seawall.toolsets.graphql.describing import SchemaGuide

SCHEMA = build_schema(
    """
    type Query { "One shop by its name." shop(name: String!, deep: Boolean = false): Shop, node(id: ID!): Node }
    type Mutation { open(input: OpenInput!): OpenPayload }
    type Subscription { opened: Opened }
    interface Node { id: ID! }
    type Shop implements Node { id: ID!, a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, g: Int, kind: Kind,
      "What it sells." goods(first: Int): [Goods!] @deprecated }
    union Goods = Tea | Cup
    type Tea { leaf: String } type Cup { size: Int }
    enum Kind { "Small." SMALL LARGE }
    input OpenInput { name: String! = "x" } type OpenPayload { shop: Shop } type Opened { at: Int }
    """
)


def test_only_what_a_query_comes_upon_is_there() -> None:
    guide = SchemaGuide(SCHEMA, mutations=False)
    assert {"Shop", "Tea", "Cup", "Kind", "Node"} <= set(guide.names())
    for name in ("Mutation", "OpenInput", "OpenPayload", "Subscription", "Opened", "__Schema", "Gone"):
        assert guide.type(name) is None
    with_mutations = SchemaGuide(SCHEMA, mutations=True)
    assert with_mutations.type("OpenInput") is not None
    assert with_mutations.type("Opened") is None


def test_a_type_is_described_line_by_line() -> None:
    guide = SchemaGuide(SCHEMA, mutations=True)
    shop, kind, opened = (guide.type(name) for name in ("Shop", "Kind", "OpenInput"))
    assert shop is not None
    assert shop.members[-2:] == (
        "goods(first: Int): [Goods!] (deprecated)  # What it sells.",
        "... is a: Node",
    )
    assert kind is not None
    assert kind.members == ("SMALL  # Small.", "LARGE")
    assert opened is not None
    assert opened.members == ('name: String! = "x"',)


def test_a_search_shows_of_a_type_what_was_asked_for_first() -> None:
    guide = SchemaGuide(SCHEMA, mutations=False)
    lines = guide.search("goods of a shop")
    assert "type Shop [goods: [Goods!], id: ID!, a: Int, b: Int, c: Int, d: Int, e: Int, f: Int, …]" in lines
    assert "Query.shop(name: String!, deep: Boolean = false): Shop  # One shop by its name." in lines
    assert guide.search("opened") == []
