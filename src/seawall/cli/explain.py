"""Renders the problems of a blueprint as compilers do: the place, the sentence, the line and a caret."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from seawall.cli.output import plain
from seawall.errors import Problem
from seawall.types import JsonObject

__all__ = ["explain", "problem_as_json"]

_READ_AT_MOST = 1 << 20  # bytes of a source file; a blueprint is some kilobytes
_SHOWN = 96  # characters of a source line; more is cut around the caret


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
    if problem.allowed:
        text.append("\n  allowed: ", style="dim")
        text.append(plain(problem.allowed))
    if problem.suggestion:
        text.append("\n  did you mean: ", style="dim")
        text.append(plain(problem.suggestion), style="green")
    return text


def _place(problem: Problem) -> str:
    parts = [problem.source, problem.line, problem.column]
    return ":".join(str(part) for part in parts if part is not None)


def _quoted(problem: Problem, lines: Sequence[str]) -> Text | None:
    if problem.line is None or not 1 <= problem.line <= len(lines):
        return None
    line, column = lines[problem.line - 1], problem.column
    start = max(0, (column or 1) - 1 - _SHOWN // 2) if len(line) > _SHOWN else 0
    shown = line[start : start + _SHOWN]
    number = str(problem.line)
    text = Text(f"\n  {number} | ", style="dim")
    text.append(plain(shown.rstrip()), style="default not dim")
    if column is not None:
        before = cell_len(plain(line[start : column - 1]))
        text.append(f"\n  {' ' * len(number)} | ")
        text.append(" " * before + "^" * _underlined(problem, line), style="bold red not dim")
    return text


def _underlined(problem: Problem, line: str) -> int:
    """How many cells the caret spans: the found text where it stands literally at the column, else one."""
    at = (problem.column or 1) - 1
    if problem.found and line.startswith(problem.found, at):
        return max(1, cell_len(plain(problem.found)))
    return 1


def _lines(source: str) -> Sequence[str]:
    try:
        with Path(source).open("rb") as file:
            text = file.read(_READ_AT_MOST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ()
    return [line.removesuffix("\r") for line in text.split("\n")]  # as TOML counts lines, unlike splitlines
