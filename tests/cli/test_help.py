"""A newcomer finds the way: help, version, and what is loaded for them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli.processes import GUARD, Seawall
from seawall.cli.help import COMMANDS, START

NAMES = [command.name for command in COMMANDS]
HEAVY = ("fastmcp", "mcp", "mcp_types", "uvicorn", "starlette")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_the_help_shows_every_command_and_a_first_blueprint(
    seawall: Seawall, arguments: tuple[str, ...]
) -> None:
    ended = seawall(*arguments)
    assert ended.status == 0
    assert not ended.err
    for word in (*NAMES, "[[toolset]]", "seawall serve --root DIR"):
        assert word in ended.out


def test_the_blueprint_in_the_help_is_sound(called: Seawall, tmp_path: Path) -> None:
    """What a newcomer copies first must work."""
    text = START[START.index("  [server]") : START.index("With it:")]
    (tmp_path / "seawall.toml").write_text("\n".join(line.strip() for line in text.splitlines()))
    (tmp_path / "workspace").mkdir()
    assert tomllib.loads((tmp_path / "seawall.toml").read_text())["server"]["name"] == "workspace"
    assert called("check").status == 0


@pytest.mark.parametrize("name", NAMES)
def test_each_command_explains_itself(called: Seawall, name: str) -> None:
    ended = called(name, "--help")
    (command,) = (each for each in COMMANDS if each.name == name)
    assert ended.status == 0
    assert " ".join(f"{command.summary} {command.details}".split()) in " ".join(ended.out.split())
    assert command.examples.strip() in ended.out


def test_help_can_be_asked_for_by_its_name(called: Seawall) -> None:
    assert called("help").out == called("--help").out
    assert called("help", "check").out == called("check", "--help").out


def test_paragraphs_of_the_help_are_broken_where_the_terminal_ends(called: Seawall) -> None:
    assert any(
        line.startswith("Shows every problem") and line.endswith("what has changed.")
        for line in called("check", "--help", COLUMNS="300").out.splitlines()
    )


@pytest.mark.parametrize("name", ["", *NAMES])
def test_help_fits_into_80_columns(called: Seawall, name: str) -> None:
    lines = called(*filter(None, [name]), "--help").out.splitlines()
    assert max(map(len, lines)) <= 80


def test_the_version_is_one_line(seawall: Seawall) -> None:
    ended = seawall("--version")
    assert ended.status == 0
    assert ended.out.startswith("seawall 0.")
    assert len(ended.out.splitlines()) == 1


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after the statement."""
    program = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=GUARD, check=True
    )
    return set(ended.stderr.split())


@pytest.mark.parametrize(
    "statement",
    ["import seawall.cli"]
    + [
        f"from seawall.cli import main; main({[*call]})"
        for call in (
            ["--help"],
            ["--version"],
            ["schema"],
            ["check", "absent"],
            ["serve", "absent"],
            ["config", "absent"],
            ["completion", "bash"],
        )
    ]
    + [f"from seawall.cli import main; main({[name, '--help']})" for name in NAMES],
)
def test_what_needs_no_server_does_not_load_one(statement: str) -> None:
    """The server's libraries take most of a second to load; nobody waits for them to read a help text."""
    loaded = loaded_by(statement)
    assert "seawall.cli" in loaded
    assert not loaded.intersection(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["serve", "--help"]])
def test_help_does_not_load_the_models_either(arguments: list[str]) -> None:
    assert "pydantic" not in loaded_by(f"from seawall.cli import main; main({arguments})")
