"""Output is safe to read, to pipe, to log and to cut off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.processes import GUARD, Seawall, Terminal, environment
from seawall.cli.output import plain

pytestmark = pytest.mark.whole

ESCAPE = "\x1b"


@pytest.mark.parametrize("arguments", [["doctor"], ["--help"], ["serve", "--prot"]])
def test_a_pipe_gets_no_escape_codes(seawall: Seawall, arguments: list[str]) -> None:
    ended = seawall(*arguments)
    assert ESCAPE not in ended.out + ended.err


def test_colours_can_be_forced_into_a_pipe(seawall: Seawall) -> None:
    assert ESCAPE in seawall("doctor", FORCE_COLOR="1").out


@pytest.mark.parametrize("arguments", [["doctor"], ["--help"], ["serve", "--prot"]])
def test_no_color_stands_above_everything(terminal: Terminal, arguments: list[str]) -> None:
    """Also above FORCE_COLOR and a terminal, and for bold as for colours."""
    started = terminal(*arguments, NO_COLOR="1", FORCE_COLOR="1")
    started.finish()
    assert started.text
    assert ESCAPE not in started.text


def test_a_terminal_gets_colours(terminal: Terminal) -> None:
    started = terminal("doctor")
    assert started.finish() == 0
    assert ESCAPE in started.text


def test_a_dumb_terminal_gets_none(terminal: Terminal) -> None:
    started = terminal("doctor", TERM="dumb")
    assert started.finish() == 0
    assert ESCAPE not in started.text


def test_a_message_stays_one_line_in_a_pipe(seawall: Seawall, tmp_path: Path) -> None:
    """However long: logs and `grep` work by lines."""
    name = "/".join(["long" * 20] * 5)
    ended = seawall("serve", f"{name}.toml", COLUMNS="40")
    (line,) = ended.err.splitlines()
    assert name in line


@pytest.mark.parametrize("columns", ["20", "40", "200"])
def test_every_width_works(terminal: Terminal, columns: str) -> None:
    started = terminal("doctor", COLUMNS=columns)
    assert started.finish() == 0
    assert "openat2" in started.text


def test_a_hostile_name_cannot_command_the_terminal(seawall: Seawall) -> None:
    ended = seawall("check", "\x1b]0;title\x07\u202e.toml")
    assert ended.status == 1
    assert not {ESCAPE, "\x07", "\u202e"} & set(ended.out + ended.err)
    assert "\\u202e" in ended.out


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable.encode(), b"-m", b"seawall", b"serve", b"\xff\xfe.toml"],
        cwd=tmp_path,
        env=environment({}),
        capture_output=True,
        timeout=GUARD,
        check=False,
    )
    assert ended.returncode == 1
    assert b"udcff" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_terminal_that_speaks_ascii_only_is_no_error(seawall: Seawall) -> None:
    ended = seawall("check", "é…作.toml", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.status == 1
    assert "\\u4f5c" in ended.out
    assert "Traceback" not in ended.err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`seawall schema | head -1` ends as other commands do: by its status alone (128 + SIGPIPE)."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "seawall", "schema"],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=environment({}),
            timeout=GUARD,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("seawall", f"'{sys.executable}' -m seawall", 1)],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_one_line() -> None:
    ended = shell("seawall schema > /dev/full")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "No space left on device" in line


@pytest.mark.parametrize("line", ["seawall doctor >&-", "seawall doctor >&- 2>&-", "seawall serv >&- 2>&-"])
def test_closed_streams_are_no_error(line: str) -> None:
    ended = shell(line)
    assert ended.returncode == (2 if "serv" in line else 0)
    assert not ended.stderr


FAULT = """
import sys
import seawall.cli.doctor as doctor
from seawall.cli import main
def broken():
    {statement}
doctor.examine = broken
sys.exit(main(["doctor", *sys.argv[1:]]))
"""


def broken(statement: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command in a process in which something goes wrong that nobody foresaw."""
    return subprocess.run(
        [sys.executable, "-c", FAULT.format(statement=statement), *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )


def test_an_unforeseen_error_is_one_line_that_says_what_to_report() -> None:
    ended = broken("raise ValueError('two\\nlines')")
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    for words in ("ValueError: two lines", "seawall doctor --json", "--debug"):
        assert words in line


@pytest.mark.parametrize(("arguments", "settings"), [(["--debug"], {}), ([], {"SEAWALL_DEBUG": "1"})])
def test_the_traceback_is_shown_to_those_who_ask(arguments: list[str], settings: dict[str, str]) -> None:
    ended = broken("raise ValueError('why')", *arguments, **settings)
    assert ended.returncode == 1
    assert "Traceback (most recent call last)" in ended.stderr
    assert "ValueError: why" in ended.stderr.splitlines()[-1]


def test_an_interrupt_ends_without_a_word() -> None:
    ended = broken("raise KeyboardInterrupt")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 作 🙂", "plain é 作 🙂"),
        ("a\tb", "a b"),
        ("\x1b[31m\x9b", "\\x1b[31m\\x9b"),
        ("a\u202eb\u2066\u200b", "a\\u202eb\\u2066\\u200b"),
        ("a\nb\rc\u2028", "a\\nb\\rc\\u2028"),
        ("\udcff", "\\udcff"),
    ],
)
def test_text_loses_its_power_over_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown
