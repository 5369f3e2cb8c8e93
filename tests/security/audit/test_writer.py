"""The file of records: who may lead it where, what a crash and a full disk leave, and what becomes of calls meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from seawall.errors import StartError
from seawall.security.audit import AuditEntry, AuditLog, AuditPolicy, AuditVerdict, verify
from seawall.security.redact import KNOWN_SECRETS

pytestmark = pytest.mark.anyio

SECRET = b"0123456789abcdef0123456789abcdef"


def entry(name: str = "tool", *, arguments: bytes | None = b"{}") -> AuditEntry:
    return AuditEntry(time.time(), {"name": name}, arguments)


async def proven(file: Path) -> AuditVerdict:
    return await asyncio.to_thread(verify, [file])


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


async def run(policy: AuditPolicy, *entries: AuditEntry) -> None:
    log = AuditLog(policy)
    await log.start()
    for each in entries:
        log.submit(each)
    await log.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.symlink_to(path.with_name("other")), "it is a link"),
        (
            lambda path: (path.with_name("other").touch(), path.hardlink_to(path.with_name("other"))),
            "another name",
        ),
        (os.mkfifo, "not a regular file"),
        (lambda path: (path.touch(), path.chmod(0o620)), "others may write it"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_text("hello\n"), "is no record"),
    ],
    ids=["link", "hard link", "pipe", "others write", "directory", "another file"],
)
async def test_what_is_no_file_of_its_own_is_refused_and_left_as_it_is(
    make: Any, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    make(path)
    for attempt in (AuditLog(AuditPolicy(path)).start, _checked(path)):
        with pytest.raises(StartError, match=words):
            await attempt()
    assert left(tmp_path) in {b"", b"hello\n"}


def left(directory: Path) -> bytes:
    """What is in the files that are there."""
    return b"".join(
        each.read_bytes() for each in directory.iterdir() if each.is_file() and not each.is_symlink()
    )


def _checked(path: Path) -> Any:
    async def check() -> None:
        await asyncio.to_thread(AuditLog(AuditPolicy(path)).check)

    return check


async def test_only_this_user_may_read_what_is_made(tmp_path: Path) -> None:
    await run(AuditPolicy(tmp_path / "audit.jsonl"))
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


async def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    log = AuditLog(AuditPolicy(tmp_path / "audit.jsonl"))
    await log.start()
    try:
        with pytest.raises(StartError, match="another process writes it"):
            await AuditLog(AuditPolicy(tmp_path / "audit.jsonl")).start()
    finally:
        await log.close()


async def test_what_a_crash_left_half_written_is_taken_away_and_told(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    await run(policy, entry())
    with policy.file.open("ab") as file:
        file.write(b'{"n":99,"prev":"')
    await run(policy, entry())
    assert (await proven(policy.file)).faults == []
    assert [each.get("torn") for each in records(policy.file) if each["event"] == "begin"] == [None, 16]


async def test_an_end_without_order_is_told_at_the_next_start(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    await run(policy, entry())
    lines = policy.file.read_bytes().splitlines(keepends=True)
    policy.file.write_bytes(b"".join(lines[:-2]))  # as when it was killed
    assert not (await proven(policy.file)).ended
    await run(policy)
    begins = [each for each in records(policy.file) if each["event"] == "begin"]
    assert [each.get("after") for each in begins] == [None, "no orderly end"]


async def test_an_orderly_end_and_a_rotation_are_not_told_as_a_crash(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    await run(policy, entry())
    await run(policy, entry())
    await rotated(policy, tmp_path / "audit.jsonl.1")
    old = records(tmp_path / "audit.jsonl.1")
    assert [each.get("after") for each in old if each["event"] == "begin"] == [None, None, None]
    assert records(policy.file)[0]["after"] == "another file"


async def rotated(policy: AuditPolicy, old: Path) -> None:
    """Move the file away under a server."""
    log = AuditLog(policy)
    await log.start()
    log.submit(entry())
    await until(lambda: policy.file.read_bytes().splitlines()[-1].count(b"tool"))
    policy.file.rename(old)
    await until(policy.file.exists)
    await log.close()


async def until(true: Callable[[], Any]) -> None:
    with anyio.fail_after(30):
        while not true():  # noqa: ASYNC110  what a thread does
            await anyio.sleep(0.01)


async def test_a_new_file_that_could_not_be_begun_is_begun_when_it_can_be(tmp_path: Path) -> None:
    """Its first record is a beginning also when the disk was full at that moment."""
    done = await anyio.run_process(
        [sys.executable, "-c", FULL_WHEN_MOVED, str(tmp_path / "audit.jsonl")], stderr=subprocess.PIPE
    )
    assert done.stdout.split() == [b"full", b"written"]
    files = [tmp_path / "audit.jsonl.1", tmp_path / "audit.jsonl"]
    assert (await asyncio.to_thread(verify, files)).faults == []
    assert (await asyncio.to_thread(verify, files[1:], partial=True)).faults == []


FULL_WHEN_MOVED = """
import asyncio, resource, signal, sys, time
from pathlib import Path
from seawall.security.audit import AuditEntry, AuditLog, AuditPolicy

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    policy = AuditPolicy(Path(sys.argv[1]))
    log = AuditLog(policy)
    await log.start()
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    policy.file.rename(sys.argv[1] + ".1")
    while log.failure is None:
        await asyncio.sleep(0.01)
    print("full")
    log.submit(AuditEntry(time.time(), {"name": "tool"}, b"{}"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while log.failure is not None:
        await asyncio.sleep(0.01)
    await log.close()
    print("written")

asyncio.run(main())
"""


@pytest.mark.parametrize("spelling", ["by a link", "by way of another directory"])
async def test_a_cut_end_is_found_however_the_path_is_written(spelling: str, tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.symlink_to(home) if spelling == "by a link" else other.mkdir()
    kept = tmp_path / "kept"
    policy = AuditPolicy(home / "audit.jsonl", checkpoints=kept)
    await run(policy, *(entry() for _ in range(9)))
    lines = policy.file.read_bytes().splitlines(keepends=True)
    policy.file.write_bytes(b"".join(lines[:5]))
    path = other / "audit.jsonl" if spelling == "by a link" else other / ".." / "home" / "audit.jsonl"
    with pytest.raises(StartError, match="its end was cut"):
        await AuditLog(AuditPolicy(path, checkpoints=kept)).start()


@pytest.mark.parametrize(
    ("make", "words"),
    [(os.mkfifo, "not a regular file"), (lambda path: path.symlink_to("other"), "it is a link")],
    ids=["pipe", "link"],
)
async def test_checkpoints_are_no_other_kind_of_file_either(make: Any, words: str, tmp_path: Path) -> None:
    make(tmp_path / "kept")
    policy = AuditPolicy(tmp_path / "audit.jsonl", checkpoints=tmp_path / "kept")
    for attempt in (AuditLog(policy).start, lambda: asyncio.to_thread(AuditLog(policy).check)):
        with anyio.fail_after(30), pytest.raises(StartError, match=words):
            await attempt()


async def test_checkpoints_that_are_taken_away_under_a_server_are_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = tmp_path / "kept"
    policy = AuditPolicy(tmp_path / "audit.jsonl", checkpoints=kept, secret=SECRET, every=2)
    log = AuditLog(policy)
    await log.start()
    log.submit(entry())
    await until(lambda: kept.stat().st_size)
    kept.unlink()
    for _ in range(4):
        log.submit(entry())
    await log.close()
    assert "the file of checkpoints was taken away" in caplog.text
    assert records(kept)[-1]["record"] == records(policy.file)[-1]["n"]
    policy.file.write_bytes(b"".join(policy.file.read_bytes().splitlines(keepends=True)[:-3]))
    with pytest.raises(StartError, match="its end was cut"):
        await AuditLog(policy).start()


async def test_what_cannot_be_written_at_all_stops_calls_and_not_the_records_of_others(
    tmp_path: Path,
) -> None:
    """A fault of our own must not end the thread: calls would go on without records."""
    log = AuditLog(AuditPolicy(tmp_path / "audit.jsonl"))
    await log.start()
    poison: dict[str, Any] = {"name": "tool", "bytes": object()}
    log.submit(AuditEntry(time.time(), poison, None))
    await until(lambda: log.failure)
    assert not log.accepts
    await log.close()
    assert (await proven(tmp_path / "audit.jsonl")).faults == []


async def test_what_waits_for_a_disk_holds_no_arguments(tmp_path: Path) -> None:
    """Ten thousand records may wait, and each call brings megabytes if it wants."""
    log = AuditLog(AuditPolicy(tmp_path / "audit.jsonl", on_failure="continue"))
    await log.start()
    waiting = entry(arguments=b"x" * 1024)
    log.submit(waiting)
    assert waiting.arguments is None
    await log.close()
    (only,) = [each for each in records(tmp_path / "audit.jsonl") if each["event"] == "call"]
    assert len(only["arguments"]) == 32


HANGING = """
import asyncio, os, sys, threading, time
from pathlib import Path
from seawall.security.audit import AuditLog, AuditPolicy, writer
from seawall.security.audit import AuditEntry

async def main():
    writer._LAST_SECONDS = 0.2
    log = AuditLog(AuditPolicy(Path(sys.argv[1]), durable="always"))
    await log.start()
    os.fdatasync = lambda descriptor: threading.Event().wait()
    log.submit(AuditEntry(time.time(), {"name": "tool"}, b"{}"))
    await log.close()
    print("ended")

asyncio.run(main())
"""


async def test_a_disk_that_does_not_answer_keeps_no_server_from_ending(tmp_path: Path) -> None:
    with anyio.fail_after(30):
        done = await anyio.run_process(
            [sys.executable, "-c", HANGING, str(tmp_path / "audit.jsonl")], stderr=subprocess.PIPE
        )
    assert done.stdout == b"ended\n"
    assert b"the last records are lost" in done.stderr


async def test_a_file_whose_end_was_cut_is_not_gone_on_with(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl", checkpoints=tmp_path / "kept")
    await run(policy, *(entry() for _ in range(9)))
    lines = policy.file.read_bytes().splitlines(keepends=True)
    policy.file.write_bytes(b"".join(lines[:5]))
    with pytest.raises(StartError, match="its end was cut"):
        await AuditLog(policy).start()
    policy.file.unlink()
    with pytest.raises(StartError, match="its end was cut"):
        await AuditLog(policy).start()


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "a changed record": (
        lambda lines: [*lines[:2], lines[2].replace(b'"tool"', b'"hidden"'), *lines[3:]],
        "the line before its last 4 was changed",
    ),
    "a removed record": (lambda lines: [*lines[:2], *lines[3:]], "does not follow the record before it"),
    "two records in the other order": (
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        "does not follow the record before it",
    ),
    "a changed end": (
        lambda lines: [*lines[:-1], lines[-1].replace(b"every", b"never")],
        "its last line was changed",
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
async def test_a_server_does_not_go_on_with_a_chain_whose_last_records_are_not_whole(
    change: str, tmp_path: Path
) -> None:
    """Also where nothing but the chain itself shows it, and `check` says so before."""
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    await run(policy, *(entry() for _ in range(3)))
    tamper, words = CHANGES[change]
    changed = b"".join(tamper(policy.file.read_bytes().splitlines(keepends=True)))
    policy.file.write_bytes(changed)
    for attempt in (AuditLog(policy).start, _checked(policy.file)):
        with pytest.raises(StartError, match=words):
            await attempt()
    assert policy.file.read_bytes() == changed


async def test_a_chain_longer_than_what_is_looked_at_is_gone_on_with(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    await run(policy, *(entry("long" * 200) for _ in range(200)))
    assert policy.file.stat().st_size > 150_000
    await run(policy, entry())
    verdict = await proven(policy.file)
    assert (verdict.faults, verdict.calls, verdict.ended) == ([], 201, True)


async def test_digests_tell_equal_arguments_and_cannot_be_guessed_without_the_secret(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl", secret=SECRET)
    await run(policy, entry(arguments=b'{"pin":1}'), entry(arguments=b'{"pin":2}'))
    await run(policy, entry(arguments=b'{"pin":1}'))
    unkeyed = AuditPolicy(tmp_path / "unkeyed.jsonl")
    await run(unkeyed, entry(arguments=b'{"pin":1}'))
    await run(unkeyed, entry(arguments=b'{"pin":1}'))
    kept, once = (
        [each["arguments"] for each in records(file) if each["event"] == "call"]
        for file in (policy.file, unkeyed.file)
    )
    assert kept[0] == kept[2] != kept[1]
    assert once[0] != once[1] != kept[0]


async def test_no_secret_is_in_a_record(tmp_path: Path) -> None:
    KNOWN_SECRETS.add("hunter2-correct-horse")
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    await run(policy, entry("call hunter2-correct-horse"), entry("x" * 5000), entry("\x1b[2J\n"))
    named = [each["name"] for each in records(policy.file) if each["event"] == "call"]
    assert named == ["call [redacted]", "x" * 1024, "\x1b[2J\n"]
    assert (await proven(policy.file)).faults == []


FULL = """
import asyncio, json, resource, signal, sys, time
from pathlib import Path
from seawall.security.audit import AuditEntry, AuditLog, AuditPolicy

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    policy = AuditPolicy(Path(sys.argv[1]), on_failure=sys.argv[2])
    log = AuditLog(policy)
    await log.start()
    entry = lambda: AuditEntry(time.time(), {"name": "tool"}, b"{}")
    log.submit(entry())
    while b"tool" not in policy.file.read_bytes():
        await asyncio.sleep(0.01)
    size = policy.file.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
    for _ in range(20):
        log.submit(entry())
    while log.failure is None:
        await asyncio.sleep(0.01)
    seen = {"failure": log.failure, "accepts": log.accepts, "grown": policy.file.stat().st_size - size}
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while log.failure is not None:
        await asyncio.sleep(0.01)
    seen["again"] = log.accepts
    await log.close()
    print(json.dumps(seen))

asyncio.run(main())
"""


@pytest.mark.parametrize(("on_failure", "accepts"), [("refuse", False), ("continue", True)])
async def test_a_full_disk_leaves_a_whole_file_and_nothing_is_lost_that_waits(
    on_failure: str, accepts: bool, tmp_path: Path
) -> None:
    """Full by a limit of the process, which ends a write in the middle of a line as a full disk does."""
    file = tmp_path / "audit.jsonl"
    done = await anyio.run_process(
        [sys.executable, "-c", FULL, str(file), on_failure], stderr=subprocess.PIPE
    )
    seen = json.loads(done.stdout)
    assert (seen["failure"], seen["accepts"], seen["grown"], seen["again"]) == (
        "File too large",
        accepts,
        0,
        True,
    )
    verdict = await proven(file)
    assert (verdict.faults, verdict.calls) == ([], 21)
    assert b"records cannot be written" in done.stderr


async def test_a_file_that_somebody_cuts_under_the_server_is_not_written_to(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl")
    log = AuditLog(policy)
    await log.start()
    os.truncate(policy.file, 10)
    log.submit(entry())
    with anyio.fail_after(30):
        while log.failure is None:  # noqa: ASYNC110  what a thread does
            await anyio.sleep(0.01)
    assert "was changed by somebody else" in str(log.failure)
    assert not log.accepts
    await log.close()
    assert policy.file.stat().st_size == 10


async def test_a_record_that_is_waited_for_is_on_the_disk(tmp_path: Path) -> None:
    policy = AuditPolicy(tmp_path / "audit.jsonl", durable="always")
    log = AuditLog(policy)
    await log.start()
    written = asyncio.get_running_loop().create_future()
    log.submit(AuditEntry(time.time(), {"name": "waited"}, None, written))
    with anyio.fail_after(30):
        assert await written
    assert b"waited" in policy.file.read_bytes()
    await log.close()


async def test_without_a_start_nothing_is_accepted(tmp_path: Path) -> None:
    assert not AuditLog(AuditPolicy(tmp_path / "audit.jsonl")).accepts
    assert AuditLog(AuditPolicy(tmp_path / "audit.jsonl", on_failure="continue")).accepts
