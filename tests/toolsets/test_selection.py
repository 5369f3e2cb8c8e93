"""Which operations a blueprint offers: access, patterns, prefix, and clashes between toolsets."""

from __future__ import annotations

import pytest

from runtime.toy import READ, WRITE
from seawall.blueprint import ToolsetDeclaration
from seawall.toolsets.interface import CallContext, Operation, OperationResult
from seawall.toolsets.selection import Selection, clashes, select
from seawall.types import JsonObject


async def _handler(arguments: JsonObject, context: CallContext) -> OperationResult:
    raise NotImplementedError


def operation(name: str, *, writes: bool = False) -> Operation:
    return Operation(
        name=name,
        title=name,
        description="",
        parameters={"type": "object"},
        output=None,
        hints=WRITE if writes else READ,
        handler=_handler,
    )


EVERY = (operation("read_file"), operation("list_directory"), operation("write_file", writes=True))


def chosen(**settings: object) -> Selection:
    declaration = ToolsetDeclaration.model_validate({"kind": "toy", **settings})
    return select(EVERY, declaration, source="seawall.toml", key="toolset[0]")


def names(selection: Selection) -> list[str]:
    return [item.name for item in selection.offered]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["read_file", "list_directory"]),
        ({"access": "write"}, ["read_file", "list_directory", "write_file"]),
        ({"operations": ("read_file",)}, ["read_file"]),
        ({"operations": ("*_file",)}, ["read_file"]),
        ({"operations": ("*_file",), "access": "write"}, ["read_file", "write_file"]),
        ({"operations": ("!list_directory",)}, ["read_file"]),
        ({"operations": ("!read_file", "*")}, ["list_directory"]),
        ({"operations": ("*", "!read_file")}, ["list_directory"]),
        ({"operations": ("write_file", "read_file")}, ["read_file"]),
        ({"prefix": "a_"}, ["a_read_file", "a_list_directory"]),
    ],
)
def test_access_patterns_and_prefix_decide_what_is_offered(
    settings: dict[str, object], expected: list[str]
) -> None:
    selection = chosen(**settings)
    assert (names(selection), selection.problems) == (expected, ())


def test_what_is_not_offered_is_named_with_its_reason() -> None:
    selection = chosen(operations=("*_file",))
    assert [(each.name, each.reason) for each in selection.left_out] == [
        ("list_directory", "`operations` does not take it in"),
        ("write_file", 'it does not say that it changes nothing, and access = "read"'),
    ]
    assert chosen(access="write").left_out == ()


def test_a_pattern_that_matches_nothing_is_a_problem_with_the_nearest_name() -> None:
    (problem,) = chosen(operations=("read_flie",)).problems
    assert (problem.key, problem.found, problem.suggestion) == (
        "toolset[0].operations[0]",
        "read_flie",
        "read_file",
    )
    assert "did you mean 'read_file'" in problem.message


def test_a_pattern_that_takes_nothing_away_is_a_problem_too() -> None:
    (problem,) = chosen(operations=("*", "!raed_file")).problems
    assert (problem.key, problem.suggestion) == ("toolset[0].operations[1]", "!read_file")


def test_a_pattern_for_what_access_read_leaves_out_mentions_access() -> None:
    (problem,) = chosen(operations=("zzz",)).problems
    assert 'access = "read"' in problem.message


@pytest.mark.parametrize("patterns", [("write_file",), ("write_*",), ("*", "!read_file", "!list_directory")])
def test_a_list_of_nothing_but_what_access_leaves_out_says_so(patterns: tuple[str, ...]) -> None:
    (problem,) = chosen(operations=patterns).problems
    assert (problem.key, problem.found) == ("toolset[0].operations", "write_file")
    assert 'access = "read" leaves out' in problem.message
    assert chosen(operations=patterns, access="write").problems == ()


def test_a_prefix_that_makes_names_too_long_is_a_problem() -> None:
    long = (operation("x" * 60),)
    declaration = ToolsetDeclaration.model_validate({"kind": "toy", "prefix": "abcde_"})
    (problem,) = select(long, declaration, source="seawall.toml", key="toolset[0]").problems
    assert problem.key == "toolset[0].prefix"


def test_equal_tool_names_of_two_toolsets_are_a_problem_that_proposes_a_prefix() -> None:
    (problem,) = clashes({"files": ["read_file", "a"], "more-files": ["read_file"]}, source="seawall.toml")
    assert (problem.key, problem.suggestion) == ("toolset[1].prefix", "more_files_")
    assert "'read_file'" in problem.message


def test_different_names_do_not_clash() -> None:
    assert clashes({"a": ["x"], "b": ["y"]}, source="seawall.toml") == ()
