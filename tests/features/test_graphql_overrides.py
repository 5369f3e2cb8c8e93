"""What the blueprint says of single operations: another name and words, arguments that no caller sets, less of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP

from seawall.errors import BlueprintError
from seawall.runtime.assemble import assemble
from seawall.runtime.results import ERROR_META
from support.graphql_service import SCHEMA, GraphQLService, harbours

pytestmark = pytest.mark.anyio

DOCUMENTS = """
# One harbour and some of its berths.
query getHarbour($code: ID!, $berths: Int, $after: String) {
  harbour(code: $code) { code name warden { phone } berths(first: $berths, after: $after) { nodes { number } } }
}

query search($text: String!, $kinds: [Kind!], $limit: Int = 5) {
  search(text: $text, kinds: $kinds, limit: $limit) { __typename ... on Harbour { id name } ... on Ship { id name } }
}

query ships($filter: ShipFilter, $built: Boolean! = false) { ships(filter: $filter) { id name built @include(if: $built) } }

mutation cancel($id: ID!) { cancel(id: $id) }
"""


@pytest.fixture(scope="module")
def service() -> Iterator[GraphQLService]:
    with harbours() as running:
        yield running


def blueprint(directory: Path, service: GraphQLService, more: str) -> Path:
    (directory / "operations.graphql").write_text(DOCUMENTS)
    path = directory / "seawall.toml"
    path.write_text(
        f'[server]\nname = "harbours"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "{service.url}"\n'
        f'schema = "{SCHEMA}"\nnetworks = ["127.0.0.1/32"]\naccess = "write"\n'
        f'documents = ["operations.graphql"]\n{more}',
        encoding="utf-8",
    )
    return path


async def served(directory: Path, service: GraphQLService, more: str) -> FastMCP[Any]:
    path = await asyncio.to_thread(blueprint, directory, service, more)
    return await asyncio.to_thread(assemble, path)


async def test_a_tool_has_the_name_the_words_and_the_hints_of_the_blueprint(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = (
        'operations = ["find_anything", "cancel", "getHarbour"]\n'
        '[toolset.override.search]\nname = "find_anything"\ntitle = "Look around"\n'
        'description = "Finds what is there."\n'
        "[toolset.override.cancel]\nhints = { idempotent = true, destructive = false }\n"
        '[toolset.override.getHarbour]\nscopes = ["harbours:read"]\n'
    )
    async with Client(await served(tmp_path, service, more)) as client:
        tools = {each.name: each for each in await client.list_tools()}
        answer = await client.call_tool("find_anything", {"text": "Harbour 1"})
    assert set(tools) >= {"find_anything", "cancel"}
    assert (tools["find_anything"].title, tools["find_anything"].description) == (
        "Look around",
        "Finds what is there.",
    )
    hints = tools["cancel"].annotations
    assert hints is not None
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) == (False, False, True)
    assert answer.structured_content is not None
    assert answer.structured_content["data"]["search"][0]["id"] == "h1"
    assert service.received[-1]["operationName"] == "search"


async def test_an_argument_that_is_fixed_is_sent_and_one_that_is_hidden_is_not(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = (
        '[toolset.override.search]\nfixed = { kinds = ["SHIP"], limit = 2 }\n'
        '[toolset.override.ships]\nhidden = ["filter", "built"]\n'
    )
    async with Client(await served(tmp_path, service, more)) as client:
        tools = {each.name: each for each in await client.list_tools()}
        await client.call_tool("search", {"text": "1"})
        assert service.received[-1]["variables"] == {"text": "1", "kinds": ["SHIP"], "limit": 2}
        await client.call_tool("ships", {})
        assert service.received[-1]["variables"] == {}
        before = len(service.received)
        for tool, arguments in (
            ("search", {"text": "1", "limit": 3}),
            ("search", {"text": "1", "kinds": None}),
            ("ships", {"built": True}),
            ("ships", {"filter": {}}),
        ):
            answer = await client.call_tool(tool, arguments, raise_on_error=False)
            assert answer.is_error
            assert answer.meta is not None
            assert answer.meta[ERROR_META]["code"] == "invalid_arguments"
    assert len(service.received) == before
    assert set(tools["search"].input_schema["properties"]) == {"text", "next"}
    assert set(tools["ships"].input_schema["properties"]) == {"next"}
    assert "$defs" not in tools["ships"].input_schema


async def test_a_list_may_be_fixed_to_more_than_a_caller_may_ask_for(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = (
        "query_limits = { list_size = 3 }\n[toolset.override.getHarbour]\nfixed = { berths = 9 }\n"
        "[toolset.override.search]\n"
    )
    async with Client(await served(tmp_path, service, more)) as client:
        page = await client.call_tool("getHarbour", {"code": "H1"})
        assert page.structured_content is not None
        assert len(page.structured_content["data"]["harbour"]["berths"]["nodes"]) == 9
        following = await client.call_tool(
            "getHarbour", {"code": "H1", "next": page.structured_content["next"]}
        )
        assert service.received[-1]["variables"] == {"code": "H1", "berths": 9, "after": "c8"}
        answer = await client.call_tool("search", {"text": "1", "limit": 4}, raise_on_error=False)
    assert following.structured_content is not None
    assert following.structured_content["data"]["harbour"]["berths"]["nodes"][0] == {"number": 9}
    assert answer.is_error


async def test_a_cursor_that_is_fixed_turns_no_pages(tmp_path: Path, service: GraphQLService) -> None:
    more = '[toolset.override.getHarbour]\nfixed = { after = "c3", berths = 2 }\n'
    async with Client(await served(tmp_path, service, more)) as client:
        page = await client.call_tool("getHarbour", {"code": "H1"})
    assert page.structured_content is not None
    assert page.structured_content["data"]["harbour"]["berths"]["nodes"] == [{"number": 4}, {"number": 5}]
    assert "next" not in page.structured_content


async def test_of_an_answer_only_that_is_given_which_the_operator_selects(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = (
        '[toolset.override.search]\nfields = "search[].{what: __typename, name: name}"\n'
        '[toolset.override.getHarbour]\nfields = "harbour.[name, warden.phone]"\n'
        "[toolset.override.ships]\nfields = \"join('', ships)\"\n"
    )
    async with Client(await served(tmp_path, service, more)) as client:
        found = (await client.call_tool("search", {"text": "Ship 1", "limit": 1})).structured_content
        assert found == {"data": [{"what": "Ship", "name": "Ship 1"}]}
        kept = (await client.call_tool("getHarbour", {"code": "H1", "berths": 30})).structured_content
        assert kept == {"data": ["Harbour 1", None]}
        failed = (await client.call_tool("ships", {})).structured_content
    assert failed is not None
    assert failed["data"] is None
    assert "kept back" in failed["note"]


async def test_a_tool_has_a_time_limit_of_its_own(tmp_path: Path, service: GraphQLService) -> None:
    service.delay = 5.0
    try:
        async with Client(
            await served(tmp_path, service, '[toolset.override.ships]\ntimeout = "200ms"\n')
        ) as client:
            answer = await client.call_tool("ships", {}, raise_on_error=False)
    finally:
        service.delay = 0.0
    assert answer.meta is not None
    assert answer.meta[ERROR_META]["code"] == "deadline_exceeded"


async def test_a_tool_for_free_queries_takes_words_and_scopes(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = 'explore = true\n[toolset.override.run_query]\ndescription = "With care."\ntimeout = "5s"\n'
    async with Client(await served(tmp_path, service, more)) as client:
        tools = {each.name: each for each in await client.list_tools()}
    assert tools["run_query"].description == "With care."


FAULTS = {
    "an operation that there is not": (
        "[toolset.override.getHarbor]\n",
        "override.getHarbor",
        "did you mean 'getHarbour'?",
    ),
    "an argument that there is not": (
        '[toolset.override.ships]\nhidden = ["owner"]\n',
        "override.ships",
        "there is no argument 'owner'",
    ),
    "an argument that must be there": (
        '[toolset.override.cancel]\nhidden = ["id"]\n',
        "override.cancel",
        "is required",
    ),
    "a value of the wrong form": (
        '[toolset.override.search]\nfixed = { kinds = ["BOAT"] }\n',
        "override.search",
        "cannot be fixed to this value",
    ),
    "the cursor of its pages": (
        '[toolset.override.getHarbour]\nhidden = ["next"]\n',
        "override.getHarbour",
        "there is no argument 'next'",
    ),
    "an expression that is none": (
        '[toolset.override.ships]\nfields = "ships["\n',
        "override.ships",
        "it is no JMESPath",
    ),
    "a mutation that is said to change nothing": (
        "[toolset.override.cancel]\nhints = { read_only = true }\n",
        "override.cancel",
        "is a mutation",
    ),
    "a name that another one has": (
        '[toolset.override.ships]\nname = "Search"\n',
        "documents",
        "there is an operation 'search' already",
    ),
    "a name of a tool for free queries": (
        'explore = true\n[toolset.override.ships]\nname = "run_query"\n',
        "explore",
        "is one of the tools of `explore`",
    ),
    "an argument of a tool for free queries": (
        'explore = true\n[toolset.override.run_query]\nhidden = ["variables"]\n',
        "override.run_query.hidden",
        "it has no 'hidden'",
    ),
    "a tool for free queries that is not there": (
        '[toolset.override.run_query]\ntitle = "x"\n',
        "override.run_query",
        "has no operation 'run_query'",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_an_operation_is_a_problem_at_its_place(
    name: str, tmp_path: Path, service: GraphQLService
) -> None:
    more, key, words = FAULTS[name]
    with pytest.raises(BlueprintError) as refused:
        assemble(blueprint(tmp_path, service, more))
    told = [(each.key, each.message) for each in refused.value.problems]
    assert [(place.removeprefix("toolset[0]."), words in text) for place, text in told] == [(key, True)], told
