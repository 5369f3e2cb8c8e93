"""A wrong call ends with status 2 and one line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.processes import Finished, Seawall


def only_line(ended: Finished) -> str:
    assert not ended.out
    assert "Traceback" not in ended.err
    (line,) = ended.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["serv"], ['"serv"', '"serve"', "`seawall --help`"]),
        (["--hlep"], ["--hlep", "--help"]),
        (["serve", "--prot", "1"], ["--prot", "`seawall serve --help`"]),
        (["check", "--jsno"], ["--jsno", "--json"]),
        (["check", "a.toml", "b.toml"], ['"b.toml"', "`seawall check --help`"]),
        (["serve", "--transport", "htp"], ['"htp"', '"stdio"', '"http"']),
        (["serve", "--root"], ["--root", "needs a value"]),
        (["doctor", "now"], ['"now"', "`seawall doctor --help`"]),
        (["serve", "--no-write"], ["--no-write"]),
    ],
)
def test_a_wrong_call_names_the_word_and_the_way_out(
    seawall: Seawall, arguments: list[str], told: list[str]
) -> None:
    ended = seawall(*arguments)
    assert ended.status == 2
    line = only_line(ended)
    assert line.startswith("seawall: ")
    for words in told:
        assert words in line


@pytest.mark.parametrize("command", ["serve", "check"])
def test_without_a_blueprint_it_says_what_to_type(seawall: Seawall, command: str) -> None:
    ended = seawall(command)
    assert ended.status == 2
    line = only_line(ended)
    assert "seawall.toml" in line
    assert f"`seawall {command} " in line
    assert ("--root DIR" in line) == (command == "serve")


def test_the_current_directory_is_never_served_silently(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    assert seawall("serve", "--write").status == 2
    assert seawall("serve", "--transport", "http").status == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["serve", "a.toml", "--root", "."], ["--root", "a.toml", "`roots`"]),
        (["serve", "a.toml", "--write"], ["--write", '`access = "write"`', "a.toml"]),
        (["serve", "--root", ""], ["--root is empty"]),
        (["serve", "--root", ".", "--profile", "prod"], ["--profile belongs to a blueprint"]),
        (["serve", "--root", ".", "--port", "9000"], ["--port needs `--transport http`"]),
        (["serve", "--root", ".", "--port", "1", "--host", "::1"], ["--host and --port need"]),
    ],
)
def test_flags_that_contradict_each_other_are_refused(
    seawall: Seawall, arguments: list[str], told: list[str]
) -> None:
    ended = seawall(*arguments)
    assert ended.status == 2
    for words in told:
        assert words in only_line(ended)


def test_a_missing_root_is_one_line(seawall: Seawall) -> None:
    ended = seawall("serve", "--root", "absent")
    assert ended.status == 1
    assert "absent does not exist" in only_line(ended)


def test_a_root_that_is_a_file_is_one_line(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = seawall("serve", "--root", "file")
    assert ended.status == 1
    assert "file is not a directory" in only_line(ended)


def test_a_blueprint_that_is_not_there_is_one_line(seawall: Seawall) -> None:
    ended = seawall("serve", "absent.toml")
    assert ended.status == 1
    assert "absent.toml" in only_line(ended)


def test_an_unsafe_address_is_refused_by_the_name_of_its_flag(seawall: Seawall) -> None:
    ended = seawall("serve", "--root", ".", "--transport", "http", "--host", "0.0.0.0")
    assert ended.status == 3
    assert "--host '0.0.0.0'" in only_line(ended)


def test_a_flags_value_is_explained_by_the_name_of_the_flag(seawall: Seawall) -> None:
    """The flag travels as an environment variable; the person typed neither that nor a blueprint."""
    ended = seawall("serve", "--root", ".", "--transport", "http", "--port", "70000")
    assert ended.status == 2
    assert ended.err.startswith("--port: ")
    assert "70000" in ended.err
    assert "SEAWALL_" not in ended.err


def test_a_flag_stands_above_the_environment_however_it_is_spelled(seawall: Seawall) -> None:
    ended = seawall(
        *("serve", "--root", ".", "--transport", "http", "--host", "192.0.2.1"),
        SEAWALL_HTTP__HOST="127.0.0.1",
        seawall_http__host="127.0.0.1",
    )
    assert ended.status == 3
    assert "192.0.2.1" in ended.err


def test_the_built_in_server_has_no_profiles(seawall: Seawall) -> None:
    """A variable that was meant for another server does not keep it from starting."""
    arguments = ("serve", "--root", ".", "--transport", "http", "--port", "70000")
    ended = seawall(*arguments, SEAWALL_PROFILE="prod")
    assert "profile" not in ended.err
    assert "--port" in ended.err
