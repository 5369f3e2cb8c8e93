"""The symlink-swap race: while names are swapped for links that lead out, nothing gets out.

The control, which resolves and checks a path and then opens it by name, runs beside the jail against the same
attacker: as long as that one leaks, the race is a real one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hostile.jail_race import (
    THROUGH_DIRECTORY,
    THROUGH_FILE,
    Score,
    Stage,
    attack,
    jail_read,
    jail_write,
    race_read,
    race_write,
)
from hostile.jail_world import BACKENDS
from seawall.errors import NotRegularFileError, PathError, PathEscapeError
from seawall.security.jail import FileKind, Jail, JailPolicy
from seawall.security.jail._locate import Backend

pytestmark = pytest.mark.whole

SECONDS = 1.5  # of racing at least, for each test
PATIENCE = 60  # seconds until the control must have leaked and the jail must have been inside
PATHS = (THROUGH_DIRECTORY, THROUGH_FILE)


@pytest.fixture
def stages(tmp_path: Path) -> tuple[Stage, Stage]:
    """One for the jail, one for the control, so that the control's escapes are not taken for the jail's."""
    return Stage(tmp_path / "jail"), Stage(tmp_path / "control")


def test_no_read_gets_out(stages: tuple[Stage, Stage]) -> None:
    """Reads come from inside or are refused, on every backend; the control reads the secret."""
    stage, control_stage = stages
    reads = {name: jail_read(stage.jail(name)) for name in BACKENDS}
    scores = {(name, path): Score() for name in BACKENDS for path in PATHS}
    control = Score()
    began = time.monotonic()
    with attack(*stages):
        while not _seen(began, control, *scores.values()):
            for path in PATHS:
                race_read(control_stage.naive_read, path, control)
                for name in BACKENDS:
                    race_read(reads[name], path, scores[name, path])
    assert control.escapes, "the control never leaked, so this run proves nothing"
    for key, score in scores.items():
        assert (score.escapes, bool(score.inside), bool(score.refused)) == (0, True, True), key


def test_no_write_gets_out(stages: tuple[Stage, Stage]) -> None:
    """Writes land inside or are refused, on every backend; the control writes outside."""
    stage, control_stage = stages
    writes = {name: jail_write(stage.jail(name)) for name in BACKENDS}
    scores = {(name, path): Score() for name in BACKENDS for path in PATHS}
    control = Score()
    began = time.monotonic()
    with attack(*stages):
        while not _seen(began, control, *scores.values()):
            for path in PATHS:
                race_write(control_stage, control_stage.naive_write, path, control)
                for name in BACKENDS:
                    race_write(stage, writes[name], path, scores[name, path])
    assert control.escapes, "the control never leaked, so this run proves nothing"
    for key, score in scores.items():
        assert (score.escapes, bool(score.inside), bool(score.refused)) == (0, True, True), key


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_other_change_gets_out(tmp_path: Path, backend: Backend) -> None:
    """Making, renaming and removing names through the swapped directory never reaches the other side."""
    stage = Stage(tmp_path)
    jail = stage.jail(backend)
    before = stage.outside_version()
    names = sorted(path.name for path in stage.outside.iterdir())
    rounds = 0
    began = time.monotonic()
    with attack(stage):
        while time.monotonic() - began < SECONDS:
            rounds += 1
            for attempt in _CHANGES:
                try:
                    attempt(jail)
                except PathError:
                    continue
                finally:
                    assert stage.outside_version() == before
    assert sorted(path.name for path in stage.outside.iterdir()) == names
    assert rounds


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.timeout(60)
def test_no_listing_gets_out(tmp_path: Path, backend: Backend) -> None:
    """A directory that is swapped for a link is listed as it was inside, or refused as leading out."""
    stage = Stage(tmp_path)
    (stage.outside / "canary").write_bytes(b"")
    jail = stage.jail(backend)
    seen: set[str] = set()
    refused = 0
    began = time.monotonic()
    with attack(stage):
        while time.monotonic() - began < SECONDS or not seen or not refused:
            try:
                seen.update(entry.name for batch in jail.scan("swapped", detailed=True) for entry in batch)
            except PathEscapeError:
                refused += 1
    assert seen == {"file"}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.timeout(60)
def test_no_fifo_is_handed_out(tmp_path: Path, backend: Backend) -> None:
    """A file that is swapped for a FIFO after it was looked at is still no FIFO that a reader could wait for."""
    (tmp_path / "file").write_bytes(b"x")
    os.mkfifo(tmp_path / "fifo")
    jail = Jail.open(tmp_path, JailPolicy(), backend=backend)
    kinds: set[FileKind] = set()
    opened = refused = 0
    began = time.monotonic()
    with attack(names=(str(tmp_path / "file"), str(tmp_path / "fifo"))):
        while time.monotonic() - began < SECONDS or not opened or not refused:
            try:
                with jail.open_file("file") as file:
                    kinds.add(FileKind.of_mode(os.fstat(file.fd).st_mode))
                opened += 1
            except NotRegularFileError:
                refused += 1
    assert kinds == {FileKind.FILE}


def _remove_and_restore(jail: Jail) -> None:
    jail.remove_file("swapped/file")
    jail_write(jail)("swapped/file", b"inside")


_CHANGES: tuple[Callable[[Jail], object], ...] = (
    lambda jail: jail.make_directory("swapped/new"),
    lambda jail: jail.make_directory("swapped/deep/er", parents=True),
    lambda jail: jail.rename("swapped/new", "swapped/newer"),
    lambda jail: jail.rename("swapped/newer", "plain/newer"),
    lambda jail: jail.rename("plain/newer", "swapped/new"),
    lambda jail: jail.remove_directory("swapped/new"),
    lambda jail: jail.remove_directory("swapped/deep/er"),
    lambda jail: jail.remove_directory("swapped/deep"),
    lambda jail: jail.rename("swapped/file", "plain/taken"),
    lambda jail: jail.rename("plain/taken", "swapped/file", replace=True),
    lambda jail: jail.remove_file("swapped/unlikely"),
    _remove_and_restore,
    lambda jail: jail.sweep(),
)


def _seen(began: float, control: Score, *scores: Score) -> bool:
    """Whether there was enough to see: the time is over, the control has leaked, and the jail met both sides."""
    elapsed = time.monotonic() - began
    enough = control.escapes > 0 and all(score.inside and score.refused for score in scores)
    return elapsed > PATIENCE or (elapsed > SECONDS and enough)
