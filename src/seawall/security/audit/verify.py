"""Proves an audit whole, or names the lines at which it is not."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from seawall.errors import StartError
from seawall.security.audit.file import place_of
from seawall.security.audit.policy import AuditKeys
from seawall.security.audit.records import FIRST, LONGEST, BadRecordError, Record, read_line

__all__ = ["AuditFault", "AuditVerdict", "verify"]

MOST_FAULTS: Final = 100


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Something that is not as it was written.

    Attributes:
        file: where.
        line: of it, counted from 1; None for what is about the whole file.
        message: what, one clause.
    """

    file: str
    line: int | None
    message: str


@dataclass(slots=True)
class AuditVerdict:
    """What was found.

    Attributes:
        faults: none for a chain that is whole; the first hundred.
        records: lines that are records.
        calls: those of them that tell of a call.
        first: number of the first record.
        last: of the last one.
        marked: number of the last checkpoint whose mark was checked; None when none was.
        kept: number of the last record of which the checkpoints that were kept apart tell; None when they tell of none.
        lost: calls that the server itself says it could not record.
        ended: whether the chain ends as a server ends that is stopped in order.
        continues: whether the first file goes on with the chain of another one.
    """

    faults: list[AuditFault] = field(default_factory=list)
    records: int = 0
    calls: int = 0
    first: int = 0
    last: int = 0
    marked: int | None = None
    kept: int | None = None
    lost: int = 0
    ended: bool = False
    continues: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(
    files: Sequence[Path],
    *,
    secret: bytes | None = None,
    checkpoints: Path | None = None,
    partial: bool = False,
    stopped: bool = False,
) -> AuditVerdict:
    """Read the files of one chain in their order.

    Args:
        files: the oldest first.
        secret: of the server; marks of checkpoints are checked with it.
        checkpoints: the file of checkpoints that was kept apart.
        partial: whether the chain may begin in a file that is not given.
        stopped: whether its server was stopped in order, so that an end without its mark is one that was cut.

    Raises:
        StartError: a file cannot be read.
    """
    reader = _Reader(
        AuditKeys.of(secret) if secret is not None else None, _kept(checkpoints, files), partial=partial
    )
    for path in files:
        try:
            with path.open("rb") as lines:
                reader.read(str(path), lines)
        except OSError as error:
            raise StartError(f"{path} cannot be read: {error.strerror or error}.") from None
    reader.finish(str(files[-1]), checkpoints)
    verdict = reader.verdict
    if stopped and not verdict.ended and verdict.whole:
        message = "the end was cut: it is not the one of a server that was stopped in order"
        verdict.faults.append(AuditFault(str(files[-1]), None, message))
    return verdict


def _kept(path: Path | None, files: Sequence[Path]) -> Mapping[int, Record]:
    """The checkpoints that were kept apart, by the numbers of their records.

    They may be of several chains, such as that of `seawall run` beside a server's. Those of this one are known by the
    place of a file, or by its name where it was brought here from elsewhere.

    Raises:
        StartError: it cannot be read, or none of them is of this chain.
    """
    if path is None:
        return {}
    found: dict[str, dict[int, Record]] = {}
    try:
        with path.open("rb") as lines:
            for number, (line, _whole) in enumerate(_lines(lines), 1):
                try:
                    record = read_line(line)
                except BadRecordError as error:
                    raise StartError(f"{path}:{number}: the line {error}.") from None
                if isinstance(at := record.data.get("record"), int):
                    found.setdefault(str(record.data.get("file")), {})[at] = record
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(found) < 2:  # noqa: PLR2004  then there is nothing to choose
        return next(iter(found.values()), {})
    places, names = {place_of(each) for each in files}, {each.name for each in files}
    own = [each for each in found if each in places] or [each for each in found if Path(each).name in names]
    if len(own) == 1:
        return found[own[0]]
    raise StartError(
        f"{path} has the checkpoints of {', '.join(sorted(found))}, and it cannot be told which of these is meant.",
        hint="Give the last file the name that it has there.",
    )


class _Reader:
    """Follows one chain through its files."""

    def __init__(self, keys: AuditKeys | None, kept: Mapping[int, Record], *, partial: bool) -> None:
        self.verdict = AuditVerdict()
        self._keys = keys
        self._kept = kept
        self._before: str | None = None
        self._partial = partial
        self._event = ""
        self._every = 0

    def read(self, file: str, lines: BinaryIO) -> None:
        """Go through one file."""
        number = 0
        for number, (line, whole) in enumerate(_lines(lines), 1):
            if not whole:
                self._fault(file, number, f"the line is not whole: {len(line)} bytes without its end")
                self._event = ""
                return
            try:
                record = read_line(line)
            except BadRecordError as error:
                self._fault(file, number, f"the line {error}")
                # What comes next is judged by its own number: one changed line is one fault.
                self._before = None
                self.verdict.last += 1
                continue
            self._follows(file, number, record)
            self._count(record)
            self._checked(file, number, record)
        if not number:
            self._fault(file, None, "there is no record")

    def finish(self, file: str, checkpoints: Path | None) -> None:
        """Judge the end."""
        verdict = self.verdict
        verdict.ended = self._event == "checkpoint-end"
        verdict.kept = max(self._kept, default=None)
        for number in sorted(self._kept):
            if number > verdict.last:
                self._fault(
                    file,
                    None,
                    f"the end was cut: the last record is number {verdict.last}, and {checkpoints} tells of {number}",
                )
                return
        if self._keys is None or not verdict.records:
            return
        if verdict.marked is None:
            self._fault(file, None, "no checkpoint has a mark that was made with this key")
        elif verdict.last - verdict.marked > self._every:
            self._fault(
                file,
                None,
                f"the records after number {verdict.marked} have no checkpoint, though there is one after every "
                f"{self._every}: written anew",
            )

    def _follows(self, file: str, line: int, record: Record) -> None:
        """Whether the record is the one after the last."""
        verdict = self.verdict
        expected = verdict.last + 1
        if not verdict.records and not verdict.last:
            verdict.first = record.number
            verdict.continues = record.before != FIRST
            if (record.number == 1) == verdict.continues or record.event != "begin":
                self._fault(
                    file, line, f"the file begins with record {record.number}, which cannot be its first"
                )
            elif verdict.continues and not self._partial:
                self._fault(
                    file, line, f"the file begins with record {record.number}: those before it are missing"
                )
        elif record.number > expected:
            missing = str(expected) if record.number == expected + 1 else f"{expected} to {record.number - 1}"
            self._fault(file, line, f"missing before it: record {missing}")
        elif record.number < expected:
            self._fault(
                file, line, f"record {record.number} stands where record {expected} should: out of order"
            )
        elif self._before is not None and record.before != self._before:
            self._fault(file, line, "the record before it is not the one that was written there")
        self._before = record.hash if record.number >= verdict.last else None
        verdict.last = max(verdict.last, record.number)

    def _count(self, record: Record) -> None:
        verdict = self.verdict
        verdict.records += 1
        verdict.calls += record.event == "call"
        lost = record.data.get("records") if record.event == "lost" else 0
        verdict.lost += lost if isinstance(lost, int) else 0
        ends = record.event == "checkpoint" and self._event == "end"
        self._event = "checkpoint-end" if ends else record.event

    def _checked(self, file: str, line: int, record: Record) -> None:
        """Compare a checkpoint with its mark, and with what was kept of it elsewhere."""
        kept = self._kept.get(record.number)
        if kept is not None and kept.data.get("of") != record.hash:
            self._fault(file, line, f"record {record.number} is not the one of its checkpoint: written anew")
        if self._keys is None or record.event != "checkpoint":
            return
        mark, every = record.data.get("mark"), record.data.get("every")
        every = every if isinstance(every, int) else 0
        made = self._keys.mark(record.number - 1, record.before, every) or ""
        if isinstance(mark, str) and hmac.compare_digest(mark.encode(), made.encode()):
            self.verdict.marked, self._every = record.number, every
        else:
            self._fault(
                file,
                line,
                "the checkpoint was not made with this key: written anew, or the key is another one",
            )

    def _fault(self, file: str, line: int | None, message: str) -> None:
        if len(self.verdict.faults) < MOST_FAULTS:
            self.verdict.faults.append(AuditFault(file, line, message))


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each line without its end, and whether it had one; a line that is too long in pieces, none of which is a record."""
    while line := file.readline(2 * LONGEST):
        yield line.removesuffix(b"\n"), line.endswith(b"\n")
