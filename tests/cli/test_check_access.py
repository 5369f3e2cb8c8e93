"""`seawall check` on who can reach what: scopes that nobody has, and what another profile lets in or keeps out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.servers import run

pytestmark = pytest.mark.whole

TOKEN = "0123456789abcdef0123"  # noqa: S105  of these tests
BLUEPRINT = """
[server]
name = "x"
[[toolset]]
kind = "filesystem"
name = "files"
roots = "root"
access = "write"
scopes = ["files:read"]
operation_scopes = { "write_*" = ["files:write"] }
deny = ["*.pem"]
[stdio]
scopes = ["files:read"]
[http.auth]
kind = "token"
tokens = { a = { token = "env:A", scopes = ["files:read", "files:*"] } }
[profile.prod.http]
host = "0.0.0.0"
[profile.prod.limits]
rate = "20/s"
concurrency = 128
[profile.prod.stdio]
scopes = ["*"]
[profile.prod.toolset.files]
access = "read"
deny = []
"""


def checked(directory: Path, *more: str, text: str = BLUEPRINT) -> dict[str, Any]:
    (directory / "root").mkdir(exist_ok=True)
    (directory / "seawall.toml").write_text(text)
    done = run("check", directory / "seawall.toml", "--json", *more, extra={"A": TOKEN})
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_scopes_that_nobody_has_and_what_they_keep_from_whom(tmp_path: Path) -> None:
    findings = {each["code"]: each for each in checked(tmp_path)["findings"]}
    assert findings.keys() == {"scope_not_granted", "scope_is_no_pattern", "unreachable_on_stdio"}
    assert (
        "no token has the scope files:write, so that nobody can use write_file"
        in findings["scope_not_granted"]["message"]
    )
    assert "files:* is a plain word in a token" in findings["scope_is_no_pattern"]["message"]
    assert findings["unreachable_on_stdio"]["message"] == "the local caller lacks scopes for write_file."


def test_without_authentication_nobody_over_http_has_a_scope(tmp_path: Path) -> None:
    text = BLUEPRINT.partition("[http.auth]")[0]
    (finding,) = (each for each in checked(tmp_path, text=text)["findings"] if each["subject"] == "http.auth")
    assert (finding["code"], finding["level"]) == ("unreachable_over_http", "note")


def test_what_a_shared_cache_may_give_to_those_without_a_token_is_warned_of(tmp_path: Path) -> None:
    """Of all that is for caches, and with authentication alone: without it everybody may read it anyway."""
    lines = (
        '[[resource]]\nuri = "a://public"\ntext = "x"\ncache = "1m"\ncache_scope = "public"\n'
        '[[resource]]\nuri = "a://private"\ntext = "x"\ncache = "1m"\n'
    )
    text = BLUEPRINT.replace("[stdio]", f"{lines}[stdio]")
    found = [each for each in checked(tmp_path, text=text)["findings"] if "cache" in each["message"]]
    assert [(each["code"], each["level"], each["subject"]) for each in found] == [
        ("public_behind_auth", "warning", "resource[0].cache_scope")
    ]
    assert "a://public" in found[0]["message"]
    without = checked(tmp_path, text=text.partition("[http.auth]")[0])["findings"]
    assert "public_behind_auth" not in {each["code"] for each in without}


def test_a_pattern_of_operation_scopes_that_protects_nothing_is_a_problem(tmp_path: Path) -> None:
    """A slip of the finger there would leave an operation open."""
    (problem,) = checked(tmp_path, text=BLUEPRINT.replace('"write_*" =', '"wirte_file" ='))["problems"]
    assert problem["key"] == "toolset[0].operation_scopes"
    assert problem["suggestion"] == "write_file"


def test_what_another_profile_changes_where_that_is_written_and_whether_it_lets_more_in(
    tmp_path: Path,
) -> None:
    told = checked(tmp_path, "--against", "prod")["against"]
    assert {each["setting"]: each["effect"] for each in told["differences"]} == {
        "toolset.files.access": "narrows",
        "toolset.files.deny": "widens",
        "limits.concurrency": "widens",
        "limits.rate": "narrows",
        "stdio.scopes": "widens",
        "http.host": "widens",
    }
    host = next(each for each in told["differences"] if each["setting"] == "http.host")
    assert (host["here"]["value"], host["here"]["origin"]["kind"]) == ("127.0.0.1", "default")
    assert (host["there"]["value"], host["there"]["origin"]) == (
        "0.0.0.0",
        {"kind": "profile", "name": "prod", "line": 18, "column": 1},
    )
    assert (told["more_tools"], told["fewer_tools"]) == ([], ["write_file"])


@pytest.mark.parametrize(
    ("profile", "setting", "effect"),
    [
        ("[profile.prod.toolset.files]\nscopes = []", "toolset.files.scopes", "widens"),
        ('[profile.prod.toolset.files]\nscopes = ["files:read", "x"]', "toolset.files.scopes", "narrows"),
        ('[profile.prod.toolset.files]\nscopes = ["other"]', "toolset.files.scopes", "changes"),
        ('[profile.prod.http]\nallowed_hosts = ["x.example"]', "http.allowed_hosts", "widens"),
        ("[profile.prod.http]\nallow_unauthenticated = true", "http.allow_unauthenticated", "widens"),
        ('[profile.prod.http]\non_missing_scope = "challenge"', "http.on_missing_scope", "widens"),
        ('[profile.prod.http.auth]\nrequired_scopes = ["mcp"]', "http.auth.required_scopes", "narrows"),
        ('[profile.prod.limits]\nrequest_timeout = "5s"', "limits.request_timeout", "narrows"),
        ('[profile.prod.log]\nlevel = "debug"', "log.level", "changes"),
    ],
    ids=lambda value: value if value in {"widens", "narrows", "changes"} else "",
)
def test_each_setting_by_its_own_sense(profile: str, setting: str, effect: str, tmp_path: Path) -> None:
    text = BLUEPRINT.partition("[profile.prod.http]")[0] + profile
    (only,) = checked(tmp_path, "--against", "prod", text=text)["against"]["differences"]
    assert (only["setting"], only["effect"]) == (setting, effect)


def test_prompts_and_resources_of_another_profile_count_too(tmp_path: Path) -> None:
    for name in ("few", "many"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hello.md").write_text("---\ndescription: D.\n---\nHello.\n")
    (tmp_path / "many" / "more.md").write_text("---\ndescription: D.\n---\nMore.\n")
    text = BLUEPRINT.partition("[profile.prod")[0] + (
        '[prompts]\ndirectory = "few"\n'
        '[[resource]]\nuri = "a://one"\ntext = "x"\nscopes = ["files:read"]\n'
        '[profile.prod.prompts]\ndirectory = "many"\n'
        '[[profile.prod.resource]]\nuri = "a://two"\ntext = "x"\n'
    )
    told = checked(tmp_path, "--against", "prod", text=text)["against"]
    assert {each["setting"]: each["effect"] for each in told["differences"]} == {
        "prompts.directory": "changes",
        "resource[0].uri": "changes",
        "resource[0].scopes": "widens",
    }
    assert (told["more_prompts"], told["fewer_prompts"]) == (["more"], [])
    assert (told["more_resources"], told["fewer_resources"]) == (["a://two"], ["a://one"])
    assert (told["more_tools"], told["fewer_tools"]) == ([], [])


def test_secrets_are_not_shown_there_either(tmp_path: Path) -> None:
    text = BLUEPRINT + '[profile.prod.server]\npurpose = "${A}"\n'
    done = checked(tmp_path, "--against", "prod", text=text)
    assert TOKEN not in json.dumps(done)
    assert any(each["setting"] == "server.purpose" for each in done["against"]["differences"])


def test_what_is_set_on_neither_side_is_no_difference(tmp_path: Path) -> None:
    """Such as a table that is there on one side alone, and whose absence is no value on the other."""
    text = BLUEPRINT.partition("[http.auth]")[0] + (
        '[profile.prod.http.auth]\nkind = "token"\ntokens = { a = { token = "env:A", scopes = ["files:read"] } }\n'
    )
    told = checked(tmp_path, "--against", "prod", text=text)["against"]
    effects = {each["setting"]: each["effect"] for each in told["differences"]}
    assert effects == {
        "http.auth.kind": "narrows",
        "http.auth.tokens.a.token": "widens",
        "http.auth.tokens.a.scopes": "widens",
    }


def test_a_profile_that_there_is_not_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "seawall.toml").write_text(BLUEPRINT)
    done = run("check", tmp_path / "seawall.toml", "--against", "prdo", extra={"A": TOKEN})
    assert done.returncode == 2
    assert done.stderr.startswith("--against: unknown profile 'prdo'; did you mean 'prod'")
