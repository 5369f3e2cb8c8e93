"""`[audit]`: each call leaves one record, which says who, what, by which rule and with what end; and never an argument."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from features.scoped_wires import GUARD, TOKENS, Http, over_http
from support.clients.raw import request
from support.raw_http import exchange, message_bytes
from support.servers import command, environment, run

pytestmark = pytest.mark.whole

KEY = "0123456789abcdef0123456789abcdef"
AUDIT = """
[audit]
file = "audit.jsonl"
key = "file:{key}"
checkpoints = "kept"
"""


def settings(directory: Path) -> str:
    (directory / "key").write_text(KEY + "\n")
    return AUDIT.format(key=directory / "key")


def records(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "audit.jsonl").read_bytes().splitlines()]


def calls(directory: Path) -> list[dict[str, Any]]:
    return [each for each in records(directory) if each["event"] == "call"]


def verified(directory: Path) -> dict[str, Any]:
    done = run(
        "audit", "verify", directory / "audit.jsonl", "--key", f"file:{directory / 'key'}",
        "--checkpoints", directory / "kept", "--json",
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["ok"] is (done.returncode == 0)
    return found


def call(wire: Http, caller: str, name: str, /, **arguments: object) -> None:
    wire.ask(caller, "modern", "tools/call", {"name": name, "arguments": arguments})


def test_each_call_leaves_one_record(tmp_path: Path) -> None:
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        call(wire, "alice", "minutes")
        call(wire, "bob", "minutes")
        call(wire, "bob", "zqzqzq")
        call(wire, "bob", "read_file", path="a.txt")
        call(wire, "bob", "read_file", path="../etc/passwd")
        call(wire, "alice", "call_operation", name="unlock", arguments={"title": "not-a-digest"})
        wire.ask("bob", "modern", "prompts/get", {"name": "briefing", "arguments": {"name": "x"}})
        wire.ask("alice", "modern", "resources/read", {"uri": "own://books/rare"})
        wire.ask("bob", "handshake", "resources/read", {"uri": "note://closed"})
    written = calls(tmp_path)
    shown = [
        (each["principal"], each["name"], each["decision"], each["rule"], each["outcome"]) for each in written
    ]
    assert shown == [
        ("alice", "minutes", "allowed", "scopes docs:list docs:read", "ok"),
        ("bob", "minutes", "denied", "scopes docs:list docs:read", "refused"),
        ("bob", "zqzqzq", "denied", "unknown_tool", "refused"),
        ("bob", "read_file", "allowed", "no scopes needed", "ok"),
        ("bob", "read_file", "allowed", "no scopes needed", "refused"),
        ("alice", "unlock", "allowed", "scopes docs:read", "ok"),
        ("bob", "briefing", "denied", "scopes docs:read", "refused"),
        ("alice", "own://books/rare", "allowed", "scopes docs:read", "ok"),
        ("bob", "note://closed", "denied", "scopes docs:read", "refused"),
    ]
    first = written[0]
    assert (first["kind"], first["rpc_id"], len(first["request_id"]), first["code"]) == (
        "tool",
        "7",
        16,
        None,
    )
    assert first["bytes"] > 0
    assert first["milliseconds"] > 0
    assert b"not-a-digest" not in (tmp_path / "audit.jsonl").read_bytes()
    found = verified(tmp_path)
    assert (found["ok"], found["calls"], found["ended"], found["marked"] == found["last"]) == (
        True,
        9,
        True,
        True,
    )


def test_what_a_prompt_asks_for_is_recorded_as_calls_of_its_caller(tmp_path: Path) -> None:
    """The call comes to its end before the prompt that made it."""
    wanted = [("asks", "minutes"), ("finds", "unlock"), ("shows", "vault://rare.md")]
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        for caller in ("alice", "bob"):
            for name, what in wanted:
                wire.ask(caller, "modern", "prompts/get", {"name": name, "arguments": {"what": what}})
    shown = [
        (each["principal"], each["kind"], each["name"], each["decision"], each["outcome"])
        for each in calls(tmp_path)
    ]
    assert shown == [
        ("alice", "tool", "minutes", "allowed", "ok"),
        ("alice", "prompt", "asks", "allowed", "ok"),
        ("alice", "tool", "unlock", "allowed", "ok"),
        ("alice", "prompt", "finds", "allowed", "ok"),
        ("alice", "resource", "vault://rare.md", "allowed", "ok"),
        ("alice", "prompt", "shows", "allowed", "ok"),
        ("bob", "tool", "minutes", "denied", "refused"),
        ("bob", "prompt", "asks", "allowed", "refused"),
        ("bob", "tool", "call_operation", "denied", "refused"),
        ("bob", "prompt", "finds", "allowed", "refused"),
        ("bob", "resource", "vault://rare.md", "denied", "refused"),
        ("bob", "prompt", "shows", "allowed", "refused"),
    ]
    assert verified(tmp_path)["calls"] == len(shown)


def test_a_completion_is_recorded_under_what_it_is_about(tmp_path: Path) -> None:
    """Whatever else its reference says."""
    reference = {"type": "ref/resource", "uri": "vault://{page*}", "name": "welcome"}
    asked = {"ref": reference, "argument": {"name": "page", "value": "r"}}
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        wire.ask("bob", "modern", "completion/complete", asked)
    (only,) = calls(tmp_path)
    assert (only["kind"], only["name"], only["decision"]) == ("completion", "vault://{page*}", "denied")


def test_a_notification_that_looks_like_a_call_is_none(tmp_path: Path) -> None:
    """Nothing is carried out for it, so no record may say that something was; what is malformed leaves one."""
    (tmp_path / "root").mkdir()
    path = tmp_path / "seawall.toml"
    path.write_text(SMALL)
    asked = request("modern", 7, "tools/call", {"name": "list_directory", "arguments": {}})
    unnamed = request("modern", 8, "tools/call", {"arguments": {}})
    told = {key: value for key, value in asked.items() if key != "id"}
    with subprocess.Popen(
        command("serve", path), env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"".join(json.dumps(each).encode() + b"\n" for each in (told, asked, unnamed)))
        process.stdin.flush()
        assert {json.loads(process.stdout.readline())["id"] for _ in range(2)} == {7, 8}
        process.stdin.close()
        assert process.wait(GUARD) == 0
    found = {each["rpc_id"]: each["outcome"] for each in calls(tmp_path)}
    assert found == {"7": "ok", "8": "refused"}


SMALL = """
[server]
name = "x"
[[toolset]]
kind = "filesystem"
roots = "root"
[audit]
file = "audit.jsonl"
"""


def test_a_challenge_is_recorded_as_denied(tmp_path: Path) -> None:
    with over_http(tmp_path, missing="challenge", more=settings(tmp_path)) as wire:
        call(wire, "bob", "minutes")
    (only,) = calls(tmp_path)
    assert (only["principal"], only["name"], only["decision"]) == ("bob", "minutes", "denied")
    assert (only["rule"], only["code"]) == ("scopes docs:list docs:read", "insufficient_scope")


def test_two_servers_do_not_write_one_file(tmp_path: Path) -> None:
    """The second ends at once, and so does `seawall run` beside a server, unless it is given a file of its own."""
    with over_http(tmp_path, more=settings(tmp_path)):
        tokens = {"ALICE": TOKENS["alice"], "BOB": TOKENS["bob"], "PYTHONPATH": str(tmp_path)}
        asked = ("run", tmp_path / "seawall.toml", "greet")
        refused = run(*asked, extra=tokens)
        assert (refused.returncode, "another process writes it" in refused.stderr) == (1, True)
        own = {"SEAWALL_AUDIT__FILE": "own.jsonl", "SEAWALL_AUDIT__CHECKPOINTS": "own-kept"}
        assert run(*asked, extra=tokens | own).returncode == 0
    assert b'"name":"greet"' in (tmp_path / "own.jsonl").read_bytes()


def test_a_server_that_cannot_record_calls_is_not_ready_until_it_can(tmp_path: Path) -> None:
    """And its log says so by the name of the section."""
    file = tmp_path / "audit.jsonl"
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        file.rename(tmp_path / "moved")
        file.write_text("another\n")
        until_ready_answers(wire, 503)
        refused = wire.ask("alice", "modern", "tools/call", {"name": "greet", "arguments": {}})
        assert b"audit_unavailable" in refused
        file.unlink()
        until_ready_answers(wire, 200)
        assert b"audit_unavailable" not in wire.ask(
            "alice", "modern", "tools/call", {"name": "greet", "arguments": {}}
        )
        assert '"toolset": "[audit]"' in wire.log.read_text()


def until_ready_answers(wire: Http, status: int) -> None:
    for _ in range(600):
        if exchange(wire.port, message_bytes("GET", "/readyz", {"Host": "127.0.0.1"}, b"")).status == status:
            return
        time.sleep(0.05)
    pytest.fail(f"/readyz never answered {status}")


def test_a_killed_server_goes_on_with_the_chain(tmp_path: Path) -> None:
    more = settings(tmp_path)
    with over_http(tmp_path, more=more) as wire:
        call(wire, "alice", "minutes")
        while not (tmp_path / "audit.jsonl").read_bytes().count(b'"call"'):
            time.sleep(0.01)
        os.kill(wire.pid, signal.SIGKILL)
    assert not verified(tmp_path)["ended"]
    with over_http(tmp_path, more=more) as wire:
        call(wire, "alice", "minutes")
    found = verified(tmp_path)
    assert (found["ok"], found["calls"], found["ended"]) == (True, 2, True)


def test_a_changed_record_is_named_by_the_command(tmp_path: Path) -> None:
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        call(wire, "bob", "greet")
    file = tmp_path / "audit.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"bob"', b'"eve"'))
    assert verified(tmp_path)["faults"][0]["line"] == 3
    told = run("audit", "verify", file)
    assert told.returncode == 1
    assert f"{file}:3: the line was changed: its hash is another one" in " ".join(told.stdout.split())


def test_check_says_what_keeps_calls_from_being_recorded_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "audit.jsonl").symlink_to("elsewhere")
    (tmp_path / "root").mkdir()
    path = tmp_path / "seawall.toml"
    path.write_text(SMALL)
    refused = run("check", path)
    assert refused.returncode == 1
    assert "it is a link" in refused.stdout
    (tmp_path / "audit.jsonl").unlink()
    assert run("check", path).returncode == 0
    assert not (tmp_path / "audit.jsonl").exists()
