"""Who lacks scopes: what needs them answers as if it did not exist, in both eras, over both transports, by every way.

Two principals call at once with equal request ids. Alice has `docs:read`; Bob has other scopes, one of which is `*`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from features.scoped_wires import ERAS, Http, Stdio, over_http, over_stdio, parsed
from support.clients.interface import Era

pytestmark = pytest.mark.whole

SECRET = b"confidential"

# What is used, and by which name it would be unknown. Both are as long, so that nothing differs but the name.
USES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a tool with scopes of the decorator": (
        "tools/call",
        {"name": "minutes", "arguments": {}},
        "minutes",
        "zqzqzqz",
    ),
    "a tool with scopes of the blueprint": (
        "tools/call",
        {"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}},
        "write_file",
        "zqzqzqzqzq",
    ),
    "a tool with arguments that do not fit": (
        "tools/call",
        {"name": "write_file", "arguments": {"nothing": 1}},
        "write_file",
        "zqzqzqzqzq",
    ),
    "a tool that code added": ("tools/call", {"name": "added", "arguments": {}}, "added", "zqzqz"),
    "an operation that is searched for": (
        "tools/call",
        {"name": "unlock", "arguments": {}},
        "unlock",
        "zqzqzq",
    ),
    "the same by the tool that calls": (
        "tools/call",
        {"name": "call_operation", "arguments": {"name": "unlock", "arguments": {}}},
        "unlock",
        "zqzqzq",
    ),
    "the same by the tool that describes": (
        "tools/call",
        {"name": "describe_operation", "arguments": {"name": "unlock"}},
        "unlock",
        "zqzqzq",
    ),
    "a prompt": ("prompts/get", {"name": "briefing", "arguments": {"name": "x"}}, "briefing", "zqzqzqzq"),
    "a resource that code added": ("resources/read", {"uri": "note://closed"}, "closed", "zqzqzq"),
    "a URI of a template that code added": ("resources/read", {"uri": "note://closed/a"}, "closed", "zqzqzq"),
    "a resource of a toolset": ("resources/read", {"uri": "own://closed"}, "closed", "zqzqzq"),
    "a URI of a template of a toolset": ("resources/read", {"uri": "own://books/rare"}, "books", "zqzqz"),
    "the completion of a prompt": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "briefing"}, "argument": {"name": "name", "value": ""}},
        "briefing",
        "zqzqzqzq",
    ),
    "the completion of a template": (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "note://closed/{part}"},
            "argument": {"name": "part", "value": ""},
        },
        "closed",
        "zqzqzq",
    ),
    "the completion of a template of a toolset": (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "own://books/{title}"},
            "argument": {"name": "title", "value": ""},
        },
        "books",
        "zqzqz",
    ),
    "a tool of a toolset with scopes": (
        "tools/call",
        {"name": "ledger", "arguments": {}},
        "ledger",
        "zqzqzq",
    ),
    "a resource of a toolset with scopes": ("resources/read", {"uri": "ledger://all"}, "ledger", "zqzqzq"),
    "a prompt of the blueprint": (
        "prompts/get",
        {"name": "strategy", "arguments": {}},
        "strategy",
        "zqzqzqzq",
    ),
    "a prompt with arguments that do not fit": (
        "prompts/get",
        {"name": "strategy", "arguments": {"who": "x", "more": "y"}},
        "strategy",
        "zqzqzqzq",
    ),
    "a prompt of the blueprint that code restricts": (
        "prompts/get",
        {"name": "memo", "arguments": {}},
        "memo",
        "zqzq",
    ),
    "a text of the blueprint": ("resources/read", {"uri": "plan://closed"}, "closed", "zqzqzq"),
    "a text of the blueprint that code restricts": (
        "resources/read",
        {"uri": "plan://later"},
        "later",
        "zqzqz",
    ),
    "a page of another server": ("resources/read", {"uri": "web://closed"}, "closed", "zqzqzq"),
    "what a function gives": ("resources/read", {"uri": "said://x"}, "said", "zqzq"),
    "a file of a directory": ("resources/read", {"uri": "vault://rare.md"}, "vault", "zqzqz"),
    "a file that a directory does not have": (
        "resources/read",
        {"uri": "vault://nothing.md"},
        "vault",
        "zqzqz",
    ),
    "a file of a directory that code restricts": (
        "resources/read",
        {"uri": "attic://rare.md"},
        "attic",
        "zqzqz",
    ),
    "the completion of a prompt of the blueprint": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "strategy"}, "argument": {"name": "who", "value": "conf"}},
        "strategy",
        "zqzqzqzq",
    ),
    "the completion of a prompt that code restricts": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "memo"}, "argument": {"name": "who", "value": "conf"}},
        "memo",
        "zqzq",
    ),
    "the completion of a directory": (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "vault://{page*}"},
            "argument": {"name": "page", "value": "conf"},
        },
        "vault",
        "zqzqz",
    ),
    "the completion of a directory under another name": (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "vault://{page*}", "name": "welcome"},
            "argument": {"name": "page", "value": "conf"},
        },
        "vault",
        "zqzqz",
    ),
    "the completion of a directory that code restricts": (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "attic://{page*}"},
            "argument": {"name": "page", "value": "conf"},
        },
        "attic",
        "zqzqz",
    ),
    "a tool that a prompt calls": (
        "prompts/get",
        {"name": "asks", "arguments": {"what": "minutes"}},
        "minutes",
        "zqzqzqz",
    ),
    "a tool of a toolset with scopes that a prompt calls": (
        "prompts/get",
        {"name": "asks", "arguments": {"what": "ledger"}},
        "ledger",
        "zqzqzq",
    ),
    "an operation that a prompt calls": (
        "prompts/get",
        {"name": "asks", "arguments": {"what": "unlock"}},
        "unlock",
        "zqzqzq",
    ),
    "the same by the tool that calls, in a prompt": (
        "prompts/get",
        {"name": "finds", "arguments": {"what": "unlock"}},
        "unlock",
        "zqzqzq",
    ),
    "a resource that a prompt embeds": (
        "prompts/get",
        {"name": "shows", "arguments": {"what": "own://closed"}},
        "closed",
        "zqzqzq",
    ),
    "a page that a prompt embeds": (
        "prompts/get",
        {"name": "shows", "arguments": {"what": "web://closed"}},
        "closed",
        "zqzqzq",
    ),
    "a file of a directory that a prompt embeds": (
        "prompts/get",
        {"name": "shows", "arguments": {"what": "vault://rare.md"}},
        "vault",
        "zqzqz",
    ),
}
NOT_THERE = {use for use in USES if "do not fit" in use or "does not have" in use}
BY_A_PROMPT = {use for use in USES if USES[use][1].get("name") in {"asks", "finds", "shows"}}

# What each list has for whom; `report` needs a scope that both have.
TOOLS = ["read_file", "greet", "search_operations", "describe_operation", "call_operation", "report"]
LISTS: dict[str, tuple[str, str, list[str], list[str]]] = {
    "tools/list": ("tools", "name", TOOLS, ["write_file", "minutes", "added", "ledger", "watch", "gather"]),
    "prompts/list": (
        "prompts",
        "name",
        ["hello", "digest", "welcome", "asks", "finds", "shows", "opens", "may"],
        ["briefing", "strategy", "memo"],
    ),
    "resources/list": (
        "resources",
        "uri",
        ["own://open", "note://open", "plan://open", "leaflets://start.md"],
        [
            "own://closed",
            "note://closed",
            "plan://closed",
            "plan://later",
            "web://closed",
            "ledger://all",
            "vault://rare.md",
            "vault://confidential.md",
            "attic://rare.md",
            "attic://confidential.md",
        ],
    ),
    "resources/templates/list": (
        "resourceTemplates",
        "uriTemplate",
        ["leaflets://{page*}"],
        [
            "own://books/{title}",
            "note://closed/{part}",
            "said://{title}",
            "vault://{page*}",
            "attic://{page*}",
        ],
    ),
}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http]:
    with over_http(tmp_path_factory.mktemp("hiding")) as server:
        yield server


@pytest.fixture(scope="module")
def challenging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http]:
    with over_http(tmp_path_factory.mktemp("challenging"), missing="challenge") as server:
        yield server


@pytest.fixture(scope="module")
def stdio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stdio]:
    with over_stdio(tmp_path_factory.mktemp("poor"), local='["docs:list"]') as server:
        yield server


@pytest.fixture(scope="module")
def rich_stdio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stdio]:
    with over_stdio(tmp_path_factory.mktemp("rich"), local='["docs:*"]', missing="challenge") as server:
        yield server


@pytest.fixture(scope="module")
def wires(http: Http, challenging: Http, stdio: Stdio, rich_stdio: Stdio) -> dict[str, Http | Stdio]:
    """By their callers."""
    return {
        "alice": http,
        "bob": http,
        "challenged": challenging,
        "stdio": stdio,
        "stdio with the scopes": rich_stdio,
    }


def renamed(value: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(value).replace(old, new))


def hidden(wire: Http | Stdio, caller: str, era: Era, use: str) -> None:
    method, params, name, unknown = USES[use]
    told = wire.ask(caller, era, method, params)
    missing = wire.ask(caller, era, method, renamed(params, name, unknown))
    assert told == missing.replace(unknown.encode(), name.encode())
    assert SECRET not in told


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("use", USES)
def test_over_http_it_answers_as_if_it_did_not_exist(http: Http, era: Era, use: str) -> None:
    hidden(http, "bob", era, use)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("use", USES)
def test_on_stdio_it_answers_as_if_it_did_not_exist(stdio: Stdio, era: Era, use: str) -> None:
    hidden(stdio, "", era, use)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "use", [use for use in USES if use not in NOT_THERE and use != "a tool with scopes of the blueprint"]
)
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_who_has_the_scopes_gets_it(
    transport: str, era: Era, use: str, http: Http, rich_stdio: Stdio
) -> None:
    """Which also shows that the tests above would see a leak."""
    method, params, _, _ = USES[use]
    wire: Http | Stdio = http if transport == "http" else rich_stdio
    answer = parsed(wire.ask("alice", era, method, params))
    text = json.dumps(answer["result"])
    assert ("rare books" if "describes" in use else SECRET.decode()) in text


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("caller", ["alice", "bob", "challenged", "stdio", "stdio with the scopes"])
def test_lists_name_what_their_caller_may_know_of(
    method: str, era: Era, caller: str, wires: dict[str, Http | Stdio]
) -> None:
    plural, key, everybody, few = LISTS[method]
    answer = wires[caller].ask("alice" if caller == "alice" else "bob", era, method, {})
    listed = [each[key] for each in parsed(answer)["result"][plural]]
    expected = everybody if caller in {"bob", "stdio"} else [*everybody, *few]
    assert sorted(listed) == sorted(expected)


@pytest.mark.parametrize("era", ERAS)
def test_a_list_may_be_kept_by_nobody_but_its_caller(http: Http, era: Era) -> None:
    """Where lists say so at all (2026-07-28): a shared cache must not give one caller's list to another."""
    for method in LISTS:
        result = parsed(http.ask("bob", era, method, {}))["result"]
        assert result.get("cacheScope", "private") == "private"


@pytest.mark.parametrize("era", ERAS)
def test_a_search_finds_what_its_caller_may_use_and_counts_nothing_else(
    http: Http, stdio: Stdio, era: Era
) -> None:
    search = {"name": "search_operations", "arguments": {"query": "shelf"}}
    assert "1 of 1" in str(parsed(http.ask("bob", era, "tools/call", search)))
    assert "1 of 1" in str(parsed(stdio.ask("", era, "tools/call", search)))
    assert "2 of 2" in str(parsed(http.ask("alice", era, "tools/call", search)))
    listed = parsed(http.ask("bob", era, "tools/list", {}))["result"]["tools"]
    assert "(1 in all)" in next(each["description"] for each in listed if each["name"] == "search_operations")


@pytest.mark.parametrize("era", ERAS)
def test_a_prompt_that_calls_a_tool_calls_it_for_its_caller(http: Http, stdio: Stdio, era: Era) -> None:
    digest: dict[str, Any] = {"name": "digest", "arguments": {}}
    assert SECRET in http.ask("alice", era, "prompts/get", digest)
    for answer in (http.ask("bob", era, "prompts/get", digest), stdio.ask("", era, "prompts/get", digest)):
        assert SECRET not in answer
        assert "[unknown_tool]" in str(parsed(answer))


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "use",
    [
        "a tool with scopes of the decorator",
        "a prompt of the blueprint",
        "a file of a directory",
        "a tool that a prompt calls",
        "the completion of a directory",
    ],
)
def test_equal_request_ids_at_the_same_time_stay_with_their_callers(http: Http, era: Era, use: str) -> None:
    """Every request of these tests has the id 7."""
    http.session("alice"), http.session("bob")
    method, params, _, _ = USES[use]
    hidden_from_bob = http.ask("bob", era, method, params)
    assert SECRET not in hidden_from_bob

    def ask(caller: str) -> bytes:
        return http.ask(caller, era, method, params)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            alice, bob = pool.map(ask, ["alice", "bob"])
            assert SECRET in alice
            assert bob == hidden_from_bob


@pytest.mark.parametrize("era", ERAS)
def test_nothing_to_complete_is_said_in_the_form_of_the_version(http: Http, era: Era) -> None:
    params = {
        "ref": {"type": "ref/resource", "uri": "vault://{page*}"},
        "argument": {"name": "page", "value": "zqzqzq"},
    }
    answer = parsed(http.ask("alice", era, "completion/complete", params))["result"]
    answer.pop("_meta", None)
    said: dict[str, object] = {"completion": {"values": [], "hasMore": False}}
    if era == "modern":
        said["resultType"] = "complete"
    assert answer == said


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "reference",
    [
        {"type": "ref/prompt", "name": "zqzqzq"},
        {"type": "ref/resource", "uri": "zqzqzq://{page*}"},
        {"type": "ref/resource", "uri": "note://zqzqzq"},
        {"type": "ref/resource", "uri": "no URI at all"},
        {"type": "ref/resource", "uri": ""},
    ],
    ids=lambda each: str(each.get("name", each.get("uri"))),
)
def test_what_there_is_not_is_no_reference(http: Http, era: Era, reference: dict[str, str]) -> None:
    """Specification 2025-11-25, Completion, error handling."""
    params = {"ref": reference, "argument": {"name": "page", "value": ""}}
    error = parsed(http.ask("alice", era, "completion/complete", params))["error"]
    name = reference.get("name", reference.get("uri"))
    assert (error["code"], error["message"]) == (-32602, f"Unknown reference: {name!r}")


@pytest.mark.parametrize("era", ERAS)
def test_code_and_blueprint_each_complete_what_is_theirs(http: Http, era: Era) -> None:
    """A server has one handler of completions, and here code has added its own."""

    def completed(kind: str, name: str, argument: str) -> list[str]:
        of = {"type": f"ref/{kind}", "name" if kind == "prompt" else "uri": name}
        params = {"ref": of, "argument": {"name": argument, "value": ""}}
        answer = parsed(http.ask("alice", era, "completion/complete", params))
        values: list[str] = answer["result"]["completion"]["values"]
        return values

    assert completed("prompt", "strategy", "who") == ["confidential-choice", "nobody"]
    assert completed("prompt", "strategy", "nothing") == []
    assert completed("resource", "leaflets://{page*}", "page") == ["start.md"]
    assert completed("prompt", "hello", "name") == ["confidential-1", "confidential-2"]
    assert completed("resource", "note://open", "name") == ["confidential-1", "confidential-2"]


def test_a_shared_cache_keeps_nothing_that_needs_scopes(http: Http) -> None:
    """Whether the blueprint says so, or code."""
    scopes = {}
    for uri in ("plan://open", "plan://closed", "plan://later", "attic://rare.md"):
        result = parsed(http.ask("alice", "modern", "resources/read", {"uri": uri}))["result"]
        scopes[uri] = result["cacheScope"]
    assert scopes.pop("plan://open") == "public"
    assert set(scopes.values()) == {"private"}


def test_a_session_is_nobody_elses(http: Http) -> None:
    """Bob may know the id of Alice's session: the server knows it under her name alone."""
    session = http.session("alice")
    message = {
        "jsonrpc": "2.0",
        "id": 9,
        "method": "tools/call",
        "params": {"name": "minutes", "arguments": {}},
    }
    stolen = http.post("bob", "handshake", message, session)
    unknown = http.post("bob", "handshake", message, {"Mcp-Session-Id": "0" * 32})
    assert (stolen.status, stolen.body) == (unknown.status, unknown.body)
    assert SECRET not in stolen.body


TASKS: dict[str, Any] = {"io.modelcontextprotocol/tasks": {}}


def test_a_background_task_is_nobody_elses(http: Http) -> None:
    """Its id is as good as a made-up one to everybody but its caller."""

    def ask(caller: str, method: str, params: dict[str, Any]) -> Any:
        sent = {
            "jsonrpc": "2.0",
            "id": 7,
            "method": method,
            "params": {
                **params,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {"extensions": TASKS},
                },
            },
        }
        named = {"Mcp-Name": str(params.get("name") or params.get("taskId"))}
        return http.post(caller, "modern", sent, named)

    made = parsed(ask("alice", "tools/call", {"name": "report", "arguments": {}}).body)["result"]
    task = made["taskId"]
    unknown = "z" * len(task)
    for method in ("tasks/get", "tasks/cancel"):
        told, missing = ask("bob", method, {"taskId": task}), ask("bob", method, {"taskId": unknown})
        assert told.status == missing.status
        assert told.body == missing.body.replace(unknown.encode(), task.encode())
    assert "result" in parsed(ask("alice", "tasks/get", {"taskId": task}).body)


CHALLENGED = [
    use for use in USES if use not in NOT_THERE and use not in BY_A_PROMPT and "describes" not in use
]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("use", CHALLENGED)
def test_a_challenge_names_every_scope_of_what_was_used(challenging: Http, era: Era, use: str) -> None:
    method, params, name, _ = USES[use]
    reply = challenging.reply("bob", era, method, params)
    assert reply.status == 403
    scopes = "docs:list docs:read" if name == "minutes" else "docs:read"
    challenge = reply.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="scoped", error="insufficient_scope", ')
    assert f'scope="{scopes}"' in challenge
    assert reply.json["error"] == "insufficient_scope"
    assert SECRET not in reply.body
    assert challenging.reply("alice", era, method, params).status == 200


@pytest.mark.parametrize("era", ERAS)
def test_where_callers_are_challenged_a_search_finds_everything(challenging: Http, era: Era) -> None:
    search = {"name": "search_operations", "arguments": {"query": "shelf"}}
    assert "2 of 2" in str(parsed(challenging.ask("bob", era, "tools/call", search)))


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("use", sorted(BY_A_PROMPT))
def test_where_callers_are_challenged_a_prompt_reaches_no_more(challenging: Http, era: Era, use: str) -> None:
    """The prompt itself is for everybody, so that nothing is challenged; what it asks for is refused inside."""
    method, params, _, _ = USES[use]
    reply = challenging.reply("bob", era, method, params)
    assert reply.status != 403
    assert "error" in parsed(reply.body)
    assert SECRET not in reply.body
    assert b"Did you mean minutes?" not in reply.body


@pytest.mark.parametrize("era", ERAS)
def test_what_a_prompt_always_asks_for_is_challenged_with_it(
    http: Http, challenging: Http, stdio: Stdio, era: Era
) -> None:
    """With all scopes of all of it. Where nobody is challenged it is listed, and fails inside."""
    opens: dict[str, Any] = {"name": "opens", "arguments": {}}
    reply = challenging.reply("bob", era, "prompts/get", opens)
    assert reply.status == 403
    assert 'scope="docs:list docs:read"' in reply.headers["www-authenticate"]
    assert SECRET in challenging.ask("alice", era, "prompts/get", opens)
    for answer in (http.ask("bob", era, "prompts/get", opens), stdio.ask("", era, "prompts/get", opens)):
        assert "There is no tool named 'minutes'" in str(parsed(answer))
        assert SECRET not in answer
    may: dict[str, Any] = {"name": "may", "arguments": {}}
    assert challenging.reply("bob", era, "prompts/get", may).status == 200


@pytest.mark.parametrize("era", ERAS)
def test_where_callers_are_challenged_what_does_not_exist_does_not_exist(challenging: Http, era: Era) -> None:
    reply = challenging.reply("bob", era, "prompts/get", {"name": "zqzqzqzq", "arguments": {}})
    assert reply.status != 403
    assert "Unknown prompt" in str(parsed(reply.body))


@pytest.mark.parametrize("use", ["a prompt", "a tool that code added"])
def test_on_stdio_nobody_is_challenged(use: str, tmp_path: Path) -> None:
    """There is no HTTP to answer 403, and no token that could get more scopes."""
    with over_stdio(tmp_path, missing="challenge") as server:
        hidden(server, "", "modern", use)
