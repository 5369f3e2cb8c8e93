"""One Ctrl-C ends a command that asks, also one that Python has seen and lost, or that came before there was anything to end."""

from __future__ import annotations

import os
import pty
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cli.processes import Seawall, Terminal
from seawall.cli.interrupt import interruptions
from seawall.errors import UsageError


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The other end of the terminal that is standard input."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield ours
    os.close(ours)


def lose_one() -> None:
    """As a finalizer does, in which nothing can be raised."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("keyboard")
def test_a_lost_one_ends_the_next_wait() -> None:
    with interruptions() as interrupted:
        lose_one()
        with pytest.raises(KeyboardInterrupt):
            interrupted.readline()


def test_a_lost_one_ends_the_next_check_and_holds_once() -> None:
    with interruptions() as interrupted:
        interrupted.check()
        lose_one()
        with pytest.raises(KeyboardInterrupt):
            interrupted.check()
        interrupted.check()


@pytest.mark.usefixtures("keyboard")
def test_one_that_comes_while_it_waits_ends_the_wait() -> None:
    def press() -> None:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press)
    with interruptions() as interrupted:
        pressing.start()
        with pytest.raises(KeyboardInterrupt):
            interrupted.readline()
        pressing.join()


def test_lines_are_given_one_by_one_however_they_are_typed(keyboard: int) -> None:
    os.write(keyboard, "naïve\n\nsecond".encode())
    with interruptions() as interrupted:
        assert interrupted.readline() == "naïve"
        assert interrupted.readline() == ""
        os.write(keyboard, b" half\n")
        assert interrupted.readline() == "second half"


def test_the_end_of_the_answers_is_told(terminal: Terminal, tmp_path: Path) -> None:
    started = terminal("new", "harbour")
    started.read_until("What is the server for")
    started.send("\x04")
    assert started.finish() == UsageError.exit_code
    assert "the answers ended before the questions did" in started.text
    assert not list(tmp_path.iterdir())


def test_what_was_there_before_is_there_afterwards() -> None:
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    with interruptions():
        pass
    assert signal.set_wakeup_fd(before) == before


def test_it_ends_the_command_while_its_modules_load(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "cyclopts.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    ended = seawall("--version", PYTHONPATH=str(tmp_path))
    assert (ended.status, ended.out, ended.err) == (130, "", "")
