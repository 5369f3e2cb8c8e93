"""The printed script completes commands, options, their values, profiles and files in the real shell."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.processes import GUARD, Seawall
from cli.shells import InteractiveShell, shell_environment
from seawall.cli.completion import Shell, completion
from seawall.cli.help import COMMANDS

_BLUEPRINT = '[server]\nname = "w"\n[profile.prod.http]\n[profile."odd one".http]\n'

TYPED = {
    "ch\t": "[check]",
    "conf\t --pro\tpr\t": "[config][--profile][prod]",
    "serve --profile=pr\t": "[serve][--profile=prod]",
    "config other.toml --profile l\t": "[config][other.toml][--profile][live]",
    "serve --transport ht\t": "[serve][--transport][http]",
    "completion z\t": "[completion][zsh]",
    "check sea\t": "[check][seawall.toml]",
    "check my\tx\t": "[check][my dir/x y.toml]",
    "serve --root my\t": "[serve][--root][my dir/]",
    "schema --output=sea\t": "[schema][--output=seawall.toml]",
    "config broken.toml --profile pr\t": "[config][broken.toml][--profile][pr]",
    "config pipe --profile pr\t": "[config][pipe][--profile][pr]",
    "serve --host sea\t": "[serve][--host][sea]",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with blueprints, one of them no TOML and one a FIFO, and names with blanks."""
    (tmp_path / "seawall.toml").write_text(_BLUEPRINT)
    (tmp_path / "other.toml").write_text("[profile.live]\n")
    (tmp_path / "broken.toml").write_text("[profile.prod\n")
    (tmp_path / "my dir").mkdir()
    (tmp_path / "my dir" / "x y.toml").touch()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def _script(folder: Path, shell: Shell) -> Path:
    path = folder / ".completions" / "_seawall"
    path.parent.mkdir()
    path.write_text(completion(shell))
    return path


@pytest.fixture
def bash(folder: Path) -> Iterator[InteractiveShell]:
    shell = InteractiveShell(
        ["bash", "--norc", "--noprofile", "-i"], cwd=folder, setup=[f"source {_script(folder, 'bash')}"]
    )
    yield shell
    shell.close()


def test_bash_completes_what_is_typed(bash: InteractiveShell) -> None:
    assert {typed: bash.entered(typed) for typed in TYPED} == TYPED


@pytest.mark.zsh
@pytest.mark.parametrize("how", ["evaluated", "autoloaded"])
def test_zsh_completes_what_is_typed(folder: Path, how: str) -> None:
    script = _script(folder, "zsh")
    compinit = "autoload -Uz compinit; compinit -u -D"
    setup = (
        [f"fpath+=({script.parent})", compinit]
        if how == "autoloaded"
        else [compinit, f'eval "$(cat {script})"']
    )
    shell = InteractiveShell(["zsh", "-f", "-i"], cwd=folder, setup=setup)
    try:
        # zsh takes the slash behind a directory away again when the line ends there.
        expected = {typed: arguments.replace("/]", "]") for typed, arguments in TYPED.items()}
        assert {typed: shell.entered(typed) for typed in TYPED} == expected
    finally:
        shell.close()


@pytest.mark.fish
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("seawall ch", "check"),
        ("seawall config --profile ", "prod"),
        ("seawall serve --transport ", "http"),
        ("seawall completion ", "fish"),
        ("seawall check my", "my dir/"),
    ],
)
def test_fish_completes_what_is_typed(folder: Path, line: str, offered: str) -> None:
    ended = subprocess.run(
        ["fish", "--no-config", "-c", f"source {_script(folder, 'fish')}; complete -C '{line}'"],
        cwd=folder,
        env=shell_environment(folder),
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=True,
    )
    assert offered in [each.split("\t")[0] for each in ended.stdout.splitlines()]
    assert not ended.stderr


def offered_by_bash(folder: Path, *words: str) -> list[str]:
    """What the function gives readline for these words, the last of which is being typed."""
    line = " ".join(f"'{word}'" for word in ("seawall", *words))
    program = f"source {_script(folder, 'bash')}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _seawall; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    ended = subprocess.run(
        ["bash", "--norc", "--noprofile", "-uc", program],
        cwd=folder,
        env=shell_environment(folder),
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=True,
    )
    assert not ended.stderr
    return ended.stdout.split("\n")[:-1]


def test_every_command_is_offered(folder: Path) -> None:
    assert offered_by_bash(folder, "") == [each.name for each in COMMANDS]


@pytest.mark.parametrize("name", [each.name for each in COMMANDS])
def test_every_option_in_the_help_of_a_command_is_offered(folder: Path, called: Seawall, name: str) -> None:
    lines = called(name, "--help").out.split("Examples")[0].splitlines()
    documented = {word for line in lines for word in re.findall(r"^ +.*?(--[a-z][a-z-]+)(?= |$)", line)}
    assert documented
    assert documented <= set(offered_by_bash(folder, name, "--"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_command_prints_the_script_and_nothing_else(called: Seawall, shell: Shell) -> None:
    ended = called("completion", shell)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == completion(shell)


def test_bash_lists_files_by_readline_alone() -> None:
    """The generator's own listing would break names at blanks."""
    assert "compgen -f" not in completion("bash")


def test_an_unknown_shell_is_told_with_the_known_ones(called: Seawall) -> None:
    ended = called("completion", "tcsh")
    assert ended.status == 2
    assert "bash" in ended.err
