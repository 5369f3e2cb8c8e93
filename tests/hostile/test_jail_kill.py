"""Killed while writing: the file is whole, what is left over is hidden, and the next start removes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hostile.jail_world import BACKENDS
from seawall.security.jail import Jail, JailPolicy, WriteMode
from seawall.security.jail._locate import Backend

pytestmark = pytest.mark.whole

KILLS = 1000
DEAD = ".seawall-0123456789abcdef.tmp"
WRITER = Path(__file__).with_name("jail_writer.py")


@pytest.mark.timeout(240)
def test_a_killed_overwrite_leaves_the_old_or_the_new_content(tmp_path: Path) -> None:
    """Of 1,000 overwrites that were killed at random moments, each left the one or the other whole."""
    reports = [_killed(tmp_path / name, name, KILLS // len(BACKENDS)) for name in BACKENDS]
    assert sum(report["kills"] for report in reports) == KILLS // len(BACKENDS) * len(BACKENDS)
    for report in reports:
        assert report["torn"] == 0
        assert report["old"] + report["new"] == report["kills"]
        assert report["old"] > 0, "no kill came before the rename, so this run proves nothing"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_kill_leaves_at_most_one_file_which_is_hidden_and_swept(tmp_path: Path, backend: Backend) -> None:
    """Each kill leaves at most one temporary file; no listing shows it; a sweep removes them all."""
    report = _killed(tmp_path / "ws", backend, 60)
    assert report["most_at_once"] == 1
    assert report["listed"] == ["document.bin"]
    assert report["swept"] == report["leftovers"] > 0
    assert report["left_after"] == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_live_writer_is_never_swept(tmp_path: Path, backend: Backend) -> None:
    """A writer that is stopped in the middle keeps its temporary file, whatever is swept beside it, and finishes."""
    jail = Jail.open(tmp_path, JailPolicy(writable=True), backend=backend)
    dead = tmp_path / DEAD
    dead.write_bytes(b"from a writer that was killed long ago")
    writer = _stopped_in_the_middle(tmp_path)
    try:
        [live] = [path for path in tmp_path.iterdir() if path.name.startswith(".seawall-") and path != dead]
        assert jail.sweep() == 1
        assert live.exists()
        assert not dead.exists()
        writer.send_signal(signal.SIGCONT)
        assert writer.wait(60) == 0
    finally:
        writer.kill()
        writer.wait()
    with jail.open_file("big.bin") as file:
        assert file.status.size == 64 * 1024 * 1024
    assert jail.sweep() == 0


def _killed(root: Path, backend: Backend, kills: int) -> dict[str, Any]:
    root.mkdir()
    command = [sys.executable, str(WRITER), str(root), backend, str(kills)]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=200, text=True)
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    assert report["kills"] == kills, report
    return report


def _stopped_in_the_middle(root: Path) -> subprocess.Popen[bytes]:
    """A process that writes 64 MiB and was stopped (SIGSTOP) while its temporary file was there."""
    script = (
        "import sys; from pathlib import Path; from seawall.security.jail import *\n"
        "jail = Jail.open(Path(sys.argv[1]), JailPolicy(writable=True, max_file_size=1 << 30))\n"
        "jail.write_file('big.bin', bytes(1 << 26), mode=WriteMode.CREATE)\n"
    )
    for _ in range(10):
        writer = subprocess.Popen([sys.executable, "-c", script, str(root)])
        while writer.poll() is None:
            if any(_written(path) for path in root.iterdir()):
                writer.send_signal(signal.SIGSTOP)
                os.waitpid(writer.pid, os.WUNTRACED)
                if any(_written(path) for path in root.iterdir()):
                    return writer
                writer.send_signal(signal.SIGCONT)
                break
        writer.wait()
        (root / "big.bin").unlink()  # it was done before it could be stopped: once more
    raise AssertionError("no writer could be stopped in the middle")


def _written(path: Path) -> bool:
    """Whether it is a temporary file that has content, so that its writer has passed the lock."""
    try:
        return path.name.startswith(".seawall-") and path.name != DEAD and path.stat().st_size > 0
    except FileNotFoundError:
        return False


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """When the storage takes no more, the old content stays and the temporary file is gone."""
    script = (
        "import resource, sys; from pathlib import Path; from seawall.security.jail import *\n"
        "from seawall.errors import StorageError\n"
        "jail = Jail.open(Path(sys.argv[1]), JailPolicy(writable=True))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: jail.write_file('a.txt', bytes(5000), mode=WriteMode.REPLACE)\n"
        "except StorageError as error: print(error.message)\n"
    )
    (tmp_path / "a.txt").write_bytes(b"old")
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=True, text=True, timeout=60
    )
    assert ended.stdout.strip() == "'a.txt': the storage takes no file of that size."
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_sweep_that_comes_between_is_survived(tmp_path: Path) -> None:
    """Sweeping all the time beside a writer neither removes what it writes nor makes it fail."""
    jail = Jail.open(tmp_path, JailPolicy(writable=True))
    script = (
        "import sys; from pathlib import Path; from seawall.security.jail import *\n"
        "jail = Jail.open(Path(sys.argv[1]), JailPolicy(writable=True))\n"
        "print('sweeping', flush=True)\n"
        "while True: jail.sweep()\n"
    )
    sweeper = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert sweeper.stdout is not None
        assert sweeper.stdout.readline()
        for number in range(500):
            data = str(number).encode()
            jail.write_file("a.txt", data, mode=WriteMode.REPLACE)
            assert (tmp_path / "a.txt").read_bytes() == data
    finally:
        sweeper.kill()
        sweeper.communicate()
