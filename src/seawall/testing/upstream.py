"""A service made from its description: it checks every request, and answers with what the description promises.

A real HTTP server on loopback, in a thread of its own. What it shares with the code under test is the description:
requests are read by an implementation of its own (`deciphering`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from seawall.testing import deciphering
from seawall.testing.deciphering import Meaning
from seawall.testing.listening import Mock, Receive, Scope, SendBack, whole
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation, Content, Parameter, Response
from seawall.toolsets.openapi.reading import DirectoryReader, closed, read
from seawall.types import JsonObject, JsonValue

__all__ = ["MockUpstream", "Received"]

_ANSWERED: Final = (
    2  # levels of an answer, its own included, that have optional members: real ones nest by the hundred
)
_PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came.

    Attributes:
        method: of HTTP.
        target: path and query as they came.
        headers: by small name.
        operation: that it is one of; None when the description has none like it.
        values: of the parameters, by place and name, as they were understood.
        body: as it was understood; None when there was none.
        faults: what is wrong with it by the description, one sentence each.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    operation: ApiOperation | None
    values: Mapping[tuple[str, str], JsonValue] = field(default_factory=dict)
    body: JsonValue | bytes = None
    faults: tuple[str, ...] = ()


class MockUpstream(Mock):
    """The service that a description describes, for the time of a `with` block.

    Attributes:
        received: every request that came, in order.
    """

    def __init__(self, description: ApiDescription) -> None:
        self.received: list[Received] = []
        self._description = description
        self._routes = sorted(map(_Route, description.operations), key=lambda route: route.specific)
        self._answers: dict[int, tuple[int, str, bytes]] = {}
        super().__init__(self._app)

    @classmethod
    def of(cls, file: Path) -> MockUpstream:
        """The service of the description in that file; references reach the files beside it.

        Raises:
            OSError: the file cannot be read.
            StartError: it is no description.
        """
        with DirectoryReader(file.parent) as reader:
            return cls(read(file.read_bytes(), source=file, reader=reader))

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong with any request, each with the request."""
        return [f"{each.method} {each.target}: {fault}" for each in self.received for fault in each.faults]

    def answer(self, operation: ApiOperation) -> tuple[int, str, bytes]:
        """Status, content type and body that a good request of this operation is answered with: always the same."""
        if id(operation) not in self._answers:
            self._answers[id(operation)] = _answer(operation, self._description.definitions)
        return self._answers[id(operation)]

    async def _app(self, scope: Scope, receive: Receive, send: SendBack) -> None:
        body = await whole(receive)
        received = self._understood(scope, body)
        self.received.append(received)
        if received.operation is None:
            status, content_type, data = 404, "application/json", b'{"error":"no such operation"}'
        elif received.faults:
            status, content_type = 422, "application/json"
            data = json.dumps({"error": received.faults}).encode()
        else:
            status, content_type, data = await asyncio.to_thread(self.answer, received.operation)
        headers = [(b"content-length", str(len(data)).encode())] if status != 204 else []  # noqa: PLR2004  of HTTP
        if content_type:
            headers.append((b"content-type", content_type.encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data if scope["method"] != "HEAD" else b""})

    def _understood(self, scope: Scope, body: bytes) -> Received:
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("ascii"), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        target = f"{path}?{query}" if query else path
        best = Received(scope["method"], target, headers, None)
        for route in self._routes:  # several may share a path and differ in what a parameter must be
            texts = route.matched(scope["method"], path)
            if texts is None:
                continue
            reading = _Reading(self._description, route.operation, headers)
            reading.read(texts, query)
            reading.read_body(body)
            found = replace(
                best,
                operation=route.operation,
                values=reading.values,
                body=reading.body,
                faults=tuple(reading.faults),
            )
            if not found.faults:
                return found
            best = found if best.operation is None else best
        return best


class _Route:
    """Which requests are of an operation."""

    def __init__(self, operation: ApiOperation) -> None:
        self.operation = operation
        self._names: list[str] = []
        placed = {each.name: each for each in operation.parameters if each.place == "path"}
        segments = (re.findall(r"\{([^{}]*)\}", segment) for segment in operation.path.split("/"))
        shared = {name for names in segments if len(names) > 1 for name in names}
        pattern = ""
        for odd, piece in enumerate(
            re.split(r"\{([^{}]*)\}", operation.path.partition("?")[0].partition("#")[0])
        ):
            if odd % 2:
                self._names.append(piece)
                pattern += (
                    f"({_texts(placed[piece], shared=piece in shared)})" if piece in placed else "([^/]+)"
                )
            else:
                pattern += re.escape(quote(unquote(piece), safe="/:@!$&'()*+,;=~"))
        self._pattern = re.compile(pattern)
        fixed = sum("{" not in part for part in operation.path.split("/"))
        self.specific = (len(self._names), -fixed)

    def matched(self, method: str, path: str) -> dict[str, str] | None:
        """The texts in the places of the path parameters, as they travel; None for another operation."""
        if method != self.operation.method:
            return None
        found = self._pattern.fullmatch(path)
        return None if found is None else dict(zip(self._names, found.groups(), strict=True))


def _texts(parameter: Parameter, *, shared: bool) -> str:
    """What may stand in the place of a path parameter, as a pattern; `shared` with others of its segment: `{id}{ending}`."""
    if parameter.allow_reserved:
        return ".+"
    values, plain = parameter.schema.get("enum"), shared and parameter.style == "simple"
    if plain and isinstance(values, list) and all(isinstance(value, str) for value in values):
        return "|".join(re.escape(quote(str(value), safe="!$&'()*+,;=:@~")) for value in values)
    return "-?[0-9]+" if plain and parameter.schema.get("type") == "integer" else "[^/]+"


class _Reading:
    """One request of a known operation, read by its description."""

    def __init__(
        self, description: ApiDescription, operation: ApiOperation, headers: Mapping[str, str]
    ) -> None:
        self.values: dict[tuple[str, str], JsonValue] = {}
        self.body: JsonValue | bytes = None
        self.faults: list[str] = []
        self._description = description
        self._operation = operation
        self._headers = headers

    def read(self, texts: Mapping[str, str], query: str) -> None:
        """The parameters: `texts` in the path, and the query as it came."""
        pairs = deciphering.split(query)
        names = {each.name for each in self._operation.parameters if each.place == "query"}
        for parameter in self._operation.parameters:
            meaning = Meaning(parameter.schema, self._description.definitions)
            found = list(self._meanings(parameter, meaning, texts, (query, pairs, names)))
            if not found and parameter.required and parameter.explode and meaning.fits({}):
                found = [{}]  # whose members would be parameters, and which has none
            if not found:
                if parameter.required and not _is_ignored(parameter):
                    self.faults.append(f"{parameter.place} {parameter.name!r} is missing")
                continue
            value = next((value for value in found if meaning.fits(value)), found[0])
            self.values[parameter.place, parameter.name] = value
            if not meaning.fits(value):
                self.faults.append(
                    f"{parameter.place} {parameter.name!r} does not fit its schema: {value!r:.200}"
                )
        self._check_names(pairs)

    def read_body(self, data: bytes) -> None:
        """The body, by its content type."""
        described = self._operation.body
        if described is None:
            if data:
                self.faults.append("there is a body, and none is described")
            return
        content_type = self._headers.get("content-type", "")
        if not data and not content_type:
            if described.required:
                self.faults.append("the body is missing")
            return
        content = next((each for each in described.contents if _covers(each, content_type)), None)
        if content is None:
            self.faults.append(f"the content type {content_type!r} is not described")
            return
        meaning = Meaning(content.schema, self._description.definitions)
        try:
            self.body = deciphering.of_body(data, content_type, content, meaning)
        except ValueError as error:
            self.faults.append(f"the body is not {content_type}: {error}")
            return
        structured = (
            content_type.partition(";")[0].endswith(("json", "yaml", "urlencoded", "jsonl"))
            or "multipart" in content_type
        )
        if not structured or isinstance(self.body, bytes):
            return
        lines = (
            self.body if isinstance(self.body, list) and deciphering.is_lines(content_type) else [self.body]
        )
        if not meaning.fits(self.body) and not all(map(meaning.fits, lines)):
            self.faults.append(f"the body does not fit its schema: {self.body!r:.400}")

    def _meanings(
        self,
        parameter: Parameter,
        meaning: Meaning,
        texts: Mapping[str, str],
        query: tuple[str, deciphering.Pairs, set[str]],
    ) -> Iterator[JsonValue]:
        whole, pairs, names = query
        match parameter.place:
            case "path" if parameter.name in texts:
                yield from deciphering.in_path(parameter, texts[parameter.name], meaning)
            case "header" if parameter.name.lower() in self._headers and not _is_ignored(parameter):
                yield from deciphering.in_header(parameter, self._headers[parameter.name.lower()], meaning)
            case "cookie" if "cookie" in self._headers:
                others = {each.name for each in self._operation.parameters if each.place == "cookie"}
                yield from deciphering.in_cookies(parameter, self._headers["cookie"], meaning, others)
            case "query":
                yield from deciphering.in_query(parameter, pairs, meaning, names)
            case "querystring" if whole:
                yield meaning.of_text(unquote(whole))
                form = Content("application/x-www-form-urlencoded", parameter.schema)
                yield deciphering.of_form(whole, form, meaning)
            case _:
                pass

    def _check_names(self, pairs: deciphering.Pairs) -> None:
        parameters = [each for each in self._operation.parameters if each.place in {"query", "querystring"}]
        if any(each.place == "querystring" for each in parameters):
            return
        known = {each.name for each in parameters}
        known |= {
            each.parameter for each in self._description.security_schemes.values() if each.place == "query"
        }
        free = any(isinstance(self.values.get(("query", each.name)), dict) for each in parameters)
        for name, _ in pairs:
            if name not in known and name.partition("[")[0] not in known and not free:
                self.faults.append(f"query {name!r} is not described")


def _is_ignored(parameter: Parameter) -> bool:
    """Headers whose description says nothing (OpenAPI 3.2, 4.12.2), and those of the connection."""
    return parameter.place == "header" and parameter.name.lower() in {
        "accept", "content-type", "authorization", "host", "cookie", "connection", "content-length",
    }  # fmt: skip


def _covers(content: Content, content_type: str) -> bool:
    described = content.media_type.partition(";")[0].strip().lower()
    given = content_type.partition(";")[0].strip().lower()
    return re.fullmatch(re.escape(described).replace(r"\*", ".*"), given) is not None


def _answer(operation: ApiOperation, definitions: Mapping[str, JsonObject]) -> tuple[int, str, bytes]:
    good = [each for each in operation.responses if each.status.startswith("2")]
    response = (
        good or [each for each in operation.responses if each.status == "default"] or [Response("204")]
    )[0]
    status = int(response.status) if response.status.isdecimal() else 200
    if not response.contents or status in {204, 205}:
        return status, "", b""
    by_json = [each for each in response.contents if each.media_type.partition(";")[0].endswith("json")]
    content = (by_json or list(response.contents))[0]
    media_type = content.media_type.replace("*/*", "application/json").replace("image/*", "image/png")
    if media_type.partition(";")[0].endswith("json"):
        return status, media_type, json.dumps(_example(content.schema, definitions)).encode()
    if media_type.startswith(("image/", "audio/", "video/")) or "octet-stream" in media_type:
        return status, media_type, _PICTURE
    return status, media_type.replace("*", "plain"), b"<text/>" if "xml" in media_type else b"text"


def _example(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonValue:
    from seawall.testing.arguments import fitting  # noqa: PLC0415  hypothesis loads slowly

    whole: JsonObject = {
        "type": "object",
        "properties": {"value": schema},
        "required": ["value"],
    }
    made = fitting(closed(whole, definitions), 1, levels=_ANSWERED)
    return next(iter(made), {"value": None})["value"]
