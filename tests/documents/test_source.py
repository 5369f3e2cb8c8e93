"""The source keeps to the sizes that CONTRIBUTING.md promises a reader."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from documents.markdown import ROOT

FILE, FUNCTION = 500, 70
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def too_long(text: str) -> Iterator[str]:
    """What of the module is longer than it may be."""
    if text.count("\n") > FILE:
        yield "the file"
    nodes = list(ast.walk(ast.parse(text)))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    yield from (each.name for each in functions if (each.end_lineno or 0) - each.lineno >= FUNCTION)


def test_no_file_and_no_function_is_too_long() -> None:
    found = {path.relative_to(ROOT): list(too_long(path.read_text())) for path in SOURCES}
    assert len(found) > 300
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = 1\n" * (FILE + 1), ["the file"]),
        ("def long():\n" + "    x = 1\n" * FUNCTION, ["long"]),
        ("def short():\n" + "    x = 1\n" * (FUNCTION - 1), []),
    ],
)
def test_what_is_too_long_is_found(text: str, names: list[str]) -> None:
    assert list(too_long(text)) == names
