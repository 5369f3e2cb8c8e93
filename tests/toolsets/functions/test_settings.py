"""Settings of a module: filled from the blueprint, frozen, secrets only by reference."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

import seawall
from toolsets.python.workshop import Workshop, problems_of

pytestmark = pytest.mark.anyio

OWN = """
    class Level(BaseModel):
        low: int
        high: int = 9

    class Own(seawall.Settings):
        limit: int
        paths: list[Path] = []
        level: Level | None = None
        password: seawall.Secret | None = None

    def it(own: Own) -> str:
        secret = own.password.get_secret_value() if own.password else None
        return repr((own.limit, own.paths, own.level, secret))
"""


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"limit": 3}, "(3, [], None, None)"),
        ({"limit": "3"}, "(3, [], None, None)"),
        ({"limit": 3, "paths": ("a", "b")}, "(3, [PosixPath('a'), PosixPath('b')], None, None)"),
        ({"limit": 3, "level": {"low": 1}}, "(3, [], Level(low=1, high=9), None)"),
        ({"limit": 3, "password": "env:WORKSHOP_PASSWORD"}, "(3, [], None, 'hunter2')"),
    ],
)
async def test_the_values_of_the_blueprint_reach_the_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], shown: str
) -> None:
    monkeypatch.setenv("WORKSHOP_PASSWORD", "hunter2")
    async with Workshop.of(tmp_path, OWN, settings=settings) as shop:
        assert await shop.text("it") == shown


async def test_settings_that_are_all_optional_need_no_table(tmp_path: Path) -> None:
    text = "class Own(seawall.Settings):\n    limit: int = 5\ndef it(own: Own) -> int: return own.limit"
    async with Workshop.of(tmp_path, text) as shop:
        assert await shop.data("it") == {"result": 5}


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        ({}, "settings.limit", "settings.limit is missing, for which workshop_tools.Own asks"),
        ({"limit": 1, "lmit": 2}, "settings.lmit", "has no setting 'lmit'; did you mean limit?"),
        ({"limit": 1, "zzz": 2}, "settings.zzz", "allowed: one of: limit, paths, level, password"),
        ({"limit": "many"}, "settings.limit", "allowed: a valid integer"),
        ({"limit": 1, "level": {"high": 1}}, "settings.level.low", "settings.level.low is missing"),
        (
            {"limit": 1, "password": "hunter2"},
            "settings.password",
            "Write env:NAME, file:/absolute/path or secret:NAME",
        ),
        ({"limit": 1, "password": "env:NOT_SET_ANYWHERE"}, "settings.password", "the variable is not set"),
    ],
)
def test_a_value_that_does_not_fit_is_a_problem_of_the_declaration(
    tmp_path: Path, settings: dict[str, object], key: str, message: str
) -> None:
    (problem,) = problems_of(tmp_path, OWN, settings=settings)
    assert (problem.source, problem.key) == ("", key)
    assert message in problem.message
    assert "hunter2" not in repr(problem)
    assert "many" not in repr(problem)


def test_problems_of_the_settings_come_with_those_of_the_functions(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, OWN + "\n    def other(x): ...", settings={"lmit": 3})
    assert [problem.key for problem in problems] == [
        "workshop_tools.other.x",
        "settings.limit",
        "settings.lmit",
    ]


def test_settings_for_which_nobody_asks_are_a_problem(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "def it() -> str: ...", settings={"a": 1})
    assert (problem.key, "reach nothing" in problem.message) == ("settings", True)


def test_two_classes_of_settings_are_a_problem_where_the_second_is_asked_for(tmp_path: Path) -> None:
    text = """\
import seawall
class A(seawall.Settings): pass
class B(seawall.Settings): pass
def one(a: A) -> str: ...
def two(b: B) -> str: ...
"""
    (problem,) = problems_of(tmp_path, text, prelude="")
    assert (problem.line, problem.column, problem.found) == (5, 9, "b")


async def test_settings_of_functions_that_are_not_offered_need_not_be_there(tmp_path: Path) -> None:
    async with Workshop.of(
        tmp_path, OWN + "\n    def other() -> str: return 'x'", operations=("other",)
    ) as shop:
        assert await shop.text("other") == "x"


def test_settings_are_frozen_and_hide_values_in_errors() -> None:
    class Own(seawall.Settings):
        limit: int

    own = Own(limit=1)
    with pytest.raises(ValidationError):
        own.limit = 2  # type: ignore[misc]  # the point of the test
    with pytest.raises(ValidationError) as caught:
        Own.model_validate({"limit": "hunter2"})
    assert "hunter2" not in str(caught.value)
