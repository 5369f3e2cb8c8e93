"""JSON that is too large for one answer: its longest list ends earlier, and everything else stays whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic_core import to_json

from seawall.types import JsonObject, JsonValue

__all__ = ["Cut", "cut", "size_of"]

_DEEPEST: Final = 3  # members of members in which a list is looked for, where nobody says otherwise


@dataclass(frozen=True, slots=True)
class Cut:
    """A value with a part of its longest list.

    Attributes:
        value: what fits.
        path: where the list stands, such as `data.items`; empty when the value itself is the list.
        first: the place of the first item that is there, from 0.
        end: the place after the last one.
        total: how many there are.
    """

    value: JsonValue
    path: str
    first: int
    end: int
    total: int


def size_of(value: JsonValue) -> int:
    """Bytes of the value as compact JSON."""
    return len(to_json(value))


def cut(value: JsonValue, room: int, *, skip: int = 0, deepest: int = _DEEPEST) -> Cut | None:
    """The value with as many items of its longest list as `room` bytes have place for, from item `skip` on.

    None when there is no list, or not even one item fits. The value itself is not changed. One item at least was left
    out or skipped, unless all of it fits.
    """
    found = max(_lists(value, (), deepest), key=lambda each: each[1], default=None)
    if found is None:
        return None
    path, _, items = found
    room -= size_of(_with(value, path, []))
    end = skip
    for item in items[skip:]:
        room -= size_of(item) + 1  # the comma
        if room < 0:
            break
        end += 1
    if end == skip and skip < len(items):
        return None
    kept = items[skip:end]
    return Cut(
        _with(value, path, kept), ".".join(path), min(skip, len(items)), min(end, len(items)), len(items)
    )


def _lists(
    value: JsonValue, path: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], int, list[JsonValue]]]:
    """Every list that no other list contains, with its size."""
    if isinstance(value, list):
        yield path, size_of(value), value
    elif isinstance(value, dict) and depth:
        for key, item in value.items():
            yield from _lists(item, (*path, key), depth - 1)


def _with(value: JsonValue, path: tuple[str, ...], items: list[JsonValue]) -> JsonValue:
    if not path or not isinstance(value, dict):
        return items
    changed: JsonObject = {**value, path[0]: _with(value[path[0]], path[1:], items)}
    return changed
