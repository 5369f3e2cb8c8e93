"""Everything that keeps a function from being a tool: each row is one problem, at its line and column, in our words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolsets.python.workshop import PRELUDE, build, problems_of, write

_ABOVE = PRELUDE.count("\n")

ROWS = [
    ("def it(word) -> str: ...", 8, "word", "the parameter 'word' has no annotation"),
    ("def it(a: int, *, word=3) -> str: ...", 19, "word", "the parameter 'word' has no annotation"),
    ("def it(*words: str) -> str: ...", 9, "words", "*words takes whatever comes"),
    ("def it(**words: str) -> str: ...", 10, "words", "**words takes whatever comes"),
    ("def it(word: str, /) -> str: ...", 8, "word", "can only be given by position"),
    ("def it(word: Missing) -> str: ...", 8, "word", "the annotation 'Missing' cannot be resolved: name"),
    ("def it(word: 'list[Missing]') -> str: ...", 8, "word", "cannot be resolved"),
    ("def it(word: list[) -> str: ...", 19, ")", "not valid Python"),
    ("def it() -> Missing: ...", 13, "Missing", "the annotation 'Missing' cannot be resolved"),
    ("def it(word: Callable[[int], int]) -> str: ...", 8, "word", "JSON cannot carry it"),
    ("def it(word: threading.Lock) -> str: ...", 8, "word", "cannot be"),
    ("def it(word: list[range]) -> str: ...", 8, "word", "JSON cannot carry it; allowed: str, int, float"),
    ("def it(word: type) -> str: ...", 8, "word", "JSON cannot carry it"),
    ("def it(word: type[int]) -> str: ...", 8, "word", "JSON cannot carry it"),
    ("Two = enum.Enum('Two', {'A': (1, 2)})\ndef it(word: Two) -> str: ...", 8, "word", "JSON cannot carry it"),
    ("def it(word: Annotated[int, Len(3)]) -> str: ...", 8, "word", "'minLength' does not apply to integer"),
    ("def it(word: Annotated[str, Ge(3)]) -> str: ...", 8, "word", "'ge' does not apply to string"),
    ("def it(word: Annotated[str, Field(pattern='(?=a)')]) -> str: ...", 8, "word", "look-around"),
    ("def it(word: int = None) -> str: ...", 8, "word", "default of the parameter 'word' does not fit its type"),
    ("def it(word: Annotated[int, Ge(3)] = 2) -> str: ...", 8, "word", "does not fit its type"),
    ("def it() -> range: ...", 13, "range", "the type of the result cannot be used: JSON cannot carry it"),
    ("def it() -> Callable[[], int]: ...", 13, "Callable[[], int]", "the type of the result cannot be used"),
    ("def it() -> Iterator[int]:\n    yield 1", 5, "it", "is a generator, and a tool answers once"),
    ("async def it() -> Any:\n    yield 1", 11, "it", "is a generator, and a tool answers once"),
    ("def readFile() -> str: ...", 5, "readFile", 'did you mean @seawall.operation(name="read_file")?'),
    ("def größe() -> str: ...", 5, "größe", "cannot be the name of a tool"),
    ("ä = 'äöü'; word = (  # ä\n  1/0)", 3, "1/0", "failed here: ZeroDivisionError: division by zero"),
    ("import fastmcp\ndef it(c: fastmcp.Context) -> str: ...", 8, "c", "allowed: seawall.Context"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "found", "message"), ROWS, ids=[row[0] for row in ROWS])
def test_a_fault_is_a_problem_at_its_place(
    tmp_path: Path, text: str, column: int, found: str, message: str
) -> None:
    (problem,) = problems_of(tmp_path, text)
    line = 1 if "yield" in text else text.count("\n") + 1
    assert problem.source == str(tmp_path / "workshop_tools.py")
    assert (problem.line, problem.column, problem.found) == (_ABOVE + line, column, found)
    assert message in problem.message


def test_every_fault_of_a_module_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "def a(x): ...\ndef b(y, z) -> range: ...\n\ndef c(*args: int): ...\n"
    problems = problems_of(tmp_path, text, prelude="")
    assert [(each.line, each.found) for each in problems] == [
        (1, "x"),
        (2, "y"),
        (2, "z"),
        (2, "range"),
        (4, "args"),
    ]


def test_two_operations_of_one_name_are_a_problem_at_the_later_one(tmp_path: Path) -> None:
    text = """\
import seawall
@seawall.operation(name="find")
def a() -> str: ...
@seawall.operation(name="find")
def b() -> str: ...
"""
    (problem,) = problems_of(tmp_path, text, prelude="")
    assert (problem.line, problem.column, problem.found) == (4, 20, "name")
    assert "a second operation named 'find'; the first is on line 3" in problem.message


def test_a_function_of_another_file_is_reported_there(tmp_path: Path) -> None:
    (tmp_path / "workshop_kin.py").write_text("\ndef borrowed(x): ...\n")
    text = "from workshop_kin import borrowed\n__all__ = ['borrowed']\n"
    (problem,) = problems_of(tmp_path, text, prelude="")
    assert (problem.source, problem.line, problem.column) == (str(tmp_path / "workshop_kin.py"), 2, 14)


def test_columns_count_characters_and_not_bytes(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "def it(ärger: int, straße) -> str: ...")
    assert (problem.column, problem.found) == (20, "straße")


@pytest.mark.parametrize(
    "declared", [{"operations": ("other",)}, {"operations": ("!it",)}, {"access": "read"}], ids=str
)
def test_a_fault_of_a_function_that_nobody_asked_for_stops_nothing(
    tmp_path: Path, declared: dict[str, Any]
) -> None:
    write(tmp_path, "def it(x): ...\ndef other() -> str: ...")
    toolset = build(tmp_path, **declared)
    assert "it" not in [each.name for each in toolset.operations]
