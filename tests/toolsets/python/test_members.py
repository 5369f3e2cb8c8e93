"""Which functions of a module become operations, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.toolsets.python import PythonDeclaration
from seawall.toolsets.selection import select
from toolsets.python.workshop import PRELUDE, Workshop, problems_of

pytestmark = pytest.mark.anyio

FAMILY = """
import functools
from os.path import join
from workshop_kin import borrowed

CONSTANT = 1

class Tool:
    def __call__(self) -> str: ...

instance = Tool()

def plain() -> str: ...
async def asynchronous() -> str: ...
def _hidden() -> str: ...
other_name = plain

@functools.lru_cache
def cached() -> str: ...

def keep(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner

@keep
def wrapped(limit: int) -> str:
    "Does it."
    return f"got {limit}"

@keep
async def late(limit: int) -> str:
    return f"late {limit}"
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "workshop_kin.py").write_text("def borrowed() -> str: ...\n")
    return tmp_path


async def test_without_all_the_public_functions_of_the_module_are_offered(directory: Path) -> None:
    async with Workshop.of(directory, FAMILY, operations=("!keep",)) as shop:
        assert list(shop.operations) == ["plain", "asynchronous", "cached", "wrapped", "late"]
        assert [(each.name, each.reason.partition("; and ")[0]) for each in shop.left_out] == [
            ("keep", "`operations` does not take it in"),
            ("other_name", "it is another name of plain"),
        ]


async def test_functions_under_decorators_keep_their_signature_and_are_called(directory: Path) -> None:
    async with Workshop.of(directory, FAMILY, operations=("!keep",)) as shop:
        assert shop.operations["wrapped"].parameters["required"] == ["limit"]
        assert shop.operations["wrapped"].description == "Does it."
        assert await shop.text("wrapped", limit=2) == "got 2"
        assert await shop.text("late", limit=2) == "late 2"


async def test_all_decides_alone_when_it_is_there(directory: Path) -> None:
    text = FAMILY + "\n__all__ = ['borrowed', 'CONSTANT', 'Tool', 'plain']\n"
    async with Workshop.of(directory, text) as shop:
        assert list(shop.operations) == ["borrowed", "plain"]
        left_out = {each.name: each.reason for each in shop.left_out}
    assert left_out["asynchronous"] == "__all__ does not name it"
    assert "other_name" not in left_out
    assert "_hidden" not in left_out


async def test_functions_of_sister_modules_are_named_with_the_way_to_offer_them(tmp_path: Path) -> None:
    package = tmp_path / "workshop_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("def part() -> str: ...\n")
    (package / "tools.py").write_text(
        "from os.path import join\nfrom .parts import part\ndef own() -> str: ...\n"
    )
    async with Workshop.of(tmp_path, "", module="workshop_package.tools") as shop:
        assert list(shop.operations) == ["own"]
        assert [(each.name, each.reason) for each in shop.left_out] == [
            ("part", "it comes from workshop_package.parts; name it in __all__ to offer it")
        ]


def test_a_name_of_all_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "def f() -> str: ...\n__all__ = ['f', 'g']", prelude="")
    assert (problem.line, problem.column, problem.found) == (2, 1, "__all__")
    assert "'g'" in problem.message


def test_overloads_are_one_function(tmp_path: Path) -> None:
    text = """
        from typing import overload
        @overload
        def f(a: int) -> str: ...
        @overload
        def f(a: str) -> str: ...
        def f(a: int | str) -> str: ...
        def f(a: bytes) -> str: ...
    """
    (problem,) = problems_of(tmp_path, text, prelude="")
    assert (problem.line, problem.found) == (8, "f")
    assert "the first, on line 7, is lost" in problem.message


async def test_with_access_read_only_what_says_that_it_changes_nothing_is_offered(tmp_path: Path) -> None:
    text = """
        def undecorated() -> str: ...
        @seawall.operation
        def silent() -> str: ...
        @seawall.operation(read_only=True)
        def harmless() -> str: ...
        def helper(anything): ...
    """
    async with Workshop.of(tmp_path, text, access="read") as shop:
        declaration = PythonDeclaration(module="workshop_tools")
        chosen = select(shop.toolset.operations, declaration, source="", key="")
        assert [each.name for each in chosen.offered] == ["harmless"]
        reasons = {each.name: each.reason for each in (*chosen.left_out, *shop.left_out)}
    why = 'it does not say that it changes nothing, and access = "read"'
    assert reasons["undecorated"] == reasons["silent"] == why
    line = PRELUDE.count("\n") + 7
    assert reasons["helper"].startswith(f"{why}; and {tmp_path}/workshop_tools.py:{line}: the parameter")
