"""`seawall config` shows every effective setting as a person writes it, and which layer gave it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Seawall
from seawall.blueprint import Blueprint
from seawall.blueprint.origin import FlagOrigin
from seawall.cli.config import config, render, result_as_json
from seawall.cli.output import show
from seawall.cli.source import Flags

SAMPLES = Path(__file__).parent / "config"
CALL = ("config", "--profile", "prod")
CHANGED = (*CALL, "--changed")  # so that a new setting with a default changes no sample
SETTINGS = {"SEAWALL_HTTP__PORT": "9000", "SEAWALL_TOOLSET__FILES__MAX_FILE_SIZE": "2MiB"}
CANARY = "canary-hunter2-9f3a"


@pytest.fixture(autouse=True)
def _blueprint(tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text((SAMPLES / "seawall.toml").read_text())


def _settings(told: str) -> dict[str, Any]:
    return {each["setting"]: each for each in json.loads(told)["settings"]}


def test_the_text_for_a_person(called: Seawall) -> None:
    ended = called(*CHANGED, **SETTINGS)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (SAMPLES / "config.txt").read_text()


def test_the_text_has_every_section_and_what_it_has_by_default(called: Seawall) -> None:
    lines = called(*CALL).out.splitlines()
    headers = [line for line in lines if line.startswith("[")]
    assert headers[:3] == ["[server]", "[[toolset]] files", "[[toolset]] filesystem"]
    assert {"[limits]", "[stdio]", "[http]", "[log]"} < set(headers)
    assert [" ".join(line.split()) for line in lines if line.startswith("  timeout")] == [
        'timeout "90s" line 17',
        "timeout (unset) default",
        'timeout "10s" default',
    ]
    assert max(map(len, lines)) <= 80


def test_every_setting_of_the_schema_is_told(called: Seawall) -> None:
    told = _settings(called("config", "--json").out)
    for section, model in Blueprint.model_fields.items():
        fields = getattr(model.annotation, "model_fields", {})
        missing = [name for name in fields if not any(each.startswith(f"{section}.{name}") for each in told)]
        assert not missing


def test_the_json_for_programs(called: Seawall) -> None:
    ended = called(*CHANGED, "--json", **SETTINGS)
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out) == json.loads((SAMPLES / "config.json").read_text())


def test_changed_leaves_out_what_has_its_default(called: Seawall) -> None:
    every = _settings(called(*CALL, "--json").out)
    changed = _settings(called(*CALL, "--json", "--changed").out)
    assert changed == {name: each for name, each in every.items() if each["origin"] != {"kind": "default"}}
    assert "http.host" in changed
    assert "http.allowed_origins" not in changed


def test_the_profile_may_come_from_the_environment(called: Seawall) -> None:
    assert called("config", SEAWALL_PROFILE="prod").out == called(*CALL).out
    assert called(*CALL, SEAWALL_PROFILE="dev").out == called(*CALL).out
    assert called("config").out.startswith("seawall.toml, no profile chosen of dev, prod\n")


def test_an_unknown_profile_ends_it(called: Seawall) -> None:
    ended = called("config", "--profile", "prd")
    assert (ended.status, ended.out) == (2, "")
    assert "--profile: unknown profile 'prd'; did you mean 'prod'? Allowed: 'dev' or 'prod'." in ended.err


def test_a_flag_of_serve_would_be_told_as_one(tmp_path: Path) -> None:
    result = config(tmp_path / "seawall.toml", flags=Flags(port="7"), environment={})
    (port,) = (each for each in result.settings if each.name == "port")
    assert (port.value, port.origin) == (7, FlagOrigin("--port"))
    (told,) = (each for each in _of(result_as_json(result)) if each["setting"] == "http.port")
    assert told["origin"] == {"kind": "flag", "flag": "--port"}


def _of(told: Any) -> Iterator[dict[str, Any]]:
    yield from told["settings"]


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_no_line_is_wider_than_the_terminal(called: Seawall, width: str) -> None:
    long = {"SEAWALL_TOOLSET__FILES__ROOTS__WORKSPACE": "/a" * 200}
    lines = called(*CALL, COLUMNS=width, **long).out.splitlines()
    assert max(map(len, lines)) <= int(width)


def test_hostile_text_has_no_power_over_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text('[server]\nname = "w"\npurpose = "a\\u001b[31m\\u202e\\nb"\n')
    show(*render(config(path, flags=Flags(), environment={})))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert r"\u001b[31m\u202e\nb" in shown


# --- secrets ------------------------------------------------------------------------------------------------

_HEAD = '[server]\nname = "w"\n'


@pytest.mark.parametrize(
    ("text", "environment", "shown"),
    [
        ('purpose = "${API_KEY}"', {"API_KEY": CANARY}, "${API_KEY}"),
        ('purpose = "with ${DB_PASSWORD:-x} in it"', {"DB_PASSWORD": CANARY}, "with ${DB_PASSWORD:-x} in it"),
        ('purpose = "${github_token}"', {"github_token": CANARY}, "${github_token}"),
        (f'purpose = "https://me:{CANARY}@host/path"', {}, "https://…@host/path"),
        (f'purpose = "redis://:{CANARY}@[::1]:6379/0"', {}, "redis://…@[::1]:6379/0"),
        (f'purpose = "https://{CANARY}@host"', {}, "https://…@host"),
        ('purpose = "${URL}"', {"URL": f"https://me:{CANARY}@host/"}, "https://…@host/"),
        ("", {"SEAWALL_SERVER__PURPOSE": f"https://me:{CANARY}@host/"}, "https://…@host/"),
    ],
)
def test_what_looks_like_a_secret_in_the_wrong_place_is_not_shown(
    called: Seawall, tmp_path: Path, text: str, environment: dict[str, str], shown: str
) -> None:
    (tmp_path / "seawall.toml").write_text(f"{_HEAD}{text}\n")
    for form in ((), ("--json",)):
        ended = called("config", *form, **environment)
        assert ended.status == 0
        assert CANARY not in ended.out + ended.err
    told = _settings(called("config", "--json", **environment).out)["server.purpose"]
    assert (told["value"], told["hidden"]) == (shown, True)


def test_a_value_below_a_name_of_the_operators_own_is_hidden_by_that_name(
    called: Seawall, tmp_path: Path
) -> None:
    """Of a fixed argument, a header and a variable: their values are no references, and may be secrets all the same."""
    (tmp_path / "seawall.toml").write_text(
        f'{_HEAD}[[toolset]]\nkind = "openapi"\nspec = "spec.json"\nheaders = {{ "X-Signing-Salt" = "{CANARY}", "X-Place" = "here" }}\n'
        f'[toolset.override.find]\nfixed = {{ api_key = "{CANARY}", max_tokens = 5 }}\n'
        f'[[toolset]]\nkind = "command"\n[[toolset.command]]\nname = "go"\nargv = ["true"]\n'
        f'environment = {{ DB_PASSWORD = "{CANARY}", TOKEN = "secret:token", MODE = "fast" }}\n'
    )
    for form in ((), ("--json",)):
        ended = called("config", *form)
        assert ended.status == 0, ended.err
        assert CANARY not in ended.out + ended.err
    told = _settings(called("config", "--json").out)
    values = {name.partition(".")[2]: each["value"] for name, each in told.items()}
    assert values["openapi.override.find.fixed.max_tokens"] == 5
    assert values["openapi.headers.X-Place"] == "here"
    assert values["command.command[0].environment.TOKEN"] == "secret:token"
    assert values["command.command[0].environment.MODE"] == "fast"


def test_an_item_of_an_array_is_hidden_alone(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text(f'{_HEAD}[http]\nallowed_hosts = ["a", "${{SECRET}}"]\n')
    told = _settings(called("config", "--json", SECRET=CANARY).out)["http.allowed_hosts"]
    assert (told["value"], told["hidden"]) == (["a", "${SECRET}"], True)


@pytest.mark.parametrize(
    "text",
    ['purpose = "${PWD}/x"', 'purpose = "${MONKEY}"', 'purpose = "mail me@host, see https://host/a@b"'],
)
def test_what_is_no_secret_is_shown(called: Seawall, tmp_path: Path, text: str) -> None:
    (tmp_path / "seawall.toml").write_text(f"{_HEAD}{text}\n")
    environment = {"PWD": "/here", "MONKEY": "george"}
    told = _settings(called("config", "--json", **environment).out)["server.purpose"]
    assert not told["hidden"]
    assert "${" not in told["value"]
