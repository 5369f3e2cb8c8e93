"""From the faults of a blueprint to sentences with a place, a reason and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from seawall.blueprint.fault import Fault, FaultKind
from seawall.blueprint.interpolate import Substituted, Unfilled
from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath, Locations, Position
from seawall.blueprint.profiles import PROFILE
from seawall.blueprint.schema import SchemaNode
from seawall.blueprint.tree import get
from seawall.blueprint.vocabulary import Vocabulary, holds_secret, nearest, settings_of
from seawall.blueprint.wording import allowed_by, dotted, kind_of_value, owner, shown
from seawall.errors import Problem

__all__ = ["MAX_PROBLEMS", "Explainer", "NameClash"]

MAX_PROBLEMS: Final = 200
"""Problems that are explained; of a file with more, the rest is counted."""

_LITERAL: Final = "a literal value"
_SHORT: Final = 16  # characters of a variable's value that a problem may repeat


@dataclass(frozen=True, slots=True)
class NameClash:
    """Two toolsets of one name: `path` is where it is given for the second time."""

    path: KeyPath
    first: KeyPath
    name: str


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

    def problems(self, faults: Iterable[Fault | Unfilled | NameClash]) -> list[Problem]:
        """The problems that these faults are, in file order; at most `MAX_PROBLEMS`, and how many more."""
        ordered = sorted(faults, key=self._order)
        explained = [(fault, self._problem_of(fault)) for fault in ordered[:MAX_PROBLEMS]]
        # A setting whose name is misspelt is not missing as well.
        meant = {
            (*fault.path[:-1], problem.suggestion)
            for fault, problem in explained
            if isinstance(fault, Fault) and fault.kind is FaultKind.UNKNOWN
        }
        problems = [problem for fault, problem in explained if problem.found or fault.path not in meant]
        more = [self._more(len(ordered) - MAX_PROBLEMS)] if len(ordered) > MAX_PROBLEMS else []
        return problems + more

    def _problem_of(self, fault: Fault | Unfilled | NameClash) -> Problem:
        if isinstance(fault, Unfilled):
            return self._unfilled(fault)
        if isinstance(fault, NameClash):
            return self._name_clash(fault)
        explain = {
            FaultKind.UNKNOWN: self._unknown,
            FaultKind.MISSING: self._missing,
            FaultKind.REFUSED: self._refused,
        }.get(fault.kind, self._value)
        problem = explain(fault)
        if fault.profile is None:
            return problem
        return replace(problem, message=f"with the profile {shown(fault.profile)}, {problem.message}")

    def _order(self, fault: Fault | Unfilled | NameClash) -> tuple[str, Position]:
        """By place in the file; then what environment variables set, by their names."""
        place = self._place(fault)
        return self._variable(fault.path) or "", place

    def _place(self, fault: Fault | Unfilled | NameClash) -> Position:
        if isinstance(fault, Fault) and fault.kind in {FaultKind.UNKNOWN, FaultKind.REFUSED}:
            return self.locations.key(fault.path)
        if isinstance(fault, Fault) and fault.kind is FaultKind.MISSING:
            return self.locations.key(fault.path[:-1])
        return self.locations.value(fault.path)

    def _more(self, count: int) -> Problem:
        message = f"{count} more problems are not shown; solve these first."
        words = _Words(f"{count} more problems", "", message)
        return replace(self._problem((), words), line=None, column=None)

    def _unfilled(self, unfilled: Unfilled) -> Problem:
        found, allowed = shown(unfilled.found), unfilled.allowed
        message = f"{self._name(unfilled.path)}: {found} {unfilled.reason}; allowed: {allowed}."
        return self._problem(unfilled.path, _Words(found, allowed, message))

    def _name_clash(self, clash: NameClash) -> Problem:
        name = shown(clash.name)
        lines = [self.locations.value(path).line for path in (clash.first, clash.path)]
        message = (
            f"two toolsets are named {name}, on line {lines[0]} and on line {lines[1]}; "
            "give one of them another `name`."
        )
        return self._problem(clash.path, _Words(name, "a name that no other toolset has", message))

    def _unknown(self, fault: Fault) -> Problem:
        table, word = fault.path[:-1], str(fault.path[-1])
        known = list(settings_of(self._vocabulary.node(table, self.data) or {}))
        suggestion = self._vocabulary.place_of(word, path=table, data=self.data)
        what = "toolset" if table[:1] == (PROFILE,) and table[2:] == ("toolset",) else "setting"
        message = f"unknown {what} {shown(word)} in {owner(table, self.data)}; "
        there = f"known there: {', '.join(known) or 'none'}."
        message += f"did you mean {shown(suggestion)}?" if suggestion else there
        words = _Words(shown(word), ", ".join(known), message, suggestion)
        return self._problem(fault.path, words, place=self.locations.key(fault.path))

    def _refused(self, fault: Fault) -> Problem:
        word, allowed = shown(str(fault.path[-1])), fault.allowed or ""
        words = _Words(word, allowed, f"{fault.sentence}; allowed: {allowed}.")
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
        named = f"{self._name(fault.path)}: "
        # Of a table nothing is gained by saying that it is one: what it may hold is what is wrong.
        whole = isinstance(value, Mapping) and not secret and bool(fault.allowed)
        message = f"{named}allowed: {allowed}" if whole else f"{named}found {found}, allowed: {allowed}"
        message += (
            f"; did you mean {shown(suggestion)}?" if suggestion else f"{self._advice(fault.path, allowed)}."
        )
        return self._problem(fault.path, _Words(found, allowed, message, suggestion))

    def _found(self, path: KeyPath, *, known: bool) -> str:
        if path in self.substituted and path not in self.variables:
            # Never what the variable holds: it may be a secret that was put into the wrong setting.
            return f"{shown(self.substituted[path].written)} with its variables filled in"
        value = self._at(path)
        if isinstance(value, str) and len(value) > _SHORT and self._variable(path) is not None:
            return f"a text of {len(value)} characters"  # a secret, perhaps, under the wrong name
        return shown(value) if known else kind_of_value(value)

    def _problem(self, path: KeyPath, words: _Words, *, place: Position | None = None) -> Problem:
        variable = self._variable(path)
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

    def _variable(self, path: KeyPath) -> str | None:
        """The environment variable that set the setting or a table around it."""
        names = (self.variables.get(path[:length]) for length in range(len(path), 0, -1))
        return next((name for name in names if name), None)

    def _advice(self, path: KeyPath, allowed: str) -> str:
        value = self._at(path)
        if not isinstance(value, str) or path in self.substituted:
            return ""
        if path in self.variables:
            return ' (such as ["a", "b"])' if allowed.startswith("an array") else ""
        if "number" in allowed and value.strip().lstrip("+-").isdigit():
            return " (in quotes it needs a unit)" if "such as" in allowed else " (write it without quotes)"
        return " (write it without quotes)" if value in {"true", "false"} and value in allowed else ""

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
