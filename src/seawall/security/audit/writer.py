"""Writes records on a thread of its own: the event loop hands them over and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from seawall.errors import StartError
from seawall.security.audit.file import (
    CHECKPOINTS,
    ChainFile,
    Tail,
    examine,
    last_checkpoint,
    open_chain,
    place_of,
    tail_of,
)
from seawall.security.audit.policy import AuditKeys, AuditPolicy
from seawall.security.audit.records import line_of
from seawall.security.redact import KNOWN_SECRETS
from seawall.types import JsonObject

__all__ = ["MOST_WAITING", "AuditEntry", "AuditLog"]

MOST_WAITING: Final = 10_000
"""Records that wait while they cannot be written."""

_GATHERED: Final = 0.02  # seconds in which records gather, to be written together
_RETRY: Final = 1.0
_LAST_SECONDS: Final = (
    10.0  # for what waits at the end; a disk that does not answer then keeps no server from ending
)
_LONGEST_NAME: Final = 1024  # characters of what a caller names
_CHOSEN: Final = ("name", "rpc_id")  # by callers
_MARKED: Final = frozenset({"begin", "end"})  # with a checkpoint at once: no file is without one
_SETTING: Final = "audit.file"
_log = logging.getLogger("seawall.audit")


@dataclass(slots=True, eq=False)
class AuditEntry:
    """Something to record.

    Attributes:
        at: when it began, seconds since 1970.
        data: all but its arguments.
        arguments: as bytes, of which the digest is made; None for what has none. Given up when it is handed over.
        event: `call`, or `run` of a background task.
        written: completed, on its loop, with whether the record is on the disk; None when nobody waits.
    """

    at: float
    data: JsonObject
    arguments: bytes | None
    written: asyncio.Future[bool] | None = None
    event: Literal["call", "run"] = "call"


@dataclass(slots=True)
class _State:
    """The end of the chain, as the thread keeps it."""

    tail: Tail
    unmarked: int = 0  # records since the last checkpoint
    since: float = 0.0  # when the first of them came
    unsynced: bool = False
    synced: float = 0.0
    begins: bool = False  # the file is new and has no first record yet


@dataclass(slots=True)
class _Batch:
    entries: deque[AuditEntry] = field(default_factory=deque)  # to be written
    added: list[AuditEntry] = field(default_factory=list)  # in the file, and perhaps not on the disk
    ends: bool = False
    ended: bool = False


class AuditLog:
    """The audit of one server. `submit` and `accepts` are for its event loop, `start` and `close` for its life."""

    def __init__(self, policy: AuditPolicy) -> None:
        """Take what is recorded where. Nothing is opened yet."""
        self.policy = policy
        self._keys = AuditKeys.of(policy.secret)
        self._queue: queue.SimpleQueue[AuditEntry | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._file: ChainFile | None = None
        self._marks: ChainFile | None = None
        self._due: list[tuple[int, str]] = []  # checkpoints that are to be kept apart
        self._state = _State(Tail())
        self._failure: str | None = None
        self._dropped = 0
        self._lock = threading.Lock()

    @property
    def accepts(self) -> bool:
        """Whether a call may go on: it can be recorded, or need not be."""
        return self.policy.on_failure == "continue" or (
            self._thread is not None and self._failure is None and self._queue.qsize() < MOST_WAITING
        )

    @property
    def failure(self) -> str | None:
        """Why records cannot be written at this moment; None when they can."""
        return self._failure

    @property
    def hindrance(self) -> str | None:
        """Why calls cannot be recorded, in one sentence, whether they are refused for it or not; None when they can."""
        if self._failure is not None:
            return f"records of calls cannot be written: {self._failure}."
        if self._thread is None or self._queue.qsize() >= MOST_WAITING:
            return "records of calls wait to be written, and no more can."
        return None

    def submit(self, entry: AuditEntry) -> None:
        """Hand a record over. It is lost when too many wait already, and counted."""
        if self._thread is None or self._queue.qsize() >= MOST_WAITING:
            with self._lock:
                self._dropped += 1
            if entry.written is not None:
                entry.written.set_result(False)
            return
        # Made here, so that what waits for a disk holds no arguments, which may be large.
        entry.data["arguments"] = None if entry.arguments is None else self._keys.digest(entry.arguments)
        entry.arguments = None
        self._queue.put(entry)

    def check(self) -> None:
        """Find out whether `start` could succeed, and change nothing.

        Raises:
            StartError: it could not.
        """
        self._compare(examine(self.policy.file, _SETTING))
        if self.policy.checkpoints is not None:
            examine(self.policy.checkpoints, CHECKPOINTS)

    async def start(self) -> None:
        """Open the files, go on with the chain that is there, and begin to write.

        Raises:
            StartError: a file cannot be used, or the chain is not as this server left it.
        """
        await asyncio.to_thread(self._open)
        thread = threading.Thread(target=self._run, name="seawall-audit", daemon=True)
        self._thread = thread
        thread.start()

    async def close(self) -> None:
        """Write what is waiting, mark the end, and close. Called also when it never started."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(thread.join, _LAST_SECONDS)
            if thread.is_alive():
                _log.error("audit: the last records are lost", extra=_of(records=self._queue.qsize()))

    # --- opening

    def _open(self) -> None:
        policy = self.policy
        chain = open_chain(policy.file, _SETTING)
        self._file = chain
        try:
            tail = tail_of(chain.descriptor, policy.file, _SETTING)
            self._compare(tail)
            if tail.torn:
                os.ftruncate(chain.descriptor, tail.size)
                chain.size = tail.size
                _log.warning(
                    "audit: the last line was not whole and was taken away", extra=_of(bytes=tail.torn)
                )
            if policy.checkpoints is not None:
                self._marks = open_chain(policy.checkpoints, CHECKPOINTS)
            self._state = _State(tail)
            self._begin(torn=tail.torn)
        except OSError as error:
            self._release()
            raise StartError(
                f"{_SETTING}: {error.strerror or error}.", hint="Make room, or name another file."
            ) from None
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        """Close the files."""
        for file in (self._file, self._marks):
            if file is not None:
                with contextlib.suppress(OSError):
                    file.close()
        self._file = self._marks = None

    def _compare(self, tail: Tail) -> None:
        """Refuse a chain that ends before its last checkpoint.

        Raises:
            StartError: it does.
        """
        place = self.policy.checkpoints
        if place is None:
            return
        mark = last_checkpoint(place, place_of(self.policy.file))
        number = mark.data.get("record") if mark is not None else None
        cut = isinstance(number, int) and number > tail.number
        if mark is not None and number == tail.number and mark.data.get("of") != tail.hash:
            raise StartError(
                f"{_SETTING}: record {number} is not the one of the last checkpoint: the file was written anew.",
                hint="Find out who did that. To go on, move both files away.",
            )
        if cut:
            raise StartError(
                f"{_SETTING}: the last record is number {tail.number}, and there were {number}: its end was cut.",
                hint="Find out who did that. To go on, move both files away.",
            )

    def _begin(self, *, torn: int = 0, moved: bool = False) -> None:
        keyed = "kept" if self.policy.secret is not None else "once"
        facts: JsonObject = {"pid": os.getpid(), "digests": keyed}
        if moved:
            facts["after"] = "another file"
        elif not self._state.tail.ended:
            facts["after"] = "no orderly end"
        if torn:
            facts["torn"] = torn
        self._add([("begin", time.time(), facts)])
        self._state.begins = False

    # --- the thread

    def _run(self) -> None:
        batch = _Batch()
        while True:
            self._gather(batch)
            done = self._write(batch)
            if done and batch.ends:
                break
            if not done:
                if batch.ends:
                    self._give_up(batch)
                    break
                time.sleep(_RETRY)
        self._release()

    def _gather(self, batch: _Batch) -> None:
        """Wait for records, or for what is due without one."""
        if not batch.entries:
            try:
                first = self._queue.get(timeout=_RETRY)
            except queue.Empty:
                return
            batch.ends |= first is None
            if first is not None:
                batch.entries.append(first)
                if first.written is None:  # whoever waits for the disk does not wait for others
                    time.sleep(_GATHERED)
        while len(batch.entries) < MOST_WAITING:
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return
            if entry is None:
                batch.ends = True
            else:
                batch.entries.append(entry)

    def _write(self, batch: _Batch) -> bool:
        """Write all of it; whether that went well. What was written leaves the batch."""
        try:
            self._follow()
            now = time.time()
            with self._lock:
                lost = self._dropped
            if lost:
                self._add([("lost", now, {"records": lost})])
                with self._lock:
                    self._dropped -= lost
            if batch.entries:
                self._add([(each.event, each.at, _told(each)) for each in batch.entries])
                batch.added += batch.entries
                batch.entries.clear()
            if batch.ends and not batch.ended:
                self._add([("end", now, {})])
                batch.ended = True
            self._settle(always=batch.ends or any(each.written for each in batch.added))
        except OSError as error:
            self._failed(error.strerror or str(error), batch)
            return False
        except Exception as error:  # noqa: BLE001  boundary: a thread that ends would leave calls without records
            self._failed(f"unexpected: {error!r}", batch)
            return False
        for entry in batch.added:
            _tell(entry, done=True)
        batch.added.clear()
        if self._failure is not None:
            self._failure = None
            _log.warning("audit: records can be written again")
        return True

    def _follow(self) -> None:
        """Begin a new file when this one was moved away; the chain goes on in it."""
        if self._file is None:
            return
        if self._file.moved:
            fresh = _fresh(self.policy.file, _SETTING)
            try:
                self._file.sync()
            except OSError:
                fresh.close()
                raise
            self._file.close()
            self._file = fresh
            self._state.begins = True
            _log.info("audit: the file was moved, a new one is begun")
        if self._state.begins:
            self._begin(moved=True)

    def _add(self, records: list[tuple[str, float, JsonObject]]) -> None:
        """Add records, and a checkpoint when one is due. The chain is as it was when that fails."""
        if self._file is None:
            return
        state, every = self._state, self.policy.every
        number, before, lines = state.tail.number, state.tail.hash, bytearray()
        unmarked, event = state.unmarked, ""
        marks: list[tuple[int, str]] = []
        for event, at, data in records:
            number += 1
            line, before = line_of(number, before, _written(at), event, data)
            lines += line
            unmarked += 1
            if unmarked >= every or event in _MARKED:
                number, before = self._mark(number, before, lines, marks)
                unmarked = 0
        self._file.add(bytes(lines))
        if unmarked and not state.unmarked:
            state.since = time.monotonic()
        state.tail, state.unmarked, state.unsynced = Tail(number, before, event == "end"), unmarked, True
        self._due += marks

    def _mark(
        self, number: int, before: str, lines: bytearray, marks: list[tuple[int, str]]
    ) -> tuple[int, str]:
        every = self.policy.every
        mark = self._keys.mark(number, before, every)
        data: JsonObject = {"every": every} if mark is None else {"every": every, "mark": mark}
        line, made = line_of(number + 1, before, _written(time.time()), "checkpoint", data)
        lines += line
        marks.append((number + 1, made))
        return number + 1, made

    def _keep(self) -> None:
        """Write checkpoints where they are kept apart, once the chain has what they tell of."""
        if self._marks is None or self._file is None or not self._due:
            self._due.clear()
            return
        self._file.sync()
        if self._marks.moved:
            fresh = _fresh(self._marks.path, CHECKPOINTS)
            self._marks.close()
            self._marks = fresh
            _log.warning("audit: the file of checkpoints was taken away, a new one is begun")
        lines, file = bytearray(), place_of(self.policy.file)
        for number, made in self._due:
            data: JsonObject = {"file": file, "record": number, "of": made}
            line, _ = line_of(number, made, _written(time.time()), "kept", data)
            lines += line
        self._marks.add(bytes(lines))
        self._due.clear()
        self._marks.sync()

    def _settle(self, *, always: bool) -> None:
        """Write the checkpoint that is due, and have everything on the disk that should be."""
        state, now = self._state, time.monotonic()
        if self._file is None:
            return
        if state.unmarked and now - state.since >= self.policy.seconds:
            lines, marks = bytearray(), list[tuple[int, str]]()
            number, made = self._mark(state.tail.number, state.tail.hash, lines, marks)
            self._file.add(bytes(lines))
            state.tail, state.unmarked, state.unsynced = Tail(number, made, ended=False), 0, True
            self._due += marks
        self._keep()
        if state.unsynced and (always or now - state.synced >= _RETRY):
            self._file.sync()
            state.unsynced, state.synced = False, now

    def _failed(self, reason: str, batch: _Batch) -> None:
        if self._failure is None:
            self._failure = reason
            _log.error(
                "audit: records cannot be written",
                extra=_of(reason=self._failure, calls=self.policy.on_failure),
            )
        for entry in (*batch.added, *batch.entries):
            _tell(entry, done=False)
        batch.added.clear()

    def _give_up(self, batch: _Batch) -> None:
        _log.error("audit: the last records are lost", extra=_of(records=len(batch.entries)))
        batch.entries.clear()


def _told(entry: AuditEntry) -> JsonObject:
    """What a record says: of what callers choose, no more than a line, and no secret."""
    chosen = {
        key: KNOWN_SECRETS.text(str(value)) for key in _CHOSEN if (value := entry.data.get(key)) is not None
    }
    return entry.data | {key: text[:_LONGEST_NAME] for key, text in chosen.items()}


def _fresh(path: Path, setting: str) -> ChainFile:
    """A new file in the place of one that was moved away.

    Raises:
        OSError: there is another one, or none can be made.
    """
    try:
        fresh = open_chain(path, setting)
    except StartError as error:
        raise OSError(error.message) from None
    if fresh.size:
        fresh.close()
        raise OSError(f"there is another file at {path}")
    return fresh


def _tell(entry: AuditEntry, *, done: bool) -> None:
    """Tell who waits, once."""
    waiting, entry.written = entry.written, None
    if waiting is not None:
        with contextlib.suppress(RuntimeError):  # its loop has ended
            waiting.get_loop().call_soon_threadsafe(_complete, waiting, done)


def _complete(waiting: asyncio.Future[bool], done: bool) -> None:  # noqa: FBT001  called by the loop
    if not waiting.done():
        waiting.set_result(done)


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _of(**fields: object) -> dict[str, object]:
    return {"seawall": fields}
