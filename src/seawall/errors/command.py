"""Errors that end the command: the blueprint, the call, safety, the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.errors.base import SeawallError

__all__ = [
    "BlueprintError",
    "Problem",
    "StartError",
    "UnsafeError",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a blueprint.

    Attributes:
        source: file name, or the name of the environment variable that holds the value.
        line: 1-based line, or None when the source has no lines.
        column: 1-based column in characters, or None when the source has no lines.
        key: dotted path of the setting, such as `http.port` or `toolset[0].roots`.
        found: what stands there, shortened; empty when something is missing.
        allowed: what may stand there.
        suggestion: the nearest valid word, or None.
        message: the whole sentence for a person.
    """

    source: str
    line: int | None
    column: int | None
    key: str
    found: str
    allowed: str
    suggestion: str | None
    message: str


class BlueprintError(SeawallError):
    """The blueprint cannot be used; `problems` holds every fault that was found, in file order.

    Remedy: Correct each problem at the line that it names; `seawall check` shows them without serving.
    """

    code = "blueprint_invalid"
    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"the blueprint has {count} problem{'' if count == 1 else 's'}.")


class UsageError(SeawallError):
    """A wrong call of the command or of the Python API.

    Remedy: Change the call as the message says; `seawall COMMAND --help` has the options.
    """

    code = "usage"
    exit_code = 2


class UnsafeError(SeawallError):
    """An unsafe request that Seawall refuses to carry out.

    Remedy: Choose the safe form that the message names. Nothing was served.
    """

    code = "unsafe_refused"
    exit_code = 3


class StartError(SeawallError):
    """The machine does not allow the server to start: a port in use, a missing root, an unreadable file.

    Remedy: Make what the message names available, or name another one in the blueprint.
    """

    code = "cannot_start"
