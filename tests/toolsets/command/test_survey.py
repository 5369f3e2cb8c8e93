"""Faults of a declaration, each at its place; and what a sound one becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.toolsets.command.survey import survey
from toolsets.command.yard import build, declared, problems_of

GOOD = 'name = "one"\n'


def command(lines: str) -> str:
    return f"[[command]]\n{GOOD}{lines}\n"


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        ('argv = ["{x}"]', "argv[0]", "begins with the program"),
        ('argv = ["ls", "a{b"]', "argv[1]", "belongs to no slot"),
        ('argv = ["ls", ["-l"]]', "argv[1]", "use `when`"),
        ('argv = ["ls", {argv = ["-l"]}]', "argv[1]", "neither `when`"),
        ('argv = ["ls", {when = "a", each = "b", argv = ["-l"]}]', "argv[1]", "both"),
        ('argv = ["bin/ls"]', "argv[0]", "no program is run from the workspace"),
        ('argv = ["./ls"]', "argv[0]", "no program is run from the workspace"),
        ('argv = ["ls", "{fil}"]\nparams = {file = {}}', "argv", "{fil} is no parameter"),
        ('argv = ["ls"]\nparams = {file = {}}', "params.file", "used nowhere"),
        ('argv = ["ls"]\nstdin = "text"', "stdin", "is no parameter"),
        ('argv = ["ls"]\nstdin = "n"\nparams = {n = {type = "integer"}}', "stdin", "is a text"),
        ('argv = ["ls"]\ndirectory = "{d}"\nparams = {d = {}}', "directory", "type `path`"),
        ('argv = ["ls"]\ndirectory = "../x"', "directory", "no path in the roots"),
        ('argv = ["ls"]\nreads = ["/etc"]', "reads", "no path in the roots"),
        ('argv = ["ls"]\nwrites = ["a/../../b"]', "writes", "no path in the roots"),
        ('argv = ["ls"]\nwrites = ["."]\nhints = {read_only = true}', "hints.read_only", "is not read-only"),
        ('argv = ["ls", "{many}"]\nparams = {many = {type = "array"}}', "argv", "write {many*}"),
        ('argv = ["ls", "{one*}"]\nparams = {one = {}}', "argv", "needs an array"),
        ('argv = ["ls", {each = "one", argv = ["{one}"]}]\nparams = {one = {}}', "argv", "needs an array"),
        (
            'argv = ["ls", "{n}"]\nparams = {n = {type = "integer", default = "x"}}',
            "params.n.default",
            "does not fit",
        ),
        ('argv = ["ls", "{n}"]\nparams = {n = {pattern = "("}}', "params", "no valid JSON Schema"),
        ('argv = ["ls", "{n}"]\nparams = {n = {items = {}}}', "params.n.items", "belongs to an array"),
        ('argv = ["ls"]\noutput_schema = {type = "object"}', "output_schema", "needs `output"),
        (
            'argv = ["ls"]\noutput = "json"\noutput_schema = {type = "nothing"}',
            "output_schema",
            "no JSON Schema",
        ),
        (
            'argv = ["ls", "{next}"]\noutput = "lines"\nparams = {next = {}}',
            "params.next",
            "parameter of pages",
        ),
        ('argv = ["ls"]\nenvironment = {PATH = "/x"}', "environment", "PATH is fixed"),
        ('argv = ["sh", "-c", "ls"]', "argv", "runs a shell with -c"),
        ('argv = ["/bin/bash", "-ec", "ls"]', "argv", "runs a shell with -c"),
        ('argv = ["env", "A=1", "dash", "-c", "ls"]', "argv", "runs a shell with -c"),
        ('argv = ["busybox", "sh", "-c", "ls"]', "argv", "runs a shell with -c"),
        ('argv = ["env", "nice", "bash", "-c", "ls"]', "argv", "runs a shell with -c"),
        ('argv = ["bash", "-cx", "ls"]', "argv", "runs a shell with -c"),
        ('argv = ["find", ".", "-exec", "sh", "-c", "ls", ";"]', "argv", "runs a shell with -c"),
        ('argv = ["pwsh", "-EncodedCommand", "eA=="]', "argv", "runs a shell with -c"),
        ('argv = ["fish", "--command=ls"]', "argv", "runs a shell with -c"),
        (
            'argv = ["fish", "--command={x}"]\nshell = true\nparams = {x = {}}',
            "argv",
            "text that a shell runs",
        ),
        (
            'argv = ["timeout", "5", "nice", "sh", "-c", "{x}"]\nparams = {x = {}}',
            "argv",
            "text that a shell",
        ),
        ('argv = ["sh", "-c", "--", "{x}"]\nshell = true\nparams = {x = {}}', "argv", "right behind it"),
        ('argv = ["bash"]\nstdin = "x"\nshell = true\nparams = {x = {}}', "argv", "as its script"),
        ('argv = ["env", "sh", "-s", "a"]\nstdin = "x"\nparams = {x = {}}', "argv", "as its script"),
        ('argv = ["sh", "-c", "ls {x}"]\nshell = true\nparams = {x = {}}', "argv", "text that a shell runs"),
        ('argv = ["sh", "-c", "{x}"]\nshell = true\nparams = {x = {}}', "argv", "text that a shell runs"),
    ],
)
def test_a_fault_is_told_at_its_place(lines: str, key: str, words: str) -> None:
    problems = problems_of(command(lines))
    assert [each.key for each in problems] == [f"command[0].{key}"]
    assert words in problems[0].message


def test_every_fault_of_every_command_is_told_at_once() -> None:
    text = command('argv = ["ls", "{x}"]') + command('argv = ["sh", "-c", "x"]')
    assert [each.key for each in problems_of(text)] == [
        "command[0].argv",
        "command[1].argv",
        "command[1].name",
    ]


def test_a_misspelt_parameter_gets_the_nearest_one() -> None:
    (problem,) = problems_of(command('argv = ["ls", "{fil}"]\nparams = {file = {default = "."}}'))
    assert problem.suggestion == "file"


@pytest.mark.parametrize(
    "lines",
    [
        'argv = ["find", ".", "-name", "bash", "-size", "+{x}"]\nparams = {x = {}}',
        'argv = ["sh", "/opt/count.sh"]\nstdin = "x"\nparams = {x = {}}',
        'argv = ["bash", "-c", "wc -l"]\nshell = true\nstdin = "x"\nparams = {x = {}}',
    ],
)
def test_what_only_looks_like_a_shell_that_runs_a_parameter_is_allowed(lines: str) -> None:
    assert not survey(declared(f'[[command]]\nname = "run"\n{lines}')).problems


def test_a_shell_that_is_declared_plainly_may_be_run_with_a_fixed_text() -> None:
    lines = 'argv = ["sh", "-c", "echo \\"$1\\"", "sh", "{x}"]\nshell = true\nparams = {x = {}}'
    assert [each.name for each in build(Path("/nowhere"), command(lines)).operations] == ["one"]


def test_the_schema_is_strict_and_a_pattern_is_one_of_the_whole_text() -> None:
    lines = (
        'argv = ["ls", "{a}", ["{b}"], "{c*}", "{d}"]\nreads = ["."]\n'
        'params = { a = {pattern = "x|y", maxLength = 3}, b = {type = "integer", minimum = 1}, '
        'c = {type = "array", items = {type = "path"}, maxItems = 2}, d = {enum = ["p", "q"], default = "p"} }'
    )
    (operation,) = build(Path("/nowhere"), command(lines)).operations
    assert operation.parameters == {
        "type": "object",
        "properties": {
            "a": {"type": "string", "maxLength": 3, "pattern": "^(?:x|y)$"},
            "b": {"type": "integer", "minimum": 1},
            "c": {
                "type": "array",
                "items": {
                    "type": "string",
                    "description": "Path of a file or directory, relative to the workspace.",
                    "minLength": 1,
                    "maxLength": 4095,
                },
                "maxItems": 2,
            },
            "d": {"type": "string", "enum": ["p", "q"], "default": "p"},
        },
        "required": ["a"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("lines", "hints"),
    [
        ("", (True, False, True, False)),
        ('writes = ["."]', (False, True, False, False)),
        ('network = ["a.example"]', (False, False, False, True)),
        ('network = ["a.example"]\nhints = {read_only = true}', (True, False, True, True)),
        ("hints = {read_only = false}", (False, True, True, False)),
    ],
)
def test_hints_follow_from_what_a_command_may_touch(lines: str, hints: tuple[bool, ...]) -> None:
    (operation,) = build(Path("/nowhere"), command(f'argv = ["ls"]\n{lines}')).operations
    found = operation.hints
    assert (found.read_only, found.destructive, found.idempotent, found.open_world) == hints


def test_read_access_offers_what_changes_nothing_and_names_the_rest() -> None:
    text = command('argv = ["ls"]') + '[[command]]\nname = "two"\nargv = ["touch", "x"]\nwrites = ["."]\n'
    toolset = build(Path("/nowhere"), text, access="read")
    assert [each.name for each in toolset.operations] == ["one"]
    assert [each.name for each in toolset.left_out()] == ["two"]
