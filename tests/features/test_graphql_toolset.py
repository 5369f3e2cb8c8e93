"""A GraphQL service from its schema and an operator's documents, called end to end against a real one."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from seawall.cli import main
from seawall.runtime.assemble import assemble
from seawall.runtime.results import ERROR_META
from support.graphql_service import DATA, SCHEMA, GraphQLService, harbours

pytestmark = [pytest.mark.anyio, pytest.mark.whole]


@pytest.fixture
def service() -> Iterator[GraphQLService]:
    with harbours() as running:
        yield running


def written(directory: Path, service: GraphQLService, more: str = "", *, schema: str = "") -> Path:
    blueprint = directory / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "harbours"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "{service.url}"\n'
        f'schema = "{schema or SCHEMA}"\nnetworks = ["127.0.0.1/32"]\n'
        f'documents = ["{DATA}/operations/*.graphql"]\nretries = {{ pause = "1ms" }}\n{more}',
        encoding="utf-8",
    )
    return blueprint


@contextmanager
def refused(code: str) -> Iterator[list[Any]]:
    answers: list[Any] = []
    yield answers
    (answer,) = answers
    assert answer.is_error
    assert answer.meta[ERROR_META]["code"] == code


async def served(directory: Path, service: GraphQLService, more: str = "") -> Client[Any]:
    """A client of `seawall serve` over stdio."""
    blueprint = await asyncio.to_thread(written, directory, service, more)
    return Client(StdioTransport(sys.executable, ["-m", "seawall", "serve", str(blueprint), "--quiet"]))


async def data(client: Client[Any], tool: str, **arguments: Any) -> Any:
    answer = await client.call_tool(tool, arguments)
    assert answer.structured_content is not None
    return answer.structured_content


async def test_each_query_is_a_tool_that_only_reads_and_no_mutation_is_there(
    tmp_path: Path, service: GraphQLService
) -> None:
    async with await served(tmp_path, service) as client:
        tools = {each.name: each for each in await client.list_tools()}
        assert list(tools) == ["listHarbours", "getHarbour", "findAnything", "allShips"]
        hints = [each.annotations for each in tools.values()]
        assert all(each is not None and each.read_only_hint for each in hints)
        assert tools["listHarbours"].description == "Lists the harbours by name."
        assert tools["findAnything"].description == "Finds harbours and ships by their names."
        found = await data(client, "findAnything", text="Harbour 1", kinds=["HARBOUR"])
        assert found == {"data": {"search": [{"__typename": "Harbour", "id": "h1", "name": "Harbour 1"}]}}
        with refused("unknown_tool") as answers:
            answers.append(await client.call_tool("reserveBerth", {"input": {}}, raise_on_error=False))
    assert service.received[-1]["variables"] == {"text": "Harbour 1", "kinds": ["HARBOUR"]}
    assert "@private" not in service.received[-1]["query"]


async def test_a_mutation_is_called_with_write_access(tmp_path: Path, service: GraphQLService) -> None:
    async with await served(tmp_path, service, 'access = "write"\n') as client:
        given = {"harbour": "h1", "berth": 3, "ship": "s0", "from": "2026-05-01T12:00:00Z", "nights": 2}
        made = await data(client, "reserveBerth", input=given)
        (tool,) = [each for each in await client.list_tools() if each.name == "reserveBerth"]
    assert made == {"data": {"reserve": {"id": "r1", "nights": 2, "ship": {"name": "Ship 0"}}}}
    assert tool.annotations is not None
    assert tool.annotations.destructive_hint
    assert service.received[-1]["variables"] == {"input": given}


async def test_pages_follow_one_another_by_next_until_there_are_no_more(
    tmp_path: Path, service: GraphQLService
) -> None:
    async with await served(tmp_path, service) as client:
        codes: list[str] = []
        word: dict[str, str] = {}
        for _ in range(3):
            page = await data(client, "listHarbours", first=3, **word)
            codes += [each["code"] for each in page["data"]["harbours"]["nodes"]]
            assert "seawallPageInfo" not in str(page)
            word = {"next": page["next"]} if "next" in page else {}
        assert codes == [f"H{number}" for number in range(7)]
        assert word == {}
        berths = await data(client, "getHarbour", code="H1", berths=20)
        rest = await data(client, "getHarbour", code="H1", berths=20, next=berths["next"])
        assert [each["number"] for each in rest["data"]["harbour"]["berths"]["nodes"]] == [20, 21, 22, 23, 24]
        with refused("invalid_arguments") as answers:
            other = {"code": "H2", "berths": 20, "next": berths["next"]}
            answers.append(await client.call_tool("getHarbour", other, raise_on_error=False))


async def test_data_and_errors_are_both_delivered_and_what_is_private_is_not(
    tmp_path: Path, service: GraphQLService
) -> None:
    async with await served(tmp_path, service) as client:
        found = await data(client, "getHarbour", code="H2", berths=1)
    assert found["data"]["harbour"]["weather"] is None
    assert found["data"]["harbour"]["warden"] == {"name": "Ines"}
    assert "phone" in service.received[-1]["query"]
    (error,) = found["errors"]
    assert error["path"] == ["harbour", "weather"]
    assert error["message"].startswith("no weather today")
    assert "abcdefgh12345678" not in str(found)


async def test_errors_without_data_are_an_error_with_the_words_of_the_service(
    tmp_path: Path, service: GraphQLService
) -> None:
    schema = tmp_path / "other.graphql"
    await asyncio.to_thread(schema.write_text, "type Query { gone: Int }")
    document = tmp_path / "gone.graphql"
    await asyncio.to_thread(document.write_text, "query gone { gone }")
    blueprint = await asyncio.to_thread(written, tmp_path, service, schema=str(schema))
    text = (await asyncio.to_thread(blueprint.read_text)).replace(
        f'["{DATA}/operations/*.graphql"]', '["gone.graphql"]'
    )
    await asyncio.to_thread(blueprint.write_text, text)
    transport = StdioTransport(sys.executable, ["-m", "seawall", "serve", str(blueprint), "--quiet"])
    async with Client(transport) as client:
        with refused("upstream_refused") as answers:
            answers.append(await client.call_tool("gone", {}, raise_on_error=False))
        assert "Cannot query field 'gone'" in answers[0].content[0].text


async def test_an_answer_that_is_too_large_is_cut_and_gone_on_with(
    tmp_path: Path, service: GraphQLService
) -> None:
    async with await served(tmp_path, service, '[limits]\nresponse_size = "4KiB"\n') as client:
        names: list[str] = []
        word: dict[str, str] = {}
        for _ in range(9):
            page = await data(client, "allShips", **word)
            names += [each["name"] for each in page["data"]["ships"]]
            if "next" not in page:
                break
            assert "of 40 of `ships`" in page["note"]
            word = {"next": page["next"]}
    assert names == [f"Ship {number}" for number in range(40)]


async def test_a_query_is_sent_again_and_a_mutation_never(tmp_path: Path, service: GraphQLService) -> None:
    async with await served(tmp_path, service, 'access = "write"\n') as client:
        service.failures[:] = [503, 503]
        assert (await data(client, "listHarbours"))["data"]["harbours"]["totalCount"] == 7
        assert len(service.received) == 3
        service.failures[:] = [503]
        given = {"harbour": "h1", "berth": 3, "ship": "s0", "from": "2026-05-01T12:00:00Z"}
        with refused("upstream_unavailable") as answers:
            answers.append(await client.call_tool("reserveBerth", {"input": given}, raise_on_error=False))
    assert len(service.received) == 4


async def test_a_hash_is_sent_first_and_the_text_to_who_does_not_know_it(
    tmp_path: Path, service: GraphQLService
) -> None:
    service.stored = {}
    async with await served(tmp_path, service, 'persisted_queries = "automatic"\n') as client:
        for _ in range(2):
            assert (await data(client, "listHarbours"))["data"]["harbours"]["totalCount"] == 7
        assert ["query" in each for each in service.received] == [False, True, False]
        digest = service.received[0]["extensions"]["persistedQuery"]["sha256Hash"]
        assert hashlib.sha256(service.stored[digest].encode()).hexdigest() == digest
        service.stored = None
        for _ in range(2):
            await data(client, "listHarbours")
    assert ["query" in each for each in service.received[3:]] == [False, True, True]


async def test_credentials_go_to_the_service_and_come_back_to_nobody(
    tmp_path: Path, service: GraphQLService, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-token-of-the-operator-1234567890"  # noqa: S105  of nobody
    monkeypatch.setenv("API_TOKEN", token)
    more = 'auth = { scheme = "bearer", token = "env:API_TOKEN" }\n'
    blueprint = await asyncio.to_thread(written, tmp_path, service, more)
    async with Client(await asyncio.to_thread(assemble, blueprint)) as client:
        service.canned[:] = [
            (200, {}, json.dumps({"data": {"ships": []}, "errors": [{"message": f"got {token}"}]}).encode())
        ]
        answer = await client.call_tool("allShips", {})
    assert service.headers[-1]["authorization"] == f"Bearer {token}"
    assert token not in str(answer)


async def test_a_service_that_does_not_answer_is_left_alone_for_a_while(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = 'breaker = { failures = 2, pause = "60s" }\n'
    blueprint = await asyncio.to_thread(written, tmp_path, service, more)
    text = (await asyncio.to_thread(blueprint.read_text)).replace(
        'retries = { pause = "1ms" }', "retries = { attempts = 1 }"
    )
    await asyncio.to_thread(blueprint.write_text, text)
    async with Client(await asyncio.to_thread(assemble, blueprint)) as client:
        service.failures[:] = [503, 503]
        for _ in range(4):
            with refused("upstream_unavailable") as answers:
                answers.append(await client.call_tool("allShips", {}, raise_on_error=False))
    assert len(service.received) == 2


async def test_a_model_finds_its_way_through_the_schema_and_runs_what_it_wrote(
    tmp_path: Path, service: GraphQLService
) -> None:
    async with await served(tmp_path, service, "explore = true\n") as client:
        found: Any = await client.call_tool("search_schema", {"query": "harbour by code"})
        assert "Query.harbour(code: ID!): Harbour  # One harbour by its code." in found.content[0].text
        described: Any = await client.call_tool("describe_type", {"name": "Harbour", "matching": "berth"})
        assert "berths(first: Int, after: String): BerthConnection!" in described.content[0].text
        for hidden in ("Mutation", "Ledger", "Subscription"):
            with refused("invalid_arguments") as answers:
                answers.append(
                    await client.call_tool("describe_type", {"name": hidden}, raise_on_error=False)
                )
        warden: Any = await client.call_tool("describe_type", {"name": "Warden"})
        assert "phone" not in warden.content[0].text
        query = "query Q($n: Int) { harbours(first: $n) { nodes { name } } }"
        asked: dict[str, Any] = {"query": query, "variables": {"n": 4}}
        valid = await data(client, "validate_query", **asked)
        assert (valid["valid"], valid["cost"], valid["depth"]) == (True, 5, 3)
        first = await data(client, "run_query", **asked)
        second = await data(client, "run_query", **asked, next=first["next"])
        assert [each["name"] for each in second["data"]["harbours"]["nodes"]] == [
            "Harbour 4",
            "Harbour 5",
            "Harbour 6",
        ]


async def test_free_mutations_are_allowed_by_a_setting_of_their_own(
    tmp_path: Path, service: GraphQLService
) -> None:
    more = 'access = "write"\nexplore = true\nexplore_mutations = true\n'
    async with await served(tmp_path, service, more) as client:
        assert await data(client, "run_query", query='mutation { cancel(id: "r1") }') == {
            "data": {"cancel": True}
        }
        (tool,) = [each for each in await client.list_tools() if each.name == "run_query"]
    assert tool.annotations is not None
    assert tool.annotations.destructive_hint


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


Seawall: TypeAlias = Callable[..., Ended]


@pytest.fixture
def seawall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    """The command within this process, beside the blueprint."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        return Ended(main(list(arguments)), *capsys.readouterr())

    return run


def test_the_service_is_asked_for_its_schema_when_the_operator_says_so(
    tmp_path: Path, service: GraphQLService, seawall: Seawall
) -> None:
    written(tmp_path, service, "introspect = true\n", schema="specs/harbour.graphql")
    missing = seawall("check")
    assert missing.returncode == 1
    assert "seawall lock" in missing.stdout + missing.stderr
    assert service.received == []
    saved = seawall("lock")
    assert saved.returncode == 0, saved.stderr
    schema = tmp_path / "specs" / "harbour.graphql"
    digest = hashlib.sha256(schema.read_bytes()).hexdigest()
    assert f"Wrote specs/harbour.graphql, sha256 {digest}." in saved.stdout
    asked = len(service.received)
    checked = seawall("check")
    assert checked.returncode == 0
    assert f'sha256 = "{digest}"' in checked.stdout
    assert len(service.received) == asked
    written(tmp_path, service, f'introspect = true\nsha256 = "{digest}"\n', schema="specs/harbour.graphql")
    assert "sha256 =" not in seawall("check", "--strict").stdout
    schema.write_text(schema.read_text().replace("depth: Float", "draught: Float"))
    changed = seawall("check")
    assert changed.returncode == 2
    assert "is not the schema whose hash this is" in changed.stdout + changed.stderr
    written(tmp_path, service, "introspect = true\n", schema="specs/harbour.graphql")
    assert "~ Field Harbour.draught was removed" in seawall("lock").stdout
    assert hashlib.sha256(schema.read_bytes()).hexdigest() == digest
    written(tmp_path, service, f'introspect = true\nsha256 = "{"0" * 64}"\n', schema="specs/harbour.graphql")
    pinned = seawall("lock")
    assert pinned.returncode == 1
    assert digest in pinned.stdout + pinned.stderr


def test_a_service_is_asked_for_its_schema_through_the_guard_alone(
    tmp_path: Path, service: GraphQLService, seawall: Seawall
) -> None:
    blueprint = written(tmp_path, service, "introspect = true\n", schema="specs/harbour.graphql")
    blueprint.write_text(blueprint.read_text().replace('networks = ["127.0.0.1/32"]\n', ""))
    refused = seawall("lock")
    assert refused.returncode != 0
    assert "networks" in refused.stdout + refused.stderr
    assert service.received == []
    assert not (tmp_path / "specs").exists()


def test_check_tells_the_faults_of_documents_with_file_line_and_column(
    tmp_path: Path, service: GraphQLService, seawall: Seawall
) -> None:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "bad.graphql").write_text("query bad {\n  gone\n}\n")
    blueprint = written(tmp_path, service)
    text = blueprint.read_text().replace(f"{DATA}/operations", "operations")
    blueprint.write_text(text)
    checked = seawall("check")
    assert checked.returncode == 2
    told = checked.stdout + checked.stderr
    assert "operations/bad.graphql:2:3" in told
    assert "Cannot query field 'gone' on type 'Query'" in told


async def test_an_operator_has_callers_told_of_headers(tmp_path: Path, service: GraphQLService) -> None:
    body = b'{"data": {"allShips": []}}'
    canned = {"content-type": "application/json", "x-left": "7", "x-other": "8"}
    async with await served(tmp_path, service, 'response_headers = ["X-Left"]\n') as client:
        service.canned.append((200, canned, body))
        assert (await data(client, "allShips"))["headers"] == {"x-left": "7"}
        assert "headers" not in await data(client, "allShips")
