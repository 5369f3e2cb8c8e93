"""`seawall run` does one call from the terminal, exactly as a served call is done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.processes import GUARD, Seawall, Terminal, environment

pytestmark = pytest.mark.whole

BLUEPRINT = """\
[server]
name = "w"

[[toolset]]
kind = "filesystem"
roots = "./workspace"

[[toolset]]
kind = "python"
module = "own_tools"
access = "write"
"""

TOOLS = '''\
import asyncio, os, sys, time, seawall

if os.environ.get("NOISY"):
    print("printed while it is imported")

class Settings(seawall.Settings):
    token: seawall.Secret = "env:OWN_TOKEN"

@seawall.operation(read_only=True)
def shout(text: str, times: int = 1) -> str:
    """Says it loudly."""
    if os.environ.get("NOISY"):
        print("printed by a tool")
        os.write(1, b"written by a tool\\n")
    return "\\n".join([text.upper()] * times)

@seawall.operation(read_only=True)
def data() -> dict[str, int]:
    """Data."""
    return {"a": 1}

@seawall.operation(read_only=True)
def leak(settings: Settings) -> str:
    """Says what it must not."""
    return f"the token is {settings.token}"

@seawall.operation(read_only=True)
def fails() -> str:
    """Fails with words for the caller."""
    raise seawall.ToolFailedError("The lamp is out.", hint="Change it.")

@seawall.operation(read_only=True)
def breaks() -> str:
    """Fails without."""
    raise RuntimeError("postgres://admin:hunter2@db/prod")

@seawall.operation(read_only=True, timeout=0.2)
def slow() -> str:
    """Takes its time."""
    time.sleep(5)
    return "late"

@seawall.operation(read_only=True)
async def waits(file: str) -> str:
    """Waits until it is cancelled, and writes that down."""
    open(file, "w").write("began")
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        open(file, "w").write("cancelled")
        raise
    return ""

@seawall.operation(read_only=True)
def blocks(file: str) -> str:
    """Blocks its thread."""
    open(file, "w").write("began")
    time.sleep(600)
    return ""

@seawall.operation(read_only=True, scopes=["own:hidden"])
def hidden() -> str:
    """Needs a scope."""
    return "seen"
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = f"own_tools_of_{abs(hash(tmp_path))}"  # a process imports a module once
    monkeypatch.setenv("OWN_TOKEN", "a-long-secret-value")
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "notes.txt").write_text("Meet at noon.\n")
    (tmp_path / "workspace" / "escape.txt").write_bytes(b"\x1b[31mred\x1b[0m\n")
    (tmp_path / f"{module}.py").write_text(TOOLS)
    (tmp_path / "seawall.toml").write_text(BLUEPRINT.replace("own_tools", module))
    return tmp_path


def arguments(**given: object) -> tuple[str, str]:
    return "--args", json.dumps(given)


def test_the_text_alone_goes_to_standard_output(seawall: Seawall, project: Path) -> None:
    """Not what a tool or a module prints, by whatever way."""
    ended = seawall("run", "seawall.toml", "shout", *arguments(text="ahoy", times=2), NOISY="1")
    assert (ended.status, ended.out) == (0, "AHOY\nAHOY\n")
    for printed in ("printed while it is imported", "printed by a tool", "written by a tool"):
        assert printed in ended.err


def test_data_is_json(seawall: Seawall, project: Path) -> None:
    assert json.loads(seawall("run", "seawall.toml", "data").out) == {"a": 1}


@pytest.mark.parametrize(
    ("tool", "given", "expected"),
    [
        ("fails", {}, (1, "tool_failed")),
        ("breaks", {}, (1, "internal_error")),
        ("slow", {}, (1, "deadline_exceeded")),
        ("read_file", {"path": "missing"}, (1, "not_found")),
        ("read_file", {"path": 1}, (2, "invalid_arguments")),
        ("read_file", {"path": "../seawall.toml"}, (3, "path_escapes")),
        ("read_file", {"path": ".env"}, (3, "path_denied")),
    ],
)
def test_an_error_goes_to_standard_error_with_its_code_and_a_status(
    called: Seawall, project: Path, tool: str, given: dict[str, object], expected: tuple[int, str]
) -> None:
    ended = called("run", "seawall.toml", tool, *arguments(**given))
    status, code = expected
    assert (ended.status, ended.out) == (status, "")
    assert f"[{code}]" in ended.err
    assert "hunter2" not in ended.err.partition("[")[0]


def test_the_hint_is_told(called: Seawall, project: Path) -> None:
    ended = called("run", "seawall.toml", "fails")
    assert "seawall: The lamp is out. Change it. [tool_failed]" in ended.err


def test_what_a_program_said_keeps_its_lines(called: Seawall, project: Path) -> None:
    command = '[[toolset]]\nkind = "command"\nroots = "./workspace"\n[[toolset.command]]\nname = "look"\n'
    blueprint = project / "seawall.toml"
    blueprint.write_text(f'[server]\nname = "x"\n{command}argv = ["ls", "/absent-1", "/absent-2"]\n')
    said = called("run", "seawall.toml", "look").err.splitlines()
    assert [line.rpartition("cannot access ")[2].partition(":")[0] for line in said[1:3]] == [
        "'/absent-1'",
        "'/absent-2'",
    ]
    assert said[3] == "Correct the arguments by what it says. [command_failed]"


def test_secrets_are_taken_out_as_in_a_served_call(called: Seawall, project: Path) -> None:
    ended = called("run", "seawall.toml", "leak")
    assert ended.status == 0
    assert "a-long-secret-value" not in ended.out + ended.err


def test_results_are_limited_as_in_a_served_call(called: Seawall, project: Path) -> None:
    ended = called(
        "run", "seawall.toml", "shout", *arguments(text="x" * 100, times=900),
        SEAWALL_LIMITS__RESPONSE_SIZE="2KiB",
    )  # fmt: skip
    assert ended.status == 0
    assert len(ended.out.encode()) <= 2048
    assert "cut here" in ended.out


def test_the_scopes_are_those_of_a_local_caller(called: Seawall, project: Path) -> None:
    assert called("run", "seawall.toml", "hidden").out == "seen\n"
    ended = called("run", "seawall.toml", "hidden", SEAWALL_STDIO__SCOPES="[]")
    assert (ended.status, "there is no tool 'hidden'" in ended.err) == (2, True)


def test_an_unknown_tool_is_answered_with_near_names(called: Seawall, project: Path) -> None:
    ended = called("run", "seawall.toml", "read_fil")
    assert ended.status == 2
    assert "Did you mean read_file" in ended.err
    assert "There are: read_file" in called("run", "seawall.toml", "\x1b[31mzzz").err


def test_without_a_tool_all_are_listed(called: Seawall, project: Path) -> None:
    ended = called("run")
    assert ended.status == 0
    assert "Says it loudly" in ended.out
    assert "text*, times" in ended.out
    told = json.loads(called("run", "--json").out)
    assert {"read_file", "shout"} <= {tool["name"] for tool in told["tools"]}


def test_arguments_come_from_a_file_or_from_standard_input(seawall: Seawall, project: Path) -> None:
    (project / "call.json").write_text('{"path": "notes.txt"}')
    for name, stdin in (("call.json", ""), ("-", '\ufeff{"path": "notes.txt"}')):
        ended = seawall("run", "seawall.toml", "read_file", "--args-file", name, stdin=stdin)
        assert ended.out.startswith("Meet at noon.\n")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--args", "{"), "--args is not valid JSON"),
        (("--args", "[1]"), "--args is not a JSON object"),
        (("--args", '{"a": NaN}'), "NaN is not JSON"),
        (("--args", '{"a": 1e999}'), "1e999 is larger"),
        (("--args", '{"path": "a", "path": "b"}'), "'path' stands there twice"),
        (("--args", "[" * 100_000), "--args is not valid JSON"),
        (("--args", "{}", "--args-file", "x"), "cannot be used together"),
    ],
)
def test_arguments_that_are_none_are_a_wrong_call(
    called: Seawall, project: Path, given: tuple[str, ...], words: str
) -> None:
    ended = called("run", "seawall.toml", "read_file", *given)
    assert (ended.status, words in ended.err) == (2, True)


def test_a_file_that_cannot_be_read_is_told(called: Seawall, project: Path) -> None:
    ended = called("run", "seawall.toml", "read_file", "--args-file", "missing.json")
    assert (ended.status, "missing.json cannot be read" in ended.err) == (1, True)
    (project / "bytes").write_bytes(b"\xff")
    assert called("run", "seawall.toml", "read_file", "--args-file", "bytes").status == 2


def test_the_json_has_content_data_and_error(called: Seawall, project: Path) -> None:
    well = json.loads(called("run", "seawall.toml", "data", "--json").out)
    assert (well["ok"], well["tool"], well["data"], well["error"]) == (True, "data", {"a": 1}, None)
    assert well["content"][0]["type"] == "text"
    ended = called("run", "seawall.toml", "fails", "--json")
    told = json.loads(ended.out)
    assert (ended.status, told["ok"], told["error"]["code"], told["error"]["hint"]) == (
        1,
        False,
        "tool_failed",
        "Change it.",
    )


def test_a_name_of_a_tool_in_the_place_of_the_blueprint_is_explained(called: Seawall, project: Path) -> None:
    ended = called("run", "read_file")
    assert (ended.status, "`seawall run seawall.toml read_file`" in ended.err) == (2, True)


def test_a_missing_root_is_told_in_one_line(called: Seawall, project: Path) -> None:
    (project / "workspace" / "notes.txt").unlink()
    (project / "workspace" / "escape.txt").unlink()
    (project / "workspace").rmdir()
    ended = called("run", "seawall.toml", "data")
    assert ended.status == 1
    assert "workspace" in ended.err
    assert "Traceback" not in ended.err


def test_on_a_terminal_a_result_has_no_power_over_it(terminal: Terminal, project: Path) -> None:
    running = terminal(
        "run", "seawall.toml", "read_file", *arguments(path="escape.txt")
    )  # fmt: skip
    assert running.finish() == 0
    assert "\x1b[31m" not in running.text
    assert r"\x1b[31mred" in running.text


@pytest.mark.parametrize("tool", ["waits", "blocks"])
def test_ctrl_c_cancels_the_call_and_ends_at_once(project: Path, tool: str) -> None:
    """A coroutine learns of it; a function that blocks its thread keeps nothing from ending."""
    file = project / "state"
    process = subprocess.Popen(
        [sys.executable, "-m", "seawall", "run", "seawall.toml", tool, *arguments(file=str(file))],
        cwd=project,
        env=environment({"OWN_TOKEN": "abcdefgh"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + GUARD
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=GUARD)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert file.read_text() == ("cancelled" if tool == "waits" else "began")


def test_an_image_is_written_as_it_is_when_nobody_looks(project: Path) -> None:
    """A program that serves images with FastMCP's own means, run by the same door."""
    code = (
        "import asyncio, sys\n"
        "from fastmcp import FastMCP\nfrom fastmcp.utilities.types import Image\n"
        "import seawall\n"
        "from seawall.cli.running_once import Called\nfrom seawall.runtime.once import local_client\n"
        "from seawall.runtime.harden import _served\n"
        "mcp = FastMCP('i')\n"
        "@mcp.tool\n"
        "def picture() -> Image:\n    return Image(data=bytes(range(256)), format='png')\n"
        "async def main():\n"
        "    async with local_client(_served(mcp, None, None, None)) as client:\n"
        "        return Called('picture', await client.call('picture', {}))\n"
        "asyncio.run(main()).show()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=GUARD, check=True, env=os.environ
    )
    assert ended.stdout == bytes(range(256))


DEAF = """\
import asyncio

class Shop:
    def get_it(self) -> int:
        return 5

    async def aclose(self) -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass
"""


def test_what_does_not_let_itself_be_closed_keeps_the_result_from_nobody(
    seawall: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "deaf_shop.py").write_text(DEAF)
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "s"\n\n[[toolset]]\nkind = "contract"\ncontract = "deaf_shop:Shop"\n'
        'start_timeout = "200ms"\n'
    )
    ended = seawall("run", "seawall.toml", "get_it")
    assert (ended.status, json.loads(ended.out)) == (0, {"result": 5})
    assert "closing it took more than 0.2 s" in ended.err
