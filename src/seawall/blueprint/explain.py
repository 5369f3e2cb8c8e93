"""From the faults of a blueprint to sentences with a place, a reason and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from seawall.blueprint.interpolate import Substituted, Unfilled
from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath, Locations, Position
from seawall.blueprint.schema import SchemaNode
from seawall.blueprint.tree import get
from seawall.blueprint.validate import Fault, FaultKind
from seawall.blueprint.vocabulary import Vocabulary, holds_secret, nearest, settings_of
from seawall.blueprint.wording import allowed_by, dotted, kind_of_value, owner, shown
from seawall.errors import Problem

__all__ = ["Explainer", "in_file_order"]

_LITERAL: Final = "a literal value"


@dataclass(frozen=True)
class Explainer:
    """Puts the faults of one blueprint into words.

    Attributes:
        source: what to call the file.
        data: the values, with variables filled in and overrides applied.
        locations: where everything stands in the file.
        variables: the environment variable that set a setting, for those that one set.
        substituted: the strings that held `${…}`, as the file has them.
        kinds: the models of the toolsets.
    """

    source: str
    data: Mapping[str, Any]
    locations: Locations
    variables: Mapping[KeyPath, str]
    substituted: Mapping[KeyPath, Substituted]
    kinds: Kinds

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.kinds)

    def fault(self, fault: Fault) -> Problem:
        """The problem that a fault of the values is."""
        match fault.kind:
            case FaultKind.UNKNOWN:
                return self._unknown(fault)
            case FaultKind.MISSING:
                return self._missing(fault)
        return self._value(fault)

    def unfilled(self, unfilled: Unfilled) -> Problem:
        """The problem of a `${…}` that cannot be filled in."""
        found, allowed = shown(unfilled.found), unfilled.allowed
        message = f"{self._name(unfilled.path)}: {found} {unfilled.reason}; allowed: {allowed}."
        return self._problem(unfilled.path, _Words(found, allowed, message))

    def name_clash(self, name: str, first: KeyPath, second: KeyPath) -> Problem:
        """The problem of two toolsets with one name."""
        lines = [self.locations.value(path).line for path in (first, second)]
        message = (
            f"two toolsets are named {shown(name)}, on line {lines[0]} and on line {lines[1]}; "
            "give one of them another `name`."
        )
        return self._problem(second, _Words(shown(name), "a name that no other toolset has", message))

    def _unknown(self, fault: Fault) -> Problem:
        table, word = fault.path[:-1], str(fault.path[-1])
        known = list(settings_of(self._vocabulary.node(table, self.data) or {}))
        suggestion = self._vocabulary.place_of(word, path=table, data=self.data)
        message = f"unknown setting {shown(word)} in {owner(table, self.data)}; "
        message += f"did you mean {shown(suggestion)}?" if suggestion else f"known there: {', '.join(known)}."
        words = _Words(shown(word), ", ".join(known), message, suggestion)
        return self._problem(fault.path, words, place=self.locations.key(fault.path))

    def _missing(self, fault: Fault) -> Problem:
        table, word = fault.path[:-1], str(fault.path[-1])
        allowed = fault.allowed or allowed_by(self._node(fault.path))
        title = f"setting {shown(word)} in {owner(table, self.data)}" if table else f"table [{word}]"
        words = _Words("", allowed, f"missing {title}; allowed: {allowed}.")
        return self._problem(fault.path, words, place=self.locations.key(table))

    def _value(self, fault: Fault) -> Problem:
        node, value = self._node(fault.path), self._at(fault.path)
        secret = fault.kind is FaultKind.LITERAL or holds_secret(node)
        if secret:
            found, suggestion = kind_of_value(value), None
            found = _LITERAL if fault.kind is FaultKind.LITERAL else found
            allowed = fault.allowed or allowed_by(node)
        else:
            found = self._found(fault.path, known=bool(node))
            allowed = fault.allowed or fault.sentence or allowed_by(node)
            suggestion = nearest(value, fault.words or _choices(node)) if isinstance(value, str) else None
        message = f"{self._name(fault.path)}: found {found}, allowed: {allowed}"
        message += f"; did you mean {shown(suggestion)}?" if suggestion else f"{_advice(value, allowed)}."
        return self._problem(fault.path, _Words(found, allowed, message, suggestion))

    def _found(self, path: KeyPath, *, known: bool) -> str:
        if path in self.substituted and path not in self.variables:
            # Never what the variable holds: it may be a secret that was put into the wrong setting.
            return f"{shown(self.substituted[path].written)} with its variables filled in"
        value = self._at(path)
        return shown(value) if known else kind_of_value(value)

    def _problem(self, path: KeyPath, words: _Words, *, place: Position | None = None) -> Problem:
        variable = next(
            (self.variables[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.variables), None
        )
        place = place or self.locations.value(path)
        return Problem(
            source=variable or self.source,
            line=None if variable else place.line,
            column=None if variable else place.column,
            key=dotted(path),
            found=words.found,
            allowed=words.allowed,
            suggestion=words.suggestion,
            message=words.message,
        )

    def _name(self, path: KeyPath) -> str:
        """The setting in a sentence: `port in [http]`, `roots.a in [[toolset]] 'files'`."""
        split = len(path) - 1
        while split and not (settings_of(self._node(path[:split])) or isinstance(path[split - 1], int)):
            split -= 1
        return f"{dotted(path[split:])} in {owner(path[:split], self.data)}"

    def _node(self, path: KeyPath) -> SchemaNode:
        return self._vocabulary.node(path, self.data) or {}

    def _at(self, path: KeyPath) -> object:
        value: object = get(self.data, path)
        return value


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once: by line and column, then those of environment variables by name."""
    return sorted(
        dict.fromkeys(problems), key=lambda p: (p.line is None, p.line or 0, p.column or 0, p.source)
    )


@dataclass(frozen=True, slots=True)
class _Words:
    found: str
    allowed: str
    message: str
    suggestion: str | None = None


def _choices(node: SchemaNode) -> list[str]:
    """The words among which a setting chooses."""
    words = [*node.get("enum", []), *([node["const"]] if "const" in node else [])]
    for branch in [*node.get("anyOf", []), *node.get("oneOf", [])]:
        words += _choices(branch)
    return [word for word in words if isinstance(word, str)]


def _advice(value: object, allowed: str) -> str:
    number = isinstance(value, str) and value.strip().lstrip("+-").isdigit()
    if not number or "number" not in allowed:
        return ""
    return " (in quotes it needs a unit)" if "such as" in allowed else " (write it without quotes)"
