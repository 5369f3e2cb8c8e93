"""YAML to values, from the parser's events: quick, by the core schema of YAML 1.2, and without a way to make objects.

PyYAML's own constructors follow YAML 1.1, where `no` is false, `12:30` a number and `2020-01-01` a date; descriptions
mean YAML 1.2. Keys are always text: the status `200` of a response is a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from seawall.toolsets.openapi.reading.faults import FaultLog, pointer, shown
from seawall.toolsets.openapi.reading.limits import ReadingLimits
from seawall.types import JsonValue

__all__ = ["YamlError", "parse_yaml"]

_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,400}")
_OTHER_BASE: Final = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]{1,400}|[0-9]{1,400}(?:\.[0-9]{0,400})?)(?:[eE][-+]?[0-9]{1,3})?")
_STANDARD: Final = "tag:yaml.org,2002:"
_PLAIN: Final = frozenset({None, *(f"{_STANDARD}{name}" for name in ("int", "float", "bool", "null"))})
_HARMLESS: Final = (
    _PLAIN | {"!"} | {f"{_STANDARD}{name}" for name in ("str", "map", "seq", "omap", "set", "timestamp")}
)
_MERGE: Final = "<<"  # of YAML 1.1, still in wide use
_UNSET: Final = object()


class YamlError(Exception):
    """The text is no YAML that can be used; the text says why, one clause."""


def parse_yaml(text: str, *, where: str, limits: ReadingLimits, faults: FaultLog) -> JsonValue:
    """The value of the first document in the text.

    Raises:
        YamlError: it is no YAML, nests too deep, or holds too many values. An alias counts as all that it stands for.
    """
    builder = _Builder(where, limits, faults)
    try:
        for event in _events(text):
            if builder.take(event):
                return builder.result
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise YamlError(
            f"it is no YAML: {getattr(problem, 'problem', None) or 'unreadable'}{place}"
        ) from None
    raise YamlError("it is empty")


def _events(text: str) -> Iterator[Any]:
    parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while (event := parser.get_event()) is not None:
            yield event
    finally:
        parser.dispose()


class _Frame:
    """A list or an object that is still open."""

    __slots__ = ("anchor", "key", "merged", "value", "weight")

    def __init__(self, value: list[JsonValue] | dict[str, JsonValue], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: Any = _UNSET  # of the object: what the next value belongs to; None: the value is dropped
        self.merged: list[dict[str, JsonValue]] = []
        self.weight = 1


class _Builder:
    def __init__(self, where: str, limits: ReadingLimits, faults: FaultLog) -> None:
        self._where = where
        self._limits = limits
        self._faults = faults
        self._open: list[_Frame] = []
        self._anchors: dict[str, tuple[JsonValue, int]] = {}
        self._nodes = 0
        self.result: JsonValue = None
        self._done = False

    def take(self, event: Any) -> bool:  # noqa: ANN401  the parser's events have no types
        """Build on; True when all of the stream that is wanted was seen."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent and self._done:
            self._faults.add(self._where, "it holds several documents; only the first one was read")
            return True
        elif kind is yaml.DocumentEndEvent:
            self._done = True
        return kind is yaml.StreamEndEvent and self._done

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        frame = self._open[-1] if self._open else None
        text: str = event.value
        if frame is not None and frame.key is _UNSET and isinstance(frame.value, dict):
            self._count(1)
            if event.anchor:
                self._anchors[event.anchor] = (text, 1)
            self._name(frame, text, plain=event.implicit[0])
            return
        value = _resolved(text) if _is_plain(event) else text
        if event.tag is not None and event.tag not in _HARMLESS:
            self._faults.add(self._path(), f"the tag {shown(event.tag)} means nothing here")
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, 1)

    def _begin(self, event: Any, value: list[JsonValue] | dict[str, JsonValue]) -> None:  # noqa: ANN401
        if len(self._open) >= self._limits.depth:
            raise YamlError(f"it nests deeper than {self._limits.depth} levels")
        if event.tag is not None and event.tag not in _HARMLESS:
            self._faults.add(self._path(), f"the tag {shown(event.tag)} means nothing here")
        self._open.append(_Frame(value, event.anchor))

    def _end(self) -> None:
        frame = self._open.pop()
        if isinstance(frame.value, dict):
            for other in frame.merged:
                for name, item in other.items():
                    frame.value.setdefault(name, item)
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, frame.weight)
        self._add(frame.value, frame.weight, counted=True)

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        value, weight = self._anchors.get(event.anchor, (None, 1))
        if event.anchor not in self._anchors:
            self._faults.add(
                self._path(), "an alias leads nowhere, or to what it stands in; it was read as null"
            )
        frame = self._open[-1] if self._open else None
        if frame is not None and frame.key is _UNSET and isinstance(frame.value, dict):
            self._count(1)
            self._name(frame, value if isinstance(value, str) else None, plain=False)
            return
        self._add(value, weight)

    def _name(self, frame: _Frame, text: str | None, *, plain: bool) -> None:
        if text is None:
            self._faults.add(self._path(), "a key is no text; its value was left out")
        elif text in frame.value and not (text == _MERGE and plain):
            self._faults.add(
                self._path(), f"the key {shown(text)} stands twice in one object; the last one holds"
            )
        frame.key = text

    def _add(self, value: JsonValue, weight: int, *, counted: bool = False) -> None:
        self._count(1 if counted else weight)
        if not self._open:
            self.result = value
            return
        frame = self._open[-1]
        frame.weight += weight
        if isinstance(frame.value, list):
            frame.value.append(value)
            return
        if frame.key is _UNSET:  # a list or an object stands where a key belongs
            self._name(frame, None, plain=False)
            return
        key, frame.key = frame.key, _UNSET
        if key == _MERGE and isinstance(value, (dict, list)):
            frame.merged.extend(
                item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)
            )
        elif key is not None:
            frame.value[key] = value

    def _count(self, weight: int) -> None:
        self._nodes += weight
        if self._nodes > self._limits.nodes:
            raise YamlError(
                f"it holds more than {self._limits.nodes} values, aliases counted as what they stand for"
            )

    def _path(self) -> str:
        names = (len(item.value) if isinstance(item.value, list) else item.key for item in self._open)
        return pointer(self._where, *(name for name in names if name is not _UNSET))


def _is_plain(event: Any) -> bool:  # noqa: ANN401
    """Whether the text decides what a scalar means: without a tag and quotes, or with the tag of a number or the like."""
    if event.tag is None or event.tag == "!":  # which makes text of anything
        return bool(event.implicit[0]) and event.tag is None
    return event.tag in _PLAIN


def _resolved(text: str) -> JsonValue:
    """What a plain scalar means (YAML 1.2, 10.3.2); infinities and not-a-number, which JSON lacks, stay text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) < float("inf") else text
    return text
