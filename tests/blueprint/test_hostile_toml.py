"""A file that is no TOML gives one problem, at the place where a person looks, without showing what may be a secret."""

from __future__ import annotations

import contextlib
import inspect
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint.samples import Case, check, problem, read
from seawall.blueprint.document import read_document
from seawall.errors import BlueprintError

_SECRET = "hunter2-very-secret"  # noqa: S105  must never come back
_SERVER = '[server]\nname = "w"\n'
_FILES = f'{_SERVER}[[toolset]]\nkind = "files"\nroots = "."\n'
_VALUE = "a string in quotes, a number, true or false, an array or a table"
_ONCE = "each table and setting once"
_DEEP = "at most 32 levels of tables and arrays"

NOT_TOML = {
    "a setting twice": Case(f'{_SERVER}name = "v"', 3, 1, "server.name", "server.name again", _ONCE),
    "a table twice": Case(f"{_SERVER}[http]\n[http]", 4, 2, "http", "http again", _ONCE),
    "a table after an array of tables": Case(f"{_FILES}[toolset]", 6, 2, "toolset", "toolset again", _ONCE),
    "a setting twice in braces": Case("a = {b = 1, b = 2}", 1, 13, "a.b", "a.b again", _ONCE),
    "a value that becomes a table": Case(
        "a = 1\na.b = 2", 2, 3, "a.b", "a.b, which is already something else", "each name for one thing"
    ),
    "an open header": Case(
        '[server\nname = "w"', 1, 8, "", "the end of the line", "the end of the [table] header"
    ),
    "a header with one bracket too many": Case("[server]]", 1, 9, "server", "']'", "the end of the line"),
    "YAML": Case("server:\n  name: w", 1, 7, "", "':'", "'=' between a setting and its value"),
    "JSON": Case('{"server": 1}', 1, 1, "", "'{'", "setting = value, or a [table] header"),
    "no value": Case("[server]\nname =\n", 2, 7, "server.name", "the end of the line", _VALUE),
    "nothing but a key": Case(
        "[server]\nname", 2, 5, "", "the end of the file", "'=' between a setting and its value"
    ),
    "a word without quotes": Case(
        f"[server]\nname = {_SECRET}", 2, 8, "server.name", "a word without quotes", _VALUE
    ),
    "a boolean of Python": Case("[a]\nb = True", 2, 5, "a.b", "'True'", _VALUE, "true"),
    "null": Case("[a]\nb = null", 2, 5, "a.b", "'null'", _VALUE),
    "typographic quotes": Case("a = \u201cx\u201d", 1, 5, "a", "'\u201c'", "straight quotes: \" or '"),
    "an open string": Case(
        f'[server]\nname = "{_SECRET}\nversion = "1"',
        2,
        8,
        "server.name",
        "a string without its closing quote",
        "a closing quote on the same line",
    ),
    "an open literal string": Case(
        "a = 'x\n", 1, 5, "a", "a string without its closing quote", "a closing quote on the same line"
    ),
    "an open string of several lines": Case(
        'b = 1\na = """x\n\n\n', 2, 5, "a", "a string without its closing quote", "a closing quote"
    ),
    "an open array": Case(
        '[stdio]\nscopes = ["a",\n\n',
        2,
        10,
        "stdio.scopes",
        "an array without its end",
        "']' at the end of the array",
    ),
    "an array without commas": Case('a = ["x" "y"]', 1, 10, "a[1]", "'\"'", "',' or ']'"),
    "an open inline table": Case("a = {b = 1", 1, 5, "a", "a table without its end", "'}' on the same line"),
    "a size without quotes": Case(
        "[limits]\nresponse_size = 10MiB",
        2,
        19,
        "limits.response_size",
        "'M'",
        'the end of the line; a value with a unit, such as "10MiB", needs quotes',
    ),
    "a leading zero": Case("[http]\nport = 08", 2, 9, "http.port", "'8'", "the end of the line"),
    "a backslash": Case(
        'a = "C:\\users"', 1, 8, "a", "a backslash", r"\\ for a backslash, or a string in 'single quotes'"
    ),
    "a NUL": Case("a = 1\n\0", 2, 1, "", r"'\x00'", "text without control characters"),
    "a NUL in a string": Case("a = 'x\0'", 1, 7, "a", r"'\x00'", "text without control characters"),
    "an escape sequence": Case('a = "\x1b[31m"', 1, 6, "a", r"'\x1b'", "text without control characters"),
    "line ends of old": Case("a = 1\rb = 2", 1, 6, "a", r"'\r'", "text without control characters"),
    "a date that does not exist": Case("a = 2024-13-45", 1, 9, "a", "'-'", "the end of the line"),
    "an integer of thousands of digits": Case(
        f"x = 1\na = {'9' * 5000}",
        2,
        5,
        "",
        "an integer of thousands of digits",
        "an integer of at most 64 bits",
    ),
    "arrays without end": Case("a = " + "[" * 100_000, 1, 37, "", "more than 32 levels", _DEEP),
    "tables without end": Case("a." * 100_000 + "a = 1", 1, 65, "", "more than 32 levels", _DEEP),
    "braces without end": Case("a = " + "{a = " * 50_000, 1, 161, "", "more than 32 levels", _DEEP),
    "more than a mebibyte": Case(
        "#" * (2**20 + 1), 1, 1, "", "more than 1048576 bytes", "at most 1048576 bytes"
    ),
}


@pytest.mark.parametrize("case", NOT_TOML.values(), ids=NOT_TOML)
def test_a_file_that_is_no_toml_gives_one_problem_that_says_all(case: Case) -> None:
    check(case)
    assert _SECRET not in repr(problem(case.text))


def test_a_stack_that_is_nearly_full_gives_a_problem_and_no_traceback() -> None:
    """The scanner refuses deep nesting before the parser recurses; should the parser run out all the same, it is told."""
    text = f"a = {'[' * 31}{']' * 31}"
    limit, depth = sys.getrecursionlimit(), len(inspect.stack(0))
    sys.setrecursionlimit(depth + 45)
    try:
        with pytest.raises(BlueprintError) as caught:
            read_document(text, source="seawall.toml")
    finally:
        sys.setrecursionlimit(limit)
    (found,) = caught.value.problems
    assert found.allowed == _DEEP


def test_every_way_to_cut_a_file_short_gives_problems_or_a_blueprint() -> None:
    """No prefix of a valid file makes the loader fail otherwise."""
    whole = (
        f'''{_FILES}scopes = ["a", 'b', """c"""]\n[limits]\nresponse_size = "1MiB" # x\n[http]\nport = 1\n'''
    )
    read(whole)
    for end in range(len(whole)):
        with contextlib.suppress(BlueprintError):
            read(whole[:end])


@given(st.text(st.sampled_from("ab[]{}=.,#\"'\\\n\r\t \0$:019-+eTé\u201c"), max_size=40))
@settings(max_examples=1000, deadline=None)
def test_no_text_at_all_makes_the_loader_fail_otherwise(text: str) -> None:
    with contextlib.suppress(BlueprintError):
        read(text)
