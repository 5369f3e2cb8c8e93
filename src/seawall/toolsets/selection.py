"""Which operations of a toolset a blueprint offers, and under which names."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import Problem
from seawall.toolsets.interface import Hints, LeftOut, Operation
from seawall.toolsets.outline import Outline

__all__ = ["MAXIMUM_NAME", "Choice", "Selection", "choose", "clashes", "select", "why_left_out"]

MAXIMUM_NAME = 64
"""Characters of a tool's name: the limit that hosts in wide use set, below that of the specification (128)."""

_TAG: Final = "tag:"
_CHANGES: Final = Hints(read_only=False, destructive=True, idempotent=False, open_world=True)
_SHOWN_NAMES: Final = 40  # names that a problem lists; an API may have a thousand


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


@dataclass(frozen=True, slots=True)
class Choice:
    """The same of operations that are known in outline alone.

    Attributes:
        chosen: the outlines of what is offered, their names without prefix.
        problems: what is wrong with the declaration, empty when nothing is.
        left_out: what there is beside that.
    """

    chosen: tuple[Outline, ...]
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
    """Apply `access`, `operations` and `prefix` of the declaration, as `choose` does.

    Args:
        operations: everything that the toolset has.
        declaration: its section of the blueprint.
        source: name of the blueprint, for problems.
        key: where the declaration stands, such as `toolset[0]`, for problems.
        withheld: names of what the toolset has and never makes an operation of, as the declaration stands.
    """
    every = {operation.name: operation for operation in operations}
    choice = choose(
        tuple(map(Outline.of, every.values())), declaration, source=source, key=key, withheld=withheld
    )
    offered = tuple(
        replace(every[outline.name], name=declaration.prefix + outline.name, scopes=outline.scopes)
        for outline in choice.chosen
    )
    return Selection(offered, choice.problems, choice.left_out)


def choose(
    outlines: Sequence[Outline],
    declaration: ToolsetDeclaration,
    *,
    source: str,
    key: str,
    unservable: Sequence[LeftOut] = (),
    withheld: Iterable[str] = (),
) -> Choice:
    """Which of these operations the declaration offers.

    A pattern (`*`, `?`, `[…]`) is one of three: `tag:NAME` for all with that tag, `METHOD /path` for what a source
    calls so, or the name of the operation, be it the tool's or the source's own. It takes operations in; `!pattern`
    takes them away, and taking away wins wherever it stands. Without one that takes in, all are in. A pattern that
    matches nothing is a problem; one that only matches what `access` leaves out or nobody can serve is none, so that
    one list serves both accesses.

    Args:
        outlines: everything that the toolset has.
        declaration: its section of the blueprint.
        source: name of the blueprint, for problems.
        key: where the declaration stands, such as `toolset[0]`, for problems.
        unservable: what there is beside that and nobody can serve.
        withheld: names of what the toolset has and never makes an operation of, as the declaration stands.
    """
    rejected = [each.name for each in unservable]
    absent = [Outline(name, "", "", _CHANGES) for name in withheld if name not in rejected]
    problems = [
        _unmatched(pattern, outlines, declaration, source=source, key=f"{key}.operations[{index}]")
        for index, pattern in enumerate(declaration.operations)
        if not any(_fits(pattern.removeprefix("!"), outline) for outline in (*outlines, *absent))
        and not any(fnmatchcase(name, _methodical(pattern.removeprefix("!"))) for name in rejected)
    ]
    reasons = {outline.name: why_left_out(outline, declaration) for outline in outlines}
    problems += [
        _unmatched(pattern, outlines, declaration, source=source, key=f"{key}.operation_scopes")
        for pattern in declaration.operation_scopes
        if not any(_fits(pattern, outline) for outline in (*outlines, *absent))
        and not any(fnmatchcase(name, _methodical(pattern)) for name in rejected)
    ]
    chosen = tuple(_scoped(outline, declaration) for outline in outlines if reasons[outline.name] is None)
    left_out = tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason is not None)
    if not chosen and not problems and declaration.operations and declaration.access != "write":
        wanted = [
            outline.name for outline in (*outlines, *absent) if _wanted(outline, declaration.operations)
        ]
        problems += _only_writing(wanted, declaration, source=source, key=f"{key}.operations")
    problems += [
        _problem(
            source,
            f"{key}.prefix",
            found=declaration.prefix,
            allowed=f"a prefix that keeps tool names within {MAXIMUM_NAME} characters",
            message=f"the tool name {name!r} has {len(name)} characters; {MAXIMUM_NAME} is the limit",
        )
        for name in (declaration.prefix + outline.name for outline in chosen)
        if len(name) > MAXIMUM_NAME
    ]
    return Choice(chosen, tuple(problems), left_out)


def _scoped(outline: Outline, declaration: ToolsetDeclaration) -> Outline:
    """The outline with the scopes that the declaration adds."""
    added = [
        scope
        for pattern, scopes in declaration.operation_scopes.items()
        if _fits(pattern, outline)
        for scope in scopes
    ]
    return replace(outline, scopes=tuple(dict.fromkeys((*outline.scopes, *added)))) if added else outline


def _only_writing(
    names: Sequence[str], declaration: ToolsetDeclaration, *, source: str, key: str
) -> Iterator[Problem]:
    """The problem of a list that takes in nothing but what `access` leaves out: the toolset would be empty."""
    if names:
        shown = ", ".join(names[:_SHOWN_NAMES])
        yield _problem(
            source,
            key,
            found=shown,
            allowed='access = "write", or operations that change nothing',
            message=f"`operations` of {declaration.name or declaration.kind!r} takes in {shown} alone, which "
            'access = "read" leaves out; set access = "write", or take in operations that change nothing',
        )


def why_left_out(outline: Outline, declaration: ToolsetDeclaration) -> str | None:
    """Why a declaration does not offer the operation, one clause; None when it does."""
    if declaration.access != "write" and not outline.hints.read_only:
        return 'it does not say that it changes nothing, and access = "read"'
    return None if _wanted(outline, declaration.operations) else "`operations` does not take it in"


def clashes(tools: Mapping[str, Sequence[str]], *, source: str) -> tuple[Problem, ...]:
    """A problem for every tool name that two toolsets offer, with a prefix that would part them; or one of them twice.

    Args:
        tools: the tool names that each toolset offers, by the toolset's name, in the blueprint's order.
        source: name of the blueprint.
    """
    owners: dict[str, str] = {}
    problems = []
    for index, (toolset, names) in enumerate(tools.items()):
        problems += [
            _problem(
                source,
                f"toolset[{index}]",
                found=name,
                allowed="a name of its own for each tool",
                message=f"the toolset {toolset!r} has an operation named {name!r}, as a tool that stands for its "
                "operations; give it another name",
            )
            for name, times in Counter(names).items()
            if times > 1
        ]
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


def _wanted(outline: Outline, patterns: Sequence[str]) -> bool:
    away = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    taken = [pattern for pattern in patterns if not pattern.startswith("!")]
    return not any(_fits(pattern, outline) for pattern in away) and (
        not taken or any(_fits(pattern, outline) for pattern in taken)
    )


def _fits(pattern: str, outline: Outline) -> bool:
    if pattern.startswith(_TAG):
        return any(fnmatchcase(tag, pattern.removeprefix(_TAG)) for tag in outline.tags)
    if " " in pattern:
        return any(fnmatchcase(alias, _methodical(pattern)) for alias in outline.aliases if " " in alias)
    return fnmatchcase(outline.name, pattern) or any(
        fnmatchcase(alias, pattern) for alias in outline.aliases if " " not in alias
    )


def _methodical(pattern: str) -> str:
    """`get /pet` as sources call it: `GET /pet`."""
    method, blank, path = pattern.partition(" ")
    return f"{method.upper()} {path.strip()}" if blank else pattern


def _unmatched(
    pattern: str, outlines: Sequence[Outline], declaration: ToolsetDeclaration, *, source: str, key: str
) -> Problem:
    mark = "!" if pattern.startswith("!") else ""
    bare = pattern.removeprefix("!")
    names = _words_like(bare, outlines)
    close = difflib.get_close_matches(_methodical(bare), names, n=1)
    suggestion = f"{mark}{close[0]}" if close else None
    message = f"{pattern!r} matches no operation of {declaration.name or declaration.kind!r}"
    if suggestion:
        message += f"; did you mean {suggestion!r}?"
    elif declaration.access == "read":
        message += '; with access = "read" only operations that change nothing are there'
    shown = names[:_SHOWN_NAMES] + (["…"] if len(names) > _SHOWN_NAMES else [])
    return _problem(
        source,
        key,
        found=pattern,
        allowed=f"names or patterns of: {', '.join(shown) or 'none'}",
        suggestion=suggestion,
        message=message,
    )


def _words_like(pattern: str, outlines: Sequence[Outline]) -> list[str]:
    """What patterns of this form can match, sorted."""
    if pattern.startswith(_TAG):
        return sorted({_TAG + tag for outline in outlines for tag in outline.tags})
    if " " in pattern:
        return sorted({alias for outline in outlines for alias in outline.aliases if " " in alias})
    every = {name for outline in outlines for name in (outline.name, *outline.aliases) if " " not in name}
    return sorted(every)


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
