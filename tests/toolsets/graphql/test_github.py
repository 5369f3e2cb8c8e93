"""A real schema that strict validation rejects: it loads, its faults are reported, and operations become precise tools."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall.security.budget import WorkerPool
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.graphql.building import build
from seawall.toolsets.graphql.checking import QueryChecker, RefusedQueryError
from seawall.toolsets.graphql.declaration import GraphQLDeclaration
from seawall.toolsets.graphql.limits import Limits
from seawall.toolsets.graphql.schema import ServiceSchema, read_schema
from seawall.toolsets.graphql.toolset import GraphQLToolset
from seawall.toolsets.interface import Host, Operation
from seawall.types import JsonObject
from support.specs import real

DOCUMENTS = Path(__file__).parents[2] / "data" / "graphql" / "github"


@pytest.fixture(scope="module")
def schema() -> ServiceSchema:
    return read_schema(real("github.graphql").read_bytes(), name="github.graphql")


@pytest.fixture(scope="module")
def toolset() -> Iterator[GraphQLToolset]:
    declaration = GraphQLDeclaration.model_validate(
        {
            "kind": "graphql",
            "endpoint": "https://api.github.example/graphql",
            "schema": str(real("github.graphql")),
            "documents": (f"{DOCUMENTS}/*.graphql",),
            "access": "write",
        }
    )
    workers = WorkerPool(size=1, queued=1)
    yield build(declaration, Host(Path.cwd(), workers, 1024 * 1024))
    workers.close()


def tool(toolset: GraphQLToolset, name: str) -> Operation:
    return next(each for each in toolset.operations if each.name == name)


def test_it_loads_in_less_than_three_seconds_of_work() -> None:
    """Of processor time, since other work on the machine is no part of it."""
    content = real("github.graphql").read_bytes()
    begun = time.process_time()
    read_schema(content, name="github.graphql").faults()
    assert time.process_time() - begun < 3.0


def test_its_faults_are_reported_each_with_its_place(schema: ServiceSchema) -> None:
    assert schema.counts == "31 queries, 247 mutations, 1628 types"
    faults = {each.place: each.message for each in schema.faults()}
    assert faults["github.graphql:15153:3"] == (
        "repositoryDeployKeySetting is defined again; the first one counts"
    )
    assert sum("must not be deprecated" in each for each in faults.values()) == 12
    assert len(faults) == 14


def test_each_of_twenty_operations_is_a_tool(toolset: GraphQLToolset) -> None:
    assert len(toolset.operations) == 20
    for each in toolset.operations:
        assert each.description
        assert "\n" not in each.title
        ArgumentSchema(each.parameters)
        assert each.answer is not None
        answer = each.answer()
        assert answer is not None
        ArgumentSchema(answer)
        assert each.hints.read_only == (each.tags == ("query",))
    assert sum(not each.hints.read_only for each in toolset.operations) == 6


ACCEPTED: list[tuple[str, JsonObject]] = [
    ("repositoryOverview", {"owner": "a", "name": "b"}),
    (
        "repositoryIssues",
        {
            "owner": "a",
            "name": "b",
            "states": ["OPEN"],
            "filterBy": {"since": "2026-01-01T00:00:00Z", "assignee": None},
            "orderBy": {"field": "CREATED_AT", "direction": "ASC"},
            "first": 100,
        },
    ),
    ("pullRequests", {"owner": "a", "name": "b", "last": 3}),
    (
        "commitHistory",
        {"owner": "a", "name": "b", "ref": "main", "first": 5, "since": "2026-01-01T00:00:00Z"},
    ),
    ("contributions", {"login": "a", "from": None}),
    ("teamMembers", {"organization": "a", "team": "b", "role": "MAINTAINER"}),
    ("openIssue", {"input": {"repositoryId": "R_1", "title": "t", "assigneeIds": ["U_1"]}}),
    ("closeIssue", {"issue": "I_1", "reason": "NOT_PLANNED"}),
    (
        "commitFiles",
        {
            "input": {
                "branch": {"repositoryNameWithOwner": "a/b", "branchName": "main"},
                "message": {"headline": "h"},
                "expectedHeadOid": "a" * 40,
                "fileChanges": {"additions": [{"path": "p", "contents": "aGk="}]},
            }
        },
    ),
    (
        "reviewPullRequest",
        {
            "input": {
                "pullRequestId": "P",
                "event": "COMMENT",
                "threads": [{"path": "p", "line": 3, "body": "b"}],
            }
        },
    ),
    (
        "setProjectField",
        {"input": {"projectId": "P", "itemId": "I", "fieldId": "F", "value": {"number": 1.5}}},
    ),
]

REFUSED: list[tuple[str, JsonObject]] = [
    ("repositoryOverview", {"owner": "a"}),
    ("repositoryIssues", {"owner": "a", "name": "b", "states": ["open"]}),
    ("repositoryIssues", {"owner": "a", "name": "b", "states": [None]}),
    ("repositoryIssues", {"owner": "a", "name": "b", "orderBy": {"field": "CREATED_AT"}}),
    ("repositoryIssues", {"owner": "a", "name": "b", "filterBy": {"nobody": "x"}}),
    ("repositoryIssues", {"owner": "a", "name": "b", "first": 101}),
    ("repositoryIssues", {"owner": "a", "name": "b", "after": "abc"}),
    ("pullRequests", {"owner": "a", "name": "b", "last": None}),
    ("projectItems", {"organization": "a", "number": 2**31}),
    ("openIssue", {"input": {"title": "t"}}),
    ("closeIssue", {"issue": 3}),
    ("commitFiles", {"input": {"branch": {}, "message": {"headline": "h"}}}),
]


@pytest.mark.parametrize(("name", "arguments"), ACCEPTED)
def test_arguments_that_fit_the_variables_are_accepted(
    toolset: GraphQLToolset, name: str, arguments: JsonObject
) -> None:
    assert ArgumentSchema(tool(toolset, name).parameters).faults(arguments) == ()


@pytest.mark.parametrize(("name", "arguments"), REFUSED)
def test_arguments_that_do_not_are_refused(toolset: GraphQLToolset, name: str, arguments: JsonObject) -> None:
    assert ArgumentSchema(tool(toolset, name).parameters).faults(arguments)


def test_schemas_stay_small(toolset: GraphQLToolset) -> None:
    """About four characters are a token: twenty tools fit the default budget of a toolset."""
    assert sum(len(json.dumps(each.parameters)) for each in toolset.operations) < 60_000


@pytest.mark.parametrize(
    "name", ["repositoryIssues", "pullRequests", "searchIssues", "commitHistory", "teamMembers", "releases"]
)
def test_pages_of_connections_are_turned_by_one_argument(toolset: GraphQLToolset, name: str) -> None:
    properties: Any = tool(toolset, name).parameters["properties"]
    assert "next" in properties
    assert not {"after", "before"} & set(properties)


def test_what_an_operation_calls_private_is_no_part_of_its_answer(toolset: GraphQLToolset) -> None:
    answer = tool(toolset, "commitHistory").answer
    assert answer is not None
    told = json.dumps(answer())
    assert '"additions"' in told
    assert '"email"' not in told


def deep(levels: int, first: int) -> str:
    head = f'{{ user(login: "a") {{ repositories(first: {first}) {{ nodes '
    inner = f"{{ forks(first: {first}) {{ nodes "
    return head + inner * levels + "{ name }" + " } }" * levels + " } } }"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (deep(28, 100), "levels of fields"),
        (deep(3, 100), "objects"),
        (deep(0, 101), "items"),
        ('{ viewer { login } __type(name: "User") { name } }', "__type"),
    ],
)
def test_a_query_that_the_schema_allows_and_nobody_can_answer_is_refused(
    schema: ServiceSchema, query: str, said: str
) -> None:
    checker = QueryChecker(schema.schema, Limits(), mutations=False)
    with pytest.raises(RefusedQueryError, match=said):
        checker.check(query, {}, None)


def test_a_sane_query_of_that_shape_passes(schema: ServiceSchema) -> None:
    checker = QueryChecker(schema.schema, Limits(), mutations=False)
    assert 1000 < checker.check(deep(1, 50), {}, None).cost <= 5000
    assert checker.check(deep(2, 10), {}, None).cost <= 5000
