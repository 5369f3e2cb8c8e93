"""Names that a template uses and that are not there, and members that what they name does not have."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from jinja2 import nodes

__all__ = ["LOOP", "Names", "Unknown", "unknown_names"]

Names: TypeAlias = Mapping[str, Collection[str] | None]
"""The names that are known, each with its members: empty for a text or a number, None where nobody knows them beforehand."""

_Node = TypeVar("_Node", bound=nodes.Node)

_SHOWN: Final = 60  # characters of a member that is not there

LOOP: Final = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
"""The members of `loop`."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name or a member that is not there.

    Attributes:
        node: where it is used.
        found: how it is written.
        message: what is wrong.
        allowed: what may stand there.
        suggestion: what may have been meant.
    """

    node: nodes.Node
    found: str
    message: str
    allowed: str
    suggestion: str | None


def unknown_names(body: Sequence[nodes.Node], known: Names) -> Iterator[Unknown]:
    """Each that is used in these statements, in the order in which they are carried out."""
    for node in body:
        yield from _in_statement(node, known)
        known = _after(node, known)


def _in_statement(node: nodes.Node, known: Names) -> Iterator[Unknown]:
    match node:
        case nodes.For():
            yield from _in_expression(node.iter, known)
            inner = _with(known, _targets(node.target))
            if node.test is not None:  # by which items are chosen before the loop begins
                yield from _in_expression(node.test, inner)
            yield from unknown_names(node.body, {**inner, "loop": LOOP})
            yield from unknown_names(node.else_, known)
        case nodes.With():
            for value in node.values:
                yield from _in_expression(value, known)
            yield from unknown_names(node.body, _with(known, *map(_targets, node.targets)))
        case nodes.If():
            yield from _in_expression(node.test, known)
            for part in (node.body, node.elif_, node.else_):
                yield from unknown_names(part, known)
        case nodes.Assign():
            yield from _in_expression(node.node, known)
        case _:
            yield from _in_expression(node, known)


def _after(node: nodes.Node, known: Names) -> Names:
    """What is known behind a statement."""
    if isinstance(node, nodes.Assign):
        return _with(known, _targets(node.target))
    return _with(known, _assigned(node)) if isinstance(node, nodes.If) else known


def _in_expression(node: nodes.Node, known: Names) -> Iterator[Unknown]:
    functions = {id(call.node) for call in _all_of(node, nodes.Call)}  # told apart by who knows the functions
    for name in _all_of(node, nodes.Name):
        if name.ctx == "load" and name.name not in known:
            message, allowed = (
                f"there is no variable {name.name!r}",
                f"its arguments and {', '.join(sorted(known))}",
            )
            yield Unknown(name, name.name, message, allowed, _nearest(name.name, known))
    for member in (*_all_of(node, nodes.Getattr), *_all_of(node, nodes.Getitem)):
        if isinstance(member, nodes.Getattr | nodes.Getitem) and id(member) not in functions:
            yield from _as_member(member, known)


def _as_member(node: nodes.Getattr | nodes.Getitem, known: Names) -> Iterator[Unknown]:
    whole, key = node.node, _key(node)
    if not isinstance(whole, nodes.Name) or key is None or key.startswith("_"):
        return
    members = known.get(whole.name)
    if members is None or key in members:
        return
    message, allowed = (
        f"{whole.name} has no member {key[:_SHOWN]!r}",
        ", ".join(sorted(members)) or "its value itself",
    )
    yield Unknown(node, f"{whole.name}.{key[:_SHOWN]}", message, allowed, _nearest(key, members))


def _key(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return str(node.attr)
    value = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return value if isinstance(value, str) else None


def _nearest(word: str, near: Collection[str]) -> str | None:
    close = difflib.get_close_matches(word, sorted(near), n=1)
    return close[0] if close else None


def _all_of(node: nodes.Node, kind: type[_Node]) -> Iterator[_Node]:
    if isinstance(node, kind):
        yield node
    yield from node.find_all(kind)


def _with(known: Names, *more: Collection[str]) -> Names:
    """The names with others, which hide those that are called the same."""
    return {**known, **{name: None for each in more for name in each}}


def _targets(node: nodes.Node) -> frozenset[str]:
    return frozenset(name.name for name in _all_of(node, nodes.Name))


def _assigned(node: nodes.If) -> frozenset[str]:
    """What a branch may set: it is known after the branch, and missing where another one was taken."""
    found: set[str] = set()
    for branch in (node.body, node.else_, *(each.body for each in node.elif_)):
        for statement in branch:
            if isinstance(statement, nodes.Assign):
                found |= _targets(statement.target)
            elif isinstance(statement, nodes.If):
                found |= _assigned(statement)
    return frozenset(found)
