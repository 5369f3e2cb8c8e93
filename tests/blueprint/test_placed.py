"""Problems that are found without the text get their place in it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration, parse
from seawall.errors import Problem

TEXT = """\
[server]
name = "x"

[[toolset]]
kind = "toy"
operations = ["a", "b"]
"""


class Toy(ToolsetDeclaration):
    """A toolset without settings of its own."""


def loaded(environment: dict[str, str] | None = None) -> LoadedBlueprint:
    return parse(
        TEXT,
        source="seawall.toml",
        directory=Path("/nowhere"),
        kinds={"toy": Toy},
        environment=environment or {},
    )


def problem(key: str, *, source: str = "", line: int | None = None, found: str = "") -> Problem:
    return Problem(source, line, None, key, found, "", None, "")


@pytest.mark.parametrize(
    ("key", "found", "place"),
    [
        ("server.name", "x", (2, 8)),
        ("server.name", "name", (2, 1)),
        ("toolset[0].operations[1]", "b", (6, 20)),
        ("toolset[0].prefix", "", (4, 3)),
        ("toolset[0].settings.deep.er", "", (4, 3)),
        ("http.port", "", (1, 1)),
    ],
)
def test_a_problem_gets_the_place_of_its_setting_or_of_what_is_around_it(
    key: str, found: str, place: tuple[int, int]
) -> None:
    placed = loaded().placed(problem(key, found=found))
    assert (placed.source, placed.line, placed.column) == ("seawall.toml", *place)


def test_a_problem_of_an_overridden_setting_is_one_of_the_variable() -> None:
    variable = "SEAWALL_TOOLSET__TOY__PREFIX"
    placed = loaded({variable: "a_"}).placed(problem("toolset[0].prefix"))
    assert (placed.source, placed.line) == (variable, None)


@pytest.mark.parametrize("source", ["tools.py", "SEAWALL_HTTP__PORT"])
def test_a_problem_of_something_else_stays_as_it_is(source: str) -> None:
    there = problem("a.b", source=source)
    assert loaded().placed(there) is there


def test_a_problem_that_has_a_place_keeps_it() -> None:
    there = problem("server.name", source="seawall.toml", line=7)
    assert loaded().placed(there) is there
