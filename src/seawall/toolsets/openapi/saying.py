"""What is said beside an answer: its status, headers that the operator listed, what was cut and how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from seawall.security.redact import KNOWN_SECRETS
from seawall.toolsets.continuation import START, Continuation, word_for
from seawall.toolsets.cutting import size_of
from seawall.toolsets.interface import TextResult
from seawall.types import JsonObject, JsonValue

__all__ = ["Said", "cut_text"]

_LEAST: Final = 64
_ROOM: Final = 512  # bytes kept free for what is said about an answer


@dataclass(slots=True)
class Said:
    """What is said beside the answer itself.

    Attributes:
        status: of HTTP.
        headers: those of the answer that the operator listed.
        warnings: where the answer is not what the description says.
        notes: sentences on what was cut or left out.
        next: the argument that goes on.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    next: str | None = None

    def data(self) -> JsonObject:
        """As members of structured content."""
        made: JsonObject = {"status": self.status}
        if self.headers:
            headers: JsonValue = dict(self.headers)
            made["headers"] = headers
        if self.next is not None:
            made["next"] = self.next
        if self.notes:
            made["note"] = " ".join(self.notes)
        if self.warnings:
            made["warnings"] = list(self.warnings)
        return made

    def line(self) -> str:
        """The same as one line of text, without what goes without saying."""
        warned = [f"Warning: {warning}." for warning in self.warnings]
        going_on = [f"next = {self.next}"] if self.next is not None else []
        status = [] if self.status == 200 else [f"Status {self.status}."]  # noqa: PLR2004  of HTTP
        headers = [f"{name}: {value}." for name, value in self.headers.items()]
        return " ".join((*status, *headers, *self.notes, *warned, *going_on))


def cut_text(
    text: str, said: Said, limit: int, *, start: Continuation = START, continues: bool = False
) -> TextResult:
    """The text from where the caller goes on, as much of it as one answer may have.

    Args:
        text: all of it.
        said: what is said beside it; takes where the rest begins.
        limit: bytes that the result may have.
        start: where the caller goes on.
        continues: whether the operation has the argument `next`.
    """
    text = KNOWN_SECRETS.text(text)  # before it is cut: of a half, nobody would know any more what it was
    whole, first = len(text), start.characters
    text = text[first:]
    # As structured content the text goes out twice, and with escapes.
    room = max(_LEAST, (limit - _ROOM) // 2 - 2 * size_of(said.data()))
    if size_of(text) > room:
        kept = text.encode(errors="replace")[:room].decode(errors="ignore")
        while size_of(kept) > room:
            kept = kept[: len(kept) * room // size_of(kept)]
        text = kept
    end = first + len(text)
    if first or end < whole:
        said.notes.append(_range(first, end, whole))
    if end < whole and continues:
        said.next = word_for(replace(start, characters=end))
        said.notes.append("Call again with `next` for more.")
    return TextResult(text, said.line(), said.data())


def _range(first: int, end: int, whole: int) -> str:
    if not first:
        return f"Cut after {end} of {whole} characters."
    return (
        f"Characters {first + 1} to {end} of {whole}." if end > first else f"No more than {whole} characters."
    )
