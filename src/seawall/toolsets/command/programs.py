"""What is known of programs (programs.toml), and where they are: on a fixed path, and never in the workspace."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any, Final

__all__ = [
    "SYSTEM_PATH",
    "Addition",
    "Known",
    "find_program",
    "known_programs",
    "program_name",
    "search_path",
]

SYSTEM_PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are looked for; the server's own `PATH` is not asked."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What to add to an argv: one of `any`, where one of `with_` is in it (or always)."""

    any: tuple[str, ...]
    why: str
    with_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of programs.toml, whose head says what each member means."""

    names: tuple[str, ...]
    what: str
    always: bool = False
    shell: bool = False
    wrapper: bool = False
    runs: tuple[str, ...] = ()
    ends_options: str = "--"
    special: str = ""
    special_end: str = ""
    code: tuple[str, ...] = ()
    first_is_code: bool = False
    tame: tuple[str, ...] = ()
    add: tuple[Addition, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@cache
def known_programs() -> Mapping[str, Known]:
    """Every known program, by its names."""
    text = files(__package__).joinpath("programs.toml").read_text(encoding="utf-8")
    found: dict[str, Known] = {}
    for entry in tomllib.loads(text)["program"]:
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        values["add"] = tuple(
            Addition(tuple(each["any"]), each["why"], tuple(each.get("with", ())))
            for each in entry.get("add", ())
        )
        known = Known(**values)
        found |= dict.fromkeys(known.names, known)
    return found


def program_name(program: str) -> str:
    """What a program is called, for looking it up: the last name of its path, without a version (`python3.11`)."""
    name = PurePosixPath(program).name
    if name in known_programs():
        return name
    plain = name.rstrip("0123456789.-")
    return plain if plain in known_programs() else name


def search_path(directories: Sequence[Path]) -> tuple[str, ...]:
    """The directories in which programs are looked for: `bin` of each of these, or itself, then the system's."""
    own = (str(each / "bin") if (each / "bin").is_dir() else str(each) for each in directories)
    return (*own, *SYSTEM_PATH)


def find_program(program: str, path: Sequence[str]) -> Path | None:
    """The absolute path of the program; None when there is none that may be run. Blocks for a moment."""
    return next(
        (each for each in _candidates(program, path) if each.is_file() and os.access(each, os.X_OK)), None
    )


def _candidates(program: str, path: Sequence[str]) -> Iterator[Path]:
    if "/" in program:
        if program.startswith("/"):
            yield Path(program)
        return
    yield from (Path(directory) / program for directory in path)
