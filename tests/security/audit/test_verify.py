"""What `verify` finds out about a file that somebody changed: every kind of change, with the line at which it shows."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from seawall.errors import StartError
from seawall.security.audit import AuditEntry, AuditLog, AuditPolicy, verify
from seawall.security.audit.records import line_of

SECRET = b"0123456789abcdef0123456789abcdef"
Lines = list[bytes]


def entry(number: int) -> AuditEntry:
    return AuditEntry(time.time(), {"name": f"tool-{number}", "decision": "allowed"}, b'{"n":%d}' % number)


def written(
    directory: Path, calls: int, *, secret: bytes | None = SECRET, every: int = 4, more: bool = True
) -> Path:
    """A file of one run with so many calls; record 1 is its beginning, and 2 the checkpoint of that."""
    policy = AuditPolicy(
        directory / "audit.jsonl",
        checkpoints=directory / "kept" if more else None,
        secret=secret,
        every=every,
    )
    anyio.run(run, policy, calls)
    return policy.file


async def run(policy: AuditPolicy, calls: int) -> None:
    log = AuditLog(policy)
    await log.start()
    for number in range(calls):
        log.submit(entry(number))
    await log.close()


def test_what_a_server_writes_is_whole(tmp_path: Path) -> None:
    file = written(tmp_path, 10)
    verdict = verify([file], secret=SECRET, checkpoints=tmp_path / "kept")
    assert (verdict.faults, verdict.calls, verdict.first, verdict.ended) == ([], 10, 1, True)
    assert verdict.marked == verdict.last == verdict.records


def test_a_chain_goes_on_over_a_restart(tmp_path: Path) -> None:
    written(tmp_path, 3)
    file = written(tmp_path, 3)
    verdict = verify([file], secret=SECRET, checkpoints=tmp_path / "kept")
    assert (verdict.faults, verdict.calls) == ([], 6)
    events = [json.loads(line)["event"] for line in file.read_bytes().splitlines()]
    assert events.count("begin") == events.count("end") == 2


def rewritten(lines: Lines) -> Lines:
    """The whole file anew, with another tool in record 3 and every hash made again, by somebody without the secret."""
    made, before = [], "0" * 64
    for number, line in enumerate(lines, 1):
        data = json.loads(line)
        if number == 3:
            data["name"] = "another"
        kept = {
            key: value for key, value in data.items() if key not in {"n", "prev", "time", "event", "hash"}
        }
        text, before = line_of(number, before, data["time"], data["event"], kept)
        made.append(text)
    return made


def relinked(lines: Lines) -> Lines:
    """Record 3 with another tool and a hash that fits it."""
    data = json.loads(lines[2])
    kept = {key: value for key, value in data.items() if key not in {"n", "prev", "time", "event", "hash"}}
    text, _ = line_of(3, data["prev"], data["time"], data["event"], kept | {"name": "another"})
    return [*lines[:2], text, *lines[3:]]


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], int | None, str]] = {
    "a changed value": (
        lambda lines: [*lines[:2], lines[2].replace(b"tool-0", b"tool-9"), *lines[3:]],
        3,
        "was changed",
    ),
    "a changed byte of the hash": (
        lambda lines: [*lines[:2], _flipped(lines[2]), *lines[3:]],
        3,
        "was changed",
    ),
    "a changed value with a hash that fits": (relinked, 4, "the record before it is not the one"),
    "a removed record": (lambda lines: [*lines[:2], *lines[3:]], 3, "missing before it: record 3"),
    "three removed records": (lambda lines: [*lines[:2], *lines[5:]], 3, "missing before it: record 3 to 5"),
    "the first record removed": (lambda lines: lines[1:], 1, "begins with record 2"),
    "two records in the other order": (
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        2,
        "missing before it: record 2",
    ),
    "a record twice": (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4, "out of order"),
    "a record of another file put in": (
        lambda lines: [*lines[:3], _foreign(), *lines[3:]],
        4,
        "record 4 to 998",
    ),
    "a line that is no record": (lambda lines: [*lines[:3], b"{}\n", *lines[3:]], 4, "is no record"),
    "half of the last line": (lambda lines: [*lines[:-1], lines[-1][:40]], 15, "is not whole"),
    "the end cut": (lambda lines: lines[:-4], None, "the end was cut: the last record is number 11"),
    "everything cut": (lambda lines: lines[:0], None, "there is no record"),
    "all of it written anew": (rewritten, 7, "written anew"),
}


def _flipped(line: bytes) -> bytes:
    return line[:-4] + (b"0" if line[-4:-3] != b"0" else b"1") + line[-3:]


def _foreign() -> bytes:
    return line_of(999, "f" * 64, "2026-01-01T00:00:00Z", "call", {"name": "foreign"})[0]


@pytest.mark.parametrize("change", TAMPERED)
def test_every_change_is_found_and_its_line_is_named(change: str, tmp_path: Path) -> None:
    file = written(tmp_path, 9)
    tamper, line, words = TAMPERED[change]
    lines = file.read_bytes().splitlines(keepends=True)
    changed = tamper(lines)
    assert changed != lines
    file.write_bytes(b"".join(changed))
    verdict = verify([file], secret=SECRET, checkpoints=tmp_path / "kept")
    assert any(each.line == line and words in each.message for each in verdict.faults), verdict.faults


@pytest.mark.parametrize("change", ["all of it written anew", "the end cut"])
def test_what_a_chain_alone_does_not_show_is_not_promised(change: str, tmp_path: Path) -> None:
    """Without secret and checkpoints these two pass: the documents say so."""
    file = written(tmp_path, 9, secret=None, more=False)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(TAMPERED[change][0](lines)))
    assert verify([file]).faults == []


def test_the_secret_alone_finds_a_file_that_was_written_anew(tmp_path: Path) -> None:
    file = written(tmp_path, 9, more=False)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(rewritten(lines)))
    assert any("written anew" in each.message for each in verify([file], secret=SECRET).faults)


def test_a_forged_end_without_checkpoints_is_found_when_it_is_longer_than_one_can_be(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, 3, more=False)
    lines = file.read_bytes().splitlines(keepends=True)[
        :6
    ]  # the sixth is the end of three calls, or its checkpoint
    last = json.loads(lines[4])
    before, made = last["hash"], []
    for number in range(6, 6 + 9):
        text, before = line_of(number, before, last["time"], "call", {"name": "forged"})
        made.append(text)
    file.write_bytes(b"".join([*lines[:5], *made]))
    faults = verify([file], secret=SECRET).faults
    assert any("written anew" in each.message for each in faults), faults


@pytest.mark.parametrize("records", [1, 2, 3])
def test_a_server_that_was_stopped_marks_its_end_which_nobody_cuts_unnoticed(
    records: int, tmp_path: Path
) -> None:
    """With the chain alone; a server that was killed has no such end, so it is asked for."""
    file = written(tmp_path, 3, secret=None, more=False)
    assert verify([file], stopped=True).faults == []
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-records]))
    assert verify([file]).faults == []
    assert [each.message for each in verify([file], stopped=True).faults] == [
        "the end was cut: it is not the one of a server that was stopped in order"
    ]


def test_another_secret_proves_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, 9)
    faults = verify([file], secret=b"another-secret-of-thirty-two-chars").faults
    assert any("not made with this key" in each.message for each in faults)


def test_files_of_a_chain_that_was_rotated_are_read_in_their_order(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl", secret=SECRET, every=4)
    old = tmp_path / "audit.jsonl.1"
    anyio.run(rotated, policy, old)
    both = verify([old, policy.file], secret=SECRET)
    assert (both.faults, both.calls, both.ended) == ([], 10, True)
    assert "begins with record" in verify([policy.file], secret=SECRET).faults[0].message
    assert verify([policy.file], secret=SECRET, partial=True).faults == []
    assert verify([policy.file, old], secret=SECRET, partial=True).faults
    policy.file.write_bytes(b"")
    emptied = verify([old, policy.file], secret=SECRET).faults
    assert [(each.file, each.message) for each in emptied] == [(str(policy.file), "there is no record")]


async def rotated(policy: AuditPolicy, old: Path) -> None:
    """Five calls, then the file is moved away, then five more."""
    log = AuditLog(policy)
    await log.start()
    for number in range(5):
        log.submit(entry(number))
    with anyio.fail_after(30):
        while policy.file.read_bytes().count(b"tool-") < 5:  # noqa: ASYNC110  what a thread does
            await anyio.sleep(0.01)
    policy.file.rename(old)
    for number in range(5, 10):
        log.submit(entry(number))
    await log.close()


def test_a_file_that_was_just_begun_is_proven_by_the_key_at_once(tmp_path: Path) -> None:
    """Also the next one after a rotation, by itself: long before the first checkpoint by number or time is due."""
    policy = AuditPolicy(tmp_path / "audit.jsonl", secret=SECRET)
    old = tmp_path / "audit.jsonl.1"
    anyio.run(looked_at_while_it_runs, policy, old)


async def looked_at_while_it_runs(policy: AuditPolicy, old: Path) -> None:
    log = AuditLog(policy)
    await log.start()
    log.submit(entry(0))
    with anyio.fail_after(30):
        while not policy.file.read_bytes().count(b"tool-"):  # noqa: ASYNC110  what a thread does
            await anyio.sleep(0.01)
    first = await asyncio.to_thread(verify, [policy.file], secret=SECRET)
    policy.file.rename(old)
    with anyio.fail_after(30):
        while not policy.file.exists() or not policy.file.stat().st_size:  # noqa: ASYNC110  what a thread does
            await anyio.sleep(0.01)
    alone = await asyncio.to_thread(verify, [policy.file], secret=SECRET, partial=True)
    both = await asyncio.to_thread(verify, [old, policy.file], secret=SECRET)
    await log.close()
    assert [each.faults for each in (first, alone, both)] == [[], [], []]
    assert (first.marked, alone.records) == (2, 2)


def test_checkpoints_of_two_chains_may_be_in_one_file(tmp_path: Path) -> None:
    """As those of `seawall run` beside a server's, one after the other."""
    server, own = tmp_path / "server.jsonl", tmp_path / "own.jsonl"
    for file, calls in ((server, 9), (own, 3), (server, 2)):
        anyio.run(run, AuditPolicy(file, checkpoints=tmp_path / "kept", secret=SECRET, every=4), calls)
    for file in (server, own):
        assert verify([file], secret=SECRET, checkpoints=tmp_path / "kept").faults == []
    moved = tmp_path / "elsewhere" / "own.jsonl"
    moved.parent.mkdir()
    own.rename(moved)
    assert verify([moved], secret=SECRET, checkpoints=tmp_path / "kept").faults == []
    moved.write_bytes(b"".join(moved.read_bytes().splitlines(keepends=True)[:2]))
    assert "the end was cut" in verify([moved], checkpoints=tmp_path / "kept").faults[0].message
    nameless = moved.rename(tmp_path / "another.jsonl")
    with pytest.raises(StartError, match="cannot be told which"):
        verify([nameless], checkpoints=tmp_path / "kept")


@pytest.mark.parametrize("at", ["the end", "the middle"])
def test_a_file_that_is_cut_at_any_byte_is_found_cut(at: str, tmp_path: Path) -> None:
    """With checkpoints every cut shows; without them every cut that leaves a part of a record."""
    file = written(tmp_path, 9)
    content, kept = file.read_bytes(), tmp_path / "kept"
    lines = content.splitlines(keepends=True)
    last = range(len(content) - len(lines[-1]) - len(lines[-2]), len(content))
    middle = range(len(lines[0]), len(lines[0]) + len(lines[1]) + 1)
    for size in last if at == "the end" else middle:
        file.write_bytes(content[:size])
        assert not verify([file], checkpoints=kept).whole, size
        assert verify([file]).whole is (content[:size].endswith(b"\n")), size


def test_an_older_copy_and_two_chains_in_one_are_found(tmp_path: Path) -> None:
    file = written(tmp_path, 3)
    older = file.read_bytes()
    written(tmp_path, 3)
    newer = file.read_bytes()
    (tmp_path / "b").mkdir()
    other = written(tmp_path / "b", 9).read_bytes().splitlines(keepends=True)
    spliced = [*newer.splitlines(keepends=True)[:5], *other[5:]]
    for content, words in (
        (older, "the end was cut"),
        (b"".join(spliced), "the record before it is not the one"),
        (newer + older, "out of order"),
        (older + newer, "out of order"),
    ):
        file.write_bytes(content)
        faults = verify([file], secret=SECRET, checkpoints=tmp_path / "kept").faults
        assert any(words in each.message for each in faults), (words, faults[:3])
