"""A real interactive shell on a terminal, into which a test types."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cli.processes import GUARD

__all__ = ["InteractiveShell", "shell_environment"]

_ARGUMENTS = re.compile(r"((?:\[[^]\n]*\])*)END")


_SEAWALL = """\
#!/bin/sh
[ "$1" = __complete ] && exec {python} -m seawall "$@"
printf '[%s]' "$@"
echo END
"""


def shell_environment(home: Path) -> dict[str, str]:
    """A person's environment without start files; `seawall` on its PATH completes, and else shows its arguments."""
    program = home / ".bin" / "seawall"
    program.parent.mkdir(exist_ok=True)
    program.write_text(_SEAWALL.format(python=sys.executable))
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "TERM": "dumb",
        "INPUTRC": "/dev/null",
        "LC_ALL": "C.UTF-8",
    }


class InteractiveShell:
    """The shell, in which `seawall` shows its arguments, so that what became of a typed line can be read."""

    def __init__(self, program: Sequence[str], *, cwd: Path, setup: Sequence[str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            program,
            cwd=cwd,
            env=shell_environment(cwd),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        for line in setup:
            os.write(self._ours, f"{line}\n".encode())

    def entered(self, typed: str) -> str:
        """The arguments, each in brackets, with which `seawall` was called by the line that was typed."""
        os.write(self._ours, f"seawall {typed}\n".encode())
        text, end = "", time.monotonic() + GUARD
        while not (found := _ARGUMENTS.search(text.replace("\r", ""))):
            if not select.select([self._ours], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"the line never ended; shown: {text!r}")
            text += os.read(self._ours, 65536).decode("utf-8", "replace")
        return found[1]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            os.close(self._ours)
