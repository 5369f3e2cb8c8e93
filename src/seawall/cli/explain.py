"""Renders the problems of a blueprint as compilers do: the place, the sentence, the line and a caret."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from seawall.cli.output import plain
from seawall.errors import Problem
from seawall.types import JsonObject

__all__ = ["explain", "problem_as_json"]

_READ_AT_MOST = 1 << 20  # bytes of a source file; a blueprint is some kilobytes
_AROUND = 48  # characters shown before, at and behind the problem each

_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"?|'[^']*'?")  # of TOML, also one whose end is missing
_BARE = re.compile(r"[^\s=,\[\]{}#\"']+")


def explain(problems: Sequence[Problem]) -> Iterator[Text]:
    """One rendered block for each problem, in the order given; reads the sources for the quoted lines.

    A source that cannot be read any more (or is an environment variable) is explained without its line.
    """
    lines: dict[str, Sequence[str]] = {}
    for problem in problems:
        if problem.line is not None and problem.source not in lines:
            lines[problem.source] = _lines(problem.source)
        yield _block(problem, lines)


def problem_as_json(problem: Problem) -> JsonObject:
    """The problem's fields under their own names."""
    return dataclasses.asdict(problem)


def _block(problem: Problem, lines: Mapping[str, Sequence[str]]) -> Text:
    text = Text(overflow="fold")
    text.append(plain(_place(problem)), style="bold")
    text.append(": ")
    text.append(plain(problem.message), style="red")
    if (quoted := _quoted(problem, lines.get(problem.source, ()))) is not None:
        text.append(quoted)
    # A sentence that says it already is not repeated.
    if problem.allowed and problem.allowed not in problem.message:
        text.append("\n  allowed: ", style="dim")
        text.append(plain(problem.allowed))
    if problem.suggestion and problem.suggestion not in problem.message:
        text.append("\n  did you mean: ", style="dim")
        text.append(plain(problem.suggestion), style="green")
    return text


def _place(problem: Problem) -> str:
    here = f"{os.getcwd()}{os.sep}"  # noqa: PTH109  a prefix of text
    parts = [problem.source.removeprefix(here), problem.line, problem.column]
    return ":".join(str(part) for part in parts if part is not None)


def _quoted(problem: Problem, lines: Sequence[str]) -> Text | None:
    if problem.line is None or problem.column is None or not 1 <= problem.line <= len(lines):
        return None
    before, token, after = (plain(part) for part in _pieces(problem, lines[problem.line - 1]))
    if len(before) > _AROUND:
        before = "…" + before[-_AROUND:]
    token = token if len(token) <= _AROUND else f"{token[:_AROUND]}…"
    after = after if len(after) <= _AROUND else f"{after[:_AROUND]}…"
    number = str(problem.line)
    text = Text(f"\n  {number} | ", style="dim")
    text.append(f"{before}{token}{after}".rstrip(), style="default not dim")
    text.append(f"\n  {' ' * len(number)} | ")
    text.append(" " * cell_len(before) + "^" * max(1, cell_len(token)), style="bold red not dim")
    return text


def _pieces(problem: Problem, line: str) -> tuple[str, str, str]:
    """The line before, at and behind the problem, without strings that the problem does not show itself.

    A string of a blueprint may be a secret that stands in the wrong place, and this output lands in the logs
    of build servers; the loader shows a value as `found` only where none can be.
    """
    at = (problem.column or 1) - 1
    if problem.found and line.startswith(problem.found, at):
        end = at + len(problem.found)
        token = line[at:end]
    elif (string := _STRING.match(line, at)) is not None:
        inside = string[0][1:-1]
        shown = problem.found in {string[0], inside, repr(inside)}
        token = string[0] if shown else _masked(string[0])
        end = string.end()
    else:
        bare = _BARE.match(line, at)
        end = bare.end() if bare is not None else at
        token = line[at:end]
    return _masked(line[:at]), token, _masked(line[end:])


def _masked(text: str) -> str:
    return _STRING.sub(lambda string: f"{string[0][0]}…{string[0][0]}", text)


def _lines(source: str) -> Sequence[str]:
    try:
        with Path(source).open("rb") as file:
            text = file.read(_READ_AT_MOST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ()
    # As TOML counts lines, unlike splitlines.
    return [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
