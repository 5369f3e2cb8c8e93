"""`seawall install` changes one entry of a client's own file, with consent, and nothing else anywhere."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Finished, Seawall, Terminal
from seawall.cli.config_file import ConfigFile
from seawall.cli.install_clients import CLIENTS
from seawall.errors import StartError

FILES = {
    "claude-code": ".claude.json",
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".config/Code/User/mcp.json",
    "gemini-cli": ".gemini/settings.json",
}
PROJECT = {
    "claude-code": ".mcp.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".vscode/mcp.json",
    "gemini-cli": ".gemini/settings.json",
}
TABLES = {name: client.table for name, client in CLIENTS.items()}


class Machine:
    """A home directory and a project, with the command to try on them."""

    def __init__(self, root: Path, call: Seawall) -> None:
        self.home = root / "home of mine"
        self.home.mkdir()
        self.project = root
        self.blueprint = root / "seawall.toml"
        self.blueprint.write_text('[server]\nname = "w"\n\n[[toolset]]\nkind = "filesystem"\nroots = "."\n')
        self._call = call

    def install(self, *arguments: str | Path, **settings: str) -> Finished:
        known = {"HOME": str(self.home), "XDG_CONFIG_HOME": "", "CLAUDE_CONFIG_DIR": ""}
        return self._call("install", *arguments, **(known | settings))

    def entry(self, client: str, name: str = "w") -> Any:
        return json.loads((self.home / FILES[client]).read_text())[TABLES[client]].get(name)

    def tree(self) -> dict[str, bytes]:
        files = (path for path in self.home.rglob("*") if path.is_file())
        return {str(path.relative_to(self.home)): path.read_bytes() for path in files}


@pytest.fixture
def machine(tmp_path: Path, called: Seawall) -> Machine:
    return Machine(tmp_path, called)


@pytest.mark.parametrize("client", FILES)
def test_a_new_file_holds_the_command_with_absolute_paths(machine: Machine, client: str) -> None:
    assert machine.install(client, "--yes").status == 0
    entry = machine.entry(client)
    command = [entry["command"], *entry["args"]]
    assert command[-2:] == ["serve", str(machine.blueprint)]
    assert all(os.path.isabs(word) for word in (command[0], command[-1]))  # noqa: PTH117
    assert entry.get("type", "stdio") == "stdio"
    assert "env" not in entry
    file = machine.home / FILES[client]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(machine.tree()) == [FILES[client]]  # no leftovers


def test_what_was_written_starts_the_server(machine: Machine) -> None:
    """From another directory and with the little environment that a client may give."""
    machine.install("cursor", "--yes")
    entry = machine.entry("cursor")
    messages = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
        '"clientInfo":{"name":"t","version":"1"}}}\n'
    )
    ended = subprocess.run(
        [entry["command"], *entry["args"]],
        input=messages,
        cwd="/",
        env={"PATH": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert json.loads(ended.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "w"


@pytest.mark.parametrize("client", [name for name in FILES if name != "claude-desktop"])
def test_a_url_is_entered_in_each_clients_own_form(machine: Machine, client: str) -> None:
    url = "https://workspace.example/mcp"
    assert machine.install(client, "--url", url, "--name", "w", "--yes").status == 0
    expected = {
        "claude-code": {"type": "http", "url": url},
        "vscode": {"type": "http", "url": url},
        "cursor": {"url": url},
    }
    assert machine.entry(client) == expected.get(client, {"httpUrl": url})


@pytest.mark.parametrize(
    "url", ["ftp://x", "x", "https://user:pass@x/mcp", "https://x/mcp?token=abc", "http://x:0"]
)
def test_a_url_with_a_secret_or_of_another_kind_is_refused(machine: Machine, url: str) -> None:
    ended = machine.install("cursor", "--url", url, "--name", "w", "--yes")
    assert (ended.status, machine.tree()) == (2, {})
    assert "token=abc" not in ended.err
    assert "user:pass" not in ended.err


def test_claude_desktop_has_no_urls_in_its_file(machine: Machine) -> None:
    ended = machine.install("claude-desktop", "--url", "https://x.example/mcp", "--name", "w", "--yes")
    assert (ended.status, "Connectors" in ended.err, machine.tree()) == (2, True, {})


@pytest.mark.parametrize("client", PROJECT)
def test_a_project_has_a_file_of_its_own(machine: Machine, client: str) -> None:
    assert machine.install(client, "--scope", "project", "--yes").status == 0
    text = json.loads((machine.project / PROJECT[client]).read_text())
    assert "w" in text[TABLES[client]]
    assert machine.tree() == {}


def test_claude_desktop_has_no_projects(machine: Machine) -> None:
    assert machine.install("claude-desktop", "--scope", "project", "--yes").status == 2


# --- consent


def test_without_consent_nothing_is_written(machine: Machine) -> None:
    ended = machine.install("cursor")
    assert (ended.status, machine.tree()) == (2, {})
    assert "--yes" in ended.err


def test_a_dry_run_shows_the_change_and_makes_none(machine: Machine) -> None:
    ended = machine.install("cursor", "--dry-run")
    assert (ended.status, machine.tree()) == (0, {})
    assert '+    "w": {' in ended.out


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_person_is_asked_after_seeing_the_change(
    terminal: Terminal, tmp_path: Path, called: Seawall, answer: str, status: int
) -> None:
    machine = Machine(tmp_path, called)
    running = terminal("install", "cursor", HOME=str(machine.home))
    shown = running.read_until("[y/N]")
    assert '"w": {' in shown
    os.write(running._ours, answer.encode())
    assert running.finish() == status
    assert (machine.entry("cursor") is not None) if status == 0 else (machine.tree() == {})


# --- what is there already


def test_everything_else_stays_as_it_was(machine: Machine) -> None:
    file = machine.home / FILES["vscode"]
    file.parent.mkdir(parents=True)
    text = (
        '// mine\n{\n\t"inputs": [1.0, ],\n\t"servers": {\n\t\t"other": {"command": "x"}, // keep\n\t},\n}\n'
    )
    file.write_text(text)
    file.chmod(0o640)
    assert machine.install("vscode", "--yes").status == 0
    changed = file.read_text()
    assert [line for line in changed.splitlines() if line in text.splitlines()] == text.splitlines()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert machine.install("vscode", "--remove", "--yes").status == 0
    assert file.read_text().replace("{} //", "{}, //").split() == text.replace("}, //", "} //").split()


def test_the_old_content_is_kept(machine: Machine) -> None:
    file = machine.home / FILES["claude-code"]
    file.write_text('{"a": 1}')
    file.chmod(0o600)
    machine.install("claude-code", "--yes")
    backups = [path for path in machine.home.iterdir() if path.name.endswith(".bak")]
    assert [path.read_text() for path in backups] == ['{"a": 1}']
    assert stat.S_IMODE(backups[0].stat().st_mode) == 0o600


def test_the_same_again_changes_nothing(machine: Machine) -> None:
    machine.install("cursor", "--yes")
    before = machine.tree()
    ended = machine.install("cursor")
    assert (ended.status, machine.tree()) == (0, before)
    assert "Nothing has to change" in ended.out
    assert machine.install("cursor", "--remove", "--name", "other").status == 0


def test_an_entry_is_removed_by_the_blueprints_name_or_by_a_given_one(machine: Machine) -> None:
    machine.install("cursor", "--yes")
    machine.install("cursor", "--name", "other", "--yes")
    assert machine.install("cursor", "--remove", "--yes").status == 0
    machine.blueprint.unlink()
    assert machine.install("cursor", "--remove", "--name", "other", "--yes").status == 0
    assert json.loads((machine.home / FILES["cursor"]).read_text()) == {"mcpServers": {}}


BROKEN = {
    "no JSON": "{",
    "a comment where none may be": '{\n  // hm\n  "a": 1\n}',
    "no object": "[]",
    "a table that is none": '{"mcpServers": "x"}',
    "a name that stands twice": '{"mcpServers": {}, "mcpServers": {}}',
    "conflict markers": "<<<<<<< HEAD\n{}\n=======\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_with_its_place_and_left_alone(machine: Machine, text: str) -> None:
    (machine.home / FILES["claude-code"]).write_text(text)
    ended = machine.install("claude-code", "--yes")
    assert (ended.status, machine.tree()) == (1, {FILES["claude-code"]: text.encode()})
    assert f"{FILES['claude-code']}:" in ended.err
    assert "nothing was changed" in ended.err


def test_what_is_no_text_is_left_alone(machine: Machine) -> None:
    (machine.home / FILES["claude-code"]).write_bytes(b'{"a": "\xff"}')
    ended = machine.install("claude-code", "--yes")
    assert (ended.status, "not UTF-8" in ended.err) == (1, True)


def test_comments_within_the_entry_are_not_thrown_away(machine: Machine) -> None:
    file = machine.home / FILES["vscode"]
    file.parent.mkdir(parents=True)
    file.write_text('{"servers": {"w": {"command": "x" /* why */}}}')
    ended = machine.install("vscode", "--yes")
    assert ended.status == 1
    assert '"args"' in ended.err  # the text to write by hand
    assert "why" in file.read_text()


def test_secrets_of_any_server_are_not_shown(machine: Machine) -> None:
    other = {"command": "y", "env": {"TOKEN": "of-another-server"}}
    mine = {"command": "x", "env": {"TOKEN": "literal-secret"}, "headers": {"Authorization": "Bearer abc"}}
    (machine.home / FILES["claude-code"]).write_text(
        json.dumps({"mcpServers": {"other": other, "w": mine}, "key": "k3y"})
    )
    ended = machine.install("claude-code", "--dry-run")
    for secret in ("of-another-server", "literal-secret", "Bearer abc", "k3y"):
        assert secret not in ended.out + ended.err
    assert '-      "command": "x"' in ended.out


def test_secrets_in_the_command_of_another_server_are_not_shown(machine: Machine) -> None:
    """The entry that is replaced was written by somebody else, in whatever way."""
    old = {
        "command": "npx",
        "args": [
            "-y",
            "their-server@2",
            "--root=/srv/docs",
            "--api-key",
            "first-canary",
            "--token=second-canary",
            "-e",
            "DB_PASSWORD=third-canary",
            "--header",
            "Authorization: Bearer fourth-canary",
            "postgres://me:fifth-canary@db.example/x",
            "https://x.example/mcp?access_token=sixth-canary&page=2",
            "--verbose-auth",
            "--port",
            "8000",
            "--token",
            "${TOKEN}",
            "ghp_seventhcanary0123456789abcdef",
        ],
        "url": "https://me:eighth-canary@x.example/mcp",
        "apiKey": "ninth-canary",
        "oauth": {"clientSecret": "tenth-canary", "scopes": ["read"]},
    }
    (machine.home / FILES["claude-code"]).write_text(json.dumps({"mcpServers": {"w": old}}))
    ended = machine.install("claude-code", "--dry-run")
    assert "canary" not in ended.out + ended.err
    for harmless in (
        '"their-server@2"', '"--root=/srv/docs"', '"--api-key"', '"--token=…"', '"DB_PASSWORD=…"', '"${TOKEN}"',
        '"--port"', '"8000"', "@db.example/x", "&page=2", '"read"',
    ):  # fmt: skip
        assert harmless in ended.out, harmless


# --- links, and places that are odd


@pytest.mark.parametrize("linked", [".cursor/mcp.json", ".cursor"])
def test_a_link_is_not_followed_silently(machine: Machine, linked: str) -> None:
    elsewhere = machine.project / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mcp.json").write_text('{"a": 1}')
    place = machine.home / linked
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(elsewhere if linked == ".cursor" else elsewhere / "mcp.json")
    ended = machine.install("cursor", "--yes")
    assert (ended.status, (elsewhere / "mcp.json").read_text()) == (3, '{"a": 1}')
    assert "elsewhere" in ended.err
    assert "--follow-link" in ended.err
    assert machine.install("cursor", "--yes", "--follow-link").status == 0
    assert place.is_symlink()
    assert json.loads((elsewhere / "mcp.json").read_text())["mcpServers"]["w"]


def test_a_link_that_leads_nowhere_or_in_a_circle_is_told(machine: Machine) -> None:
    (machine.home / ".claude.json").symlink_to(machine.home / ".claude.json")
    assert machine.install("claude-code", "--yes").status == 3
    assert machine.install("claude-code", "--yes", "--follow-link").status == 1


def test_a_project_that_links_its_settings_elsewhere_is_noticed(machine: Machine) -> None:
    (machine.home / "secret").mkdir()
    (machine.project / ".vscode").symlink_to(machine.home / "secret")
    assert machine.install("vscode", "--scope", "project", "--yes").status == 3
    assert machine.tree() == {}


def test_what_is_no_file_is_told(machine: Machine) -> None:
    (machine.home / ".claude.json").mkdir()
    assert machine.install("claude-code", "--yes").status == 1
    (machine.home / ".cursor").mkdir()
    os.mkfifo(machine.home / ".cursor" / "mcp.json")
    assert machine.install("cursor", "--yes").status == 1


@pytest.mark.parametrize("home", ["relative", "/does/not/exist", "/dev/null"])
def test_a_home_that_is_none_is_told(machine: Machine, home: str) -> None:
    ended = machine.install("cursor", "--yes", HOME=home)
    assert (ended.status, "no home directory" in ended.err) == (2, True)
    assert not (machine.project / "relative").exists()


def test_clients_that_keep_their_files_elsewhere_are_found_there(machine: Machine) -> None:
    other = machine.project / "other"
    other.mkdir()
    machine.install("vscode", "--yes", XDG_CONFIG_HOME=str(other))
    machine.install("claude-code", "--yes", CLAUDE_CONFIG_DIR=str(other))
    machine.install("cursor", "--yes", "--file", other / "own.json")
    assert {path.name for path in other.rglob("*") if path.is_file()} == {
        "mcp.json",
        ".claude.json",
        "own.json",
    }
    assert machine.tree() == {}


def test_a_directory_that_cannot_be_written_is_told(machine: Machine) -> None:
    (machine.home / ".cursor").write_text("a file")
    ended = machine.install("cursor", "--yes")
    assert (ended.status, machine.tree()) == (1, {".cursor": b"a file"})
    assert "Traceback" not in ended.err


# --- names, paths and variables


def test_values_of_variables_are_never_written_only_their_names(machine: Machine) -> None:
    machine.blueprint.write_text(
        '[server]\nname = "w"\npurpose = "${NEEDED} ${DEFAULTED:-x} ${UNSET:-y}"\n[http.auth]\nkind = "token"\ntokens = { ci = "env:CI_TOKEN" }\n'
    )
    secrets = {"NEEDED": "first-secret", "DEFAULTED": "second-secret", "CI_TOKEN": "third-secret"}
    forms = {
        "claude-code": "${{{}:-}}",
        "cursor": "${{env:{}}}",
        "vscode": "${{env:{}}}",
        "gemini-cli": "${}",
    }
    for client, form in forms.items():
        ended = machine.install(client, "--yes", SEAWALL_LIMITS__WORKERS="3", **secrets)
        assert ended.status == 0
        assert machine.entry(client)["env"] == {name: form.format(name) for name in sorted(secrets)}
        assert "SEAWALL_LIMITS__WORKERS changes a setting here" in ended.out
        assert not any(secret in ended.out for secret in secrets.values())
    assert not any(secret.encode() in text for text in machine.tree().values() for secret in secrets.values())


def test_a_client_that_hands_no_variables_on_gets_no_server_that_needs_one(machine: Machine) -> None:
    machine.blueprint.write_text('[server]\nname = "w"\npurpose = "${NEEDED}"\n')
    ended = machine.install("claude-desktop", "--yes", NEEDED="x")
    assert (ended.status, "NEEDED" in ended.err, machine.tree()) == (2, True, {})


@pytest.mark.parametrize("client", [name for name, each in CLIENTS.items() if each.expands is not None])
def test_a_path_that_the_client_would_change_is_refused(machine: Machine, client: str) -> None:
    odd = machine.project / "a ${HOME} b"
    odd.mkdir()
    machine.blueprint.rename(odd / "seawall.toml")
    ended = machine.install(client, odd / "seawall.toml", "--yes")
    assert (ended.status, machine.tree()) == (2, {})
    assert "would replace a part" in ended.err


@pytest.mark.parametrize("directory", ['it\'s "quoted"', "\u00e9 \U0001f600 \\", "-rf", "new\nline"])
def test_any_other_path_is_written_as_it_is(machine: Machine, directory: str) -> None:
    odd = machine.project / directory
    odd.mkdir()
    machine.blueprint.rename(odd / "seawall.toml")
    assert machine.install("claude-desktop", odd / "seawall.toml", "--yes").status == 0
    assert machine.entry("claude-desktop")["args"][-1] == str(odd / "seawall.toml")


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("a b", "a-b"),
        ('"}, "x": {"', "x"),
        ("../..", "seawall"),
        ("__proto__", "__proto__"),
        ("\x1b[2J", "2J"),
    ],
)
def test_a_name_is_made_fit(machine: Machine, name: str, fit: str) -> None:
    ended = machine.install("cursor", "--name", name, "--yes")
    assert ended.status == 0
    assert list(json.loads((machine.home / FILES["cursor"]).read_text())["mcpServers"]) == [fit]
    assert "\x1b" not in ended.out


def test_gemini_parts_names_at_underscores(machine: Machine) -> None:
    machine.install("gemini-cli", "--name", "my_files", "--yes")
    assert machine.entry("gemini-cli", "my-files") is not None


def test_a_profile_is_part_of_the_command(machine: Machine) -> None:
    machine.blueprint.write_text(machine.blueprint.read_text() + "\n[profile.prod.limits]\nworkers = 3\n")
    machine.install("cursor", "--profile", "prod", "--yes")
    assert machine.entry("cursor")["args"][-2:] == ["--profile", "prod"]


# --- for programs


def test_the_json_says_what_happened(machine: Machine) -> None:
    told = json.loads(machine.install("cursor", "--yes", "--json").out)
    assert (told["needed"], told["changed"], told["name"], told["backup"]) == (True, True, "w", None)
    assert told["entry"] == machine.entry("cursor")
    assert json.loads(machine.install("cursor", "--dry-run", "--json").out)["needed"] is False


@pytest.mark.parametrize(
    "call", ["cursor --json", "cursor --yes --dry-run", "cursor --url https://x --profile p", "emacs"]
)
def test_a_wrong_call_is_told(machine: Machine, call: str) -> None:
    assert machine.install(*shlex.split(call)).status == 2


def test_a_file_that_somebody_else_changes_meanwhile_is_not_overwritten(machine: Machine) -> None:
    path = machine.home / "settings.json"
    path.write_text("{}")
    file = ConfigFile.read(path, base=machine.home, follow=False)
    path.write_text('{"theirs": 1}')
    with pytest.raises(StartError, match="changed meanwhile"):
        file.replace(b'{"ours": 1}')
    assert path.read_text() == '{"theirs": 1}'
    absent = ConfigFile.read(machine.home / "new.json", base=machine.home, follow=False)
    (machine.home / "new.json").write_text("theirs")
    with pytest.raises(StartError, match="changed meanwhile"):
        absent.replace(b"ours")
    assert (machine.home / "new.json").read_text() == "theirs"
