"""`seawall check` finds out without serving what serving would run into."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Finished, Seawall

SOUND = """\
[server]
name = "workspace"

[[toolset]]
kind = "filesystem"
roots = "./workspace"
"""

UNSOUND = """\
[server]
name = "workspace"
vresion = "1"

[[toolset]]
kind = "filesystem"
roots = "."
acess = "read"

[http]
port = 123456
"""


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    path = tmp_path / "seawall.toml"
    path.write_text(SOUND)
    return path


def as_json(ended: Finished) -> dict[str, Any]:
    """The result of a check with --json, which says nothing else."""
    assert not ended.err
    told: dict[str, Any] = json.loads(ended.out)
    assert list(told) == [
        "ok", "source", "profile", "problems", "findings", "toolsets", "tools", "prompts", "resources", "tokens",
    ]  # fmt: skip
    assert told["ok"] == (ended.status == 0)
    return told


def test_a_sound_blueprint_is_said_to_be_one(seawall: Seawall, blueprint: Path) -> None:
    ended = seawall("check")
    assert (ended.status, ended.err) == (0, "")
    for word in (
        "seawall.toml: sound",
        "3 tools",
        "read-only",
        "read_file",
        "list_directory",
        "search_files",
    ):
        assert word in ended.out
    assert "left out: write_file" in ended.out


def test_the_tools_and_their_cost_are_told_as_data(seawall: Seawall, blueprint: Path) -> None:
    told = as_json(seawall("check", blueprint, "--json"))
    assert [tool["name"] for tool in told["tools"]] == ["read_file", "list_directory", "search_files"]
    assert all(tool["tokens"] > 0 and tool["toolset"] == "filesystem" for tool in told["tools"])
    assert told["tokens"] == sum(tool["tokens"] for tool in told["tools"])
    assert told["toolsets"][0] | {"tokens": 0} == {
        "name": "filesystem",
        "kind": "filesystem",
        "access": "read",
        "tokens": 0,
        "budget": 20_000,
        "denied": [],
        "left_out": [{"name": "write_file", "reason": 'it changes files, and access = "read"'}],
        "searched": 0,
        "report": None,
        "changes": [],
    }
    assert [tool["risk"] for tool in told["tools"]] == ["reads"] * 3


def test_every_problem_is_shown_with_its_line_and_a_caret(seawall: Seawall, blueprint: Path) -> None:
    blueprint.write_text(UNSOUND)
    ended = seawall("check")
    assert ended.status == 2
    for place in ("seawall.toml:3:1: ", "seawall.toml:8:1: ", "seawall.toml:11:8: "):
        assert place in ended.out
    for words in (
        "  11 | port = 123456\n     |        ^^^^^^\n",
        "'version'",
        "'access'",
        "not sound: 3 problems",
    ):
        assert words in ended.out
    assert "Traceback" not in ended.out + ended.err


def test_serve_shows_the_same_problems(seawall: Seawall, blueprint: Path) -> None:
    blueprint.write_text(UNSOUND)
    shown = seawall("check").out.splitlines()[:-1]
    ended = seawall("serve")
    assert ended.status == 2
    assert not ended.out
    assert ended.err.splitlines()[:-1] == shown
    assert ended.err.splitlines()[-1] == "seawall: the blueprint has 3 problems."


def test_problems_are_told_as_data(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text(UNSOUND)
    ended = called("check", "--json")
    assert ended.status == 2
    problems = as_json(ended)["problems"]
    assert [problem["key"] for problem in problems] == [
        "server.vresion",
        "toolset[0].acess",
        "http.port",
    ]
    assert (problems[1]["line"], problems[1]["column"], problems[1]["suggestion"]) == (8, 1, "access")


def test_text_that_is_no_toml_is_one_problem(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text("[server\nname = 1\n")
    ended = called("check")
    assert ended.status == 2
    assert "not sound: 1 problem." in ended.out


def test_bytes_that_are_no_text_are_one_problem(called: Seawall, blueprint: Path) -> None:
    blueprint.write_bytes(b'[server]\nname = "\xff\xfe"\n')
    ended = called("check")
    assert ended.status == 2
    assert "Traceback" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("setting", "code", "word"),
    [
        ('roots = "./absent"', "cannot_start", "absent"),
        ('roots = "./seawall.toml"', "cannot_start", "seawall.toml"),
        ('roots = "./workspace"\n[http]\nhost = "0.0.0.0"', "unsafe_refused", "0.0.0.0"),
        ('roots = "./workspace"\n[http]\nallowed_hosts = ["*"]', "unsafe_refused", "allowed_hosts"),
    ],
)
def test_what_would_keep_it_from_being_served_is_a_finding(
    called: Seawall, blueprint: Path, setting: str, code: str, word: str
) -> None:
    blueprint.write_text(SOUND.replace('roots = "./workspace"', setting))
    ended = called("check", "--json")
    assert ended.status == 1
    told = as_json(ended)
    (finding,) = told["findings"]
    assert (finding["level"], finding["code"]) == ("error", code)
    assert word in finding["message"]
    text = called("check")
    assert text.status == 1
    assert "error: " in text.out
    assert "not sound: 1 error" in text.out


def test_every_finding_is_told_at_once(called: Seawall, blueprint: Path) -> None:
    second = '[[toolset]]\nkind = "filesystem"\nname = "more"\nprefix = "more_"\nroots = "./gone"\n'
    blueprint.write_text(SOUND.replace("./workspace", "./absent") + second + '[http]\nhost = "0.0.0.0"\n')
    told = as_json(called("check", "--json"))
    assert [finding["subject"] for finding in told["findings"]] == ["filesystem", "more", "http.host"]


@pytest.mark.parametrize(
    ("http", "subject", "line"),
    [
        ('host = "0.0.0.0"', "http.host", 8),
        ('port = 1\nallowed_hosts = ["*"]', "http.allowed_hosts", 9),
        ('host = "0.0.0.0"\nallow_unauthenticated = true', "http.allow_unauthenticated", 9),
        ("port = 1\nstateless = true", "http.stateless", 9),
        ('public_url = "http://workspace.example"', "http.public_url", 8),
        ('metrics_port = 9464\nmetrics_host = "0.0.0.0"', "http.metrics_host", 9),
        ('auth = { kind = "token", tokens = { "ci.bot" = "env:ABSENT" } }', "http.auth.tokens", 8),
        ('[http.auth]\nkind = "token"\n[http.auth.tokens]\nci = "env:ABSENT"', "http.auth.tokens", 10),
        ('port = 1\n[http.auth]\nkind = "token"\ntokens.ci = "file:./token"', "http.auth.tokens.ci", 11),
    ],
)
def test_a_finding_about_http_says_where_the_setting_stands(
    called: Seawall, blueprint: Path, http: str, subject: str, line: int
) -> None:
    (blueprint.parent / "token").write_text("0123456789abcdef")
    (blueprint.parent / "token").chmod(0o644)
    http = http.replace("./token", str(blueprint.parent / "token"))
    blueprint.write_text(f"{SOUND.rstrip()}\n[http]\n{http}\n")
    told = as_json(called("check", "--json"))
    (finding,) = [each for each in told["findings"] if each["subject"].startswith("http")]
    assert (finding["subject"], finding["origin"]["kind"], finding["origin"]["line"]) == (
        subject,
        "file",
        line,
    )
    assert f"{subject} (line {line}): " in called("check").out


def test_a_finding_about_http_names_the_variable_or_profile_that_set_it(
    called: Seawall, blueprint: Path
) -> None:
    blueprint.write_text(f'{SOUND}[profile.prod.http]\nhost = "0.0.0.0"\n')
    assert f"http.host (prod, line {SOUND.count(chr(10)) + 2}): " in called("check", "--profile", "prod").out
    shown = called("check", SEAWALL_HTTP__HOST="0.0.0.0")
    assert "http.host (SEAWALL_HTTP__HOST): " in shown.out


def test_a_missing_blueprint_is_a_finding(called: Seawall) -> None:
    """Also a program that asks for JSON learns it as data."""
    ended = called("check", "absent.toml", "--json")
    assert ended.status == 1
    assert "absent.toml" in as_json(ended)["findings"][0]["message"]


def test_a_pattern_that_matches_nothing_is_a_problem(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text(SOUND + 'operations = ["raed_file"]\n')
    ended = called("check")
    assert ended.status == 2
    assert "read_file" in ended.out


def test_two_tools_of_one_name_are_a_problem(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text(SOUND + '[[toolset]]\nkind = "filesystem"\nname = "more"\nroots = "./workspace"\n')
    ended = called("check")
    assert ended.status == 2
    assert "prefix" in ended.out


def test_a_token_budget_that_is_passed_is_a_warning(called: Seawall, blueprint: Path) -> None:
    """It can be served, so only --strict fails."""
    blueprint.write_text(SOUND + "token_budget = 100\n")
    ended = called("check", "--json")
    assert ended.status == 0
    (finding,) = as_json(ended)["findings"]
    assert (finding["level"], finding["code"]) == ("warning", "token_budget")
    assert called("check", "--strict").status == 1


def test_a_root_that_cannot_be_written_to_is_a_warning(
    called: Seawall, blueprint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's answer is replaced, since root, who may run the tests, may write everywhere."""
    blueprint.write_text(SOUND + 'access = "write"\n')
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    (finding,) = as_json(called("check", "--json"))["findings"]
    assert (finding["level"], finding["code"]) == ("warning", "not_writable")


def test_what_the_blueprint_denies_is_listed(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text(SOUND + 'deny = ["drafts/**"]\n')
    assert "drafts/**" in called("check").out
    assert as_json(called("check", "--json"))["toolsets"][0]["denied"] == ["drafts/**"]


def test_a_check_changes_nothing(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text(SOUND + 'access = "write"\n')
    (blueprint.parent / "workspace" / "a.txt").write_text("a")
    before = sorted((str(path), path.stat().st_mtime_ns) for path in blueprint.parent.rglob("*"))
    assert called("check").status == 0
    assert sorted((str(path), path.stat().st_mtime_ns) for path in blueprint.parent.rglob("*")) == before


def test_a_variable_is_blamed_by_its_name(called: Seawall, blueprint: Path) -> None:
    ended = called("check", SEAWALL_HTTP__PORT="many")
    assert ended.status == 2
    assert ended.out.startswith("SEAWALL_HTTP__PORT: ")


@pytest.mark.parametrize(
    ("arguments", "settings"), [(("--profile", "prod"), {}), ((), {"SEAWALL_PROFILE": "prod"})]
)
def test_a_profile_is_checked_as_it_will_be_served(
    seawall: Seawall, blueprint: Path, arguments: tuple[str, ...], settings: dict[str, str]
) -> None:
    with blueprint.open("a") as file:
        file.write('[profile.prod.http]\nhost = "0.0.0.0"\n')
    assert seawall("check", blueprint).status == 0
    told = json.loads(seawall("check", blueprint, *arguments, "--json", **settings).out)
    assert (told["ok"], told["profile"]) == (False, "prod")
    assert [finding["subject"] for finding in told["findings"]] == ["http.host"]
    assert ", profile prod: not sound" in seawall("check", blueprint, *arguments, **settings).out


def test_a_mistake_in_a_profile_is_shown_with_its_line(seawall: Seawall, blueprint: Path) -> None:
    with blueprint.open("a") as file:
        file.write("[profile.prod.http]\nprot = 1\n")
    ended = seawall("check", blueprint)
    line = len(blueprint.read_text().splitlines())
    assert ended.status == 2
    assert f":{line}:1: unknown setting 'prot' in [profile.prod.http]; did you mean 'port'?" in ended.out


def test_without_a_blueprint_json_is_json_too(called: Seawall, tmp_path: Path) -> None:
    ended = called("check", "--json")
    assert ended.status == 2
    (finding,) = as_json(ended)["findings"]
    assert (finding["code"], finding["subject"]) == ("usage", "seawall.toml")


def test_a_list_of_write_operations_alone_says_that_access_leaves_them_out(
    called: Seawall, blueprint: Path
) -> None:
    blueprint.write_text(f"{SOUND}operations = ['write_file']\n")
    (problem,) = as_json(called("check", "--json"))["problems"]
    assert 'takes in write_file alone, which access = "read" leaves out' in problem["message"]
    blueprint.write_text(f"{SOUND}operations = ['write_file', 'read_file']\n")
    assert as_json(called("check", "--json"))["ok"]


def test_settings_of_an_audit_without_a_file_are_a_warning(called: Seawall, blueprint: Path) -> None:
    """Somebody thinks that calls are recorded, and none is."""
    blueprint.write_text(f"{SOUND}[audit]\nkey = 'env:K'\ncheckpoints = 'kept'\n")
    found = as_json(called("check", "--json"))["findings"]
    assert [(each["code"], each["subject"]) for each in found] == [
        ("unused_setting", "audit.key"),
        ("unused_setting", "audit.checkpoints"),
    ]


@pytest.mark.parametrize(
    ("url", "networks", "warned"),
    [
        ("https://10.0.0.7/x", "", True),
        ("https://10.0.0.7/x", "networks = ['10.0.0.0/16']", False),
        ("http://[::1]:8/x", "", True),
        ("https://169.254.169.254/x", "networks = ['169.254.0.0/16']", True),
        ("https://192.0.2.1.example/x", "", False),
        ("https://93.184.215.14/x", "", False),
    ],
)
def test_a_page_at_an_address_that_is_never_reached_is_a_warning(
    called: Seawall, blueprint: Path, url: str, networks: str, warned: bool
) -> None:
    blueprint.write_text(f"{SOUND}[[resource]]\nuri = 'a://b'\nurl = '{url}'\n{networks}\n")
    found = [(each["code"], each["subject"]) for each in as_json(called("check", "--json"))["findings"]]
    assert found == ([("unreachable_url", "resource[0].url")] if warned else [])


def test_a_burst_without_a_rate_is_a_warning(called: Seawall, blueprint: Path) -> None:
    blueprint.write_text(f"{SOUND}[limits]\nburst = 3\n")
    (finding,) = as_json(called("check", "--json"))["findings"]
    assert (finding["level"], finding["code"], finding["subject"]) == (
        "warning",
        "unused_setting",
        "limits.burst",
    )
    blueprint.write_text(f"{SOUND}[limits]\nburst = 3\nrate = '1/s'\n")
    assert not as_json(called("check", "--json"))["findings"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SEAWALL_PORT", "SEAWALL_HTTP__PORT"),
        ("SEAWALL_HTTP_HOST", "SEAWALL_HTTP__HOST"),
        ("SEAWALL_FILESYSTEM_ACCESS", None),
        ("SEAWALL_ACCES", "SEAWALL_TOOLSET__FILESYSTEM__ACCESS"),
        ("SEAWALL_TRANSPROT", "SEAWALL_TRANSPORT"),
        ("seawall_limits_burts", "SEAWALL_LIMITS__BURST"),
    ],
)
def test_a_variable_that_sets_nothing_is_a_warning_with_the_one_that_was_meant(
    called: Seawall, blueprint: Path, name: str, meant: str | None
) -> None:
    ended = called("check", "--json", **{name: "hunter2-hunter2"})
    (finding,) = as_json(ended)["findings"]
    assert (finding["level"], finding["code"], finding["subject"]) == ("warning", "unknown_variable", name)
    assert meant is None or finding["hint"] == f"Did you mean {meant}?"
    assert "hunter2" not in ended.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEAWALL_SERVICE_HOST", "10.0.0.1"),
        ("SEAWALL_SERVICE_PORT_HTTP", "8000"),
        ("SEAWALL_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("SEAWALL_PORT", "tcp://10.0.0.1:8000"),
        ("SEAWALL_DEBUG", ""),
        ("SEAWALL_PROFILE", ""),
        ("SEAWALL_WHERE", "./workspace"),
    ],
)
def test_variables_that_somebody_reads_are_no_warning(
    called: Seawall, blueprint: Path, name: str, value: str
) -> None:
    blueprint.write_text(SOUND.replace("./workspace", "${SEAWALL_WHERE:-./workspace}"))
    assert not as_json(called("check", "--json", **{name: value}))["findings"]


_JWT = """\
[http]
public_url = "https://pets.example"
[http.auth]
kind = "jwt"
issuer = "https://login.example"
audience = "https://pets.example/mcp"
jwks_url = "https://login.example/jwks.json"
"""


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ("", True),
        ('[http.auth]\nkind = "token"\ntokens = { alice = "env:ALICE" }\n', True),
        (_JWT, False),
    ],
)
def test_a_token_exchange_without_tokens_to_exchange_is_told(
    called: Seawall, tmp_path: Path, auth: str, *, told: bool
) -> None:
    """A fixed token is for this server alone, and on stdio there is none at all."""
    spec = Path(__file__).parents[1] / "data" / "specs" / "petstore-3.0.yaml"
    (tmp_path / "seawall.toml").write_text(
        f'[server]\nname = "pets"\n\n[[toolset]]\nkind = "openapi"\nspec = "{spec}"\nbase_url = "https://pets.example"\n'
        'auth = { scheme = "token_exchange", token_url = "https://login.example/t", client_id = "me", '
        f'client_secret = "env:SECRET" }}\n\n{auth}',
        encoding="utf-8",
    )
    secrets = {"SECRET": "a-client-secret", "ALICE": "a" * 40}
    ended = called("check", "--json", **secrets)
    assert ("no_token_to_exchange" in ended.out) is told, ended.out
