"""`@seawall.operation`: what it may say, what is assumed without it, and what is wrong with it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import seawall
from seawall.toolsets.functions.marks import read_marks
from seawall.toolsets.interface import Hints
from toolsets.python.workshop import Workshop, problems_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("words", "hints"),
    [
        (None, Hints(read_only=False, destructive=True, idempotent=False, open_world=True)),
        ("", Hints(read_only=False, destructive=True, idempotent=False, open_world=True)),
        ("read_only=True", Hints(read_only=True, destructive=False, idempotent=True, open_world=True)),
        ("read_only=True, open_world=False", Hints(True, False, True, False)),
        ("read_only=False, destructive=False", Hints(False, False, False, True)),
        ("idempotent=True", Hints(False, True, True, True)),
        ("read_only=True, idempotent=False", Hints(True, False, False, True)),
    ],
)
async def test_hints_are_what_is_said_and_else_the_specifications_defaults(
    tmp_path: Path, words: str | None, hints: Hints
) -> None:
    decorator = "" if words is None else f"@seawall.operation({words})"
    async with Workshop.of(tmp_path, f"{decorator}\ndef it() -> str: ...") as shop:
        assert shop.operations["it"].hints == hints


async def test_name_title_scopes_and_timeout_reach_the_operation(tmp_path: Path) -> None:
    text = """
        @seawall.operation(name="list", title="All of it", scopes=["a:read", "b"], timeout="1m")
        def list_() -> str: ...

        @seawall.operation(timeout=0.5)
        def find_old_orders() -> str: ...
    """
    async with Workshop.of(tmp_path, text) as shop:
        first, second = shop.operations.values()
    assert (first.name, first.title, first.scopes, first.timeout) == (
        "list",
        "All of it",
        ("a:read", "b"),
        60,
    )
    assert (second.title, second.scopes, second.timeout) == ("Find old orders", (), 0.5)


def test_a_decorated_function_stays_the_function_that_it_was() -> None:
    def add(one: int, other: int) -> int:
        return one + other

    assert seawall.operation(add) is add
    assert seawall.operation(read_only=True)(add) is add
    assert add(1, 2) == 3
    assert list(inspect.signature(add).parameters) == ["one", "other"]
    assert read_marks(add, "add")[0].hints.read_only


def test_something_that_cannot_carry_the_decorator_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="cannot stand on"):
        seawall.operation(len)


@pytest.mark.parametrize(
    ("words", "column", "found", "message"),
    [
        ("read_only=True, destructive=True", 36, "destructive", "cannot be read_only and destructive"),
        ("readonly=True", 20, "readonly", "did you mean read_only?"),
        ("readOnlyHint=True", 20, "readOnlyHint", "did you mean read_only?"),
        ("read_only='yes'", 20, "read_only", "read_only is 'yes'; allowed: True or False"),
        ("scopes='admin'", 20, "scopes", "did you mean scopes=['admin']?"),
        ("scopes=[1]", 20, "scopes", "allowed: a list of scopes"),
        ("timeout='soon'", 20, "timeout", 'such as "30s"'),
        ("timeout=0", 20, "timeout", "a duration from 1ms"),
        ("timeout=True", 20, "timeout", "a duration from 1ms"),
        ("title=''", 20, "title", "not empty"),
        ("name='Über'", 20, "name", 'did you mean @seawall.operation(name="ber")?'),
        ("name='x' * 65", 20, "name", "at most 64"),
    ],
)
def test_a_wrong_word_is_a_problem_at_its_place(
    tmp_path: Path, words: str, column: int, found: str, message: str
) -> None:
    text = f"import seawall\n@seawall.operation({words})\ndef it() -> str: ...\n"
    (problem,) = problems_of(tmp_path, text, prelude="")
    assert (problem.line, problem.column, problem.found) == (2, column, found)
    assert message in problem.message


def test_every_wrong_word_is_told_at_once(tmp_path: Path) -> None:
    text = "import seawall\n@seawall.operation(\n  title=1,\n  scopes=2,\n  timeout='x',\n)\ndef it() -> str: ...\n"
    assert [problem.line for problem in problems_of(tmp_path, text, prelude="")] == [3, 4, 5]
