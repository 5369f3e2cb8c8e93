"""A record as a line: JSON whose last member is the hash of all before it, which has the hash of the record before in it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from seawall.types import JsonObject

__all__ = ["FIRST", "LONGEST", "BadRecordError", "Record", "line_of", "read_line"]

FIRST: Final = "0" * 64
"""What stands in the place of the hash before the first record."""

LONGEST: Final = 64 * 1024
"""Bytes of a line. What callers choose is cut before, so that no record comes near it."""

_END: Final = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')
_MEMBERS: Final = {"n": int, "prev": str, "time": str, "event": str}


class BadRecordError(ValueError):
    """A line that is no record, or was changed; says which of the two."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        number: counted from 1, on through all files of a chain.
        before: the hash of the record before.
        hash: its own.
        event: `begin`, `call`, `checkpoint`, `lost` or `end`.
        data: all of it.
    """

    number: int
    before: str
    hash: str
    event: str
    data: JsonObject


def line_of(number: int, before: str, time: str, event: str, data: JsonObject) -> tuple[bytes, str]:
    """The line of a record, with its line end, and its hash."""
    head = {"n": number, "prev": before, "time": time, "event": event}
    body = json.dumps(head | data, separators=(",", ":")).encode()[:-1]
    made = hashlib.sha256(body).hexdigest()
    return b'%s,"hash":"%s"}\n' % (body, made.encode()), made


def read_line(line: bytes) -> Record:
    """The record of a line without its line end.

    Raises:
        BadRecordError: it is none, or not as it was written.
    """
    end = _END.search(line)
    if end is None or len(line) > LONGEST:
        raise BadRecordError("is no record")
    if hashlib.sha256(line[: end.start()]).hexdigest().encode() != end[1]:
        raise BadRecordError("was changed: its hash is another one")
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRecordError("is no record") from None
    if not isinstance(data, dict) or not all(
        isinstance(data.get(key), kind) for key, kind in _MEMBERS.items()
    ):
        raise BadRecordError("is no record")
    return Record(data["n"], data["prev"], end[1].decode(), data["event"], data)
