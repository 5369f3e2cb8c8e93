"""A variable with our prefix and `__` sets a setting, beats the file, and is told when it names none."""

from __future__ import annotations

import pytest

from blueprint.samples import SMALLEST, Files, Tickets, problem, problems, read
from seawall.blueprint import Blueprint

_TICKETS = '[[toolset]]\nkind = "tickets"\nname = "my-tracker"\nurl = "https://t"\n'


def _with(**environment: str) -> Blueprint:
    return read(SMALLEST + _TICKETS, **environment).blueprint


def _files(**environment: str) -> Files:
    files = _with(**environment).toolset[0]
    assert isinstance(files, Files)
    return files


def _tracker(**environment: str) -> Tickets:
    tracker = _with(**environment).toolset[1]
    assert isinstance(tracker, Tickets)
    return tracker


def test_a_variable_beats_the_default_and_the_file() -> None:
    assert _with(SEAWALL_HTTP__PORT="9000").http.port == 9000
    assert _with(SEAWALL_SERVER__NAME="other").server.name == "other"
    assert read(f"{SMALLEST}[http]\nport = 1\n", SEAWALL_HTTP__PORT="2").blueprint.http.port == 2


def test_a_variable_beats_a_wrong_value_of_the_file() -> None:
    assert read(f"{SMALLEST}[http]\nport = 'x'\n", SEAWALL_HTTP__PORT="2").blueprint.http.port == 2
    assert read("", SEAWALL_SERVER__NAME="w").blueprint.server.name == "w"


def test_a_toolset_is_named_by_its_name_or_kind() -> None:
    assert _files(SEAWALL_TOOLSET__FILES__ACCESS="write").access == "write"
    assert _tracker(SEAWALL_TOOLSET__MY_TRACKER__ACCESS="write").access == "write"
    assert _files(SEAWALL_TOOLSET__MY_TRACKER__ACCESS="write").access == "read"


@pytest.mark.parametrize("name", ["seawall_http__port", "Seawall_Http__Port"])
def test_capitals_do_not_matter(name: str) -> None:
    assert _with(**{name: "1"}).http.port == 1


def test_strings_numbers_booleans_quantities_and_arrays_are_read() -> None:
    assert _with(SEAWALL_HTTP__HOST="::1").http.host == "::1"
    assert _with(SEAWALL_SERVER__TITLE="123").server.title == "123"
    assert _with(SEAWALL_LIMITS__RESPONSE_SIZE="4KiB").limits.response_size == 4096
    assert _with(SEAWALL_LIMITS__RESPONSE_SIZE="4096").limits.response_size == 4096
    assert _with(SEAWALL_LIMITS__REQUEST_TIMEOUT="1.5").limits.request_timeout == 1.5
    assert _tracker(SEAWALL_TOOLSET__MY_TRACKER__STRICT="true").strict is True
    assert _with(SEAWALL_HTTP__ALLOWED_HOSTS='["a", "b"]').http.allowed_hosts == ("a", "b")
    assert _with(SEAWALL_HTTP__ALLOWED_HOSTS="['a',]").http.allowed_hosts == ("a",)
    assert _with(SEAWALL_HTTP__ALLOWED_HOSTS='["a\\/b"]').http.allowed_hosts == ("a/b",)
    assert _with(SEAWALL_STDIO__SCOPES="[]").stdio.scopes == ()


def test_a_table_within_a_toolset_is_reached() -> None:
    environment = {
        "SEAWALL_TOOLSET__MY_TRACKER__AUTH__SCHEME": "bearer",
        "SEAWALL_TOOLSET__MY_TRACKER__AUTH__VALUE": "env:KEY",
    }
    auth = _tracker(**environment).auth
    assert auth is not None
    assert (auth.scheme, auth.value) == ("bearer", "env:KEY")


def test_free_keys_of_a_table_are_set_and_added() -> None:
    text = SMALLEST.replace('"./workspace"', '{ My-Docs = "a", b = "b" }')
    environment = {
        "SEAWALL_TOOLSET__FILES__ROOTS__MY_DOCS": "x",
        "SEAWALL_TOOLSET__FILES__ROOTS__NEW": "y",
    }
    (files,) = read(text, **environment).blueprint.toolset
    assert isinstance(files, Files)
    assert files.roots == {"My-Docs": "x", "b": "b", "new": "y"}
    assert _files(SEAWALL_TOOLSET__FILES__ROOTS__A="x").roots == {"a": "x"}
    assert _files(SEAWALL_TOOLSET__FILES__ROOTS="/data").roots == "/data"


def test_a_name_with_two_underscores_is_reached() -> None:
    text = SMALLEST + 'name = "a__b"\n'
    assert read(text, SEAWALL_TOOLSET__A__B__ACCESS="write").blueprint.toolset[0].access == "write"


def test_a_variable_is_not_searched_for_references() -> None:
    assert _with(SEAWALL_SERVER__TITLE="${HOME}", HOME="/root").server.title == "${HOME}"


@pytest.mark.parametrize(
    "name", ["SEAWALL_HTTP_PORT", "SEAWALL_LOG", "SEAWALL_", "SEA__WALL", "XSEAWALL_HTTP__PORT"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert _with(**{name: "x"}) == _with()


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("SEAWALL_HTTP__PROT", "SEAWALL_HTTP__PORT"),
        ("SEAWALL_HTP__PORT", "SEAWALL_HTTP__PORT"),
        ("SEAWALL__HTTP__PORT", "SEAWALL_HTTP__PORT"),
        ("SEAWALL_HTTP__PORT__X", "SEAWALL_HTTP__PORT"),
        ("seawall_http__prot", "SEAWALL_HTTP__PORT"),
        ("SEAWALL_TOOLSET__FILE__ACCESS", "SEAWALL_TOOLSET__FILES__ACCESS"),
        ("SEAWALL_TOOLSET__MY-TRACKER__URL", "SEAWALL_TOOLSET__MY_TRACKER__URL"),
        ("SEAWALL_TOOLSET__FILES__ACESS", "SEAWALL_TOOLSET__FILES__ACCESS"),
        ("SEAWALL_X__Y", None),
        ("SEAWALL___", None),
    ],
)
def test_a_variable_that_names_no_setting_is_told_with_the_nearest(name: str, suggestion: str | None) -> None:
    found = problem(SMALLEST + _TICKETS, **{name: "1"})
    assert (found.source, found.line, found.column) == (name, None, None)
    assert (found.found, found.suggestion) == (name, suggestion)
    assert found.message.startswith(f"the variable {name} names no setting; ")
    assert (suggestion or "allowed") in found.message


def test_a_table_or_toolset_is_no_setting() -> None:
    for name in ("SEAWALL_TOOLSET__FILES", "SEAWALL_HTTP__", "SEAWALL_TOOLSET__MY_TRACKER__AUTH"):
        assert problem(SMALLEST + _TICKETS, **{name: "1"}).source == name


@pytest.mark.parametrize(
    ("name", "value", "found", "allowed"),
    [
        ("SEAWALL_HTTP__PORT", "abc", "'abc'", "a whole number from 0 to 65535"),
        ("SEAWALL_HTTP__PORT", "70000", "70000", "a whole number from 0 to 65535"),
        ("SEAWALL_HTTP__PORT", "1\n", None, None),
        ("SEAWALL_HTTP__PORT", "1\nx = 2", r"'1\nx = 2'", "a whole number from 0 to 65535"),
        ("SEAWALL_LOG__LEVEL", "inf", "'inf'", "'debug', 'info', 'warning' or 'error'"),
        ("SEAWALL_HTTP__ALLOWED_HOSTS", "a,b", "'a,b'", "an array of strings"),
        ("SEAWALL_HTTP__ALLOWED_HOSTS", '{"a": 1}', "'{\"a\": 1}'", "an array of strings"),
        ("SEAWALL_HTTP__ALLOWED_HOSTS", "[" * 60000, "a text of 60000 characters", "an array of strings"),
        ("SEAWALL_HTTP__ALLOWED_HOSTS", "[1]", "1", "a string"),
        ("SEAWALL_HTTP__ALLOWED_HOSTS", "['a']\nx = 1", '"[\'a\']\\nx = 1"', "an array of strings"),
        ("SEAWALL_TOOLSET__FILES__KIND", "x", "'x'", "'files' or 'tickets'"),
        ("SEAWALL_TOOLSET__MY_TRACKER__TOKENS", '["hunter2"]', "a literal value", "a reference: env:NAME, file:/absolute/path or secret:NAME"),
        ("SEAWALL_TOOLSET__MY_TRACKER__AUTH__VALUE", "hunter2", "a literal value", "a reference: env:NAME, file:/absolute/path or secret:NAME"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_under_the_variable_s_name(
    name: str, value: str, found: str | None, allowed: str | None
) -> None:
    environment = {name: value}
    if name.endswith("AUTH__VALUE"):
        environment["SEAWALL_TOOLSET__MY_TRACKER__AUTH__SCHEME"] = "bearer"
    if found is None:
        assert _with(**environment).http.port == 1
        return
    only = problem(SMALLEST + _TICKETS, **environment)
    assert (only.source, only.line, only.column, only.found, only.allowed) == (
        name,
        None,
        None,
        found,
        allowed,
    )
    assert "hunter2" not in repr(only)


def test_two_variables_for_one_setting_are_refused() -> None:
    found = problem(SMALLEST, SEAWALL_HTTP__PORT="1", seawall_http__port="2")
    assert found.message == (
        "the variables SEAWALL_HTTP__PORT and seawall_http__port name the same setting; unset one of them."
    )


def test_a_variable_that_names_two_toolsets_is_refused() -> None:
    text = f'{SMALLEST}name = "a-b"\n[[toolset]]\nkind = "files"\nroots = "x"\nname = "a_b"\n'
    assert "names 2 settings at once" in problem(text, SEAWALL_TOOLSET__A_B__ACCESS="write").message


def test_problems_of_variables_follow_those_of_the_file() -> None:
    found = problems(f"{SMALLEST}x = 1\n", SEAWALL_HTTP__PORT="x", SEAWALL_X__Y="1", SEAWALL_HTTP__HOST="a b")
    assert [each.source for each in found] == [
        "seawall.toml",
        "SEAWALL_HTTP__HOST",
        "SEAWALL_HTTP__PORT",
        "SEAWALL_X__Y",
    ]


def test_a_long_value_is_not_repeated_since_it_may_be_a_secret_under_the_wrong_name() -> None:
    secret = "ghp_0123456789abcdefghij"  # noqa: S105  the point of this test
    found = problem(SMALLEST, SEAWALL_HTTP__PORT=secret)
    assert (found.found, found.source) == ("a text of 24 characters", "SEAWALL_HTTP__PORT")
    assert secret[:8] not in found.message
    (listed,) = problems(SMALLEST, SEAWALL_LOG__LEVEL=secret)
    assert secret not in str(listed)
