"""Fixtures that run the real command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.processes import GUARD, Finished, OnTerminal, Seawall, Terminal, environment
from seawall.cli import main


@pytest.fixture
def seawall(tmp_path: Path) -> Seawall:
    """Run `python -m seawall ARGUMENTS` to its end, in an empty directory unless told otherwise."""

    def run(*arguments: str | Path, cwd: Path | None = None, stdin: str = "", **settings: str) -> Finished:
        ended = subprocess.run(
            [sys.executable, "-m", "seawall", *map(str, arguments)],
            cwd=cwd or tmp_path,
            env=environment(settings),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=GUARD,
            check=False,
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    """The same as `seawall` without a process of its own: for the many cases that need none, in a tenth of the time."""

    def call(*arguments: str | Path, **settings: str) -> Finished:
        capsys.readouterr()
        monkeypatch.chdir(tmp_path)
        wanted = environment(settings)
        for name in os.environ.keys() - wanted.keys():
            monkeypatch.delenv(name)
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        status = main(list(map(str, arguments)))
        return Finished(status, *capsys.readouterr())

    return call


@pytest.fixture
def terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Terminal:
    """Start `python -m seawall ARGUMENTS` on a terminal of 80 columns."""

    def start(*arguments: str | Path, cwd: Path | None = None, **settings: str) -> OnTerminal:
        started = OnTerminal(list(map(str, arguments)), cwd=cwd or tmp_path, settings=settings)
        request.addfinalizer(started.close)
        return started

    return start
