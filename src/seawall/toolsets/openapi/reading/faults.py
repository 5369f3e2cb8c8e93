"""What was wrong and could be lived with, collected while a description is read."""

from __future__ import annotations

from typing import Final

from seawall.toolsets.cleaning import bounded, clean_line
from seawall.toolsets.openapi.model import Fault

__all__ = ["FaultLog", "Unservable", "pointer", "shown"]

_MAX_FAULTS: Final = 2000  # told one by one; whoever gets more needs a linter rather than a longer list
_MAX_SHOWN: Final = 80  # characters of the description's own text that a message repeats
_MAX_POINTER: Final = 400


class Unservable(Exception):  # noqa: N818  a verdict on one operation, no error of the program
    """One operation cannot be served right; the text is the reason, one clause."""


class FaultLog:
    """Faults in the order in which they are found, each once."""

    __slots__ = ("_faults", "_left_out")

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._left_out = 0

    def add(self, where: str, message: str) -> None:
        """Note a fault at a JSON pointer; what goes beyond the bound is only counted."""
        fault = Fault(bounded(clean_line(where), _MAX_POINTER), message)
        if len(self._faults) < _MAX_FAULTS:
            self._faults[fault] = None
        elif fault not in self._faults:
            self._left_out += 1

    def told(self) -> tuple[Fault, ...]:
        """All of them, and how many more there were."""
        if not self._left_out:
            return tuple(self._faults)
        return (*self._faults, Fault("", f"{self._left_out} more faults are not told"))


def pointer(parent: str, *names: object) -> str:
    """The JSON pointer (RFC 6901) of something below another."""
    return parent + "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def shown(value: object) -> str:
    """A bit of the description as a message may repeat it: one line, cut, in quotes."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"“{bounded(clean_line(value), _MAX_SHOWN)}”"
