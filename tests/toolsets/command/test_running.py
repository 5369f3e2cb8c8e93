"""What a call of a command gives: output in each form, limits that are reached, and what it may touch."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import (
    CommandFailedError,
    InvalidArgumentsError,
    NotRegularFileError,
    OverloadedError,
    PathDeniedError,
    PathEscapeError,
    PathNotFoundError,
    StartError,
    UnsafeError,
)
from seawall.security.redact import KNOWN_SECRETS
from seawall.toolsets.interface import DataResult
from toolsets.command.yard import TIERS, Yard, build

pytestmark = pytest.mark.anyio

SHELL = 'shell = true\nruns_programs = true\nargv = ["sh", "-c"'


def script(text: str, rest: str = "", *, name: str = "run") -> str:
    """A command that runs a fixed script."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    return f'[[command]]\nname = "{name}"\n{SHELL}, "{quoted}"]\n{rest}\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("alpha\n")
    (tmp_path / "docs" / ".env").write_text("KEY=1\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.txt").write_text("beta\n")
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "inside").symlink_to("docs/a.txt")
    return tmp_path


# --- text


async def test_output_and_exit_code_are_told_in_one_text_and_one_line(workspace: Path) -> None:
    async with Yard.of(workspace, script("echo out; echo err >&2; exit 3", "success = [3]")) as yard:
        answer = await yard.answer("run")
    assert answer.text == "out\n[standard error]\nerr\n"
    assert answer.note == "Exit code 3."
    assert answer.details == {"exit_code": 3, "complete": True}


@pytest.mark.parametrize(("stderr", "text"), [("drop", "out\n"), ("failure", "out\n")])
async def test_standard_error_can_be_left_out(workspace: Path, stderr: str, text: str) -> None:
    async with Yard.of(workspace, script("echo out; echo err >&2", f'stderr = "{stderr}"')) as yard:
        assert await yard.text("run") == text


async def test_a_failure_is_told_with_the_programs_last_words(workspace: Path) -> None:
    text = script("echo no such thing >&2; exit 2") + script(
        "echo x >&2; exit 2", 'stderr = "drop"', name="quiet"
    )
    async with Yard.of(workspace, text) as yard:
        with pytest.raises(
            CommandFailedError, match=r"run failed with exit code 2. It wrote:\nno such thing"
        ):
            await yard.call("run")
        with pytest.raises(CommandFailedError, match=r"quiet failed with exit code 2\.$"):
            await yard.call("quiet")


async def test_a_signal_is_told(workspace: Path) -> None:
    async with Yard.of(workspace, script("kill -SEGV $$")) as yard:
        with pytest.raises(CommandFailedError, match="ended by the signal SIGSEGV"):
            await yard.call("run")


async def test_what_was_written_before_the_time_limit_is_the_result_which_says_so(workspace: Path) -> None:
    async with Yard.of(workspace, script("echo begun; exec sleep 600", 'timeout = "300ms"')) as yard:
        answer = await yard.answer("run")
    assert answer.text == "begun\n"
    assert answer.note == "Incomplete: it was stopped after 0.3 s, its time limit."
    assert answer.details == {"exit_code": None, "stopped": "time", "complete": False}


async def test_a_call_that_has_less_time_than_the_command_still_gets_what_there_is(workspace: Path) -> None:
    async with Yard.of(workspace, script("echo begun; exec sleep 600")) as yard:
        answer = await yard.call("run", seconds=2)
    assert getattr(answer, "text", "") == "begun\n"


async def test_output_beyond_its_limit_is_cut_and_the_program_ended(workspace: Path) -> None:
    rest = 'output_limit = "10kB"\ntimeout = "20s"'
    async with Yard.of(workspace, script("while :; do echo 0123456789 abcdefgh; done", rest)) as yard:
        answer = await yard.answer("run")
    assert answer.text.startswith("0123456789 abcdefgh\n")
    assert len(answer.text) <= 10_000
    assert answer.details["stopped"] == "output"
    assert "output_limit" in answer.note


async def test_a_text_that_does_not_fit_into_an_answer_is_cut_and_says_so(workspace: Path) -> None:
    text = script("i=0; while [ $i -lt 900 ]; do echo 0123456789; i=$((i+1)); done")
    async with Yard.of(workspace, text, limit=4000) as yard:
        answer = await yard.answer("run")
    assert len(answer.text) < 4000
    assert "Shown are the first" in answer.note
    assert answer.details["complete"] is False


async def test_what_is_no_utf8_and_what_steers_terminals_is_told_or_taken_out(workspace: Path) -> None:
    text = script(r"printf '\033]0;title\007a\377b\033[31m\303\251'")
    async with Yard.of(workspace, text) as yard:
        answer = await yard.answer("run")
    assert answer.text == "a\ufffdb\u00e9"
    assert "encoding" in answer.details


async def test_an_answer_without_output_says_that(workspace: Path) -> None:
    async with Yard.of(workspace, script("true")) as yard:
        assert (await yard.answer("run")).note == "No output. Exit code 0."


# --- lines


async def test_lines_are_paged(workspace: Path) -> None:
    async with Yard.of(workspace, script("seq 1 7", 'output = "lines"')) as yard:
        first = await yard.answer("run", limit=3)
        assert (first.text, first.details["next"]) == ("1\n2\n3", first.details["next"])
        assert first.note.startswith("Lines 1 to 3 of 7. Go on with next=")
        second = await yard.answer("run", limit=3, next=first.details["next"])
        last = await yard.answer("run", limit=3, next=second.details["next"])
    assert (second.text, last.text) == ("4\n5\n6", "7")
    assert last.note == "Lines 7 to 7 of 7."
    assert last.details == {"exit_code": 0, "first": 7, "last": 7, "total": 7, "complete": True}


async def test_lines_that_changed_meanwhile_are_not_joined(workspace: Path) -> None:
    (workspace / "list").write_text("1\n2\n3\n")
    text = '[[command]]\nname = "run"\nargv = ["cat", "list"]\nreads = ["."]\noutput = "lines"\n'
    async with Yard.of(workspace, text) as yard:
        first = await yard.answer("run", limit=2)
        (workspace / "list").write_text("0\n1\n2\n3\n")
        with pytest.raises(InvalidArgumentsError, match="not what it was"):
            await yard.call("run", limit=2, next=first.details["next"])
        with pytest.raises(InvalidArgumentsError, match="not what an answer had"):
            await yard.call("run", next="nonsense")


async def test_lines_of_a_command_that_changes_something_have_one_page(workspace: Path) -> None:
    text = script("seq 1 7", 'output = "lines"\nwrites = ["."]')
    async with Yard.of(workspace, text) as yard:
        answer = await yard.answer("run", limit=3)
    assert "next" not in answer.details
    assert "would do it twice" in answer.note


async def test_a_line_that_fits_into_no_answer_does_not_stop_the_pages(workspace: Path) -> None:
    text = script("head -c 9000 /dev/zero | tr '\\0' x; echo; echo end", 'output = "lines"')
    async with Yard.of(workspace, text, limit=4000) as yard:
        first = await yard.answer("run")
        assert 0 < len(first.text) < 4000
        assert (await yard.answer("run", next=first.details["next"])).text == "end"


# --- data


async def test_json_becomes_data_that_fits_its_schema(workspace: Path) -> None:
    rest = 'output = "json"\noutput_schema = { type = "array", items = { type = "integer" } }'
    bad = script("echo '[1, \"x\"]'", rest, name="bad") + script("echo nonsense", rest, name="none")
    plain = script('echo \'{"a": "\\u001b[31mred"}\'', 'output = "json"', name="plain")
    async with Yard.of(workspace, script("echo '[1, 2]'", rest) + bad + plain) as yard:
        result = await yard.call("run")
        assert isinstance(result, DataResult)
        assert result.data == {"result": [1, 2]}
        plain_result = await yard.call("plain")
        assert isinstance(plain_result, DataResult)
        assert plain_result.data == {"a": "red"}
        with pytest.raises(CommandFailedError, match="not as declared"):
            await yard.call("bad")
        with pytest.raises(CommandFailedError, match=r"no JSON. It wrote:\nnonsense"):
            await yard.call("none")


@pytest.mark.parametrize(
    "written",
    ["1e999", "[-1e999]", "[" * 300 + "]" * 300, "[" * 900 + "]" * 900],
    ids=["a number", "a number within", "300 lists", "900 lists"],
)
async def test_json_that_no_answer_can_hold_is_a_failure_of_the_program(
    workspace: Path, written: str
) -> None:
    """Infinite numbers, and lists in lists that a reader of the answer would give up on."""
    async with Yard.of(workspace, script(f"echo '{written}'", 'output = "json"')) as yard:
        with pytest.raises(CommandFailedError, match="no JSON"):
            await yard.call("run")


async def test_half_characters_in_json_become_the_mark_for_them(workspace: Path) -> None:
    text = script('printf %s \'{"\\ud800a":"b\\udfff"}\'', 'output = "json"')
    async with Yard.of(workspace, text) as yard:
        result = await yard.call("run")
    assert isinstance(result, DataResult)
    assert result.data == {"\ufffda": "b\ufffd"}


async def test_json_that_is_not_complete_is_a_failure(workspace: Path) -> None:
    async with Yard.of(
        workspace, script("echo '[1'; exec sleep 600", 'output = "json"\ntimeout = "300ms"')
    ) as yard:
        with pytest.raises(CommandFailedError, match=r"stopped after 0\.3 s"):
            await yard.call("run")


# --- secrets and environment


async def test_nothing_of_the_servers_environment_is_inherited(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_ONLY", "canary")
    monkeypatch.setenv("HANDED_ON", "yes")
    rest = 'environment = ["HANDED_ON", "NOT_SET"]'
    async with Yard.of(workspace, script("env", rest)) as yard:
        names = {line.partition("=")[0] for line in (await yard.text("run")).splitlines()}
    assert "SERVER_ONLY" not in names
    assert {"PATH", "LANG", "TERM", "HANDED_ON", "HOME", "TMPDIR"} <= names
    assert "NOT_SET" not in names


async def test_a_secret_is_given_to_the_program_and_taken_out_of_all_output(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t-canary-token")
    rest = 'environment = { TOKEN = "env:DEPLOY_TOKEN", PLAIN = "plain" }\nsuccess = [0]'
    text = script("echo $TOKEN $PLAIN; printf 's3cr3t\\033[0m-canary-token\\n'; echo $TOKEN >&2", rest)
    cut = script("echo aaaa; printf %s $TOKEN; sleep 600", f"{rest}\noutput_limit = 15", name="cut")
    ended = script("echo aaaa; printf s3cr3t-can; sleep 600", f'{rest}\ntimeout = "1s"', name="ended")
    fails = script("echo $TOKEN >&2; exit 9", rest, name="fails")
    async with Yard.of(workspace, text + cut + ended + fails) as yard:
        assert await yard.text("run") == "[redacted] plain\n[redacted]\n[standard error]\n[redacted]\n"
        assert await yard.text("cut") == "aaaa\n"
        assert await yard.text("ended") == "aaaa\n"
        with pytest.raises(CommandFailedError) as caught:
            await yard.call("fails")
        assert "canary" not in str(caught.value)
    assert not KNOWN_SECRETS.empty


async def test_a_secret_that_is_not_there_keeps_the_server_from_starting(workspace: Path) -> None:
    toolset = build(workspace, script("true", 'environment = { TOKEN = "env:NO_SUCH_SECRET" }'))
    with pytest.raises(StartError, match="NO_SUCH_SECRET"):
        await toolset.start()
    await toolset.close()


# --- input, directories, paths


async def test_standard_input_is_an_argument(workspace: Path) -> None:
    text = '[[command]]\nname = "count"\nargv = ["wc", "-c"]\nstdin = "text"\nparams = { text = { maxLength = 200000 } }\n'
    async with Yard.of(workspace, text) as yard:
        assert (await yard.text("count", text="x" * 100_000)).strip() == "100000"
        assert (await yard.text("count", text="-n; \n\0")).strip() == "6"


PATHS = """
[[command]]
name = "show"
argv = ["cat", "{file}"]
params = { file = { type = "path", must = "file" } }
reads = ["docs"]

[[command]]
name = "where"
argv = ["sh", "-c", "pwd; echo \\"$1\\"", "sh", "{file}"]
shell = true
directory = "{folder}"
params = { folder = { type = "path", must = "directory" }, file = { type = "path", must = "anything" } }
reads = ["."]
"""


@pytest.mark.parametrize("tier", TIERS)
async def test_a_path_is_looked_up_before_the_program_gets_it(workspace: Path, tier: str) -> None:
    (workspace / "docs" / "-n").write_text("dash\n")
    async with Yard.of(workspace, PATHS, tier=tier) as yard:
        assert await yard.text("show", file="docs/a.txt") == "alpha\n"
        assert await yard.text("show", file="inside") == "alpha\n"
        assert await yard.text("show", file="docs/-n") == "dash\n"
        for path, error in (
            ("../x", PathEscapeError),
            ("/etc/passwd", PathEscapeError),
            ("link/passwd", PathEscapeError),
            ("docs/none", PathNotFoundError),
            ("docs", NotRegularFileError),
            ("docs/.env", PathDeniedError),
            ("other/b.txt", PathDeniedError),
        ):
            with pytest.raises(error):
                await yard.call("show", file=path)


async def test_a_path_is_relative_to_where_the_program_runs(workspace: Path) -> None:
    async with Yard.of(workspace, PATHS) as yard:
        for folder, file, shown in (
            (".", "docs/a.txt", "./docs/a.txt"),
            ("docs", "docs/a.txt", "./a.txt"),
            ("docs", "other/b.txt", "../other/b.txt"),
            ("docs", "docs", "."),
            (".", "inside", "./docs/a.txt"),
            (".", "docs/new", "./docs/new"),
        ):
            lines = (await yard.text("where", folder=folder, file=file)).splitlines()
            assert lines == [str(workspace / folder).removesuffix("/."), shown]


async def test_paths_of_several_roots_begin_with_their_names(workspace: Path) -> None:
    text = (
        '[[command]]\nname = "show"\nargv = ["cat", "{file}"]\nreads = ["d", "o"]\n'
        'directory = "d"\nparams = { file = { type = "path" } }\n'
    )
    async with Yard.of(workspace, text, roots={"d": "docs", "o": "other"}) as yard:
        assert await yard.text("show", file="d/a.txt") == "alpha\n"
        assert await yard.text("show", file="o/b.txt") == "beta\n"


@pytest.mark.parametrize("tier", TIERS)
async def test_a_program_touches_what_is_declared_and_nothing_else(workspace: Path, tier: str) -> None:
    (workspace / "build").mkdir()
    text = script(
        "echo x > ../build/new; cat a.txt; echo y > new; cat ../other/b.txt",
        'reads = ["docs"]\nwrites = ["build"]\nsuccess = [0, 1, 2]',
    )
    async with Yard.of(workspace, text, tier=tier) as yard:
        answer = await yard.text("run")
    assert "alpha" in answer
    assert "beta" not in answer
    assert (workspace / "build" / "new").read_text() == "x\n"
    assert not (workspace / "docs" / "new").exists()


@pytest.mark.parametrize("tier", TIERS)
async def test_an_area_that_became_a_link_is_no_way_out(workspace: Path, tier: str, tmp_path: Path) -> None:
    """A command that may write around it swaps a directory for a link to what is outside."""
    outside = tmp_path.with_name(f"{tmp_path.name}-outside")
    outside.mkdir(exist_ok=True)
    (outside / "secret").write_text("canary")
    text = '[[command]]\nname = "show"\nargv = ["cat", "secret"]\nreads = ["docs"]\n'
    async with Yard.of(workspace, text, tier=tier) as yard:
        (workspace / "docs").rename(workspace / "was")
        (workspace / "docs").symlink_to(outside)
        with pytest.raises((PathDeniedError, PathEscapeError)):
            await yard.call("show")


# --- programs and tiers


async def test_a_program_that_is_missing_is_told_at_the_start(workspace: Path) -> None:
    text = (
        '[[command]]\nname = "a"\nargv = ["no-such-program"]\n[[command]]\nname = "b"\nargv = ["/no/such"]\n'
    )
    toolset = build(workspace, text)
    with pytest.raises(StartError, match=r"no program 'no-such-program' \(for a\), '/no/such' \(for b\)"):
        await toolset.start()
    await toolset.close()


@pytest.mark.parametrize("setting", ["absolute", "programs"])
async def test_no_program_of_the_workspace_is_run(workspace: Path, setting: str) -> None:
    tool = workspace / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho mine\n")
    tool.chmod(0o755)
    program = str(tool) if setting == "absolute" else "tool"
    settings: dict[str, Any] = {"programs": (str(workspace),)} if setting == "programs" else {}
    toolset = build(workspace, f'[[command]]\nname = "a"\nargv = ["{program}"]\n', **settings)
    with pytest.raises(UnsafeError, match="lies in the roots"):
        await toolset.start()
    await toolset.close()


@pytest.mark.parametrize("tier", TIERS)
async def test_programs_of_further_directories_are_found_and_run(workspace: Path, tier: str) -> None:
    (workspace / "ws").mkdir()
    tool = workspace / "tools" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\ncat "$(dirname "$0")/../share"\n')
    tool.chmod(0o755)
    (workspace / "tools" / "share").write_text("shared")
    text = '[[command]]\nname = "a"\nargv = ["tool"]\n'
    async with Yard.of(workspace, text, tier=tier, roots="ws", programs=("tools",)) as yard:
        assert await yard.text("a") == "shared"


async def test_only_so_many_run_at_once(workspace: Path) -> None:
    text = script("exec sleep 600", 'instances = 1\ntimeout = "30s"')
    async with Yard.of(workspace, text) as yard:
        first = asyncio.create_task(yard.call("run"))
        await asyncio.sleep(0.3)
        with pytest.raises(OverloadedError):
            await yard.call("run", seconds=0.4)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_a_call_that_is_cancelled_leaves_no_process(workspace: Path) -> None:
    text = script("sleep 86398.5 & sleep 86398.5; wait", 'timeout = "60s"')
    async with Yard.of(workspace, text) as yard:
        run = asyncio.create_task(yard.call("run"))
        while not _sleeping("86398.5"):
            assert not run.done(), await run
            await asyncio.sleep(0.02)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert not _sleeping("86398.5")


LIMITS = {
    "cpu_seconds": ("cpu_seconds = 1", "while :; do :; done", "was stopped at its limit of cpu seconds"),
    "file_size": (
        'file_size = "1MiB"\nwrites = ["docs"]',
        "exec head -c 9000000 /dev/zero > big",
        "was stopped at its limit of file size",
    ),
    "memory": ('memory = "64MiB"', "exec python3 -I -S -c 'bytearray(10**9)'", "MemoryError"),
    "processes": (
        "processes = 8",
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & done; wait",
        "rocesses|fork",
    ),
}


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("limit", sorted(LIMITS))
async def test_a_limit_that_is_reached_is_told(workspace: Path, limit: str, tier: str) -> None:
    setting, text, words = LIMITS[limit]
    async with Yard.of(workspace, script(text, f'{setting}\ntimeout = "40s"'), tier=tier) as yard:
        with pytest.raises(CommandFailedError, match=words):
            await yard.call("run")


async def test_a_long_run_reports_its_progress_and_never_its_output(workspace: Path) -> None:
    async with Yard.of(workspace, script("echo canary; sleep 2.3", 'timeout = "20s"')) as yard:
        await yard.call("run")
    assert [total for _, total, _ in yard.progress] == [20.0] * len(yard.progress)
    assert len(yard.progress) >= 1
    done = [each for each, _, _ in yard.progress]
    assert done == sorted(done)
    assert "canary" not in str(yard.progress)


def _sleeping(seconds: str) -> list[str]:
    """The processes that sleep for so long."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with contextlib.suppress(OSError):
                if (each / "cmdline").read_bytes() == f"sleep\0{seconds}\0".encode():
                    found.append(each.name)
    return found
