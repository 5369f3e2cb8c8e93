"""YAML of front matter: plain values with their lines, and nothing else that YAML can do.

Anchors, aliases, tags and merge keys are refused, since a head of a few lines needs none of them and they are how YAML
files attack their readers; so are keys that stand twice, of which other readers take either. Values follow the core
schema of YAML 1.2: `no` is a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import yaml

__all__ = ["Fault", "Items", "Node", "Scalar", "Table", "read_yaml"]

_DEPTH: Final = 8
_NODES: Final = 4000
_MERGE: Final = "<<"
_CONSTANTS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file of a prompt: where, what, and what may stand there."""

    line: int
    message: str
    allowed: str = ""
    key: str = ""
    found: str = ""
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `text_line` is the line on which its text begins: a block's first line comes after its `|`."""

    line: int
    value: str | int | float | bool | None
    text_line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Values by their keys, in file order, and the line of each key."""

    line: int
    values: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    lines: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


Node: TypeAlias = Scalar | Items | Table


class _RefusedError(Exception):
    """Nothing that comes after can be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read_yaml(text: str, *, first: int) -> tuple[Node | None, tuple[Fault, ...]]:
    """The one document in the text, with all faults that were found up to where reading had to end.

    Args:
        text: YAML.
        first: the line of the file on which it begins.
    """
    reader = _Reader(first)
    try:
        for event in _events(text):
            reader.take(event)
    except _RefusedError as refused:
        return None, (*reader.faults, refused.fault)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first + mark.line if mark else first
        reason = " ".join(str(getattr(error, "problem", None) or "unreadable").split())
        return None, (*reader.faults, Fault(line, f"it is no YAML: {reason}", "keys and values in YAML"))
    return reader.result, tuple(reader.faults)


def _events(text: str) -> Iterator[Any]:
    parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while (event := parser.get_event()) is not None:
            yield event
    finally:
        parser.dispose()


@dataclass(slots=True)
class _Open:
    """A list or table that is not closed yet; `key` waits for its value."""

    line: int
    table: bool
    values: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: tuple[str, int, bool] | None = None  # name, line, whether its value counts


class _Reader:
    def __init__(self, first: int) -> None:
        self._first = first
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0
        self.faults: list[Fault] = []
        self.result: Node | None = None

    def take(self, event: Any) -> None:  # noqa: ANN401  the parser's events have no types
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                raise _RefusedError(Fault(self._line(event), "a second document begins", "one document"))
        elif kind is yaml.AliasEvent:
            raise _RefusedError(
                Fault(self._line(event), f"the alias *{event.anchor} stands here", "values, without aliases")
            )
        elif kind is yaml.ScalarEvent:
            self._plain(event)
            self._scalar(event)
        elif kind in {yaml.MappingStartEvent, yaml.SequenceStartEvent}:
            self._plain(event)
            self._begin(event, table=kind is yaml.MappingStartEvent)
        elif kind in {yaml.MappingEndEvent, yaml.SequenceEndEvent}:
            self._end()

    def _line(self, event: Any) -> int:  # noqa: ANN401
        return self._first + int(event.start_mark.line)

    def _plain(self, event: Any) -> None:  # noqa: ANN401
        """Count the value, and refuse what makes it more than one."""
        self._nodes += 1
        line = self._line(event)
        if self._nodes > _NODES:
            raise _RefusedError(Fault(line, f"it has more than {_NODES} values", "a short head"))
        if event.anchor is not None:
            raise _RefusedError(Fault(line, f"the anchor &{event.anchor} stands here", "values, no anchors"))
        if event.tag is not None:
            raise _RefusedError(Fault(line, "a tag stands here", "values without tags"))

    def _begin(self, event: Any, *, table: bool) -> None:  # noqa: ANN401
        if len(self._open) >= _DEPTH:
            raise _RefusedError(
                Fault(self._line(event), f"it nests deeper than {_DEPTH} levels", "flat values")
            )
        if self._awaits_key():
            raise _RefusedError(Fault(self._line(event), "a key is no text", "texts as keys"))
        self._open.append(_Open(self._line(event), table))

    def _end(self) -> None:
        done = self._open.pop()
        if done.table:
            self._add(Table(done.line, MappingProxyType(done.values), MappingProxyType(done.lines)))
        else:
            self._add(Items(done.line, tuple(done.items)))

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        line, text = self._line(event), str(event.value)
        if self._awaits_key():
            self._name(text, line)
            return
        block = event.style in {"|", ">"}
        self._add(Scalar(line, _resolved(text) if event.implicit[0] else text, line + block))

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].table and self._open[-1].key is None

    def _name(self, text: str, line: int) -> None:
        here = self._open[-1]
        if text == _MERGE:
            raise _RefusedError(Fault(line, "a merge key stands here", "values written out"))
        if text in here.values:
            message = f"the key {text[:60]!r} stands twice; it stands on line {here.lines[text]} already"
            self.faults.append(Fault(line, message, "each key once", key=text[:60]))
        here.key = (text, line, text not in here.values)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.result = node
            return
        here = self._open[-1]
        if not here.table:
            here.items.append(node)
        elif here.key is not None:
            name, line, counts = here.key
            here.key = None
            if counts:
                here.values[name], here.lines[name] = node, line


def _resolved(text: str) -> str | int | float | bool | None:
    """What a plain scalar means (YAML 1.2, 10.3.2)."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) < float("inf") else text
    return text
