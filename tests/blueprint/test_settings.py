"""Every leaf of a blueprint is listed with its effective value in words, and no secret is."""

from __future__ import annotations

import pytest

from blueprint.samples import read
from blueprint.test_load import FULL
from seawall.blueprint.origin import Default, FileOrigin
from seawall.blueprint.settings import HIDDEN, Setting, settings
from seawall.types import JsonValue

_CANARY = "canary-hunter2-9f3a"


def _listed(text: str, **environment: str) -> dict[str, Setting]:
    found = settings(read(text, **environment), environment=environment)
    return {".".join([*map(str, each.section), each.name]): each for each in found}


def test_every_setting_of_a_full_blueprint_is_listed_as_a_person_writes_it() -> None:
    expected: dict[str, JsonValue] = {
        "format": 1,
        "server.name": "workspace",
        "server.version": "1.0.0",
        "server.title": "Workspace",
        "server.purpose": "Reads files.",
        "toolset.docs.kind": "files",
        "toolset.docs.name": "docs",
        "toolset.docs.access": "write",
        "toolset.docs.operations": ["read_*", "!read_link"],
        "toolset.docs.prefix": "docs_",
        "toolset.docs.scopes": ["docs:read"],
        "toolset.docs.timeout": "2m",
        "toolset.docs.token_budget": 500,
        "toolset.docs.discovery": "search",
        "toolset.docs.results": "json",
        "toolset.docs.roots.a": "./a",
        "toolset.docs.roots.b": "/b",
        "toolset.docs.max_file_size": "512KiB",
        "toolset.tickets.kind": "tickets",
        "toolset.tickets.name": "",
        "toolset.tickets.access": "read",
        "toolset.tickets.operations": [],
        "toolset.tickets.prefix": "",
        "toolset.tickets.scopes": [],
        "toolset.tickets.timeout": None,
        "toolset.tickets.token_budget": 20000,
        "toolset.tickets.discovery": "list",
        "toolset.tickets.results": "text",
        "toolset.tickets.url": "https://t",
        "toolset.tickets.auth.scheme": "bearer",
        "toolset.tickets.auth.value": "file:/run/secrets/key",
        "toolset.tickets.tokens": ["env:TOKEN"],
        "toolset.tickets.column[0].title": "Name",
        "toolset.tickets.column[0].width": 10,
        "toolset.tickets.strict": False,
        "toolset.tickets.ratio": 0.5,
        "toolset.tickets.labels": {},
        "toolset.tickets.extra": {},
        "limits.request_timeout": "2500ms",
        "limits.response_size": "2KiB",
        "limits.workers": 4,
        "stdio.scopes": [],
        "http.host": "::1",
        "http.port": 0,
        "http.allowed_hosts": ["workspace.example"],
        "http.allowed_origins": ["https://app.example"],
        "log.format": "json",
        "log.level": "debug",
    }
    listed = _listed(FULL)
    assert {name: listed[name].value for name in expected} == expected
    assert [name for name in listed if name in expected] == list(expected)
    assert all(each.origin == Default() for name, each in listed.items() if name not in expected)
    assert not any(each.hidden for each in listed.values())


def test_a_setting_has_an_origin_even_within_an_array_of_tables() -> None:
    listed = _listed(FULL)
    assert listed["toolset.tickets.column[0].title"].origin == FileOrigin("seawall.toml", 32, 1)
    assert listed["toolset.tickets.column[0].width"].origin == Default()
    assert listed["toolset.tickets.timeout"].origin == Default()
    assert listed["format"].origin == FileOrigin("seawall.toml", 2, 1)


def test_a_blueprint_without_toolsets_is_listed_too() -> None:
    assert "server.name" in _listed('[server]\nname = "w"\n')


@pytest.mark.parametrize("reference", ["env:TOKEN", "${WHERE}"])
def test_a_secret_shows_its_reference_and_never_its_value(reference: str) -> None:
    text = FULL.replace("env:TOKEN", reference)
    listed = _listed(text, TOKEN=_CANARY, WHERE="env:TOKEN")
    assert listed["toolset.tickets.tokens"].value == ["env:TOKEN"]
    assert _CANARY not in repr(listed)


@pytest.mark.parametrize(
    ("purpose", "environment", "shown"),
    [
        (f"contains {_CANARY} written out", {}, HIDDEN),
        ("${OTHER}", {"OTHER": f"holds {_CANARY}"}, "${OTHER}"),
        ("x", {"SEAWALL_SERVER__PURPOSE": _CANARY}, HIDDEN),
    ],
)
def test_the_value_of_a_referenced_variable_is_hidden_wherever_it_turns_up(
    purpose: str, environment: dict[str, str], shown: str
) -> None:
    listed = _listed(FULL.replace("Reads files.", purpose), TOKEN=_CANARY, **environment)
    assert (listed["server.purpose"].value, listed["server.purpose"].hidden) == (shown, True)
    assert _CANARY not in repr(listed)


def test_in_a_table_of_free_form_the_name_says_what_is_secret() -> None:
    table = (
        f'{{ api_key = "{_CANARY}", auth = {{ value = "{_CANARY}" }}, keys = ["{_CANARY}"], token = "env:TOKEN", '
        'max_tokens = 5, day = 2026-01-01, more = [{ a = "b" }] }'
    )
    listed = _listed(FULL.replace("[toolset.auth]", f"extra = {table}\n[toolset.auth]"))
    start = "toolset.tickets.extra."
    assert {name.removeprefix(start): each.value for name, each in listed.items() if start in name} == {
        "api_key": HIDDEN,
        "auth.value": HIDDEN,
        "keys": HIDDEN,
        "token": "env:TOKEN",
        "max_tokens": 5,
        "day": "2026-01-01",
        "more[0].a": "b",
    }
    assert _CANARY not in repr(listed)


def test_a_short_value_of_a_referenced_variable_hides_nothing_by_chance() -> None:
    assert not _listed(FULL, TOKEN="e")["server.name"].hidden  # noqa: S106  a variable's name


def test_in_a_table_of_free_form_secrets_of_every_type_and_depth_are_hidden() -> None:
    table = (
        '{ password = 123456789, limit_tokens = 7, list = [[{ pwd = "a" }]], headers = { Authorization = "Bearer x" }, '
        'hook = "${TOKEN:-}", pem = "-----BEGIN PRIVATE KEY-----", database = "postgres://u:pa/ss@host/db", '
        'page = "https://host/a?api_key=abc&size=2" }'
    )
    listed = _listed(FULL.replace("[toolset.auth]", f"extra = {table}\n[toolset.auth]"), TOKEN=_CANARY)
    start = "toolset.tickets.extra."
    assert {name.removeprefix(start): each.value for name, each in listed.items() if start in name} == {
        "password": HIDDEN,
        "limit_tokens": 7,
        "list": [[{"pwd": HIDDEN}]],
        "headers.Authorization": HIDDEN,
        "hook": "${TOKEN:-}",
        "pem": HIDDEN,
        "database": f"postgres://{HIDDEN}@host/db",
        "page": f"https://host/a?api_key={HIDDEN}&size=2",
    }
    assert _CANARY not in repr(listed)
