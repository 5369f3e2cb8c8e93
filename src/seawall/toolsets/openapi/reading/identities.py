"""The names that documents and schemas give themselves: `$self` (OpenAPI 3.2, 4.1.2.2) and `$id` (JSON Schema, 8.2.1).

A reference may use such a name, which is mostly a URL. It leads to what has that name among the documents at hand, or to
the file that lies as the URL does beside one of them; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seawall.toolsets.openapi.reading.faults import pointer
from seawall.types import JsonObject, JsonValue
from seawall.upstream import percent

__all__ = ["Identities", "names_itself"]

_WORDS: Final = ("$self", "$id")
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be")
_PLACES: Final = ("example", "examples", "default", "enum", "const")
"""Where values of an API stand, in which `$id` is a word like any other."""


@dataclass(frozen=True, slots=True)
class _Resource:
    """A schema with a name of its own, in which references count from there."""

    value: JsonObject
    pointer: str
    name: str


class Identities:
    """Who is called how, of all documents that were read."""

    def __init__(self) -> None:
        self._base = ""
        self._named: dict[str, tuple[str, str]] = {}
        self._directories: dict[str, str] = {}

    def learn(self, root: JsonValue, document: str) -> None:
        """Take over the names in a document, and make references within named schemas count from its root.

        Args:
            root: the document; changed in place.
            document: its path, empty for the description itself.
        """
        own = root.get("$self", root.get("$id")) if isinstance(root, dict) else None
        name = own.partition("#")[0] if isinstance(own, str) else ""
        if name:
            self._named.setdefault(name, (document, ""))
            if not document:
                self._base = name
            if "://" in name:
                self._directories.setdefault(f"{name.rpartition('/')[0]}/", document.rpartition("/")[0])
        later: list[tuple[JsonObject, str, str]] = []
        for item, within in _objects(root, name):
            if within.value is item:
                for each in (within.name, _id_of(item)):
                    self._named.setdefault(each, (document, within.pointer))
            if isinstance(reference := item.get("$ref"), str):
                _count_from(within, item, reference, later)
        for item, target, fragment in later:
            if (found := self._named.get(target)) is not None and found[0] == document:
                item["$ref"] = f"#{found[1]}{fragment}"

    def local(self, reference: str) -> tuple[str, str] | None:
        """The document and the pointer in it of what has this name, or the file that lies where it says; else None."""
        for name in (reference, percent.resolved(self._base, reference) if self._base else reference):
            if name in self._named:
                return self._named[name]
            for directory, path in self._directories.items():
                if name.startswith(directory) and "://" in reference:
                    return f"{path}/{name[len(directory) :]}".lstrip("/"), ""
        return None


def names_itself(text: bytes) -> bool:
    """Whether a document has one of the words, before a walk through all of it."""
    return any(word.encode(encoding) in text for word in _WORDS for encoding in _ENCODINGS)


def _id_of(item: JsonObject) -> str:
    name = item.get("$id")
    return name.partition("#")[0] if isinstance(name, str) else ""


def _count_from(
    within: _Resource, item: JsonObject, reference: str, later: list[tuple[JsonObject, str, str]]
) -> None:
    """Rewrite a reference in place, or put it off until all names of the document are known."""
    document, _, fragment = reference.partition("#")
    if document:
        later.append((item, percent.resolved(within.name, document), fragment))
    elif not fragment or fragment[1:].partition("/")[0] in within.value:
        item["$ref"] = f"#{within.pointer}{fragment}"


def _objects(root: JsonValue, name: str) -> Iterator[tuple[JsonObject, _Resource]]:
    """Every object in a schema that names itself, with the innermost such schema."""
    seen: set[int] = set()
    waiting: list[tuple[JsonValue, str, _Resource | None]] = [(root, "", None)]
    while waiting:
        item, place, within = waiting.pop()
        if not isinstance(item, (dict, list)) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            if place and (given := _id_of(item)):
                within = _Resource(item, place, percent.resolved(within.name if within else name, given))
            if within is not None:
                yield item, within
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        waiting.extend((child, pointer(place, key), within) for key, child in pairs if key not in _PLACES)
