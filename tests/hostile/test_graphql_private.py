"""What is private stays so on every way that an operation, a blueprint or a service could take around it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastmcp import Client, FastMCP

from seawall.runtime.assemble import assemble
from support.graphql_service import GraphQLService, harbours

pytestmark = pytest.mark.anyio

LEAK: Final = "what-nobody-may-see"
SCHEMA: Final = f"""
interface Named {{ "{LEAK}" salary: Int, name: String }}
type Query {{
  me: Person
  "{LEAK}"
  vault: Vault
  found: [Found]
  anybody: Named
  hidden(first: Int, after: String): Pages
}}
type Person implements Named {{ salary: Int, name: String, "{LEAK}" notes: String, friend: Person, vault: Vault }}
"{LEAK}"
type Vault implements Named {{ salary: Int, name: String, code: String }}
union Found = Person | Vault
type Pages {{ pageInfo: PageInfo, nodes: [Person] }}
type PageInfo {{ hasNextPage: Boolean, endCursor: String }}
type Mutation {{ change(input: Change!): Boolean }}
input Change {{ name: String, "{LEAK}" internal: String, vault: VaultInput }}
"{LEAK}"
input VaultInput {{ code: String }}
"""
DOCUMENTS: Final = """
query aliases { me { a: salary b: notes name friend { c: notes } } }
query fragments { me { ...F } } fragment F on Person { name ... on Named { s: salary } ...G } fragment G on Person { n: notes }
query unions { found { __typename ... on Vault { code name } ... on Person { name notes } } }
query interfaces { anybody { name salary ... on Vault { code } } }
query types { vault { code } me { name vault { code } } }
query merged { me { x: friend { name } x: friend { notes } name } }
query pages($n: Int) { hidden(first: $n) @private { nodes { name } } me { name } }
query selected { me { name notes } }
query conditional($y: Boolean!) { me { name notes @include(if: $y) @private } }
mutation change($input: Change!) { change(input: $input) }
"""
PRIVATE: Final = '["Named.salary", "Person.notes", "Vault", "Change.internal", "VaultInput"]'
PERSON: Final = {"name": "Ada"}

ANSWERS: dict[str, tuple[dict[str, Any], Any]] = {
    "aliases": (
        {"me": {**PERSON, "a": LEAK, "b": LEAK, "friend": {"c": LEAK}}},
        {"me": {**PERSON, "friend": {}}},
    ),
    "fragments": ({"me": {**PERSON, "s": LEAK, "n": LEAK}}, {"me": PERSON}),
    "unions": (
        {"found": [{"__typename": "Vault", "code": LEAK}, {"__typename": "Person", **PERSON, "notes": LEAK}]},
        {"found": [{"__typename": "Vault"}, {"__typename": "Person"}]},
    ),
    "interfaces": ({"anybody": {**PERSON, "salary": LEAK, "code": LEAK}}, {"anybody": PERSON}),
    "types": ({"vault": {"code": LEAK}, "me": {**PERSON, "vault": {"code": LEAK}}}, {"me": PERSON}),
    "merged": ({"me": {**PERSON, "x": {**PERSON, "notes": LEAK}}}, {"me": {**PERSON, "x": PERSON}}),
    "pages": (
        {
            "hidden": {
                "nodes": [{"name": LEAK}],
                "seawallPageInfo": {"hasNextPage": True, "endCursor": LEAK},
            },
            "me": PERSON,
        },
        {"me": PERSON},
    ),
    "selected": ({"me": {**PERSON, "notes": LEAK}}, [["Ada", None]]),
    "conditional": ({"me": {**PERSON, "notes": LEAK}}, {"me": PERSON}),
}


@pytest.fixture(scope="module")
def service() -> Iterator[GraphQLService]:
    with harbours() as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, service: GraphQLService) -> FastMCP[Any]:
    (tmp_path / "schema.graphql").write_text(SCHEMA)
    (tmp_path / "operations.graphql").write_text(DOCUMENTS)
    blueprint = tmp_path / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "private"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "{service.url}"\n'
        'schema = "schema.graphql"\nnetworks = ["127.0.0.1/32"]\nexplore = true\naccess = "write"\n'
        f'documents = ["operations.graphql"]\nprivate = {PRIVATE}\n'
        '[toolset.override.selected]\nfields = "[me.[name, notes]]"\n',
        encoding="utf-8",
    )
    return await asyncio.to_thread(assemble, blueprint)


@pytest.mark.parametrize("tool", ANSWERS)
async def test_it_is_in_no_answer(tool: str, server: FastMCP[Any], service: GraphQLService) -> None:
    data, given = ANSWERS[tool]
    service.canned[:] = [(200, {}, json.dumps({"data": data}).encode())]
    async with Client(server) as client:
        answer = await client.call_tool(tool, {"y": True} if tool == "conditional" else {})
    assert answer.structured_content == {"data": given}
    assert LEAK not in str(answer)


async def test_it_is_in_no_word_of_a_tool(server: FastMCP[Any]) -> None:
    async with Client(server) as client:
        tools = {each.name: each for each in await client.list_tools()}
    assert len(tools) == 14
    for each in tools.values():
        assert LEAK not in each.model_dump_json(), each.name
    change = tools["change"].input_schema["properties"]["input"]["properties"]
    assert list(change) == ["name"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("describe_type", {"name": "Query"}),
        ("describe_type", {"name": "Person"}),
        ("describe_type", {"name": "Named"}),
        ("describe_type", {"name": "Found"}),
        ("describe_type", {"name": "Vault"}),
        ("search_schema", {"query": "vault code salary notes"}),
        ("search_schema", {"query": LEAK}),
        ("run_query", {"query": "{ found { ... on Vault { code } } }"}),
        ("run_query", {"query": "{ anybody { salary } }"}),
        ("run_query", {"query": "{ me { vaul notez salari } }"}),
        ("validate_query", {"query": "{ vault { code } }"}),
        ("change", {"input": {"internal": "x"}}),
        ("change", {"input": {"vault": {"code": "x"}}}),
    ],
)
async def test_no_tool_tells_of_it(
    tool: str, arguments: dict[str, Any], server: FastMCP[Any], service: GraphQLService
) -> None:
    before = len(service.received)
    async with Client(server) as client:
        answer = await client.call_tool(tool, arguments, raise_on_error=False)
    told = str(answer.content) + str(answer.structured_content)
    assert LEAK not in told
    for word in ("salary", "notes:", "Vault", "VaultInput"):
        assert word in json.dumps(arguments) or word not in told
    assert len(service.received) == before
