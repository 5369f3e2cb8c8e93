"""Which names inside the root are off limits: gitignore patterns that add to a built-in list of secrets.

A path is judged name by name from the root on, so that one mechanism answers three questions: may this path be
touched, which entries of this directory may be listed, and would moving this directory bring something out of the
rules' reach. The time for one name does not depend on how the caller chose it: `fnmatch` translates each `*` to an
atomic group, and `**` is followed as a set of states, so there is no backtracking for a caller to provoke.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from seawall.security.jail._secret_names import SECRET_NAMES

__all__ = ["PathRules", "Position"]

_UNUSABLE = re.compile(r"(?:^|/)\.\.?(?:/|$)|\\[A-Za-z0-9]")
_ANY_DEPTH = None  # stands for the segment `**`


class PathRules:
    """The compiled deny rules of one root.

    Patterns have gitignore syntax (git-scm.com/docs/gitignore) and are relative to the root: `*.sql` holds at
    every depth, `/private` and `data/raw` from the root on, `**/cache/keys` again at every depth; `!pattern` takes
    back what an earlier pattern denied, but nothing below a denied directory. Three differences, all towards
    denying more: letters match in either case (canonical caseless matching, Unicode D145), because the file system
    may fold case; a pattern that ends in `/` also denies a file of that name, because the answer must not depend
    on what is there; and a pattern that can match nothing is refused instead of ignored.

    Not covered: the short (8.3) names under which FAT file systems offer a file a second time.
    """

    __slots__ = ("_interesting", "_rules", "start")

    def __init__(self, rules: Iterable[_Parsed]) -> None:
        self._rules = tuple(reversed(_merged(rules)))  # the last one that matches decides
        self._interesting = _any_of(self._rules)
        live = tuple(None if rule.segments is None else rule.reach(frozenset({0})) for rule in self._rules)
        self.start = Position(self._rules, self._interesting, live)

    @classmethod
    def compile(cls, patterns: Iterable[str] = ()) -> PathRules:
        """The built-in rules, then `patterns`; a later one prevails.

        Raises:
            ValueError: a pattern that is empty, a comment, malformed, or that no path can match, such as
                `../x`: a deny rule that silently protects nothing is worse than none. The message names it.
        """
        return cls(_parse(pattern) for pattern in (*SECRET_NAMES, *patterns))

    @classmethod
    def only(cls, patterns: Iterable[str] = ()) -> PathRules:
        """`patterns` alone, without the built-in ones. Raises as `compile` does."""
        return cls(_parse(pattern) for pattern in patterns)

    def denies(self, path: str, *, directory: bool = True) -> bool:
        """Whether the rules forbid `path` (relative to the root, without `..`) or a directory above it.

        `directory` says what stands there; leave it True when that is not known: it denies at least as much.
        """
        names = [name for name in path.split("/") if name not in {"", "."}]
        position = self.start
        for name in names[:-1]:
            if position.denies(name):
                return True
            position = position.enter(name)
        return bool(names) and position.denies(names[-1], directory=directory)


class Position:
    """What the rules have to say below one directory that they do not deny."""

    __slots__ = ("_idle", "_interesting", "_live", "_rules")

    def __init__(
        self, rules: tuple[_Rule, ...], interesting: re.Pattern[str], live: tuple[frozenset[int] | None, ...]
    ) -> None:
        self._rules = rules
        self._interesting = interesting
        self._live = live
        self._idle: Position | None = None

    def denies(self, name: str, *, directory: bool = True) -> bool:
        """Whether the entry `name` of this directory is denied by its own name or place."""
        folded = _fold(name)
        if self._interesting.match(folded) is None:
            return False
        for rule, states in zip(self._rules, self._live, strict=True):
            if rule.directory_only and not directory:
                continue
            if rule.matches_name(folded) if states is None else rule.accepts(states, folded):
                return rule.deny
        return False

    def enter(self, name: str) -> Position:
        """The position below the directory `name`."""
        folded = _fold(name)
        if self._interesting.match(folded) is not None:
            return self._after(folded)
        if self._idle is None:  # no rule names it, so every such directory leads to the same position
            following = self._after(folded)
            self._idle = self if following.same_below(self) else following
        return self._idle

    def same_below(self, other: Position) -> bool:
        """Whether the rules say the same about everything below both positions.

        Only then may a directory move from one to the other: nothing that is denied comes into reach, and nothing
        that was prepared in reach gets a denied name.
        """
        return self._live == other._live

    def _after(self, folded: str) -> Position:
        live = tuple(
            None if states is None else rule.step(states, folded)
            for rule, states in zip(self._rules, self._live, strict=True)
        )
        return Position(self._rules, self._interesting, live)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One pattern: over a name alone (`name`), or over a path as a row of segments."""

    deny: bool
    directory_only: bool
    name: re.Pattern[str] | None
    segments: tuple[re.Pattern[str] | None, ...] | None

    def matches_name(self, folded: str) -> bool:
        return self.name is not None and self.name.match(folded) is not None

    def reach(self, states: Iterable[int]) -> frozenset[int]:
        """The states, and those behind each `**`, which may also stand for no directory at all."""
        segments = self.segments or ()
        reached = set()
        for first in states:
            state = first
            reached.add(state)
            while segments[state] is _ANY_DEPTH and state + 1 < len(segments):
                state += 1
                reached.add(state)
        return frozenset(reached)

    def step(self, states: frozenset[int], folded: str) -> frozenset[int]:
        """The states after one more directory."""
        segments = self.segments or ()
        following = set()
        for state in states:
            segment = segments[state]
            if segment is _ANY_DEPTH:
                following.add(state)
            elif state + 1 < len(segments) and segment.match(folded):
                following.add(state + 1)
        return self.reach(following)

    def accepts(self, states: frozenset[int], folded: str) -> bool:
        """Whether the whole pattern matches once `folded` is the last name."""
        segments = self.segments or ()
        if len(segments) - 1 not in states:
            return False
        last = segments[-1]
        return last is _ANY_DEPTH or last.match(folded) is not None


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One pattern as it was written, its name as an expression that is not compiled yet."""

    deny: bool
    directory_only: bool
    name: str | None
    segments: tuple[re.Pattern[str] | None, ...] | None


def _any_of(rules: Iterable[_Rule]) -> re.Pattern[str]:
    """What a name must match so that any rule has something to say about it: true of few names, and asked first."""
    wanted: list[str] = []
    for rule in rules:
        if rule.name is not None and rule.deny:
            wanted.append(rule.name.pattern)
        for segment in rule.segments or ():
            if segment is not None:
                wanted.append(segment.pattern)
            elif rule.segments and rule.segments[-1] is _ANY_DEPTH:
                return re.compile("")  # `a/**` says something about every name below `a`
    return re.compile("|".join(wanted) or r"(?!)")


def _merged(rules: Iterable[_Parsed]) -> list[_Rule]:
    """Neighbours of one sort become one regular expression: a match costs one call for all of them, and so does making it."""
    merged: list[_Rule] = []
    for (deny, directory_only, by_name), group in groupby(rules, key=_sort_of):
        if by_name:
            name = re.compile("|".join(rule.name for rule in group if rule.name is not None))
            merged.append(_Rule(deny, directory_only, name, None))
        else:
            merged += [_Rule(deny, directory_only, None, rule.segments) for rule in group]
    return merged


def _sort_of(rule: _Parsed) -> tuple[bool, bool, bool]:
    return rule.deny, rule.directory_only, rule.name is not None


def _parse(pattern: str) -> _Parsed:
    text = re.sub(r"(?<!\\) +$", "", pattern)  # git drops trailing blanks unless they are quoted
    deny = not text.startswith("!")
    body = re.sub(
        r"^(?:\./+)+", "/", text if deny else text[1:]
    )  # `./private` is how paths are often written
    if body != body.lstrip() or _UNUSABLE.search(body):
        raise ValueError(
            f"the pattern {pattern!r} can match nothing: it begins with a blank, has '..' or '.' as a name, or has"
            " a backslash where '/' parts names"
        )
    directory_only = body.endswith("/")
    anchored = "/" in body.rstrip("/")
    body = body.rstrip("/").removeprefix("/")
    if not body or text.startswith("#") or "\0" in body:
        raise ValueError(f"the pattern {pattern!r} matches nothing")
    if not anchored:
        return _Parsed(deny, directory_only, _glob(body, pattern), None)
    segments = tuple(
        _ANY_DEPTH if segment == "**" else re.compile(_glob(segment, pattern))
        for segment in body.split("/")
        if segment
    )
    return _Parsed(deny, directory_only, None, segments)


def _glob(segment: str, pattern: str) -> str:
    """One segment of a pattern as an expression over a folded name."""
    if re.search(r"(?<!\\)(?:\\\\)*\\$", segment):
        raise ValueError(f"the pattern {pattern!r} ends in a lone backslash")
    text = re.sub(r"\*+", "*", _fold(segment))
    text = text.replace("[^", "[!")  # git takes both
    quoted = re.sub(r"\\(.)", lambda found: f"[{found[1]}]" if found[1] in "*?[" else found[1], text)
    if "[" in re.sub(r"\[!?.[^\]]*\]", "", quoted):
        raise ValueError(f"the pattern {pattern!r} has a '[' without its ']'")
    translated = fnmatch.translate(quoted)
    if "[:" in quoted or "(?!)" in translated:
        raise ValueError(f"the pattern {pattern!r} has a character class that is not supported or is empty")
    return translated


def _fold(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
