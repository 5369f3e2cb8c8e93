"""What a caller gets of a service's answer: data and errors both, what is private taken out, cut where it is too large."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from seawall.toolsets.continuation import Continuation, word_for
from seawall.toolsets.cutting import cut, size_of
from seawall.toolsets.graphql.exchange import Reply
from seawall.toolsets.graphql.private import Kept
from seawall.toolsets.interface import DataResult, OperationResult, TextResult
from seawall.toolsets.projection import Projection, ProjectionError
from seawall.types import JsonObject, JsonValue
from seawall.upstream.refusal import shown

__all__ = ["Turning", "cleaned_errors", "projected", "rendered"]

_ROOM: Final = 512  # bytes kept free for what is said about an answer
_MOST_ERRORS: Final = 20
_DEEPEST: Final = 10  # members of members in which a list is looked for
_KEPT: Final = "a field that is kept from you has an error"
_LEAST: Final = 64
_SHOWN_PATH: Final = 20


@dataclass(frozen=True, slots=True)
class Turning:
    """How a caller goes on.

    Attributes:
        argument: the one that takes what the answer has as `next`; empty when nothing can be gone on with.
        here: where this answer begins.
        following: the position of the next page; None when there is none.
    """

    argument: str
    here: Continuation
    following: str | None = None


@dataclass(slots=True)
class _Said:
    errors: list[JsonValue]
    notes: list[str] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None

    def data(self) -> JsonObject:
        made: JsonObject = {}
        if self.headers:
            headers: JsonValue = dict(self.headers)
            made["headers"] = headers
        if self.errors:
            made["errors"] = self.errors
        if self.next is not None:
            made["next"] = self.next
        if self.notes:
            made["note"] = " ".join(self.notes)
        return made


def cleaned_errors(reply: Reply, kept: Kept) -> tuple[JsonObject, ...]:
    """The errors as a caller may read them: message, path and code, without what is private or somebody else's."""
    if len(reply.errors) <= _MOST_ERRORS:
        return tuple(_cleaned(each, kept) for each in reply.errors)
    rest = len(reply.errors) - _MOST_ERRORS + 1
    return (
        *(_cleaned(each, kept) for each in reply.errors[: _MOST_ERRORS - 1]),
        {"message": f"{rest} more errors"},
    )


def _cleaned(error: JsonObject, kept: Kept) -> JsonObject:
    path = error.get("path")
    path = [each for each in path if isinstance(each, str | int)] if isinstance(path, list) else []
    if kept.holds(path):
        return {"message": _KEPT}
    made: JsonObject = {"message": shown(str(error.get("message", "")))}
    if path:
        made["path"] = [shown(each) if isinstance(each, str) else each for each in path[:_SHOWN_PATH]]
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else error.get("type")
    if isinstance(code, str):
        made["code"] = shown(code)
    return made


def projected(data: JsonValue, projection: Projection) -> tuple[JsonValue, str]:
    """What the operator's expression selects, and nothing where it fails: it may be there to keep the rest back.

    What was asked for has been done by then, so that a failure is a note and no error. Blocking.
    """
    try:
        value = projection.select(data)
        size_of(value)
    except ProjectionError as error:
        return (
            None,
            f"Done, and the answer is kept back: what the operator selects of it cannot be had ({error.fault}).",
        )
    except ValueError:  # an expression can nest what it selects
        return None, "Done, and the answer is kept back: what the operator selects of it goes too deep."
    return value, ""


def rendered(
    data: JsonValue,
    errors: tuple[JsonObject, ...],
    turning: Turning,
    *,
    limit: int,
    note: str = "",
    headers: Mapping[str, str] = MappingProxyType({}),
) -> OperationResult:
    """The result. Blocking where the answer is large: runs on a worker.

    Args:
        data: what the caller may see of it.
        errors: likewise.
        turning: how to go on.
        limit: bytes that the result may have.
        note: what else is to be said of it.
        headers: of the answer, those that the caller is told.
    """
    said = _Said(list(errors), [note] if note else [], headers)
    if errors:
        said.notes.append("Not everything could be given: see `errors`.")
    if turning.argument and turning.following is not None:
        said.next = word_for(Continuation(turning.following))
    room = (limit - _ROOM) // 2 - size_of(said.data())  # data goes out twice: as such, and as text
    if not turning.here.skip and size_of(data) <= room:
        return DataResult({"data": data, **said.data()})
    return _shortened(data, said, turning, room) or _as_text(data, said, limit)


def _shortened(data: JsonValue, said: _Said, turning: Turning, room: int) -> DataResult | None:
    part = cut(data, room - _ROOM // 2, skip=turning.here.skip, deepest=_DEEPEST)
    if part is None:
        return None
    if part.first or part.end < part.total:
        said.notes.append(
            f"Items {part.first + 1} to {part.end} of {part.total} of `{part.path}`."
            if part.end > part.first
            else f"No items after the {part.total} of `{part.path}`."
        )
    if part.end < part.total:
        said.notes += _how_to_go_on(turning)
        said.next = word_for(Continuation(turning.here.position, part.end)) if turning.argument else None
    return DataResult({"data": part.value, **said.data()})


def _how_to_go_on(turning: Turning) -> Iterator[str]:
    if turning.argument:
        yield f"Call again with `{turning.argument}` for more."
    else:
        yield "The rest was left out: ask for less at once."


def _as_text(data: JsonValue, said: _Said, limit: int) -> TextResult:
    whole = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    said.notes.append("The beginning of JSON that is too large for one answer: ask for less at once.")
    # As structured content the text goes out twice, and with escapes.
    room = max(_LEAST, (limit - _ROOM) // 2 - 2 * size_of(said.data()))
    text = whole.encode(errors="replace")[:room].decode(errors="ignore")
    while size_of(text) > room:
        text = text[: len(text) * room // size_of(text)]
    said.notes.append(f"Cut after {len(text)} of {len(whole)} characters.")
    told = [*said.notes, *(str(each.get("message")) for each in said.errors if isinstance(each, dict))]
    return TextResult(text, " ".join(told), said.data())
