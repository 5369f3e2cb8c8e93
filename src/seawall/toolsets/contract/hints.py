"""What a client may assume of a method: what the blueprint says, then the decorator, then the method's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from seawall.toolsets.contract.declaration import MethodHints
from seawall.toolsets.functions.marks import MarkFault, Marks, read_marks
from seawall.toolsets.functions.resources import as_read, read_resource_mark
from seawall.toolsets.functions.source import Function
from seawall.toolsets.interface import Hints

__all__ = ["HintReader", "by_name"]

_READS: Final = frozenset({"get", "list", "find"})
_DESTROYS: Final = frozenset({"delete", "remove"})
_SECOND_VERB: Final = frozenset({"or", "and"})
"""`get_or_create` reads and writes: a name with a second verb says nothing."""


def by_name(name: str) -> Literal["read", "destroy"] | None:
    """What the name of a method says, by the convention of this toolset."""
    first, *rest = name.split("_")
    if first in _READS and not _SECOND_VERB & set(rest):
        return "read"
    return "destroy" if first in _DESTROYS else None


class HintReader:
    """Reads the marks of methods, with hints from all three places.

    Attributes:
        reading: operations that count as read-only by their name alone.
        destroying: those that count as destructive by their name alone.
        used: names of `hints` in the blueprint that were found.
    """

    def __init__(self, said: Mapping[str, MethodHints]) -> None:
        """Args: said: what the blueprint says, by the operation's name."""
        self._said = said
        self.reading: list[str] = []
        self.destroying: list[str] = []
        self.used: set[str] = set()

    def __call__(self, function: Function, name: str) -> tuple[Marks, tuple[MarkFault, ...]]:
        """The marks of a method that its contract calls `name`, and everything that is wrong with them."""
        marks, faults = read_marks(function, name)
        if read_resource_mark(function) is not None and not marks.marked:
            return as_read(function, marks), faults
        hints = self._named(marks, name)
        said = self._said.get(marks.name)
        if said is not None:
            self.used.add(marks.name)
            hints = _overridden(hints, said)
        return replace(marks, hints=hints), faults

    def _named(self, marks: Marks, name: str) -> Hints:
        said = self._said.get(marks.name)
        decided = {"read_only", "destructive"} & marks.said
        if decided or (said is not None and (said.read_only is not None or said.destructive is not None)):
            return marks.hints
        meant = by_name(name)
        if meant == "read":
            self.reading.append(marks.name)
            idempotent = marks.hints.idempotent if "idempotent" in marks.said else True
            return replace(marks.hints, read_only=True, destructive=False, idempotent=idempotent)
        if meant == "destroy":
            self.destroying.append(marks.name)
        return marks.hints


def _overridden(hints: Hints, said: MethodHints) -> Hints:
    given = {name: value for name, value in said.model_dump().items() if value is not None}
    if given.get("read_only"):
        given.setdefault("idempotent", True)
        given["destructive"] = False  # what only reads destroys nothing
    elif given.get("destructive"):
        given.setdefault("read_only", False)
    elif given.get("read_only") is False:
        given.setdefault("destructive", True)
        given.setdefault("idempotent", hints.idempotent and not hints.read_only)
    return replace(hints, **given)
