"""How an argv of the blueprint is read, and that a value is one argument whatever it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.command.declaration import GroupSection, ParameterSection
from seawall.toolsets.command.filling import Filler
from seawall.toolsets.command.template import Slot, TemplateError, read_argument, read_template


def filled(
    argv: list[Any], params: dict[str, dict[str, Any]], values: dict[str, Any], special: str = ""
) -> list[str]:
    groups = [
        GroupSection.model_validate({**item, "argv": tuple(item["argv"])}) if isinstance(item, dict) else item
        for item in argv
    ]
    sections = {name: ParameterSection.model_validate(each) for name, each in params.items()}
    return list(Filler("tool", read_template(groups), sections, special=special).argv(values))


def test_braces_that_are_doubled_are_braces() -> None:
    assert read_argument("{{print $1}}").literal == "{print $1}"
    assert read_argument("--format={fmt}").pieces == ("--format=", Slot("fmt"))
    assert read_argument("{files*}").pieces == (Slot("files", repeated=True),)


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{1}", "a{b", "{a b}", "x{files*}", "{files*}{more}", "a\0b"]
)
def test_what_is_no_slot_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        read_argument(text)


@pytest.mark.parametrize("argv", [["{program}"], [""], [["ls"]], ["ls", []], ["ls", ["-l"]]])
def test_an_argv_begins_with_a_program_and_its_groups_depend_on_something(argv: list[Any]) -> None:
    with pytest.raises(TemplateError):
        read_template(argv)


ONE: dict[str, dict[str, Any]] = {"a": {}, "n": {"type": "integer"}}
FLAG: dict[str, dict[str, Any]] = {"flag": {"type": "boolean"}, "a": {}}
MANY: dict[str, dict[str, Any]] = {"many": {"type": "array"}}


@pytest.mark.parametrize(
    ("argv", "params", "values", "made"),
    [
        (["p", "{a}"], ONE, {"a": "x y; $(z)"}, ["x y; $(z)"]),
        (["p", "--f={a}", "{n}"], ONE, {"a": "-x", "n": 3}, ["--f=-x", "3"]),
        (["p", ["-n", "{n}"]], ONE, {}, []),
        (["p", ["-n", "{n}"]], ONE, {"n": 2}, ["-n", "2"]),
        (["p", {"when": "flag", "argv": ["-v"]}], FLAG, {"flag": True}, ["-v"]),
        (["p", {"when": "flag", "argv": ["-v"]}], FLAG, {"flag": False}, []),
        (["p", {"when": "flag", "argv": ["-v"]}], FLAG, {}, []),
        (["p", {"when": "flag", "argv": ["-v", "{a}"]}], FLAG, {"flag": True}, []),
        (["p", "{many*}"], MANY, {"many": ["a", "b c"]}, ["a", "b c"]),
        (["p", "{many*}"], MANY, {}, []),
        (["p", {"each": "many", "argv": ["-e", "{many}"]}], MANY, {"many": ["-a", "b"][1:]}, ["-e", "b"]),
        (["p", {"each": "many", "argv": ["--g={many}"]}], MANY, {"many": ["-a", "b"]}, ["--g=-a", "--g=b"]),
        (["p", {"each": "many", "argv": ["--g={many}"]}], MANY, {}, []),
        (["p", "{a}"], {"a": {"type": "boolean"}}, {"a": True}, ["true"]),
        (["p", "{a}"], {"a": {"type": "number"}}, {"a": 1.5}, ["1.5"]),
        (["p", "{a}"], {"a": {"multiline": True}}, {"a": "x\n\ty"}, ["x\n\ty"]),
        (["p", "{a}"], {"a": {"options": True}}, {"a": "-x"}, ["-x"]),
        (["p", "{a}"], ONE, {"a": ""}, [""]),
    ],
)
def test_an_argv_is_filled(
    argv: list[Any], params: dict[str, Any], values: dict[str, Any], made: list[str]
) -> None:
    assert filled(argv, params, values) == made


@pytest.mark.parametrize(
    ("argv", "params", "values", "special"),
    [
        (["p", "{a}"], ONE, {"a": "-x"}, ""),
        (["p", "{a}"], ONE, {"a": "--"}, ""),
        (["p", "{n}"], ONE, {"n": -1}, ""),
        (["p", "{a}-x"], ONE, {"a": ""}, ""),
        (["p", "{a}{n}"], ONE, {"a": "", "n": -1}, ""),
        (["p", "{many*}"], MANY, {"many": ["a", "-b"]}, ""),
        (["p", {"each": "many", "argv": ["-e", "{many}"]}], MANY, {"many": ["-a"]}, ""),
        (["p", ["{a}"]], ONE, {"a": "-x"}, ""),
        (["p", "{a}"], ONE, {"a": "+cmd"}, "+"),
        (["p", "{a}"], ONE, {"a": "@file"}, "@"),
        (["p", "{a}"], ONE, {"a": "a\0b"}, ""),
        (["p", "{a}"], ONE, {"a": "a\nb"}, ""),
        (["p", "{a}"], ONE, {"a": "\x1b[2J"}, ""),
        (["p", "{a}"], ONE, {"a": "\x9b2J"}, ""),
        (["p", "{a}"], {"a": {"multiline": True}}, {"a": "a\rb"}, ""),
        (["p", "{a}"], ONE, {"a": "\ud800"}, ""),
        (["p", "{a}"], ONE, {"a": "x" * 131072}, ""),
        (["p", "{many*}"], MANY, {"many": ["x" * 100_000] * 6}, ""),
    ],
)
def test_a_value_that_would_be_more_than_a_value_is_refused(
    argv: list[Any], params: dict[str, Any], values: dict[str, Any], special: str
) -> None:
    with pytest.raises(InvalidArgumentsError):
        filled(argv, params, values, special)


@given(a=st.text(max_size=40), b=st.text(max_size=40))
def test_a_value_never_makes_more_arguments_than_its_slot_and_never_an_option(a: str, b: str) -> None:
    try:
        made = filled(["p", "--x={a}", "{b}", ["{a}"]], {"a": {}, "b": {}}, {"a": a, "b": b})
    except InvalidArgumentsError:
        return
    assert made == [f"--x={a}", b, a]
    assert not any(text.startswith("-") for text in made[1:])
