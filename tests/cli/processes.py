"""The real command, run as a process, with or without a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GUARD = 60.0
"""Seconds after which a command that does not end is a failed test, however slow the machine is."""

COLOUR_SETTINGS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without anything that changes what the command does or how it looks."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SEAWALL_") and name not in COLOUR_SETTINGS
    }
    return kept | {"TERM": "xterm-256color"} | dict(extra)


@dataclass(frozen=True)
class Finished:
    """A command that ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str


class OnTerminal:
    """A command whose standard input, output and error are one terminal."""

    def __init__(self, arguments: Sequence[str], *, cwd: Path, settings: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "seawall", *arguments],
            cwd=cwd,
            env=environment({"COLUMNS": "80", **settings}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""

    def read_until(self, wanted: str) -> str:
        """Everything shown up to now, once `wanted` is among it."""
        end = time.monotonic() + GUARD
        while wanted not in self.text:
            if not select.select([self._ours], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"{wanted!r} never appeared; shown: {self.text!r}")
            if not (chunk := self._chunk()):
                raise AssertionError(f"ended without {wanted!r}; shown: {self.text!r}")
            self.text += chunk
        return self.text

    def send(self, text: str) -> None:
        """Type the text."""
        self.text = ""
        os.write(self._ours, text.encode())

    def finish(self) -> int:
        """Wait until it ends by itself; gives its exit status."""
        while select.select([self._ours], [], [], GUARD)[0] and (chunk := self._chunk()):
            self.text += chunk
        return self.process.wait(GUARD)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)

    def _chunk(self) -> str:
        with contextlib.suppress(OSError):  # Linux answers EIO once the last holder of the terminal is gone
            return os.read(self._ours, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
        return ""


Seawall = Callable[..., Finished]
"""The fixture `seawall`: (*arguments, cwd=, stdin=, **environment) -> Finished."""

Terminal = Callable[..., OnTerminal]
"""The fixture `terminal`: (*arguments, cwd=, **environment) -> OnTerminal."""
