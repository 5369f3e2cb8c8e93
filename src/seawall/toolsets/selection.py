"""Which operations of a toolset a blueprint offers, and under which names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import Problem
from seawall.toolsets.interface import LeftOut, Operation

__all__ = ["MAXIMUM_NAME", "Selection", "clashes", "select", "why_left_out"]

MAXIMUM_NAME = 64
"""Characters of a tool's name: the limit that hosts in wide use set, below that of the specification (128)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a toolset offers.

    Attributes:
        offered: the operations, their names with prefix.
        problems: what is wrong with the declaration, empty when nothing is.
        left_out: what it has beside that, without prefix.
    """

    offered: tuple[Operation, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...] = ()


def select(
    operations: Iterable[Operation],
    declaration: ToolsetDeclaration,
    *,
    source: str,
    key: str,
    withheld: Iterable[str] = (),
) -> Selection:
    """Apply `access`, `operations` and `prefix` of the declaration.

    A name or pattern (`*`, `?`, `[…]`) takes operations in, `!pattern` takes them away, and taking away wins
    wherever it stands. Without one that takes in, all are in. A pattern that matches nothing is a problem; one
    that only matches what `access` leaves out is none, so that one list serves both accesses.

    Args:
        operations: everything that the toolset has.
        declaration: its section of the blueprint.
        source: name of the blueprint, for problems.
        key: where the declaration stands, such as `toolset[0]`, for problems.
        withheld: names of what the toolset has and never makes an operation of, as the declaration stands.
    """
    every, withheld = tuple(operations), tuple(withheld)
    names = [operation.name for operation in every]
    problems = [
        _unmatched(pattern, names, declaration, source=source, key=f"{key}.operations[{index}]")
        for index, pattern in enumerate(declaration.operations)
        if not _matched(pattern.removeprefix("!"), [*names, *withheld])
    ]
    reasons = {
        item.name: why_left_out(item.name, declaration, read_only=item.hints.read_only) for item in every
    }
    offered = tuple(
        replace(item, name=declaration.prefix + item.name) for item in every if reasons[item.name] is None
    )
    left_out = tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason is not None)
    if not offered and not problems and declaration.operations and declaration.access != "write":
        problems += _only_writing([*names, *withheld], declaration, source=source, key=f"{key}.operations")
    problems += [
        _problem(
            source,
            f"{key}.prefix",
            found=declaration.prefix,
            allowed=f"a prefix that keeps tool names within {MAXIMUM_NAME} characters",
            message=f"the tool name {item.name!r} has {len(item.name)} characters; {MAXIMUM_NAME} is the limit",
        )
        for item in offered
        if len(item.name) > MAXIMUM_NAME
    ]
    return Selection(offered, tuple(problems), left_out)


def _only_writing(
    names: Iterable[str], declaration: ToolsetDeclaration, *, source: str, key: str
) -> Iterator[Problem]:
    """The problem of a list that takes in nothing but what `access` leaves out: the toolset would be empty."""
    wanted = [name for name in names if _wanted(name, declaration.operations)]
    if wanted:
        yield _problem(
            source,
            key,
            found=", ".join(wanted),
            allowed='access = "write", or operations that change nothing',
            message=f"`operations` of {declaration.name or declaration.kind!r} takes in {', '.join(wanted)} alone, which "
            'access = "read" leaves out; set access = "write", or take in operations that change nothing',
        )


def why_left_out(name: str, declaration: ToolsetDeclaration, *, read_only: bool) -> str | None:
    """Why a declaration does not offer the operation of that name, one clause; None when it does."""
    if declaration.access != "write" and not read_only:
        return 'it does not say that it changes nothing, and access = "read"'
    return None if _wanted(name, declaration.operations) else "`operations` does not take it in"


def clashes(tools: Mapping[str, Sequence[str]], *, source: str) -> tuple[Problem, ...]:
    """A problem for every tool name that two toolsets offer, with a prefix that would part them.

    Args:
        tools: the tool names that each toolset offers, by the toolset's name, in the blueprint's order.
        source: name of the blueprint.
    """
    owners: dict[str, str] = {}
    problems = []
    for index, (toolset, names) in enumerate(tools.items()):
        for name in names:
            owner = owners.setdefault(name, toolset)
            if owner != toolset:
                prefix = f"{toolset.replace('-', '_')[:23]}_"
                problems.append(
                    _problem(
                        source,
                        f"toolset[{index}].prefix",
                        found="",
                        allowed="a prefix that parts equal tool names",
                        suggestion=prefix,
                        message=f"the toolsets {owner!r} and {toolset!r} both offer a tool named {name!r}; "
                        f'set prefix = "{prefix}" in {toolset!r}',
                    )
                )
    return tuple(problems)


def _matched(pattern: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    away = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    taken = [pattern for pattern in patterns if not pattern.startswith("!")]
    return not any(fnmatchcase(name, pattern) for pattern in away) and (
        not taken or any(fnmatchcase(name, pattern) for pattern in taken)
    )


def _unmatched(
    pattern: str, names: Sequence[str], declaration: ToolsetDeclaration, *, source: str, key: str
) -> Problem:
    mark = "!" if pattern.startswith("!") else ""
    close = difflib.get_close_matches(pattern.removeprefix("!"), names, n=1)
    suggestion = f"{mark}{close[0]}" if close else None
    message = f"{pattern!r} matches no operation of {declaration.name or declaration.kind!r}"
    if suggestion:
        message += f"; did you mean {suggestion!r}?"
    elif declaration.access == "read":
        message += '; with access = "read" only operations that change nothing are there'
    return _problem(
        source,
        key,
        found=pattern,
        allowed=f"names or patterns of: {', '.join(sorted(names)) or 'none'}",
        suggestion=suggestion,
        message=message,
    )


def _problem(
    source: str, key: str, *, found: str, allowed: str, message: str, suggestion: str | None = None
) -> Problem:
    return Problem(
        source=source,
        line=None,
        column=None,
        key=key,
        found=found,
        allowed=allowed,
        suggestion=suggestion,
        message=message,
    )
