"""A real schema with data behind it: persisted operations, free queries, partial answers and pages in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ariadne import InterfaceType, ObjectType
from fastmcp import Client, FastMCP

from seawall.runtime.assemble import assemble
from support.graphql_service import GraphQLService, connection
from support.specs import real

pytestmark = pytest.mark.anyio

PEOPLE = [
    {"__typename": "Person", "id": f"p{number}", "name": name, "height": 170 + number}
    for number, name in enumerate(["Luke", "Leia", "Han", "Chewbacca", "Yoda", "Lando"])
]
FILMS = [
    {
        "__typename": "Film",
        "id": f"f{number}",
        "title": f"Film {number}",
        "episodeID": number,
        "cast": PEOPLE[number:],
    }
    for number in range(6)
]
OPERATIONS = """
# The films with those who play in them.
query films($first: Int!) { allFilms(first: $first) { films { title episodeID characterConnection(first: 2) { characters { name } } } } }

# The last people, page by page towards the first.
query people($last: Int!) { allPeople(last: $last) { people { name height } } }

query person($id: ID) { person(id: $id) { name homeworld { name } } }

query anything($id: ID!) { node(id: $id) { __typename id ... on Person { name } ... on Film { title } } }
"""


def swapi() -> GraphQLService:
    root, film, person = ObjectType("Root"), ObjectType("Film"), ObjectType("Person")
    node = InterfaceType("Node", lambda value, *_: value["__typename"])
    root.set_field(
        "allFilms", lambda *_, **given: {**(page := connection(FILMS, given)), "films": page["nodes"]}
    )
    root.set_field(
        "allPeople", lambda *_, **given: {**(page := connection(PEOPLE, given)), "people": page["nodes"]}
    )
    root.set_field(
        "person", lambda *_, **given: next((each for each in PEOPLE if each["id"] == given.get("id")), None)
    )
    root.set_field(
        "node", lambda *_, **given: next(each for each in [*PEOPLE, *FILMS] if each["id"] == given["id"])
    )
    film.set_field(
        "characterConnection",
        lambda value, *_, **given: {
            **(page := connection(value["cast"], given)),
            "characters": page["nodes"],
        },
    )
    person.set_field("homeworld", _lost)
    return GraphQLService(real("swapi.graphql").read_text(), root, film, person, node)


def _lost(*_: object) -> None:
    raise LookupError("the planet is gone")


@pytest.fixture(scope="module")
def service() -> Iterator[GraphQLService]:
    with swapi() as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, service: GraphQLService) -> FastMCP[Any]:
    (tmp_path / "operations.graphql").write_text(OPERATIONS)
    blueprint = tmp_path / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "swapi"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "{service.url}"\n'
        f'schema = "{real("swapi.graphql")}"\nnetworks = ["127.0.0.1/32"]\nexplore = true\n'
        'documents = ["operations.graphql"]\n',
        encoding="utf-8",
    )
    return await asyncio.to_thread(assemble, blueprint)


async def test_persisted_operations_give_data_errors_and_pages(server: FastMCP[Any]) -> None:
    async with Client(server) as client:
        first = (await client.call_tool("films", {"first": 4})).structured_content or {}
        then = (await client.call_tool("films", {"first": 4, "next": first["next"]})).structured_content or {}
        titles = [each["title"] for page in (first, then) for each in page["data"]["allFilms"]["films"]]
        assert titles == [f"Film {number}" for number in range(6)]
        assert "next" not in then
        partial = (await client.call_tool("person", {"id": "p1"})).structured_content or {}
        assert partial["data"] == {"person": {"name": "Leia", "homeworld": None}}
        assert partial["errors"] == [{"message": "the planet is gone", "path": ["person", "homeworld"]}]
        film = (await client.call_tool("anything", {"id": "f3"})).structured_content or {}
        assert film["data"] == {"node": {"__typename": "Film", "id": "f3", "title": "Film 3"}}


async def test_pages_are_turned_backwards_where_the_last_ones_are_asked_for(server: FastMCP[Any]) -> None:
    async with Client(server) as client:
        last = (await client.call_tool("people", {"last": 2})).structured_content or {}
        before = (
            await client.call_tool("people", {"last": 2, "next": last["next"]})
        ).structured_content or {}
    names = [[each["name"] for each in page["data"]["allPeople"]["people"]] for page in (last, before)]
    assert names == [["Yoda", "Lando"], ["Han", "Chewbacca"]]


async def test_a_free_query_is_written_with_what_the_schema_says(server: FastMCP[Any]) -> None:
    async with Client(server) as client:
        found: Any = await client.call_tool("search_schema", {"query": "films"})
        assert "Root.allFilms(after: String, first: Int, before: String, last: Int): FilmsConnection" in (
            found.content[0].text
        )
        query = "{ allFilms(first: 3) { films { title } } }"
        answer = await client.call_tool("run_query", {"query": query})
    assert answer.structured_content is not None
    assert [each["title"] for each in answer.structured_content["data"]["allFilms"]["films"]] == [
        "Film 0",
        "Film 1",
        "Film 2",
    ]
