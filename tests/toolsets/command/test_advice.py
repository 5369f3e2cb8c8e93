"""What `check` says of programs that run others, and of slots that could become options."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.toolsets.command.programs import known_programs, program_name
from seawall.toolsets.command.starter import CommandStarter, presets
from toolsets.command.yard import build

X = "params = { x = {} }"


def codes(argv: str, rest: str = X) -> list[tuple[str, str]]:
    toolset = build(Path("/nowhere"), f'[[command]]\nname = "one"\nargv = {argv}\n{rest}\n')
    return [(each.level, each.code) for each in toolset.remarks()]


@pytest.mark.parametrize(
    "program",
    [
        "awk",
        "bash",
        "curl",
        "env",
        "find",
        "git",
        "less",
        "make",
        "man",
        "npm",
        "python",
        "python3.11",
        "rsync",
        "sed",
        "ssh",
        "tar",
        "vim",
        "xargs",
    ],
)
def test_a_program_that_runs_others_is_known(program: str) -> None:
    assert program_name(f"/usr/bin/{program}") in known_programs()
    assert codes(f'["{program}", "--", "x"]', "")


@pytest.mark.parametrize("program", ["make", "vim", "python3", "xargs", "npm"])
def test_a_program_that_is_there_to_run_others_is_a_warning_until_that_is_meant(program: str) -> None:
    assert codes(f'["{program}", "x"]', "") == [("warning", "runs_programs")]
    assert codes(f'["{program}", "x"]', "runs_programs = true") == [("note", "runs_programs")]


@pytest.mark.parametrize(
    ("argv", "rest", "found"),
    [
        (
            '["git", "diff"]',
            "",
            [("note", "runs_programs"), ("warning", "unsafe_default"), ("warning", "unsafe_default")],
        ),
        ('["git", "diff", "--no-ext-diff", "--no-textconv"]', "", [("note", "runs_programs")]),
        ('["git", "status"]', "", [("note", "runs_programs")]),
        (
            '["sed", "{x}"]',
            X,
            [
                ("note", "runs_programs"),
                ("warning", "unsafe_default"),
                ("warning", "slot_is_code"),
                ("note", "no_end_of_options"),
            ],
        ),
        ('["sed", "--sandbox", "-e", "{x}"]', X, [("note", "runs_programs")]),
        ('["sed", "--sandbox", "p", "--", "{x}"]', X, [("note", "runs_programs")]),
        (
            '["awk", "{x}", "f"]',
            X,
            [("note", "runs_programs"), ("warning", "slot_is_code"), ("note", "no_end_of_options")],
        ),
        ('["awk", "{{print}}", "--", "{x}"]', X, [("note", "runs_programs")]),
        ('["wc", "{x}"]', X, [("note", "no_end_of_options")]),
        ('["wc", "--", "{x}"]', X, []),
        ('["wc", "-n", "{x}"]', X, []),
        ('["wc", "--x={x}"]', X, []),
        ('["wc", "{x}"]', "params = { x = { options = true } }", [("warning", "slot_may_be_option")]),
        ('["wc", "--", "{x}"]', "params = { x = { options = true } }", []),
        ('["wc", "--{x}"]', X, [("warning", "slot_chooses_option")]),
        ('["wc", "{x}"]', 'params = { x = { enum = ["a"] } }', []),
        ('["wc", "{x}"]', 'params = { x = { type = "path" } }', []),
    ],
)
def test_what_could_go_wrong_is_told(argv: str, rest: str, found: list[tuple[str, str]]) -> None:
    assert codes(argv, rest) == found


def test_what_holds_for_several_commands_is_said_once() -> None:
    text = "".join(
        f'[[command]]\nname = "{name}"\nargv = ["{program}", "x"]\n'
        for name, program in (("status", "git"), ("build", "make"), ("log", "git"))
    )
    told = [each.message.partition(" `")[0] for each in build(Path("/nowhere"), text).remarks()]
    assert told == ["status, log:", "build:"]


def test_what_a_wrapper_runs_is_looked_at_too() -> None:
    assert ("warning", "unsafe_default") in codes('["nice", "git", "diff"]', "runs_programs = true")


def test_every_entry_of_the_table_says_what_it_needs() -> None:
    for known in known_programs().values():
        assert known.what
        assert not known.what.endswith(".")


@pytest.mark.parametrize("name", sorted(presets()))
def test_what_a_project_begins_with_has_no_warning(name: str) -> None:
    from seawall.scaffold.render import toml  # noqa: PLC0415

    start = CommandStarter().start(name)
    lines = "".join(
        "[[command]]\n" + "".join(f"{each.name} = {toml(each.value)}\n" for each in table.settings)
        for table in start.tables
    )
    toolset = build(Path("/nowhere"), lines)
    assert not [each for each in toolset.remarks() if each.level == "warning"]
    assert all(each.hints.read_only for each in toolset.operations)
