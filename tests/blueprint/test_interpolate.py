"""`${NAME}` and `${NAME:-default}` are filled in as data, and nothing else."""

from __future__ import annotations

import pytest

from blueprint.samples import Files, problem, problems, read

_HEAD = '[server]\nname = "w"\n'


def _title(written: str, **environment: str) -> str:
    return read(f"{_HEAD}title = '{written}'\n", **environment).blueprint.server.title


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${A}", "x"),
        ("<${A}>", "<x>"),
        ("${A}${A}", "xx"),
        ("${A:-y}", "x"),
        ("${NOPE:-y}", "y"),
        ("${NOPE:-}", ""),
        ("${NOPE:-a:-b}", "a:-b"),
        ("${NOPE:-cost $5}", "cost $5"),
        ("${EMPTY:-y}", "y"),
        ("${EMPTY}", ""),
        ("${NOPE:- spaced }", " spaced "),
        ("$A", "$A"),
        ("$", "$"),
        ("{A}", "{A}"),
        ("$${A}", "${A}"),
        ("$${", "${"),
        ("$$${A}", "$${A}"),
        ("$${A} ${A}", "${A} x"),
    ],
)
def test_a_reference_is_filled_in(written: str, expected: str) -> None:
    assert _title(written, A="x", EMPTY="") == expected


@pytest.mark.parametrize("value", ["${B}", "$${B}", "${", '"\n[http]\nport = 1', "${A}", "'", "\\", "a\tb"])
def test_what_a_variable_holds_is_never_read_again(value: str) -> None:
    """Neither as a reference nor as TOML."""
    loaded = read(f'{_HEAD}title = "${{A}}"\n', A=value, B="secret")
    assert loaded.blueprint.server.title == value
    assert loaded.blueprint.http.port == 8000


def test_strings_in_arrays_and_tables_are_filled_in_and_keys_are_not() -> None:
    text = f'{_HEAD}[[toolset]]\nkind = "${{K}}"\nroots = {{ "${{A}}" = "${{A}}" }}\nscopes = ["${{A}}"]\n'
    (files,) = read(text, A="x", K="files").blueprint.toolset
    assert isinstance(files, Files)
    assert (files.roots, files.scopes) == ({"${A}": "x"}, ("x",))


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("[http]\nport", "9000", 9000),
        ("[http]\nport", " 9000\n", 9000),
        ("[http]\nport", "0x10", 16),
        ("[limits]\nworkers", "1_0", 10),
        ("[limits]\nrequest_timeout", "2.5", 2.5),
        ("[limits]\nrequest_timeout", "5", 5.0),
        ("[limits]\nrequest_timeout", "5s", 5.0),
        ("[limits]\nresponse_size", "4096", 4096),
        ("[limits]\nresponse_size", "4KiB", 4096),
    ],
)
def test_a_whole_reference_may_stand_for_a_number(setting: str, value: str, expected: float) -> None:
    table, name = setting.split("\n")
    blueprint = read(f'{_HEAD}{table}\n{name} = "${{X}}"\n', X=value).blueprint
    assert getattr(getattr(blueprint, table.strip("[]")), name) == expected


def test_the_default_of_a_whole_reference_may_stand_for_a_number() -> None:
    assert read(f'{_HEAD}[http]\nport = "${{PORT:-8080}}"\n').blueprint.http.port == 8080


def test_where_a_string_belongs_a_number_stays_a_string() -> None:
    assert _title("${A}", A="123") == "123"
    assert _title("${A}", A="true") == "true"


@pytest.mark.parametrize(
    "value", ["1.5", "true", "", "abc", "[1]", "1 # x", "1\nx = 2", "{a=1}", "99999999999999999999"]
)
def test_a_whole_reference_that_is_no_port_is_refused(value: str) -> None:
    found = problem(f'{_HEAD}[http]\nport = "${{PORT}}"\n', PORT=value)
    assert (found.key, found.line, found.column) == ("http.port", 4, 8)
    assert found.allowed == "a whole number from 0 to 65535"


@pytest.mark.parametrize("written", ['"8000"', '"80${A}"', '"${A}${A}"', '"$${A}"', '" ${A}"'])
def test_only_a_whole_reference_may_stand_for_a_number(written: str) -> None:
    assert problem(f"{_HEAD}[http]\nport = {written}\n", A="80").key == "http.port"


@pytest.mark.parametrize("value", ['["a"]', "a"])
def test_a_reference_never_stands_for_an_array(value: str) -> None:
    assert problem(f'{_HEAD}[http]\nallowed_hosts = "${{A}}"\n', A=value).key == "http.allowed_hosts"


def test_every_reference_that_cannot_be_filled_in_is_named() -> None:
    found = problems(f'{_HEAD}title = "${{NO}} ${{A:-x}} ${{ALSO_NO}} ${{}}"\n')
    assert [each.found for each in found] == ["'${NO}'", "'${ALSO_NO}'", "'${}'"]


def test_a_reference_that_a_variable_overrides_need_not_be_filled_in() -> None:
    blueprint = read(f'{_HEAD}[http]\nport = "${{NOPE}}"\n', SEAWALL_HTTP__PORT="1").blueprint
    assert blueprint.http.port == 1
