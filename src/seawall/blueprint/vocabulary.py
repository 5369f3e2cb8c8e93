"""The words that a blueprint may use, taken from the models themselves."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from seawall.blueprint.locate import KeyPath
from seawall.blueprint.profiles import FIXED, FIXED_OF_TOOLSET, PROFILE
from seawall.blueprint.schema import SchemaNode, blueprint_schema, overlay_schema, section_schema
from seawall.blueprint.secret import REFERENCE_FORMAT
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.blueprint.tree import toolset_names

__all__ = ["Vocabulary", "holds_secret", "nearest", "settings_of"]

_CLOSE: Final = 0.6  # ratio of difflib from which a word counts as a slip of another
_VERY_CLOSE: Final = 0.8  # for a word that belongs into another table


class Vocabulary:
    """Answers what may stand where, for the data of one blueprint.

    Made only when there is something to explain or an override to place: a good file never needs it.
    """

    def __init__(self, kinds: Mapping[str, type[ToolsetDeclaration]]) -> None:
        self._kinds = kinds
        self._schemas: dict[str, SchemaNode] = {}

    @cached_property
    def root(self) -> SchemaNode:
        """The schema of the whole blueprint; of its profiles, only that there may be some."""
        schema = blueprint_schema()
        return {**schema, "properties": {**schema["properties"], PROFILE: {"type": "object"}}}

    def node(self, path: KeyPath, data: Mapping[str, Any]) -> SchemaNode | None:
        """The schema of the setting at `path`; None when there is no such setting."""
        node: SchemaNode | None = self.root
        if len(path) > 1 and path[0] == PROFILE:
            node, path = self._overlay(data), path[2:]
        elif len(path) > 1 and path[0] == "toolset":
            node, path = self._declaration(data["toolset"][path[1]]), path[2:]
        for part in path:
            node = next(_below(node, part), None) if node is not None else None
        return node

    def toolset(self, kind: str) -> SchemaNode:
        """The schema of a `[[toolset]]` of this kind; of an unknown kind, what all kinds share."""
        if kind not in self._schemas:
            self._schemas[kind] = section_schema(self._kinds.get(kind, ToolsetDeclaration))
        return self._schemas[kind]

    def place_of(self, word: str, *, path: KeyPath, data: Mapping[str, Any]) -> str | None:
        """What was meant by an unknown setting: a word of its own table, or a dotted path elsewhere.

        A word that is exactly right elsewhere (`port` in `[server]`) beats one that is nearly right here.
        """
        node = self.node(path, data) or {}
        here = list(settings_of(node))
        elsewhere = {place: place.rpartition(".")[2] for place in self._places(path)}
        if found := _same(word, here):
            return found
        if places := [place for place, name in elsewhere.items() if _normal(name) == _normal(word)]:
            return places[0]
        if found := nearest(word, here):
            return found
        meant = nearest(word, elsewhere.values(), cutoff=_VERY_CLOSE)
        return next((place for place, name in elsewhere.items() if name == meant), None)

    def _places(self, path: KeyPath) -> Iterator[str]:
        """The settings of all tables, as they are written in the file or (for a path in one) in a profile."""
        profile = f"{PROFILE}.{path[1]}." if len(path) > 1 and path[0] == PROFILE else ""
        for name, node in settings_of(self.root).items():
            yield from (f"{profile}{name}.{inner}" for inner in settings_of(node))
        toolset = f"{profile}toolset.NAME" if profile else "toolset"
        for kind in self._kinds:
            yield from (f"{toolset}.{name}" for name in settings_of(self.toolset(kind)))

    def _overlay(self, data: Mapping[str, Any]) -> SchemaNode:
        """The schema of a profile, which depends on the toolsets that there are."""
        toolsets: dict[str, SchemaNode] = {}
        for number, name in toolset_names(data):
            declared = self._declaration(data["toolset"][number])
            toolsets.setdefault(name, overlay_schema(declared, without=tuple(FIXED_OF_TOOLSET)))
        node = overlay_schema(self.root, without=tuple(FIXED))
        node["properties"] |= {"toolset": {"type": "object", "properties": toolsets}}
        return node

    def _declaration(self, entry: object) -> SchemaNode:
        kind = entry.get("kind") if isinstance(entry, Mapping) else None
        if not isinstance(kind, str):
            return self.toolset("")
        return self.toolset(kind if kind in self._kinds else nearest(kind, self._kinds) or "")


def nearest(word: str, words: Iterable[str], *, cutoff: float = _CLOSE) -> str | None:
    """The word that was probably meant, or None when none is near."""
    known = list(words)
    normal = {_normal(each): each for each in reversed(known)}
    close = difflib.get_close_matches(_normal(word)[:80], normal, n=1, cutoff=cutoff)
    return normal[close[0]] if close else None


def settings_of(node: SchemaNode) -> dict[str, SchemaNode]:
    """The named settings of a table, whichever of its forms has them."""
    found: dict[str, SchemaNode] = dict(node.get("properties", {}))
    for branch in _branches(node):
        found |= settings_of(branch)
    return found


def holds_secret(node: SchemaNode) -> bool:
    """True when the setting is a secret reference, or holds one at any depth."""
    if node.get("format") == REFERENCE_FORMAT:
        return True
    below = [
        *_branches(node),
        *node.get("properties", {}).values(),
        node.get("items"),
        node.get("additionalProperties"),
    ]
    return any(holds_secret(inner) for inner in below if isinstance(inner, dict))


def _below(node: SchemaNode, part: str | int) -> Iterator[SchemaNode]:
    """The schemas of the value called `part` within a table or array."""
    rest = node.get("items" if isinstance(part, int) else "additionalProperties")
    if isinstance(part, str) and part in node.get("properties", {}):
        yield node["properties"][part]
    elif isinstance(rest, dict):
        yield rest
    elif rest is True:  # a table whose names somebody else knows
        yield {}
    for branch in _branches(node):
        yield from _below(branch, part)


def _branches(node: SchemaNode) -> list[SchemaNode]:
    return [*node.get("anyOf", []), *node.get("oneOf", []), *node.get("allOf", [])]


def _same(word: str, words: Iterable[str]) -> str | None:
    return next((each for each in words if _normal(each) == _normal(word)), None)


def _normal(word: str) -> str:
    return word.casefold().replace("-", "_")
