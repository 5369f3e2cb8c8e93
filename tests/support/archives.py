"""A folder that no machine searches through while a test waits, and that hardly takes room."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ENDLESS", "make_archive"]

ENDLESS = "[0-9]+ .*x{3}.*zz$"
"""A regular expression without a match there, that takes minutes to find it out at gigabytes a second."""

_NAMES = 20_000
_LINES = 145_000


def make_archive(folder: Path) -> None:
    """Make the folder: 160 GB of text to search, in names of one file of 8 MB."""
    folder.mkdir()
    first = folder / "00000.txt"
    first.write_text(
        "".join(f"{number:09d} nothing to see in this line of the archive\n" for number in range(_LINES))
    )
    for number in range(1, _NAMES):
        (folder / f"{number:05d}.txt").hardlink_to(first)
