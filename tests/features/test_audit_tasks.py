"""`[audit]` and background tasks: who began one, when it ran and with what end; also of one that its server never ended."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.scoped_wires import GUARD, Http, over_http, parsed
from features.test_audit import records, settings, verified

pytestmark = pytest.mark.whole

TASKS: dict[str, Any] = {"io.modelcontextprotocol/tasks": {}}


def ask(wire: Http, caller: str, method: str, params: dict[str, Any]) -> Any:
    """What a client says that knows tasks."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {"extensions": TASKS},
    }
    sent = {"jsonrpc": "2.0", "id": 7, "method": method, "params": {**params, "_meta": meta}}
    named = {"Mcp-Name": str(params.get("name") or params.get("taskId"))}
    return parsed(wire.post(caller, "modern", sent, named).body)["result"]


def begun(wire: Http, name: str, **arguments: object) -> str:
    """The id of a task that was begun."""
    made: str = ask(wire, "alice", "tools/call", {"name": name, "arguments": arguments})["taskId"]
    return made


def runs(directory: Path) -> list[dict[str, Any]]:
    return [each for each in records(directory) if each["event"] == "run"]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + GUARD
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_run_is_recorded_at_its_beginning_and_at_its_end_under_who_began_it(tmp_path: Path) -> None:
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        task = begun(wire, "report")
        until(lambda: len(runs(tmp_path)) == 2)
    (call,) = [each for each in records(tmp_path) if each["event"] == "call"]
    first, last = runs(tmp_path)
    assert {each["task"] for each in (call, first, last)} == {task}
    assert {each["principal"] for each in (call, first, last)} == {"alice"}
    assert {each["name"] for each in (call, first, last)} == {"report"}
    assert call["arguments"] == first["arguments"] == last["arguments"]
    assert {each["decision"] for each in (call, first, last)} == {"allowed"}
    assert call["rule"] == first["rule"] == last["rule"] == "scopes docs:list"
    assert (call["outcome"], first["outcome"], last["outcome"]) == ("ok", "begun", "ok")
    assert first["request_id"] == last["request_id"] != call["request_id"]
    assert last["bytes"] > 0
    assert last["milliseconds"] > 0
    found = verified(tmp_path)
    assert (found["ok"], found["calls"], found["ended"]) == (True, 1, True)


def test_a_run_that_is_cancelled_says_so(tmp_path: Path) -> None:
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        task = begun(wire, "watch")
        until(lambda: len(runs(tmp_path)) == 1)
        ask(wire, "alice", "tasks/cancel", {"taskId": task})
        until(lambda: len(runs(tmp_path)) == 2)
    assert [each["outcome"] for each in runs(tmp_path)] == ["begun", "cancelled"]


def test_a_run_that_ends_with_its_server_has_an_end_in_the_record(tmp_path: Path) -> None:
    """The end of the server waits for it, as long as a call may take."""
    more = settings(tmp_path) + '[limits]\nrequest_timeout = "2s"\n'
    with over_http(tmp_path, more=more) as wire:
        begun(wire, "watch")
        until(lambda: len(runs(tmp_path)) == 1)
    first, last = runs(tmp_path)
    assert (first["outcome"], last["outcome"], last["code"]) == ("begun", "refused", "deadline_exceeded")
    assert verified(tmp_path)["ended"]


def test_a_run_whose_server_was_killed_is_known_to_have_begun(tmp_path: Path) -> None:
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        task = begun(wire, "watch")
        until(lambda: len(runs(tmp_path)) == 1)
        os.kill(wire.pid, signal.SIGKILL)
    (only,) = runs(tmp_path)
    assert (only["outcome"], only["task"]) == ("begun", task)


def test_a_call_within_a_run_has_a_record_of_its_own(tmp_path: Path) -> None:
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        begun(wire, "gather")
        until(lambda: len(runs(tmp_path)) == 2)
    told = [each for each in records(tmp_path) if "principal" in each]
    shown = [(each["event"], each["principal"], each["name"], each["outcome"]) for each in told]
    inner = ("call", "alice", "minutes", "ok")
    assert shown.index(inner) < shown.index(("run", "alice", "gather", "ok"))


def test_no_run_begins_that_cannot_be_recorded(tmp_path: Path) -> None:
    """The task was accepted before the file was cut under the server; what it would have done is not done."""
    with over_http(tmp_path, more=settings(tmp_path)) as wire:
        task = begun(wire, "watch")
        until(lambda: len(runs(tmp_path)) == 1)
        waiting = [begun(wire, "watch") for _ in range(12)]  # more than run at once
        os.truncate(tmp_path / "audit.jsonl", 10)
        ask(wire, "alice", "tasks/cancel", {"taskId": task})
        until(lambda: "cannot be written" in wire.log.read_text())
        for each in waiting[:10]:
            ask(wire, "alice", "tasks/cancel", {"taskId": each})
        told = ""

        def ended() -> bool:
            nonlocal told
            told = json.dumps(ask(wire, "alice", "tasks/get", {"taskId": waiting[-1]}))
            return "audit_unavailable" in told

        until(ended)
    assert (tmp_path / "audit.jsonl").stat().st_size == 10
