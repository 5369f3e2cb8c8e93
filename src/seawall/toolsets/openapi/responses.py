"""What a caller gets of a service's answer. An answer is never lost because the description did not foresee it.

A good answer is delivered as what it is: JSON as data, text as text, pictures, recordings and files as content. Where
the description said something else, a warning says so. What is too large is cut where that leaves it whole in itself,
and says how to go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, cast

from seawall.security.redact import KNOWN_SECRETS
from seawall.toolsets.answered_json import NotJson, as_json
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.continuation import START, Continuation, word_for
from seawall.toolsets.cutting import cut, size_of
from seawall.toolsets.interface import (
    AudioBlock,
    BinaryBlock,
    Block,
    ContentResult,
    DataResult,
    ImageBlock,
    OperationResult,
    TextResult,
    content_size,
)
from seawall.toolsets.openapi.decoding import Decoded, as_text, is_binary
from seawall.toolsets.openapi.media import Form, MediaType, form_of, is_yaml, parsed
from seawall.toolsets.openapi.model import ApiOperation, Content, Response
from seawall.toolsets.openapi.reading import closed
from seawall.toolsets.openapi.saying import Said, cut_text
from seawall.toolsets.openapi.serialise import json_text
from seawall.toolsets.openapi.writable import needed_definitions
from seawall.toolsets.projection import Projection, ProjectionError
from seawall.toolsets.told_headers import told
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamResponse
from seawall.upstream.percent import in_path

__all__ = ["Answers", "Asked", "output_schema"]

_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that hosts show to models; any other one is a file."""

_ROOM: Final = 512  # bytes kept free for what is said about an answer
_FILE_NAME: Final = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller asked for beside the operation's own arguments.

    Attributes:
        fields: what to select of the answer, or None.
        start: where the caller goes on.
        after: the position that follows this answer, whose body it is given; None when there is no more.
        continues: whether the operation has the argument `next`.
        projects: whether it has the argument `fields`.
        withholds: whether `fields` is the operator's, who may mean to keep the rest back.
    """

    fields: Projection | None = None
    start: Continuation = START
    after: Callable[[JsonValue], str | None] | None = None
    continues: bool = False
    projects: bool = False
    withholds: bool = False


class Answers:
    """Makes results of what an operation is answered; the schemas of its answers are compiled when first needed."""

    def __init__(
        self,
        operation: ApiOperation,
        definitions: Mapping[str, JsonObject],
        *,
        tool: str,
        headers: Collection[str] = (),
    ) -> None:
        """Args: tool: what the operation is called. headers: small names of those that a caller is told."""
        self._operation = operation
        self._definitions = definitions
        self._tool = tool
        self._headers = headers
        self._schemas: dict[int, ArgumentSchema | None] = {}

    def render(self, response: UpstreamResponse, asked: Asked, *, limit: int) -> OperationResult:
        """The result. Blocking where the answer is large: runs on a worker.

        Args:
            response: a good one: errors of the service are told elsewhere.
            asked: what the caller asked for.
            limit: bytes that the result may have.
        """
        media = parsed(response.headers.get("content-type", ""))
        described = self._described(response.status)
        said = Said(response.status, told(response.headers, self._headers))
        if not response.body:
            return self._without_body(described, said)
        found = self._found(response, described, media, said)
        if found is not None:
            # First of all: an expression could turn a secret that the service repeats round, or ask for its
            # letters, and a warning may show the beginning of a value.
            clean = _without_secrets(found[0], response.body)
            return self._data(clean, described, media, said, asked=asked, limit=limit)
        if asked.withholds:
            return _kept_back(said, "it is no JSON" if response.complete else "it is too large")
        return self._other(response, described, media, said, asked=asked, limit=limit)

    def _found(
        self, response: UpstreamResponse, described: Response | None, media: MediaType, said: Said
    ) -> tuple[JsonValue] | None:
        """The value that the body holds as JSON, or as lines of JSON; None where it holds none."""
        if form_of(media) == "lines" and (values := _values(response)) is not None:
            if not response.complete:
                said.notes.append(_incomplete(response))
            return (values,)
        expected = None if described is None else _content_for(described, media)
        may_be_json = form_of(media) == "json" or (
            expected is not None and form_of(parsed(expected.media_type)) == "json"
        )
        if response.complete and (may_be_json or not media.name or _looks_like_json(response.body, media)):
            try:
                return (as_json(response.body),)
            except NotJson:
                if form_of(media) == "json" and not is_yaml(media):
                    said.warnings.append("the body says that it is JSON, and is not")
        return None

    def _other(
        self,
        response: UpstreamResponse,
        described: Response | None,
        media: MediaType,
        said: Said,
        *,
        asked: Asked,
        limit: int,
    ) -> OperationResult:
        """A text or a file."""
        if not response.complete:
            said.notes.append(_incomplete(response))
        if asked.fields is not None:
            reason = "the answer is no JSON" if response.complete else "the answer is too large"
            said.warnings.append(f"`fields` was not used: {reason}")
        self._compare(described, media, said)
        if is_binary(response.body, media):
            return self._file(response, media, said, limit)
        if asked.continues and asked.after is not None and (position := asked.after(None)) is not None:
            said.next = word_for(Continuation(position))
        return _text(as_text(response.body, media), media, said, limit, asked)

    def _without_body(self, described: Response | None, said: Said) -> OperationResult:
        if described is not None and described.contents and said.status != 204:  # noqa: PLR2004  of HTTP
            said.warnings.append("the answer has no body, though one is described")
        said.notes.append("Done; the answer has no body.")
        return DataResult(said.data())

    def _data(
        self,
        value: JsonValue,
        described: Response | None,
        media: MediaType,
        said: Said,
        *,
        asked: Asked,
        limit: int,
    ) -> OperationResult:
        form: Form = "lines" if form_of(media) == "lines" else "json"
        if media.name and form_of(media) != form:
            said.warnings.append(f"the answer says that it is {_shown(media.name)}, and is JSON")
        if not asked.withholds:  # what is wrong with an answer is told with its beginning
            self._check(value, described, said, form)
        skip = asked.start.skip
        if asked.continues and asked.after is not None and (position := asked.after(value)) is not None:
            said.next = word_for(Continuation(position))
        if asked.fields is not None:
            selected, fault = _selected(asked.fields, value)
            if fault and asked.withholds:
                return _kept_back(said, fault)
            if fault:  # the request was sent: what came back must not get lost
                said.warnings.append(f"`fields` was not used: {fault}")
            else:
                value = selected
        if asked.start.characters:
            return _as_cut_text(value, said, limit, asked)
        room = (limit - _ROOM) // 2 - size_of(said.data())  # data goes out twice: as such, and as text
        if not skip and size_of(value) <= room:
            return DataResult({**said.data(), "body": value})
        return _shortened(value, said, asked, room) or _as_cut_text(value, said, limit, asked)

    def _file(self, response: UpstreamResponse, media: MediaType, said: Said, limit: int) -> OperationResult:
        name = media.name or "application/octet-stream"
        size = len(response.body)
        if not response.complete or content_size(size) > limit - 2 * _ROOM:
            said.notes.append(
                f"The body is {_shown(name)} of {'more than ' * (not response.complete)}{size} bytes,"
            )
            said.notes.append(
                "more than one answer may have, and was left out: a part of it would be of no use."
            )
            return DataResult(said.data())
        said.notes.append(f"{_shown(name)}, {size} bytes.")
        block: Block
        if name in _IMAGES:
            block = ImageBlock(response.body, name)
        elif media.main == "audio":
            block = AudioBlock(response.body, name)
        else:
            file = _file_name(response.headers.get("content-disposition", "")) or "body"
            block = BinaryBlock(response.body, name, f"response://{in_path(self._tool)}/{in_path(file)}")
        return ContentResult((block,), said.line(), said.data())

    def _described(self, status: int) -> Response | None:
        by_status = {each.status.upper(): each for each in self._operation.responses}
        for key in (str(status), f"{status // 100}XX", "DEFAULT"):
            if key in by_status:
                return by_status[key]
        return None

    def _check(self, value: JsonValue, described: Response | None, said: Said, form: Form) -> None:
        content = None if described is None else _content_of(described, form)
        if content is None:
            if described is not None and described.contents:
                words = "JSON is" if form == "json" else "Lines of JSON are"
                said.warnings.append(f"{words} not among the described forms of this answer")
            return
        schema = self._schema(content)
        if schema is None:
            return
        if faults := schema.faults({"body": value}):
            said.warnings.append(f"the body does not fit its description: {'; '.join(faults[:3])}")

    def _schema(self, content: Content) -> ArgumentSchema | None:
        if id(content) not in self._schemas:
            needed = needed_definitions([content.schema], self._definitions, request=False)
            whole: JsonObject = {"properties": {"body": content.schema}, "$defs": needed}
            try:
                self._schemas[id(content)] = ArgumentSchema(whole) if content.schema else None
            except ValueError:  # a schema of the description that is none: nothing can be said of the body
                self._schemas[id(content)] = None
        return self._schemas[id(content)]

    def _compare(self, described: Response | None, media: MediaType, said: Said) -> None:
        if described is None or not described.contents or not media.name:
            return
        if not any(parsed(each.media_type).covers(media) for each in described.contents):
            forms = ", ".join(_shown(each.media_type) for each in described.contents[:3])
            said.warnings.append(f"the answer is {_shown(media.name)} instead of {forms}")


def output_schema(operation: ApiOperation, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """What results of the operation look like, as a schema that every one of them fits.

    The form of the body is told and not demanded: services do not keep to it, and some clients drop an answer
    that does not fit.
    """
    body: JsonObject = {}
    for status in ("200", "201", "202", "2XX", "default"):
        found = next((each for each in operation.responses if each.status.upper() == status.upper()), None)
        content = None if found is None else _content_of(found, "json") or _content_of(found, "lines")
        if content is not None and content.schema:
            body = {"anyOf": [content.schema, {}]}
            break
    made: JsonObject = {
        "type": "object",
        "properties": {
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": body,
            "text": {"type": "string"},
            "next": {"type": "string"},
            "note": {"type": "string"},
            "warnings": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["status"],
    }
    needed = needed_definitions([body], definitions, request=False)
    return closed(made, cast("dict[str, JsonObject]", needed)) if needed else made


def _without_secrets(value: JsonValue, body: bytes) -> JsonValue:
    """The value without known secrets; it is walked through only where its text may hold one, escaped or not."""
    if KNOWN_SECRETS.empty or (b"\\" not in body and KNOWN_SECRETS.data(body) is body):
        return value
    return KNOWN_SECRETS.value(value)


def _selected(fields: Projection, value: JsonValue) -> tuple[JsonValue, str]:
    """What the expression selects, or why that cannot be had."""
    try:
        selected = fields.select(value)
        size_of(selected)
    except ProjectionError as error:
        return None, error.fault
    except ValueError:  # an expression can nest what it selects
        return None, "what it gives goes too deep"
    return selected, ""


def _kept_back(said: Said, reason: str) -> OperationResult:
    """Nothing of an answer of which the operator gives a part, where that part cannot be had."""
    said.notes.append(
        f"Done, and the answer is kept back: what the operator selects of it cannot be had ({reason})."
    )
    return DataResult(said.data())


def _shortened(value: JsonValue, said: Said, asked: Asked, room: int) -> DataResult | None:
    """The value with a part of its list, and where to go on; None when it has none that helps."""
    part = cut(value, room - _ROOM // 2, skip=asked.start.skip)
    if part is None:
        return None
    where = f" of `{part.path}`" if part.path else ""
    if part.first or part.end < part.total:
        said.notes.append(
            f"Items {part.first + 1} to {part.end} of {part.total}{where}."
            if part.end > part.first
            else f"No items after the {part.total}{where}."
        )
    if part.end < part.total:
        if asked.continues:
            said.next = word_for(Continuation(asked.start.position, part.end))
            said.notes.append("Call again with `next` for more.")
        if asked.projects:
            said.notes.append("`fields` makes each item smaller.")
    return DataResult({**said.data(), "body": part.value})


def _as_cut_text(value: JsonValue, said: Said, limit: int, asked: Asked) -> TextResult:
    text = json_text(value)
    if not asked.start.characters:
        said.notes.append("The beginning of JSON that is too large for one answer.")
        if asked.projects:
            said.notes.append("`fields` selects what you need of it.")
    return cut_text(text, said, limit, start=asked.start, continues=asked.continues)


def _text(decoded: Decoded, media: MediaType, said: Said, limit: int, asked: Asked) -> TextResult:
    if decoded.fault is not None:
        said.warnings.append(decoded.fault)
    if media.name not in {"", "text/plain"}:
        said.notes.append(f"{_shown(media.name)}.")
    return cut_text(decoded.text, said, limit, start=asked.start, continues=asked.continues)


def _incomplete(response: UpstreamResponse) -> str:
    return f"The answer is larger than the {len(response.body)} bytes that were read of it."


def _values(response: UpstreamResponse) -> JsonValue:
    """The values of lines of JSON, those that came whole; None where one is none."""
    lines = response.body.replace(b"\x1e", b"\n").split(b"\n")  # RFC 7464 has a mark before each
    try:
        return [as_json(line) for line in (lines if response.complete else lines[:-1]) if line.strip()]
    except NotJson:
        return None


def _content_of(response: Response, form: Form) -> Content | None:
    return next((each for each in response.contents if form_of(parsed(each.media_type)) == form), None)


def _content_for(response: Response, media: MediaType) -> Content | None:
    for each in response.contents:
        if parsed(each.media_type).covers(media):
            return each
    return response.contents[0] if response.contents else None


def _looks_like_json(body: bytes, media: MediaType) -> bool:
    return media.name in {"text/plain", "application/octet-stream"} and body.lstrip()[:1] in {b"{", b"["}


def _file_name(disposition: str) -> str:
    found = _FILE_NAME.search(disposition)
    name = "" if found is None else found[1] or found[2] or ""
    return re.split(r"[/\\]", name)[-1][:_SHOWN]


def _shown(text: str) -> str:
    """A short text of a service's, harmless in a sentence."""
    return re.sub(r"[^\x21-\x7e]+", " ", text)[:_SHOWN]
