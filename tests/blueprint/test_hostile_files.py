"""Every wrong file gives all of its problems: each with its place, what was found, what is allowed, and the near word."""

from __future__ import annotations

import pytest

from blueprint.samples import Case, check, problem, problems
from seawall.blueprint.http import HttpSection

_SECRET = "hunter2-very-secret"  # noqa: S105  must never come back
_SERVER = '[server]\nname = "w"\n'
_FILES = f'{_SERVER}[[toolset]]\nkind = "files"\nroots = "."\n'
_TICKETS = f'{_SERVER}[[toolset]]\nkind = "tickets"\nurl = "https://t"\n'

_NAME = "a name of 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"
_PORT = "a whole number from 0 to 65535"
_SIZE = 'a size from 1KiB to 1GiB, such as "10MiB" (or a plain number of bytes)'
_TIME = 'a duration from 1ms to 1d, such as "30s" (or a plain number of seconds)'
_REFERENCE = "a reference: env:NAME, file:/absolute/path or secret:NAME"
_FORMS = "${NAME} or ${NAME:-default}"
_ROOT = "format, server, toolset, prompts, resource, limits, stdio, http, secrets, audit, log, state, deploy, profile"
_OF_SERVER = "name, version, title, purpose"
_OF_HTTP = ", ".join(HttpSection.model_fields)
_OF_FILES = "kind, name, access, operations, prefix, scopes, operation_scopes, timeout, token_budget, discovery, results, roots, max_file_size"
_KINDS = "'files' or 'tickets'"


NO_BLUEPRINT = {
    "nothing": Case("", 1, 1, "server", "", "a table with 'name'"),
    "nothing but a byte order mark": Case("\ufeff", 1, 1, "server", "", "a table with 'name'"),
    "nothing but a comment": Case("# later\r\n", 1, 1, "server", "", "a table with 'name'"),
    "an empty table": Case("\n[server]", 2, 2, "server.name", "", _NAME),
    "an empty name": Case('[server]\nname = ""', 2, 8, "server.name", "''", _NAME),
    "a long name": Case(
        f'[server]\nname = "{"x" * 99}"', 2, 8, "server.name", f"'{'x' * 48}…{'x' * 9}'", _NAME
    ),
    "a number for a string": Case("[server]\nname = 5", 2, 8, "server.name", "5", _NAME),
    "a date for a string": Case(
        "[server]\nname = 1979-05-27", 2, 8, "server.name", "a date 1979-05-27", _NAME
    ),
    "a time for a string": Case("[server]\nname = 07:32:00", 2, 8, "server.name", "a time 07:32:00", _NAME),
    "an array for a string": Case('[server]\nname = ["w"]', 2, 8, "server.name", "an array of 1", _NAME),
    "a string for a table": Case('server = "w"', 1, 10, "server", "'w'", "a table with 'name'"),
    "an array for a table": Case("[[server]]\n", 1, 3, "server", "an array of 1", "a table with 'name'"),
    "a later format": Case(f"format = 2\n{_SERVER}", 1, 10, "format", "2", "1"),
    "a boolean for the format": Case(f"format = true\n{_SERVER}", 1, 10, "format", "true", "1"),
    "a fraction for the format": Case(f"format = 1.0\n{_SERVER}", 1, 10, "format", "1.0", "1"),
    "a misspelt table": Case('[sever]\nname = "w"', 1, 2, "sever", "'sever'", _ROOT, "server"),
    "a misspelt setting": Case('[server]\nnam = "w"', 2, 1, "server.nam", "'nam'", _OF_SERVER, "name"),
    "a capital letter": Case(f'{_SERVER}Title = "x"', 3, 1, "server.Title", "'Title'", _OF_SERVER, "title"),
    "a setting of another table": Case(
        f"{_SERVER}port = 1", 3, 1, "server.port", "'port'", _OF_SERVER, "http.port"
    ),
    "a setting that is right elsewhere and near here": Case(
        f"{_FILES}request_timeout = 1",
        6,
        1,
        "toolset[0].request_timeout",
        "'request_timeout'",
        _OF_FILES,
        "limits.request_timeout",
    ),
    "a setting of a toolset": Case(
        f"{_SERVER}acess = 1", 3, 1, "server.acess", "'acess'", _OF_SERVER, "toolset.access"
    ),
    "a setting before its table": Case(
        f'title = "x"\n{_SERVER}', 1, 1, "title", "'title'", _ROOT, "server.title"
    ),
    "a setting that comes with a later feature": Case(
        f'{_SERVER}[quota]\nfile = "a"', 3, 2, "quota", "'quota'", _ROOT
    ),
    "an unknown setting in a dotted key": Case(
        f"http.prot = 1\n{_SERVER}", 1, 6, "http.prot", "'prot'", _OF_HTTP, "port"
    ),
    "a hostile key": Case(
        f'{_SERVER}"\\u001b[31m\\n" = 1', 3, 1, r"server.'\x1b[31m\n'", r"'\x1b[31m\n'", _OF_SERVER
    ),
    "a key of 100,000 characters": Case(
        f"{_SERVER}{'x' * 100_000} = 1",
        3,
        1,
        f"server.{'x' * 222}…{'x' * 10}",
        f"'{'x' * 48}…{'x' * 9}'",
        _OF_SERVER,
    ),
    "a port in quotes": Case(f'{_SERVER}[http]\nport = "8000"', 4, 8, "http.port", "'8000'", _PORT),
    "a port too large": Case(f"{_SERVER}[http]\nport = 65536", 4, 8, "http.port", "65536", _PORT),
    "a negative port": Case(f"{_SERVER}[http]\nport = -1", 4, 8, "http.port", "-1", _PORT),
    "a port with a fraction": Case(f"{_SERVER}[http]\nport = 80.0", 4, 8, "http.port", "80.0", _PORT),
    "a boolean for a port": Case(f"{_SERVER}[http]\nport = true", 4, 8, "http.port", "true", _PORT),
    "not a number for a port": Case(f"{_SERVER}[http]\nport = nan", 4, 8, "http.port", "nan", _PORT),
    "a port of thousands of bits": Case(
        f"{_SERVER}[http]\nport = 0x{'f' * 9999}", 4, 8, "http.port", "an integer of more than 64 bits", _PORT
    ),
    "an address with a scheme": Case(
        f'{_SERVER}[http]\nhost = "http://x"',
        4,
        8,
        "http.host",
        "'http://x'",
        "an IP address or host name, without port or scheme",
    ),
    "one wrong item": Case(
        f'{_SERVER}[http]\nallowed_hosts = [\n  "a",\n  1,\n]', 6, 3, "http.allowed_hosts[1]", "1", "a string"
    ),
    "a string for an array": Case(
        f'{_SERVER}[http]\nallowed_hosts = "a"', 4, 17, "http.allowed_hosts", "'a'", "an array of strings"
    ),
    "no workers": Case(
        f"{_SERVER}[limits]\nworkers = 0", 4, 11, "limits.workers", "0", "a whole number from 1 to 1024"
    ),
    "a size of zero": Case(
        f"{_SERVER}[limits]\nresponse_size = 0", 4, 17, "limits.response_size", "0", _SIZE
    ),
    "a size without unit": Case(
        f'{_SERVER}[limits]\nresponse_size = "4096"', 4, 17, "limits.response_size", "'4096'", _SIZE
    ),
    "an absurd size": Case(
        f'{_SERVER}[limits]\nresponse_size = "99TiB"', 4, 17, "limits.response_size", "'99TiB'", _SIZE
    ),
    "half a byte": Case(
        f'{_SERVER}[limits]\nresponse_size = "4096.5B"', 4, 17, "limits.response_size", "'4096.5B'", _SIZE
    ),
    "a boolean for a size": Case(
        f"{_SERVER}[limits]\nresponse_size = true", 4, 17, "limits.response_size", "true", _SIZE
    ),
    "an infinite duration": Case(
        f"{_SERVER}[limits]\nrequest_timeout = inf", 4, 19, "limits.request_timeout", "inf", _TIME
    ),
    "not a number for a duration": Case(
        f"{_SERVER}[limits]\nrequest_timeout = nan", 4, 19, "limits.request_timeout", "nan", _TIME
    ),
    "an unknown unit": Case(
        f'{_SERVER}[limits]\nrequest_timeout = "30 seconds"',
        4,
        19,
        "limits.request_timeout",
        "'30 seconds'",
        _TIME,
    ),
    "a toolset in single brackets": Case(
        f'{_SERVER}[toolset]\nkind = "files"',
        3,
        2,
        "toolset",
        "a table",
        "[[toolset]] in double brackets, once for each toolset",
    ),
    "a toolset that is a string": Case(
        f'toolset = ["files"]\n{_SERVER}', 1, 12, "toolset[0]", "'files'", "a [[toolset]] table"
    ),
    "a toolset without kind": Case(f"{_SERVER}[[toolset]]", 3, 3, "toolset[0].kind", "", _KINDS),
    "an unknown kind": Case(
        f'{_SERVER}[[toolset]]\nkind = "fils"\nroots = "."',
        4,
        8,
        "toolset[0].kind",
        "'fils'",
        _KINDS,
        "files",
    ),
    "a kind that is far from any": Case(
        f'{_SERVER}[[toolset]]\nkind = "kubernetes"', 4, 8, "toolset[0].kind", "'kubernetes'", _KINDS
    ),
    "a kind that is no string": Case(f"{_SERVER}[[toolset]]\nkind = 1", 4, 8, "toolset[0].kind", "1", _KINDS),
    "a missing setting of the kind": Case(
        f'{_SERVER}[[toolset]]\nkind = "files"',
        3,
        3,
        "toolset[0].roots",
        "",
        "a string or a table of strings",
    ),
    "a misspelt setting of a toolset": Case(
        f'{_FILES}acess = "write"', 6, 1, "toolset[0].acess", "'acess'", _OF_FILES, "access"
    ),
    "a misspelt word": Case(
        f'{_FILES}access = "Wrte"', 6, 10, "toolset[0].access", "'Wrte'", "'read' or 'write'", "write"
    ),
    "neither of two forms": Case(
        f'{_SERVER}[[toolset]]\nkind = "files"\nroots = 1',
        5,
        9,
        "toolset[0].roots",
        "1",
        "a string or a table of strings",
    ),
    "one form, wrong inside": Case(
        f'{_SERVER}[[toolset]]\nkind = "files"\nroots = {{ a = "x", b = 1 }}',
        5,
        24,
        "toolset[0].roots.b",
        "1",
        "a string",
    ),
    "two toolsets of one kind": Case(
        f'{_FILES}[[toolset]]\nkind = "files"\nroots = "x"',
        6,
        3,
        "toolset[1]",
        "'files'",
        "a name that no other toolset has",
    ),
    "a name that is another's kind": Case(
        f'{_FILES}[[toolset]]\nname = "files"\nkind = "tickets"\nurl = "https://t"',
        7,
        8,
        "toolset[1].name",
        "'files'",
        "a name that no other toolset has",
    ),
    "what the kind's own validator refuses": Case(
        f'{_SERVER}[[toolset]]\nkind = "tickets"\nurl = "ftp://t"',
        5,
        7,
        "toolset[0].url",
        "'ftp://t'",
        "an address that begins with https://",
    ),
    "an unknown setting in an inline table": Case(
        f'{_TICKETS}column = [{{ title = "a" }}, {{ title = "b", widht = 1 }}]',
        6,
        43,
        "toolset[0].column[1].widht",
        "'widht'",
        "title, width",
        "width",
    ),
    "a boolean in quotes": Case(
        f'{_TICKETS}strict = "true"', 6, 10, "toolset[0].strict", "'true'", "true or false"
    ),
    "a secret": Case(
        f'{_TICKETS}[toolset.auth]\nscheme = "bearer"\nvalue = "{_SECRET}"',
        8,
        9,
        "toolset[0].auth.value",
        "a literal value",
        _REFERENCE,
    ),
    "a secret in an array": Case(
        f'{_TICKETS}tokens = ["env:A", "{_SECRET}"]',
        6,
        20,
        "toolset[0].tokens[1]",
        "a literal value",
        _REFERENCE,
    ),
    "a secret instead of an array": Case(
        f'{_TICKETS}tokens = "{_SECRET}"',
        6,
        10,
        "toolset[0].tokens",
        "a string",
        f"an array, each item {_REFERENCE}",
    ),
    "a secret instead of a table": Case(
        f'{_TICKETS}auth = "{_SECRET}"',
        6,
        8,
        "toolset[0].auth",
        "a string",
        "a table with 'scheme' and 'value'",
    ),
    "a secret that is no string": Case(
        f'{_TICKETS}auth = {{ scheme = "bearer", value = ["{_SECRET}"] }}',
        6,
        37,
        "toolset[0].auth.value",
        "a literal value",
        _REFERENCE,
    ),
    "a secret that looks like a reference": Case(
        f'{_TICKETS}tokens = ["env:{_SECRET}"]', 6, 11, "toolset[0].tokens[0]", "a literal value", _REFERENCE
    ),
    "a secret under an unknown name": Case(
        f'{_FILES}password = "{_SECRET}"', 6, 1, "toolset[0].password", "'password'", _OF_FILES
    ),
    "a variable that is not set": Case(
        f'{_SERVER}title = "a ${{NOPE}}"',
        3,
        9,
        "server.title",
        "'${NOPE}'",
        "a variable that is set, or a default: ${NOPE:-default}",
    ),
    "an open reference": Case(f'{_SERVER}title = "a ${{NOPE"', 3, 9, "server.title", "'${NOPE'", _FORMS),
    "an empty reference": Case(f'{_SERVER}title = "${{}}"', 3, 9, "server.title", "'${}'", _FORMS),
    "another shell's form": Case(f'{_SERVER}title = "${{A-b}}"', 3, 9, "server.title", "'${A-b}'", _FORMS),
    "a reference in a reference": Case(
        f'{_SERVER}title = "${{A:-${{B}}}}"', 3, 9, "server.title", "'${A:-${B}'", _FORMS
    ),
}


@pytest.mark.parametrize("case", NO_BLUEPRINT.values(), ids=NO_BLUEPRINT)
def test_a_wrong_value_gives_one_problem_that_says_all(case: Case) -> None:
    check(case)
    assert _SECRET not in repr(problem(case.text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{_FILES}acess = "write"', "unknown setting 'acess' in [[toolset]] 'files'; did you mean 'access'?"),
        (f"{_SERVER}port = 1", "unknown setting 'port' in [server]; did you mean 'http.port'?"),
        (f"{_SERVER}[quota]", f"unknown setting 'quota' in the blueprint; known there: {_ROOT}."),
        (f'{_FILES}access = "yes"', "access in [[toolset]] 'files': found 'yes', allowed: 'read' or 'write'."),
        (
            f'{_FILES}access = "writ"',
            "access in [[toolset]] 'files': found 'writ', allowed: 'read' or 'write'; did you mean 'write'?",
        ),
        (f'{_SERVER}[http]\nport = "80"', f"port in [http]: found '80', allowed: {_PORT} (write it without quotes)."),
        (
            f'{_SERVER}[limits]\nrequest_timeout = "30"',
            f"request_timeout in [limits]: found '30', allowed: {_TIME} (in quotes it needs a unit).",
        ),
        (f"{_TICKETS}[[toolset.column]]", "missing setting 'title' in column[0] of [[toolset]] 'tickets'; allowed: a string that is not empty."),
        ("", "missing table [server]; allowed: a table with 'name'."),
        (f'{_SERVER}name = "v"', "the setting server.name is given twice: first on line 2, then on line 3; remove one of them."),
        (f"{_SERVER}[http]\n[http]", "the table [http] is given twice: first on line 3, then on line 4; remove one of them."),
        (
            f'{_FILES}name = "a"\n[[toolset]]\nkind = "files"\nroots = "x"\nname = "a"',
            "two toolsets are named 'a', on line 6 and on line 10; give one of them another `name`.",
        ),
        (
            f'{_SERVER}title = "${{NOPE}}"',
            "title in [server]: '${NOPE}' cannot be filled in: NOPE is not set; allowed: a variable that is set, or a default: ${NOPE:-default}.",
        ),
    ],
)  # fmt: skip
def test_the_message_is_a_sentence_for_a_person(text: str, message: str) -> None:
    assert problem(text).message == message


def test_all_problems_of_a_file_come_at_once_in_file_order() -> None:
    found = problems(
        """\
[server]
nam = "x"

[http]
port = "${PORT}"
allowed_hosts = "a"
prot = 1

[[toolset]]
kind = "filse"
acess = "write"
timeout = "soon"

[[toolset]]
kind = "tickets"
url = "http://t"
tokens = ["hunter2-very-secret"]
access = "yes"
column = [{ widht = 1 }]

[[toolset]]
name = "tickets"
roots = 1
[quota]
"""
    )
    assert [(each.line, each.column, each.key) for each in found] == [
        (2, 1, "server.nam"),
        (5, 8, "http.port"),
        (6, 17, "http.allowed_hosts"),
        (7, 1, "http.prot"),
        (9, 3, "toolset[0].roots"),
        (10, 8, "toolset[0].kind"),
        (11, 1, "toolset[0].acess"),
        (12, 11, "toolset[0].timeout"),
        (16, 7, "toolset[1].url"),
        (17, 11, "toolset[1].tokens[0]"),
        (18, 10, "toolset[1].access"),
        (19, 11, "toolset[1].column[0].title"),
        (19, 13, "toolset[1].column[0].widht"),
        (21, 3, "toolset[2].kind"),
        (22, 8, "toolset[2].name"),
        (24, 2, "quota"),
    ]


def test_a_hopeless_file_is_explained_up_to_a_limit_and_the_rest_is_counted() -> None:
    found = problems(_SERVER + "".join(f"a{number} = 1\n" for number in range(1000)))
    assert len(found) == 201
    assert found[0].line == 3
    assert found[-1].message == "800 more problems are not shown; solve these first."


def test_what_a_variable_holds_is_never_shown_for_a_setting_of_the_file() -> None:
    """Somebody puts `${API_KEY}` into the wrong setting: the key must not appear in a log."""
    for setting in (
        "[http]\nport",
        "[http]\nhost",
        "[limits]\nresponse_size",
        "[log]\nlevel",
        "[stdio]\nscopes",
    ):
        found = problem(f'{_SERVER}{setting} = "${{KEY}}"', KEY=f"{_SECRET} {_SECRET}")
        assert found.found == "'${KEY}' with its variables filled in"
        assert _SECRET not in repr(found)
