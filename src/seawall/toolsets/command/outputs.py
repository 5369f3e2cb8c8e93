"""What a program wrote, as a result: text, a page of lines, or data."""

from __future__ import annotations

import codecs
import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seawall.errors import CommandFailedError, InvalidArgumentsError
from seawall.security.redact import KNOWN_SECRETS
from seawall.security.sandbox import Exited, Finished, Killed, LimitReached, OutputFull, TimedOut
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.command.terminal import plain_text
from seawall.toolsets.interface import DataResult, TextResult
from seawall.toolsets.sizing import Cost, fitting, space_for
from seawall.types import JsonObject, JsonValue

__all__ = ["Wanted", "data_result", "page_result", "refuse_failure", "text_result", "wrapped_schema"]

_EXCERPT: Final = 4000  # characters of a failed program's own words
_LONGEST_NUMBER: Final = 9  # digits of a position
_TORN: Final = 4096  # characters at the end of a cut output that may be the beginning of something
_DEEPEST: Final = 100  # lists and objects in each other
_SURROGATE: Final = re.compile(
    "[\ud800-\udfff]"
)  # half a character, which JSON can name and UTF-8 cannot write
_SIGNALS: Final = {
    6: "SIGABRT",
    9: "SIGKILL",
    11: "SIGSEGV",
    15: "SIGTERM",
    24: "SIGXCPU",
    25: "SIGXFSZ",
    31: "SIGSYS",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of a run.

    Attributes:
        tool: its name, for messages.
        success: exit codes that are no failure.
        stderr: whether standard error is shown behind the text.
        seconds: the time that the program had.
        limit: bytes that the whole answer may have.
        cost: what a text takes in it.
    """

    tool: str
    success: tuple[int, ...]
    stderr: bool
    seconds: float
    limit: int
    cost: Cost


def refuse_failure(finished: Finished, wanted: Wanted, *, partial: bool, words: bool) -> None:
    """Raise when the program failed.

    Args:
        finished: what came of it.
        wanted: what is to be made of it.
        partial: whether what it wrote before it was ended is of use.
        words: whether its own last words may be told.

    Raises:
        CommandFailedError: it failed; or it was ended, and a part is of no use.
    """
    ending = finished.ending
    if isinstance(ending, Exited) and ending.code in wanted.success:
        return
    if partial and isinstance(ending, TimedOut | OutputFull):
        return
    if isinstance(ending, Exited):
        how = f"failed with exit code {ending.code}"
    elif isinstance(ending, Killed):
        how = f"was ended by the signal {_SIGNALS.get(ending.signal, ending.signal)}"
    else:
        how = _why_incomplete(finished, wanted)
    excerpt = _excerpt(finished) if words else ""
    raise CommandFailedError(name=wanted.tool, ending=how, excerpt=excerpt)


def text_result(finished: Finished, wanted: Wanted) -> TextResult:
    """All of the output, as far as it fits."""
    text, replaced = _read(finished.stdout, finished)
    if wanted.stderr and finished.stderr:
        errors, also = _read(finished.stderr, finished)
        replaced = replaced or also
        gap = "" if not text or text.endswith("\n") else "\n"
        text = f"{text}{gap}[standard error]\n{errors}" if errors else text
    space = space_for(wanted.limit, wanted.cost)
    kept = text[: fitting(text, space, wanted.cost)] if wanted.cost(text) > space else text
    complete = _is_complete(finished) and len(kept) == len(text)
    details: JsonObject = {**_details(finished, replaced=replaced), "complete": complete}
    note = _ending(finished, wanted)
    if len(kept) < len(text):
        note += f" Shown are the first {len(kept)} of {len(text)} characters; ask for less at once."
    if not text:
        note = f"No output. {note}"
    return TextResult(kept, note, details)


def page_result(
    finished: Finished, wanted: Wanted, *, cursor: str | None, count: int, again: bool
) -> TextResult:
    """A page of the lines.

    Args:
        finished: what came of the run.
        wanted: what is to be made of it.
        cursor: where the page begins, as an earlier answer had it.
        count: lines at most.
        again: whether running it again for the next page does no harm.

    Raises:
        InvalidArgumentsError: the cursor is none, or the lines before it are not those of then.
    """
    text, replaced = _read(finished.stdout, finished)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    skip = _position(cursor, lines, wanted)
    page = lines[skip : skip + count]
    shown = _fitting_lines(page, wanted)
    end = skip + len(shown)
    complete = _is_complete(finished)
    details: JsonObject = {
        **_details(finished, replaced=replaced),
        "first": min(skip + 1, len(lines)),
        "last": end,
        "total": len(lines),
        "complete": complete,
    }
    total = f"{len(lines)}" if complete else f"at least {len(lines)}"
    note = (
        f"Lines {skip + 1} to {end} of {total}."
        if shown
        else f"No lines here; there are {total}."
        if lines
        else "No lines."
    )
    if end < len(lines) and again:
        details["next"] = _cursor(end, lines)
        note += f" Go on with next={details['next']!r}."
    elif end < len(lines):
        note += " The rest is left out: running it again would do it twice."
    ended = (
        ""
        if complete and isinstance(finished.ending, Exited) and finished.ending.code == 0
        else _ending(finished, wanted)
    )
    return TextResult("\n".join(shown), f"{note} {ended}".strip(), details)


def data_result(
    finished: Finished, wanted: Wanted, schema: ArgumentSchema | None, *, wrapped: bool
) -> DataResult:
    """The output as JSON.

    Args:
        finished: what came of the run.
        wanted: what is to be made of it.
        schema: what the data must fit.
        wrapped: whether it goes into the member `result`, since it may be no object.

    Raises:
        CommandFailedError: it is no JSON, or does not fit.
    """
    try:
        value: JsonValue = _plain(
            json.loads(finished.stdout.decode(), parse_constant=_refuse_constant, parse_float=_finite),
            _DEEPEST,
        )
    except (ValueError, RecursionError):
        raise CommandFailedError(
            name=wanted.tool, ending="wrote what is no JSON", excerpt=_excerpt(finished)
        ) from None
    data: JsonObject = {"result": value} if wrapped or not isinstance(value, dict) else value
    if schema is not None and (faults := schema.faults(data)):
        raise CommandFailedError(
            name=wanted.tool, ending=f"wrote JSON that is not as declared: {'; '.join(faults)}"
        )
    return DataResult(data)


def wrapped_schema(declared: JsonObject | None) -> tuple[JsonObject, bool]:
    """The schema of the data, and whether the program's own is the member `result` in it."""
    if declared is None:
        return {"type": "object"}, False
    if declared.get("type") == "object":
        return declared, False
    return {
        "type": "object",
        "properties": {"result": declared},
        "required": ["result"],
        "additionalProperties": False,
    }, True


def _read(data: bytes, finished: Finished) -> tuple[str, bool]:
    """Bytes as plain text without secrets, and whether some were no UTF-8."""
    cut = finished.left_out > 0 or isinstance(finished.ending, OutputFull)
    if not isinstance(finished.ending, Exited) and not KNOWN_SECRETS.empty:
        cut = True  # it was ended, maybe while it wrote one
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoded = decoder.decode(data, final=not cut)
    replaced = "\ufffd" in decoded and "\ufffd".encode() not in data
    text = plain_text(decoded)
    return KNOWN_SECRETS.text(_untorn(text) if cut else text), replaced


def _untorn(text: str) -> str:
    """Without the last word, which the limit may have cut: half of a secret is not known for one."""
    tail = text[-_TORN:]
    whole = max(tail.rfind(sign) for sign in " \n\t") + 1
    return text[: len(text) - len(tail) + whole]


def _plain(value: JsonValue, depth: int) -> JsonValue:
    """The value as it may leave: without secrets and control sequences, in names too, and with no half characters.

    Raises:
        ValueError: it is nested too deeply for those who read it.
    """
    if isinstance(value, str):
        return _plain_word(value)
    if not isinstance(value, list | dict):
        return value
    if not depth:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_plain(each, depth - 1) for each in value]
    return {_plain_word(name): _plain(each, depth - 1) for name, each in value.items()}


def _plain_word(text: str) -> str:
    return KNOWN_SECRETS.text(_SURROGATE.sub("\ufffd", plain_text(text)))


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)  # no JSON can say it
    return number


def _excerpt(finished: Finished) -> str:
    """The last words: of standard error, or of the output where that is empty."""
    text, _ = _read(finished.stderr or finished.stdout, finished)
    text = text.strip()
    return text if len(text) <= _EXCERPT else f"…{text[-_EXCERPT:]}"


def _is_complete(finished: Finished) -> bool:
    return isinstance(finished.ending, Exited) and not finished.left_out


def _ending(finished: Finished, wanted: Wanted) -> str:
    if isinstance(finished.ending, Exited):
        left = f" {finished.left_out} bytes of output were left out." if finished.left_out else ""
        return f"Exit code {finished.ending.code}.{left}"
    return f"Incomplete: it {_why_incomplete(finished, wanted)}."


def _why_incomplete(finished: Finished, wanted: Wanted) -> str:
    ending = finished.ending
    if isinstance(ending, TimedOut):
        return f"was stopped after {wanted.seconds:.3g} s, its time limit"
    if isinstance(ending, LimitReached):
        return f"was stopped at its limit of {ending.limit.replace('_', ' ')}"
    return "wrote more than its output_limit, and was stopped there"


def _details(finished: Finished, *, replaced: bool) -> JsonObject:
    ending = finished.ending
    details: JsonObject = {"exit_code": ending.code if isinstance(ending, Exited) else None}
    if isinstance(ending, TimedOut | OutputFull):
        details["stopped"] = "time" if isinstance(ending, TimedOut) else "output"
    if replaced:
        details["encoding"] = "not all of it was UTF-8: U+FFFD stands for the rest"
    return details


def _fitting_lines(lines: Sequence[str], wanted: Wanted) -> Sequence[str]:
    """As many as fit; at least a part of the first, so that paging always ends."""
    space = space_for(wanted.limit, wanted.cost)
    for number, line in enumerate(lines):
        space -= wanted.cost(line) + wanted.cost("\n")
        if space < 0:
            if number:
                return lines[:number]
            whole = space_for(wanted.limit, wanted.cost)
            return [line[: fitting(line, whole, wanted.cost)]]
    return lines


def _cursor(end: int, lines: Sequence[str]) -> str:
    return f"{end}-{_digest(lines[:end])}"


def _position(cursor: str | None, lines: Sequence[str], wanted: Wanted) -> int:
    if cursor is None:
        return 0
    number, _, digest = cursor.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER and digest):
        raise InvalidArgumentsError(tool=wanted.tool, faults=["next: it is not what an answer had as `next`"])
    if _digest(lines[: int(number)]) != digest:
        raise InvalidArgumentsError(
            tool=wanted.tool, faults=["next: the output is not what it was; begin again without `next`"]
        )
    return int(number)


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode(errors="replace")).hexdigest()[:12]


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(name)
