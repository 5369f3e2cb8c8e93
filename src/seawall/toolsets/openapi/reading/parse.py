"""Bytes to values: JSON (RFC 8259), or YAML read by the core schema of YAML 1.2."""

from __future__ import annotations

import json
import re
from typing import Final, cast

from seawall.toolsets.openapi.reading.faults import FaultLog, pointer, shown
from seawall.toolsets.openapi.reading.limits import ReadingLimits
from seawall.toolsets.openapi.reading.yaml import YamlError, parse_yaml
from seawall.types import JsonObject, JsonValue

__all__ = ["UnreadableError", "parse"]

_MAX_DIGITS: Final = 400  # of a number; nothing that is longer means a number to anybody
_NOT_IN_YAML: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # YAML 1.2, 5.1


class UnreadableError(Exception):
    """The bytes are no document that can be used; the text says why, one clause."""


def parse(data: bytes, *, where: str, limits: ReadingLimits, faults: FaultLog) -> JsonValue:
    """The value that a JSON or YAML document holds.

    Args:
        data: the document; UTF-8, or UTF-16 and UTF-32 with or without byte order mark.
        where: what the pointers of faults begin with: empty, or the name of another file and `#`.
        limits: what it may cost.
        faults: takes what was wrong and could be lived with, such as a key that stands twice.

    Raises:
        UnreadableError: it is too large, nests too deep, or is neither.
    """
    if len(data) > limits.bytes:
        raise UnreadableError(f"it has {len(data)} bytes, more than the {limits.bytes} that are read")
    text = _decoded(data, where, faults)
    if not text.strip():
        raise UnreadableError("it is empty")
    if not text.lstrip().startswith(("{", "[")):
        return _yaml(text, where, limits, faults)
    try:
        return _json(text, where, limits, faults)
    except json.JSONDecodeError as problem:
        try:  # JSON with comments or trailing commas is still YAML
            value = _yaml(text, where, limits, faults)
        except UnreadableError:
            raise UnreadableError(
                f"it is no JSON: {problem.msg} (line {problem.lineno}, column {problem.colno})"
            ) from None
        faults.add(where, "it is no valid JSON, but could be read as YAML")
        return value


def _decoded(data: bytes, where: str, faults: FaultLog) -> str:
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        faults.add(where, f"it is not {encoding.upper()} throughout; other bytes were read as Windows-1252")
        return data.decode("utf-8", "replace") if encoding != "utf-8" else data.decode("cp1252", "replace")


def _yaml(text: str, where: str, limits: ReadingLimits, faults: FaultLog) -> JsonValue:
    if _NOT_IN_YAML.search(text):
        faults.add(where, "it holds control characters; they were removed")
        text = _NOT_IN_YAML.sub("", text)
    try:
        return parse_yaml(text, where=where, limits=limits, faults=faults)
    except YamlError as problem:
        raise UnreadableError(str(problem)) from None


def _json(text: str, where: str, limits: ReadingLimits, faults: FaultLog) -> JsonValue:
    # Each value but the outermost follows a comma or opens something: counting these bounds the memory beforehand.
    if text.count(",") + text.count("[") + text.count("{") > limits.nodes:
        raise UnreadableError(f"it holds more than {limits.nodes} values")
    twice: dict[int, tuple[JsonObject, str]] = {}

    def joined(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
        value = dict(pairs)
        if len(value) != len(pairs):
            names = [name for name, _ in pairs]
            twice[id(value)] = value, next(name for place, name in enumerate(names) if name in names[:place])
        return value

    try:
        value = cast(
            "JsonValue",
            json.loads(
                text, strict=False, object_pairs_hook=joined, parse_int=_integer, parse_constant=_constant
            ),
        )
    except RecursionError:
        raise UnreadableError(f"it nests deeper than {limits.depth} levels") from None
    _check_depth(value, limits)
    if twice:
        _tell_twice(value, twice, where, faults)
    return value


def _integer(digits: str) -> JsonValue:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _constant(name: str) -> JsonValue:
    """NaN and the infinities, which JSON does not have, stay text: whoever wants a number there will say so."""
    return name


def _check_depth(value: JsonValue, limits: ReadingLimits) -> None:
    level: list[JsonValue] = [value]
    for _ in range(limits.depth):
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else cast("list[JsonValue]", parent))
            if isinstance(item, (dict, list))
        ]
        if not level:
            return
    raise UnreadableError(f"it nests deeper than {limits.depth} levels")


def _tell_twice(
    value: JsonValue, twice: dict[int, tuple[JsonObject, str]], where: str, faults: FaultLog
) -> None:
    waiting: list[tuple[str, JsonValue]] = [(where, value)]
    while waiting:
        place, item = waiting.pop()
        if id(item) in twice:
            faults.add(
                place, f"the key {shown(twice[id(item)][1])} stands twice in one object; the last one holds"
            )
        pairs = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        below = [(pointer(place, name), child) for name, child in pairs if isinstance(child, (dict, list))]
        waiting.extend(reversed(below))
