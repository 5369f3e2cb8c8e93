"""Files that a command makes: compared with what is there, and written so that nobody else's file is lost."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seawall.errors import StartError, UsageError

__all__ = ["Change", "changes", "write"]

_LARGEST = 1 << 26  # bytes of a file that is looked at; larger ones are nobody's documentation
_MODE = 0o666  # less the umask, as for any file that a person makes


@dataclass(frozen=True, slots=True)
class Change:
    """One file that is not as it should be.

    Attributes:
        path: of the file.
        old: its text now; None when there is none.
        new: the text that it should have; None when it should not be there.
        foreign: whether this is somebody else's file, or none that can be replaced.
    """

    path: Path
    old: str | None
    new: str | None
    foreign: bool = False

    def diff(self) -> Iterator[str]:
        """What would change, as a unified diff without line ends."""
        before = "/dev/null" if self.old is None else str(self.path)
        after = "/dev/null" if self.new is None else str(self.path)
        old, new = (self.old or "").splitlines(), (self.new or "").splitlines()
        yield from difflib.unified_diff(old, new, before, after, lineterm="")


def changes(directory: Path, files: Mapping[str, str], *, mark: str) -> list[Change]:
    """What has to change so that the directory has exactly these files of ours; those of others do not count.

    Args:
        directory: where they belong; need not exist.
        files: names, without any directory, and texts.
        mark: stands in each file of ours, within its first lines.

    Raises:
        StartError: the directory or a file cannot be read.
    """
    found: list[Change] = []
    for name, text in files.items():
        path = directory / name
        old, foreign = _read(path, mark)
        if foreign or old != text:
            found.append(Change(path, old, text, foreign))
    for path in _others(directory, files):
        old, foreign = _read(path, mark)
        if old is not None and not foreign:  # a page that there is no longer
            found.append(Change(path, old, None))
    return found


def write(directory: Path, found: list[Change], *, force: bool) -> None:
    """Make the changes: first looks at all of them, then writes each file whole or not at all.

    Raises:
        UsageError: a file is somebody else's and `force` is not given; nothing was changed.
        StartError: something cannot be written.
    """
    foreign = [str(change.path) for change in found if change.foreign]
    if foreign and not force:
        raise UsageError(
            f"{', '.join(foreign)} {'was' if len(foreign) == 1 else 'were'} not written by this command.",
            hint="Choose another directory with --output, or replace with --force.",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for change in found:
            if change.new is None:
                change.path.unlink()
            else:
                _replace(change.path, change.new)
    except OSError as error:
        raise _unusable(directory, error) from error


def _others(directory: Path, files: Mapping[str, str]) -> list[Path]:
    """The other files there of the same form."""
    suffixes = {Path(name).suffix for name in files}
    try:
        return sorted(
            path for path in directory.iterdir() if path.suffix in suffixes and path.name not in files
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(directory, error) from error


def _read(path: Path, mark: str) -> tuple[str | None, bool]:
    """The text of a file, and whether it is somebody else's. A link is never followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None, False
    except OSError:  # a link, or not ours to read
        return None, True
    with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor
        try:
            data = file.read(_LARGEST)
            text = data.decode()
        except (OSError, UnicodeDecodeError):  # a directory, or no text
            return None, True
    return text, mark not in text[: len(mark) + 32]


def _replace(path: Path, text: str) -> None:
    """The new text, whole or not at all. What was a link becomes a file; where it led is left alone."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123  a descriptor
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(_MODE & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _unusable(directory: Path, error: OSError) -> StartError:
    return StartError(
        f"The documentation cannot be written to {directory}: {error.strerror or error}.",
        hint="Choose a directory that you may write to with --output.",
    )
