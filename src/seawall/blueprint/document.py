"""From the bytes of a blueprint to its data and positions, or to the one problem that keeps it from being TOML."""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seawall.blueprint.locate import Locations, Position, locate
from seawall.blueprint.syntax import file_problem, huge_number, not_toml, too_deep
from seawall.errors import BlueprintError, Problem, StartError

__all__ = ["MAX_SIZE", "Document", "decode", "read_document", "read_file"]

MAX_SIZE: Final = 1024**2
"""Bytes (of a file) or characters (of a text) that a blueprint may have."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a blueprint's text, and where each part of it stands."""

    data: dict[str, Any]
    locations: Locations


def read_file(path: Path) -> bytes:
    """The bytes of a blueprint's file, at most one more than allowed.

    Raises:
        StartError: there is no such regular file, or it cannot be read.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(path, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            what = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
            raise StartError(
                f"the blueprint {str(path)!r} {what}.", hint="Name the seawall.toml file itself."
            )
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(descriptor)


def decode(content: bytes, *, source: str) -> str:
    """The text of a blueprint's bytes.

    Raises:
        BlueprintError: larger than `MAX_SIZE`, or not UTF-8; with the place of the first wrong byte.
    """
    if len(content) > MAX_SIZE:
        raise BlueprintError([_too_large(source)])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong, start = content[error.start], error.start
    before = content[:start].decode("utf-8")
    place = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
    found = "UTF-16" if content.startswith(_UTF16) else f"the byte 0x{wrong:02x} at offset {start}"
    message = f"the blueprint is not UTF-8: found {found}; save the file as UTF-8."
    raise BlueprintError([file_problem(source, place, found=found, allowed="UTF-8 text", message=message)])


def read_document(text: str, *, source: str) -> Document:
    """Parse the text of a blueprint, with or without a byte order mark.

    Raises:
        BlueprintError: with the one problem that stops a TOML parser.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_SIZE:
        raise BlueprintError([_too_large(source)])
    # Before the parser: it recurses into arrays, and takes quadratic time for very long dotted keys.
    locations = locate(text)
    if locations.too_deep is not None:
        raise BlueprintError([too_deep(locations, locations.too_deep, source)])
    try:
        return Document(tomllib.loads(text), locations)
    except tomllib.TOMLDecodeError as error:
        problem = not_toml(error, locations, source)
    except RecursionError:
        problem = too_deep(locations, locations.stopped or 0, source)
    except ValueError:  # an integer with more digits than Python converts (sys.set_int_max_str_digits)
        problem = huge_number(locations, source)
    raise BlueprintError([problem])


def _too_large(source: str) -> Problem:
    found, allowed = f"more than {MAX_SIZE} bytes", f"at most {MAX_SIZE} bytes"
    message = f"the blueprint is too large: found {found}, allowed: {allowed}."
    return file_problem(source, Position(1, 1), found=found, allowed=allowed, message=message)


def _unreadable(path: Path, error: OSError | ValueError) -> StartError:
    reason = (error.strerror or "cannot be read") if isinstance(error, OSError) else "no valid file name"
    missing = isinstance(error, OSError) and error.errno == errno.ENOENT
    hint = "Write one, or name another file." if missing else "The server's user must be able to read it."
    return StartError(f"the blueprint {str(path)!r} cannot be read: {reason}.", hint=hint)
