"""A profile lays its values over the file's: tables merge, arrays replace, and every profile is checked, chosen or not."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from blueprint.samples import KINDS, Case, Files, Tickets, check, problem, problems, read
from seawall.blueprint import Blueprint, Invocation, LoadedBlueprint, ToolsetDeclaration, parse
from seawall.blueprint.http import HttpSection
from seawall.blueprint.origin import Default, EnvironmentOrigin, FileOrigin, FlagOrigin, ProfileOrigin
from seawall.blueprint.section import Section
from seawall.blueprint.server import ServerSection
from seawall.errors import BlueprintError, Problem

BASE = """\
[server]
name = "w"
[[toolset]]
kind = "files"
roots = "."
[[toolset]]
kind = "tickets"
name = "bugs"
url = "https://t"
labels = { a = 1, b = 2 }
[http]
host = "127.0.0.1"
allowed_hosts = ["a", "b"]
"""
_SECRET = "hunter2-very-secret"  # noqa: S105  must never come back
_NAME = "a name of 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"
_PORT = "a whole number from 0 to 65535"
_REFERENCE = "a reference: env:NAME, file:/absolute/path or secret:NAME"
_ROOT = ", ".join(Blueprint.model_fields)
_OF_HTTP = ", ".join(HttpSection.model_fields)
_OF_TICKETS = ", ".join(name for name in Tickets.model_fields if name not in {"kind", "name"})
_OUTSIDE = "only outside of profiles"


def chosen(text: str, profile: str = "prod", **environment: str) -> LoadedBlueprint:
    """The blueprint with a profile that a flag chooses."""
    return _parsed(text, Invocation(profile=profile), **environment)


def _parsed(text: str, invocation: Invocation, **environment: str) -> LoadedBlueprint:
    return parse(
        text,
        source="seawall.toml",
        directory=Path("/srv"),
        kinds=KINDS,
        environment=environment,
        invocation=invocation,
    )


def _tickets(loaded: LoadedBlueprint) -> Tickets:
    tickets = loaded.blueprint.toolset[1]
    assert isinstance(tickets, Tickets)
    return tickets


# --- merging ------------------------------------------------------------------------------------------------


def test_tables_merge() -> None:
    loaded = chosen(f"{BASE}[profile.prod.http]\nport = 1\n")
    assert (loaded.blueprint.http.host, loaded.blueprint.http.port) == ("127.0.0.1", 1)
    loaded = chosen(f"{BASE}[profile.prod.toolset.bugs.labels]\nb = 3\nc = 4\n")
    assert _tickets(loaded).labels == {"a": 1, "b": 3, "c": 4}


def test_arrays_replace() -> None:
    assert chosen(f'{BASE}[profile.prod.http]\nallowed_hosts = ["c"]\n').blueprint.http.allowed_hosts == (
        "c",
    )
    assert chosen(f"{BASE}[profile.prod.http]\nallowed_hosts = []\n").blueprint.http.allowed_hosts == ()


def test_an_array_of_tables_is_replaced_as_a_whole() -> None:
    text = BASE.replace("labels", 'column = [{ title = "a", width = 1 }, { title = "b" }]\nlabels')
    loaded = chosen(f'{text}[[profile.prod.toolset.bugs.column]]\ntitle = "c"\n')
    assert [(each.title, each.width) for each in _tickets(loaded).column] == [("c", 10)]


@pytest.mark.parametrize(
    ("base", "over", "expected"),
    [
        ('"x"', '{ a = "y" }', {"a": "y"}),
        ('{ a = "y" }', '"x"', "x"),
        ('{ a = "y" }', '{ b = "z" }', {"a": "y", "b": "z"}),
    ],
)
def test_a_value_of_another_form_replaces(base: str, over: str, expected: object) -> None:
    text = BASE.replace('roots = "."', f"roots = {base}")
    files = chosen(f"{text}[profile.prod.toolset.files]\nroots = {over}\n").blueprint.toolset[0]
    assert isinstance(files, Files)
    assert files.roots == expected


def test_a_profile_may_bring_a_table_that_the_file_has_not() -> None:
    loaded = chosen(f'{BASE}[profile.prod.toolset.bugs.auth]\nscheme = "bearer"\nvalue = "env:KEY"\n')
    auth = _tickets(loaded).auth
    assert auth is not None
    assert auth.value == "env:KEY"
    assert chosen(f'{BASE}[profile.prod.log]\nlevel = "debug"\n').blueprint.log.level == "debug"


def test_a_profile_may_complete_the_file() -> None:
    text = '[profile.prod.server]\nname = "w"\n'
    assert chosen(text).blueprint.server.name == "w"
    assert problem(text).message == "missing table [server]; allowed: a table with 'name'."


def test_a_toolset_is_named_by_its_name_or_else_its_kind() -> None:
    text = (
        f'{BASE}[profile.prod.toolset.files]\naccess = "write"\n[profile.prod.toolset.bugs]\nstrict = true\n'
    )
    loaded = chosen(text)
    assert (loaded.blueprint.toolset[0].access, _tickets(loaded).strict) == ("write", True)
    assert "unknown toolset 'tickets'" in problem(f"{BASE}[profile.p.toolset.tickets]\n").message


def test_a_profile_that_is_not_chosen_changes_nothing() -> None:
    plain, other = read(BASE), chosen(f"{BASE}[profile.prod.http]\nport = 1\n[profile.dev]\n", "dev")
    assert other.blueprint == plain.blueprint
    assert (other.profile, other.profiles, plain.profile, plain.profiles) == (
        "dev",
        ("prod", "dev"),
        None,
        (),
    )


def test_variables_are_filled_in_within_a_profile() -> None:
    text = f'{BASE}[profile.prod.http]\nport = "${{PORT:-80}}"\nhost = "${{HOST}}"\n'
    http = chosen(text, HOST="::1").blueprint.http
    assert (http.host, http.port) == ("::1", 80)


# --- precedence and origin ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", list(product([False, True], repeat=4)))
def test_the_strongest_layer_wins_and_is_the_origin(layers: tuple[bool, ...]) -> None:
    """Default < file < profile < environment < flag, for every combination of them."""
    in_file, in_profile, in_environment, in_call = layers
    text = (
        '[server]\nname = "w"\n[http]\n'
        + ("port = 1\n" if in_file else "\n")
        + "[profile.prod.http]\n"
        + ("  port = 2\n" if in_profile else "")
    )
    flags = {"--port": (("http", "port"), "4")} if in_call else {}
    environment = {"SEAWALL_HTTP__PORT": "3"} if in_environment else {}
    loaded = _parsed(text, Invocation(profile="prod", flags=flags), **environment)
    order = [
        (in_call, 4, FlagOrigin("--port")),
        (in_environment, 3, EnvironmentOrigin("SEAWALL_HTTP__PORT")),
        (in_profile, 2, ProfileOrigin("prod", 6, 3)),
        (in_file, 1, FileOrigin("seawall.toml", 4, 1)),
        (True, 8000, Default()),
    ]
    value, origin = next((value, origin) for given, value, origin in order if given)
    assert loaded.blueprint.http.port == value
    assert loaded.provenance.origin(("http", "port")) == origin


def test_origins_reach_into_tables_and_replaced_arrays() -> None:
    text = f'{BASE}[profile.prod.toolset.bugs]\nlabels.b = 3\ncolumn = [\n  {{ title = "a" }},\n]\ntokens = ["env:A"]\n'
    origin = chosen(text, SEAWALL_TOOLSET__BUGS__LABELS__C="9").provenance.origin
    assert origin(("toolset", 1, "labels", "a")) == FileOrigin("seawall.toml", 10, 12)
    assert origin(("toolset", 1, "labels", "b")) == ProfileOrigin("prod", 15, 8)
    assert origin(("toolset", 1, "labels", "c")) == EnvironmentOrigin("SEAWALL_TOOLSET__BUGS__LABELS__C")
    assert origin(("toolset", 1, "column", 0, "title")) == ProfileOrigin("prod", 17, 5)
    assert origin(("toolset", 1, "column", 0, "width")) == Default()
    assert origin(("toolset", 1, "tokens")) == ProfileOrigin("prod", 19, 1)
    assert origin(("toolset", 0, "access")) == Default()
    assert origin(("toolset", 0, "kind")) == FileOrigin("seawall.toml", 4, 1)


def test_a_variable_chooses_the_profile_and_the_flag_wins() -> None:
    text = f"{BASE}[profile.dev.http]\nport = 1\n[profile.prod.http]\nport = 2\n"
    assert read(text, SEAWALL_PROFILE="dev").blueprint.http.port == 1
    assert chosen(text, "prod", SEAWALL_PROFILE="dev").blueprint.http.port == 2
    assert read(text, SEAWALL_PROFILE="").blueprint.http.port == 8000
    assert chosen(text, "prod", SEAWALL_PROFILE="absent").profile == "prod"


@pytest.mark.parametrize(
    ("text", "name", "suggestion", "message"),
    [
        (
            "[profile.dev]\n[profile.prod]\n",
            "prd",
            "prod",
            "unknown profile 'prd'; did you mean 'prod'? Allowed: 'dev' or 'prod'.",
        ),
        ("[profile.dev]\n", "live", None, "unknown profile 'live'; allowed: 'dev'."),
        (
            "",
            "prod",
            None,
            "unknown profile 'prod'; allowed: no profile: the blueprint has no [profile.NAME].",
        ),
        ("[profile.dev]\n", "\x1b[31m", None, r"unknown profile '\x1b[31m'; allowed: 'dev'."),
    ],
)
def test_an_unknown_profile_is_told_with_those_that_there_are(
    text: str, name: str, suggestion: str | None, message: str
) -> None:
    found = problem(BASE + text, SEAWALL_PROFILE=name)
    assert (found.source, found.line, found.key) == ("SEAWALL_PROFILE", None, "profile")
    assert (found.suggestion, found.message) == (suggestion, message)
    with pytest.raises(BlueprintError) as caught:
        chosen(BASE + text, name)
    assert [each.source for each in caught.value.problems] == ["--profile"]


def test_an_unknown_profile_is_told_beside_the_problems_of_the_file() -> None:
    found = problems(f"{BASE}prot = 1\n[profile.dev.http]\nport = 'x'\n", SEAWALL_PROFILE="prod")
    assert [(each.source, each.line) for each in found] == [
        ("seawall.toml", 14),
        ("seawall.toml", 16),
        ("SEAWALL_PROFILE", None),
    ]


def test_no_variable_reaches_into_a_profile() -> None:
    found = problem(f"{BASE}[profile.prod.http]\n", SEAWALL_PROFILE__PROD__HTTP__PORT="1")
    assert "names no setting" in found.message


# --- hostile ------------------------------------------------------------------------------------------------

HOSTILE = {
    "an unknown setting": Case(
        "[profile.prod.http]\nprot = 1", 15, 1, "profile.prod.http.prot", "'prot'", _OF_HTTP, "port"
    ),
    "a setting of another table": Case(
        "[profile.prod.server]\nport = 1",
        15,
        1,
        "profile.prod.server.port",
        "'port'",
        ", ".join(ServerSection.model_fields),
        "profile.prod.http.port",
    ),
    "an unknown table": Case(
        "[profile.prod.htp]",
        14,
        15,
        "profile.prod.htp",
        "'htp'",
        _ROOT.removeprefix("format, "),
        "http",
    ),
    "a misspelt `profile`": Case(
        "[profil.prod.http]",
        14,
        2,
        "profil",
        "'profil'",
        f"{_ROOT}, profile",
        "profile",
    ),
    "a wrong value": Case('[profile.prod.http]\nport = "80"', 15, 8, "profile.prod.http.port", "'80'", _PORT),
    "a wrong value in a dotted key": Case(
        "[profile]\nprod.http.port = -1", 15, 18, "profile.prod.http.port", "-1", _PORT
    ),
    "a wrong value in an inline table": Case(
        "[profile.prod]\nhttp = { port = -1 }", 15, 17, "profile.prod.http.port", "-1", _PORT
    ),
    "a wrong item": Case(
        '[profile.prod.http]\nallowed_hosts = ["a",\n 1]',
        16,
        2,
        "profile.prod.http.allowed_hosts[1]",
        "1",
        "a string",
    ),
    "a value for a table": Case(
        "[profile.prod]\nhttp = 1", 15, 8, "profile.prod.http", "a number", "a table"
    ),
    "a misspelt word": Case(
        '[profile.prod.toolset.files]\naccess = "wrte"',
        15,
        10,
        "profile.prod.toolset.files.access",
        "'wrte'",
        "'read' or 'write'",
        "write",
    ),
    "an unknown setting of a toolset": Case(
        "[profile.prod.toolset.bugs]\nstrct = true",
        15,
        1,
        "profile.prod.toolset.bugs.strct",
        "'strct'",
        _OF_TICKETS,
        "strict",
    ),
    "a setting of another kind": Case(
        '[profile.prod.toolset.bugs]\nroots = "."',
        15,
        1,
        "profile.prod.toolset.bugs.roots",
        "'roots'",
        _OF_TICKETS,
        "profile.prod.toolset.NAME.roots",
    ),
    "what the kind's own validator refuses": Case(
        '[profile.prod.toolset.bugs]\nurl = "http://t"',
        15,
        7,
        "profile.prod.toolset.bugs.url",
        "'http://t'",
        "an address that begins with https://",
    ),
    "an unknown toolset": Case(
        "[profile.prod.toolset.fils]",
        14,
        23,
        "profile.prod.toolset.fils",
        "'fils'",
        "files, bugs",
        "files",
    ),
    "a toolset by its kind, although it has a name": Case(
        "[profile.prod.toolset.tickets]",
        14,
        23,
        "profile.prod.toolset.tickets",
        "'tickets'",
        "files, bugs",
    ),
    "a toolset that is no table": Case(
        "[profile.prod.toolset]\nfiles = 1",
        15,
        9,
        "profile.prod.toolset.files",
        "1",
        "a table with settings of the toolset 'files'",
    ),
    "toolsets in double brackets": Case(
        '[[profile.prod.toolset]]\nkind = "files"',
        14,
        16,
        "profile.prod.toolset",
        "an array of 1",
        "[profile.NAME.toolset.TOOLSET], a table for each toolset that it changes",
    ),
    "the kind of a toolset": Case(
        '[profile.prod.toolset.bugs]\nkind = "files"',
        15,
        1,
        "profile.prod.toolset.bugs.kind",
        "'kind'",
        _OUTSIDE,
    ),
    "the name of a toolset": Case(
        '[profile.prod.toolset.bugs]\nname = "x"',
        15,
        1,
        "profile.prod.toolset.bugs.name",
        "'name'",
        _OUTSIDE,
    ),
    "the format": Case("[profile.prod]\nformat = 1", 15, 1, "profile.prod.format", "'format'", _OUTSIDE),
    "a profile in a profile": Case(
        "[profile.prod.profile.x]", 14, 15, "profile.prod.profile", "'profile'", _OUTSIDE
    ),
    "a part of a table that is not there": Case(
        '[profile.prod.toolset.bugs.auth]\nscheme = "bearer"',
        14,
        28,
        "profile.prod.toolset.bugs.auth.value",
        "",
        _REFERENCE,
    ),
    "a secret": Case(
        f'[profile.prod.toolset.bugs]\ntokens = ["{_SECRET}"]',
        15,
        11,
        "profile.prod.toolset.bugs.tokens[0]",
        "a literal value",
        _REFERENCE,
    ),
    "a profile that is no table": Case("[profile]\nprod = 1", 15, 8, "profile.prod", "a number", "a table"),
    "profiles in double brackets": Case(
        "[[profile]]",
        14,
        3,
        "profile",
        "an array of 1",
        "[profile.NAME], a table for each profile",
    ),
    "a profile with a blank in its name": Case('[profile."a b"]', 14, 10, "profile.'a b'", "'a b'", _NAME),
    "a profile with a line end in its name": Case(
        '[profile."prod\\n"]', 14, 10, "profile.'prod\\n'", "'prod\\n'", _NAME
    ),
    "a profile without a name": Case('[profile.""]', 14, 10, "profile.''", "''", _NAME),
    "an open reference": Case(
        '[profile.prod.http]\nhost = "${HOST"',
        15,
        8,
        "profile.prod.http.host",
        "'${HOST'",
        "${NAME} or ${NAME:-default}",
    ),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_a_wrong_profile_is_found_although_it_is_not_chosen(case: Case) -> None:
    text = BASE + case.text
    check(case._replace(text=text))
    assert _SECRET not in repr(problem(text))


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_it_has_the_same_problem_when_it_is_chosen(case: Case) -> None:
    if "profile.prod." in case.key:
        assert problem(BASE + case.text, SEAWALL_PROFILE="prod") == problem(BASE + case.text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[profile.prod.toolset.fils]",
            "unknown toolset 'fils' in [profile.prod.toolset]; did you mean 'files'?",
        ),
        (
            "[profile.prod.toolset.x]",
            "unknown toolset 'x' in [profile.prod.toolset]; known there: files, bugs.",
        ),
        (
            "[profile.prod]\nformat = 1",
            "a profile cannot change `format`, which says how the whole file is read; allowed: only outside of profiles.",
        ),
        (
            "[profile.prod.toolset.bugs]\nkind = 'files'",
            (
                "a profile cannot change a toolset's `kind`: of another kind it would be another toolset; "
                "allowed: only outside of profiles."
            ),
        ),
        (
            "[profile.prod.toolset.bugs]\nlabels.a = 'x'",
            "labels.a in [profile.prod.toolset.bugs]: found 'x', allowed: a whole number.",
        ),
    ],
)
def test_the_message_says_where_and_why(text: str, message: str) -> None:
    assert problem(BASE + text).message == message


def test_more_profiles_than_anybody_needs_are_refused() -> None:
    text = BASE + "".join(f"[profile.p{number}]\n" for number in range(33))
    assert len(read(text.replace("[profile.p32]", "")).profiles) == 32
    found = problem(text)
    assert (found.line, found.found, found.allowed) == (46, "'p32'", "at most 32 profiles")


def test_the_problems_of_file_and_profiles_come_in_file_order() -> None:
    found = problems(
        '[profile.a.http]\nport = "x"\n[http]\nport = "y"\n[profile.b.http]\nport = "z"\n[server]\nname = 1\n'
    )
    assert [(each.line, each.key) for each in found] == [
        (2, "profile.a.http.port"),
        (4, "http.port"),
        (6, "profile.b.http.port"),
        (8, "server.name"),
    ]


def test_a_fault_of_the_file_is_told_once_however_many_profiles_there_are() -> None:
    text = f"{BASE}port = 'x'\n[profile.a.http]\nhost = '::1'\n[profile.b.log]\nlevel = 'debug'\n"
    assert problem(text).key == "http.port"
    assert problem(text, SEAWALL_PROFILE="a").key == "http.port"


def test_a_wrong_value_of_the_file_is_found_although_the_profile_replaces_it() -> None:
    text = f"{BASE}port = 'x'\n[profile.prod.http]\nport = 1\n"
    assert (problem(text, SEAWALL_PROFILE="prod").line, problem(text).line) == (14, 14)
    assert chosen(text, SEAWALL_HTTP__PORT="2").blueprint.http.port == 2


def test_a_variable_beats_a_wrong_value_of_the_chosen_profile() -> None:
    """As it does with one of the file; without the profile the value is plainly wrong."""
    text = f"{BASE}[profile.prod.http]\nport = 'x'\n"
    assert chosen(text, SEAWALL_HTTP__PORT="1").blueprint.http.port == 1
    assert problem(text, SEAWALL_HTTP__PORT="1").line == 15


def test_a_wrong_variable_is_told_as_such_with_a_profile() -> None:
    text = f"{BASE}[profile.prod.http]\nport = 1\n"
    found = problem(text, SEAWALL_PROFILE="prod", SEAWALL_HTTP__PORT="x")
    assert (found.source, found.line, found.key) == ("SEAWALL_HTTP__PORT", None, "http.port")
    with pytest.raises(BlueprintError) as caught:
        _parsed(text, Invocation(profile="prod", flags={"--port": (("http", "port"), "x")}))
    assert [(each.source, each.key) for each in caught.value.problems] == [("--port", "http.port")]


# --- what depends on the environment ------------------------------------------------------------------------


@pytest.mark.parametrize("value", ['"${HOST}"', '"${HOST:-no host}"'])
def test_the_variables_of_a_profile_are_judged_when_it_is_chosen(value: str) -> None:
    """The variables of production are not set on a developer's machine."""
    text = f"{BASE}[profile.prod.http]\nhost = {value}\n"
    assert read(text).blueprint.http.host == "127.0.0.1"
    assert problem(text, SEAWALL_PROFILE="prod").line == 15
    assert chosen(text, HOST="::1").blueprint.http.host == "::1"
    assert chosen(text, SEAWALL_HTTP__HOST="::1").blueprint.http.host == "::1"


def test_a_variable_of_the_file_that_the_profile_replaces_may_be_missing() -> None:
    text = BASE.replace('"127.0.0.1"', '"${HOST}"') + "[profile.prod.http]\nhost = '::1'\n"
    assert problem(text).line == 12
    assert chosen(text).blueprint.http.host == "::1"


def test_what_a_variable_of_a_profile_holds_is_never_shown() -> None:
    text = f'{BASE}[profile.prod.http]\nport = "${{KEY}}"\nallowed_hosts = "${{KEY}}"\n'
    assert _SECRET not in repr(problems(text, SEAWALL_PROFILE="prod", KEY=_SECRET))


# --- faults that only both together have --------------------------------------------------------------------


class Key(Section):
    """One form of a table."""

    scheme: Literal["key"] = Field(description="How.")
    header: str = Field(default="X-Key", description="Where.")


class Login(Section):
    """The other."""

    scheme: Literal["login"] = Field(description="How.")
    user: str = Field(description="Who.")


class Remote(ToolsetDeclaration):
    """A kind with two forms of a table, and a rule across settings."""

    kind: Literal["remote"] = Field(description="Something far away.")
    auth: Annotated[Key | Login, Field(discriminator="scheme")] = Field(description="How to sign in.")
    retries: int = Field(default=0, description="How often.")

    @model_validator(mode="after")
    def _writes_are_not_repeated(self) -> Remote:
        if self.access == "write" and self.retries:
            raise ValueError('retries = 0 beside access = "write"')
        return self


_REMOTE = """\
[server]
name = "w"
[[toolset]]
kind = "remote"
retries = 3
[toolset.auth]
scheme = "key"
header = "X-Token"
"""


def _remote(text: str) -> tuple[Problem, ...]:
    with pytest.raises(BlueprintError) as caught:
        parse(_REMOTE + text, source="s", directory=Path("/"), kinds={"remote": Remote}, environment={})
    return caught.value.problems


def test_a_rule_that_the_profile_breaks_is_told_at_the_profile() -> None:
    (found,) = _remote('[profile.prod.toolset.remote]\naccess = "write"\n')
    assert (found.line, found.column, found.key) == (9, 23, "profile.prod.toolset.remote")
    assert 'retries = 0 beside access = "write"' in found.message


def test_a_value_of_the_file_that_only_the_profile_makes_wrong_names_the_profile() -> None:
    found = _remote('[profile.prod.toolset.remote.auth]\nscheme = "login"\n')
    assert [(each.line, each.column, each.key) for each in found] == [
        (8, 1, "toolset[0].auth.header"),
        (9, 30, "profile.prod.toolset.remote.auth.user"),
    ]
    assert found[0].message.startswith("with the profile 'prod', unknown setting 'header' in ")


def test_a_problem_found_later_is_placed_at_the_profile() -> None:
    """What only the server's assembly finds out has a key, and the loader knows where that was written."""
    late = Problem("", None, None, "toolset[0].roots", "x", "y", None, "no such directory.")
    text = f'{BASE}[profile.prod.toolset.files]\nroots = "absent"\n'
    placed = chosen(text).placed(late)
    assert (placed.source, placed.line, placed.column) == ("seawall.toml", 15, 9)
    assert (read(text).placed(late).line, read(text).placed(late).column) == (5, 9)
    placed = chosen(text, SEAWALL_TOOLSET__FILES__ROOTS="x").placed(late)
    assert (placed.source, placed.line) == ("SEAWALL_TOOLSET__FILES__ROOTS", None)
