"""Removing what a run left: all of it, and nothing beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.security.sandbox.clearing import remove_directory

before_use: dict[str, Callable[[], object]] = {}


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    """Does something at the last moment before a name is used, as another process could."""
    if before_use and event in {"open", "os.chmod"} and arguments[0] in before_use:
        before_use.pop(str(arguments[0]))()


sys.addaudithook(_hook)


@pytest.mark.parametrize("depth", ["deep", "top"])
def test_a_directory_that_becomes_a_link_leads_nowhere(depth: str, tmp_path: Path) -> None:
    """Where files are not held, another run of the same user can get there; the server may be root."""
    private, other = tmp_path / "private", tmp_path / "other"
    parent = private / "parent" if depth == "deep" else private
    inner = parent / "inner"
    inner.mkdir(parents=True)
    other.mkdir(mode=0o755)
    (other / "file").touch()

    def swap() -> None:
        inner.rename(parent / "moved")
        inner.symlink_to(other)

    before_use["inner"] = swap
    remove_directory(str(private))
    assert not before_use
    assert other.stat().st_mode & 0o777 == 0o755
    assert (other / "file").exists()


def test_modes_hold_nothing(tmp_path: Path) -> None:
    private = tmp_path / "private"
    inner = private / "a/b"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    for each in (inner, inner.parent, private):
        each.chmod(0)
    assert remove_directory(str(private))
    assert not private.exists()
