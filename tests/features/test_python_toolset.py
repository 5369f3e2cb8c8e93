"""Functions of one's own, served by `seawall serve`: the example as it ships, and what must never go wrong with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.clients import PYTHON_CLIENTS, Endpoint, connect
from support.clients.raw import request
from support.servers import GUARD, command, environment, run, serve_http, stdio, wait_for_record

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

EXAMPLE = Path(__file__).parents[2] / "examples" / "python"

HEAD = """\
from __future__ import annotations
import asyncio, os, subprocess, sys, time
from dataclasses import dataclass
import seawall
"""


def module(directory: Path, text: str, settings: str = "", *, rest: str = "") -> Path:
    """A blueprint of one module."""
    (directory / "own_tools.py").write_text(HEAD + text)
    blueprint = directory / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "own"\n\n[[toolset]]\nkind = "python"\nmodule = "own_tools"\n{settings}\n{rest}\n'
    )
    return blueprint


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example, where its data may be changed."""
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "example" / "seawall.toml"


@pytest.fixture(params=["stdio", "http"])
def endpoint(example: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Endpoint]:
    log = tmp_path / "log"
    if request.param == "stdio":
        yield stdio(log, example)
        return
    with serve_http(log, example) as server:
        yield server.endpoint


@pytest.mark.parametrize("client", PYTHON_CLIENTS)
async def test_the_example_is_listed_and_called(endpoint: Endpoint, client: str) -> None:
    async with connect(client, endpoint) as connection:
        tools = {tool["name"]: tool for tool in await connection.list_tools()}
        find = tools["find_free_berths"]
        assert find["inputSchema"] == {
            "type": "object",
            "properties": {
                "length": {
                    "type": "number",
                    "exclusiveMinimum": 0,
                    "maximum": 60,
                    "description": "Length of the ship in metres.",
                }
            },
            "required": ["length"],
            "additionalProperties": False,
        }
        assert find["annotations"]["readOnlyHint"]
        assert (
            find["description"]
            == "Lists the free berths that are long enough for a ship, the shortest first."
        )
        found = await connection.call("find_free_berths", {"length": 9})
        assert [each["berth"] for each in found.data["result"]] == ["B2", "A2"]
        # Over HTTP nobody has the scope of the other function without a token, so it is not even there.
        assert ("assign_berth" in tools) is not bool(endpoint.url)


async def test_the_example_changes_its_data_and_says_in_its_own_words_what_it_refuses(
    example: Path, tmp_path: Path
) -> None:
    async with connect("raw-modern", stdio(tmp_path / "log", example)) as connection:
        given = await connection.call("assign_berth", {"berth": "B2", "ship": "Kittiwake", "days": 3})
        assert (given.data["ship"], given.data["length"]) == ("Kittiwake", 9.5)
        again = await connection.call("assign_berth", {"berth": "B2", "ship": "Other", "days": 3})
        assert again.value["isError"]
        assert again.text == "Berth B2 is taken. Call find_free_berths. [tool_failed]"
        longer = await connection.call("assign_berth", {"berth": "A2", "ship": "Other", "days": 15})
        assert longer.text.startswith("No ship may stay for more than 14 days.")
        injected = await connection.call(
            "find_free_berths", {"length": 9, "settings": {"file": "/etc/passwd"}}
        )
        assert injected.own_meta("error")["code"] == "invalid_arguments"
    register = (example.parent / "data" / "berths.csv").read_text()
    assert f"B2,Kittiwake,9.5,{given.data['until']}\n" in register


@pytest.mark.parametrize("variable", ["LONGEST_STAY", "SEAWALL_TOOLSET__PYTHON__SETTINGS__LONGEST_STAY"])
async def test_settings_follow_variables_and_overrides(example: Path, tmp_path: Path, variable: str) -> None:
    endpoint = stdio(tmp_path / "log", example, extra={variable: "2"})
    async with connect("raw-modern", endpoint) as connection:
        answer = await connection.call("assign_berth", {"berth": "B2", "ship": "Ada", "days": 3})
    assert "more than 2 days" in answer.text


async def test_scopes_of_one_function_hide_it_from_whoever_lacks_them(example: Path, tmp_path: Path) -> None:
    endpoint = stdio(tmp_path / "log", example, extra={"SEAWALL_STDIO__SCOPES": '["harbour:look"]'})
    async with connect("raw-modern", endpoint) as connection:
        assert [tool["name"] for tool in await connection.list_tools()] == ["find_free_berths"]
        answer = await connection.call("assign_berth", {"berth": "B2", "ship": "Ada", "days": 3})
    assert answer.own_meta("error")["code"] == "unknown_tool"


PRINTING = """
print("at import")
sys.stdout.write("no line end")

@seawall.operation(read_only=True)
def chatty(word: str) -> str:
    print("from a tool")
    os.write(1, b"from its descriptor\\n")
    subprocess.run(["echo", "from its child"], check=True)
    print("left in the buffer", end="")
    return word
"""


@pytest.mark.parametrize("unbuffered", [False, True])
def test_nothing_that_a_module_prints_gets_into_the_protocol(tmp_path: Path, unbuffered: bool) -> None:
    blueprint = module(tmp_path, PRINTING)
    variables = environment() | ({"PYTHONUNBUFFERED": "1"} if unbuffered else {})
    if not unbuffered:
        variables.pop("PYTHONUNBUFFERED", None)
    call = request("modern", 1, "tools/call", {"name": "chatty", "arguments": {"word": "hello"}})
    server = subprocess.Popen(
        command("serve", blueprint),
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(call) + "\n")
    server.stdin.flush()
    first = server.stdout.readline()
    out, err = server.communicate(timeout=GUARD)
    assert json.loads(first)["result"]["content"][0]["text"] == "hello"
    assert out == ""
    for said in ("at import", "no line end", "from a tool", "its descriptor", "its child", "in the buffer"):
        assert said in err


def test_nothing_that_a_module_prints_gets_into_the_json_of_a_check(tmp_path: Path) -> None:
    ended = run("check", module(tmp_path, PRINTING), "--json")
    assert json.loads(ended.stdout)["ok"]
    assert "at import" in ended.stderr


BROKEN = """
def search(query, limit: int = 10) -> str: ...

def first(*words: str) -> range: ...

@seawall.operation(read_only=True, destructive=True)
def delete() -> None: ...
"""


@pytest.mark.parametrize("verb", ["check", "serve"])
def test_every_problem_of_a_module_is_shown_with_its_file_line_and_code(tmp_path: Path, verb: str) -> None:
    blueprint = module(tmp_path, BROKEN, 'access = "write"\nsettings = { a = 1 }')
    ended = run(verb, blueprint)
    shown = ended.stdout + ended.stderr
    assert ended.returncode == 2
    assert "Traceback" not in shown
    for line, code, caret in (
        (6, "def search(query, limit: int = 10) -> str: ...", "           ^^^^^"),
        (8, "def first(*words: str) -> range: ...", "           ^^^^^"),
        (8, "def first(*words: str) -> range: ...", " " * 26 + "^^^^^"),
        (10, "@seawall.operation(read_only=True, destructive=True)", " " * 35 + "^^^^^^^^^^^"),
    ):
        assert f"own_tools.py:{line}:{len(caret) - len(caret.strip()) + 1}: " in shown
        assert f"\n  {line} | {code}\n  {' ' * len(str(line))} | {caret}\n" in shown
    assert "seawall.toml:8:12: no function of own_tools takes a seawall.Settings class" in shown


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("import no_such_library\n", "own_tools.py:5:1: ", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("x = {}['key']\n", "own_tools.py:5:5: ", "KeyError: 'key'"),
        ("def f(:\n", "own_tools.py:5:7: ", "not valid Python: "),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_imported_is_shown_where_it_fails(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    ended = run("check", module(tmp_path, text))
    assert ended.returncode == 2
    assert place in ended.stdout
    assert words in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_module_that_is_not_there_is_shown_in_the_blueprint(tmp_path: Path) -> None:
    blueprint = module(tmp_path, "")
    blueprint.write_text(blueprint.read_text().replace("own_tools", "own_tolls"))
    ended = run("check", blueprint)
    assert "seawall.toml:6:10: there is no module 'own_tolls'" in ended.stdout
    assert '  6 | module = "own_tolls"\n    |          ^^^^^^^^^^^\n' in ended.stdout
    assert "did you mean own_tools?" in ended.stdout


def test_problems_of_all_toolsets_are_told_at_once(tmp_path: Path) -> None:
    more = '[[toolset]]\nkind = "filesystem"\nroots = "."\noperations = ["read_flie"]\n'
    ended = run("check", module(tmp_path, "def f(x): ...", 'access = "write"', rest=more))
    assert "own_tools.py:5:7: " in ended.stdout
    assert "seawall.toml:11:15: 'read_flie' matches no operation" in ended.stdout
    assert "not sound: 2 problems" in ended.stdout


def test_check_names_the_functions_that_are_left_out_and_why(tmp_path: Path) -> None:
    text = """
def change() -> None: ...

@seawall.operation(read_only=True)
def look() -> str: ...

@seawall.operation(read_only=True)
def other() -> str: ...
"""
    blueprint = module(tmp_path, text, 'operations = ["!other"]')
    ended = run("check", blueprint)
    assert ended.returncode == 0
    assert 'left out: change: it does not say that it changes nothing, and access = "read"\n' in ended.stdout
    assert "left out: other: `operations` does not take it in\n" in ended.stdout
    (toolset,) = json.loads(run("check", blueprint, "--json").stdout)["toolsets"]
    assert [each["name"] for each in toolset["left_out"]] == ["change", "other"]


def test_a_problem_of_an_overridden_setting_names_the_variable(example: Path) -> None:
    variable = "SEAWALL_TOOLSET__PYTHON__SETTINGS__LONGEST_STAY"
    ended = run("check", example, extra={variable: "many"})
    assert ended.returncode == 2
    assert f"{variable}: settings.longest_stay does not fit" in ended.stdout


def test_a_tool_name_that_another_toolset_has_is_a_problem_that_proposes_a_prefix(tmp_path: Path) -> None:
    text = "@seawall.operation(read_only=True)\ndef read_file() -> str: ...\n"
    more = '[[toolset]]\nkind = "filesystem"\nroots = "."\n'
    ended = run("check", module(tmp_path, text, rest=more))
    assert "seawall.toml:8:3: the toolsets 'python' and 'filesystem' both offer" in ended.stdout


MISBEHAVING = """
@dataclass
class Sum:
    total: int

@seawall.operation(read_only=True)
def unexpected() -> str:
    raise RuntimeError("postgres://admin:hunter2@db")

@seawall.operation(read_only=True)
async def exits() -> str:
    sys.exit("tired")

@seawall.operation(read_only=True)
def lies() -> Sum:
    return {"total": "many"}

@seawall.operation(read_only=True, timeout="200ms")
async def sleeps() -> str:
    await asyncio.sleep(60)

@seawall.operation(read_only=True, timeout="200ms")
def blocks(context: seawall.Context) -> str:
    while not context.cancelled:
        time.sleep(0.01)
    print("noticed")
    return "late"

@seawall.operation(read_only=True)
def huge() -> list[int]:
    return list(range(1_000_000))

@seawall.operation(read_only=True)
def long_text() -> str:
    return "x" * 3_000_000
"""


async def test_misbehaving_functions_hurt_nobody_but_their_caller(tmp_path: Path) -> None:
    log = tmp_path / "log"
    codes: dict[str, Any] = {}
    async with connect("raw-modern", stdio(log, module(tmp_path, MISBEHAVING))) as connection:
        for name in ("unexpected", "exits", "lies", "sleeps", "blocks", "huge"):
            answer = await connection.call(name)
            codes[name] = answer.own_meta("error")["code"]
            assert "hunter2" not in json.dumps(answer.value)
        text = (await connection.call("long_text")).text
    assert codes == {
        "unexpected": "internal_error",
        "exits": "internal_error",
        "lies": "internal_error",
        "sleeps": "deadline_exceeded",
        "blocks": "deadline_exceeded",
        "huge": "response_too_large",
    }
    assert "[cut here: the first" in text
    assert "hunter2" in wait_for_record(log, event="internal error", name="unexpected")["exception"]


async def test_results_as_json_hold_for_text_of_functions_too(tmp_path: Path) -> None:
    text = '@seawall.operation(read_only=True)\ndef word() -> str: return "hello"\n'
    blueprint = module(tmp_path, text, 'results = "json"\nprefix = "own_"')
    async with connect("raw-modern", stdio(tmp_path / "log", blueprint)) as connection:
        assert (await connection.call("own_word")).data == {"text": "hello"}


def test_the_module_needs_no_fastmcp_to_be_imported_and_tested(tmp_path: Path) -> None:
    """A module of tools is plain Python for its author's own tests."""
    module(tmp_path, "@seawall.operation(read_only=True)\ndef word() -> str: return 'hello'\n")
    code = (
        "import sys, own_tools; assert own_tools.word() == 'hello'; "
        "assert not {'fastmcp', 'mcp', 'mcp_types'} & set(sys.modules)"
    )
    variables = os.environ | {"PYTHONPATH": str(tmp_path)}
    python = command()[0].replace("seawall", "python")
    subprocess.run([python, "-c", code], check=True, env=variables, timeout=GUARD)
