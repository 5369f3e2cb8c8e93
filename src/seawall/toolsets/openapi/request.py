"""The request of a call: validated arguments, each where the description has it, and nothing that leaves its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.continuation import START, Continuation, continuation
from seawall.toolsets.openapi import bodies, serialise
from seawall.toolsets.openapi.arguments import Binding, Shape
from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import ApiOperation, Parameter
from seawall.toolsets.openapi.refusal import UnsendableError, check_own, check_texts
from seawall.toolsets.openapi.serialise import Writing
from seawall.types import JsonObject, JsonValue
from seawall.upstream import percent
from seawall.upstream.messages import UpstreamRequest

__all__ = ["Sending", "begun", "build"]

_TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_COOKIE: Final = re.compile(
    r"[!#-+\--:<-\[\]-~,]*"
)  # cookie-octet of RFC 6265, 4.1.1, and the comma between items


@dataclass(frozen=True, slots=True)
class Sending:
    """What a request has beside its arguments.

    Attributes:
        base_url: below which the operation's path lies; absolute.
        security: names of the security schemes whose credentials the client adds.
        max_body: bytes of the answer that are read at most.
    """

    base_url: str
    security: tuple[str, ...] = ()
    max_body: int = 8 * 1024 * 1024


def begun(shape: Shape, arguments: JsonObject) -> Continuation:
    """Where the caller goes on, as `next` among the arguments says.

    Raises:
        InvalidArgumentsError: it says nothing that an answer could have said.
    """
    word = arguments.get("next") if shape.continues else None
    if word is None or word == "":
        return START
    try:
        return continuation(str(word))
    except ValueError as error:
        raise InvalidArgumentsError(tool=shape.tool, faults=[f"next cannot be used: {error}"]) from None


def build(shape: Shape, operation: ApiOperation, arguments: JsonObject, sending: Sending) -> UpstreamRequest:
    """The request that carries the arguments. They fit the shape's schema.

    Raises:
        InvalidArgumentsError: a value fits the schema and cannot be sent: it is empty or climbs in a path, or has
            line ends, NUL or characters that its place does not know.
    """
    try:
        return _Request(shape, {**arguments, **shape.fixed}, sending).made(operation)
    except UnsendableError as error:
        raise InvalidArgumentsError(tool=shape.tool, faults=[error.fault]) from None


class _Request:
    """One request in the making."""

    def __init__(self, shape: Shape, values: JsonObject, sending: Sending) -> None:
        self._shape = shape
        self._sending = sending
        self._given = [(each, values[each.argument]) for each in shape.bindings if each.argument in values]
        for binding, value in self._given:
            check_texts(binding.argument, value, lines=binding.origin.part == "body")

    def made(self, operation: ApiOperation) -> UpstreamRequest:
        path, _, rest = operation.path.partition("#")[0].partition("?")
        query = "&".join(part for part in (percent.template(rest), self._query(operation, rest)) if part)
        body = self._body()
        headers = [("Accept", accepted(operation))]
        if body is not None:
            headers.append(("Content-Type", body.content_type))
        return UpstreamRequest(
            method=operation.method,
            url=percent.located(self._sending.base_url, self._path(path), query),
            headers=(*headers, *self._headers()),
            cookies=tuple(self._cookies(operation)),
            body=None if body is None else body.data,
            security=self._sending.security,
            max_body=self._sending.max_body,
        )

    def _of(self, part: str) -> list[tuple[Binding, Parameter, JsonValue]]:
        return [
            (binding, binding.parameter, value)
            for binding, value in self._given
            if binding.origin.part == part and binding.parameter is not None
        ]

    def _path(self, path: str) -> str:
        texts: dict[str, str] = {}
        for binding, parameter, value in self._of("path"):
            text = serialise.in_path(parameter, value)
            if not text or value == "":
                raise UnsendableError(f"{binding.argument} is empty, which would lead to another path")
            if percent.climbs(text):
                raise UnsendableError(f"{binding.argument} leads out of its place in the path")
            texts[parameter.name] = text
        missing = [name for name in _TEMPLATE.findall(path) if name not in texts]
        if missing:
            raise UnsendableError(f"{missing[0]} is missing in the path")
        made = "".join(_filled(path, texts))
        if percent.climbs(made):  # what is harmless in two values may climb in one segment
            raise UnsendableError("the path leads out of its place")
        return made if made.startswith("/") else f"/{made}"

    def _query(self, operation: ApiOperation, rest: str) -> str:
        """The query of the arguments; `rest` is what the path has of one itself."""
        for _, parameter, value in self._of("querystring"):
            return _whole_query(parameter, value)
        names = percent.names_of(rest) | _names(operation, "query")
        made: list[tuple[str, str]] = []
        for binding, parameter, value in self._of("query"):
            pairs = _query_pairs(parameter, value)
            check_own(binding.argument, parameter.name, (percent.meant(name) for name, _ in pairs), names)
            made += pairs
        return "&".join(f"{name}={text}" for name, text in made)

    def _headers(self) -> Iterable[tuple[str, str]]:
        for binding, parameter, value in self._of("header"):
            text = serialise.in_header(parameter, value)
            if text is None:
                continue
            visible = text.replace("\t", " ") if parameter.style == "tabDelimited" else text
            if not visible.isascii() or not visible.isprintable() or visible != visible.strip(" "):
                raise UnsendableError(f"{binding.argument} has characters that no header can carry")
            if not _TOKEN.fullmatch(parameter.name):
                raise UnsendableError(f"{binding.argument} cannot be sent: its name is none of a header")
            yield parameter.name, text

    def _cookies(self, operation: ApiOperation) -> Iterable[tuple[str, str]]:
        for binding, parameter, value in self._of("cookie"):
            pairs = serialise.in_cookie(parameter, value)
            check_own(
                binding.argument,
                parameter.name,
                (percent.meant(name) for name, _ in pairs),
                _names(operation, "cookie"),
            )
            for name, text in pairs:
                if not _TOKEN.fullmatch(name) or not _COOKIE.fullmatch(text):
                    raise UnsendableError(f"{binding.argument} has characters that no cookie can carry")
                yield name, text

    def _body(self) -> bodies.Body | None:
        planned = self._shape.body
        if planned is None:
            return None
        given = {each.origin.name: value for each, value in self._given if each.origin.part == "body"}
        if planned.members is not None:
            return bodies.write(planned, given) if given or planned.required else None
        return bodies.write(planned, given["body"]) if "body" in given else None


def accepted(operation: ApiOperation) -> str:
    """What `Accept` says: the media types of good answers, JSON before the others, and anything rather than nothing."""
    good = [each for each in operation.responses if each.status.startswith("2") or each.status == "default"]
    types = dict.fromkeys(parsed(content.media_type).name for each in good for content in each.contents)
    known = [name for name in types if re.fullmatch(r"[\w.+*-]+/[\w.+*-]+", name, re.ASCII)]
    first = [name for name in known if form_of(parsed(name)) == "json"] or (
        ["application/json"] if not known else []
    )
    others = [f"{name};q=0.8" for name in known if name not in first and name != "*/*"]
    return ", ".join((*first, *others, "*/*;q=0.1"))


def _filled(path: str, texts: Mapping[str, str]) -> Iterable[str]:
    for odd, piece in enumerate(_TEMPLATE.split(path)):
        yield texts[piece] if odd % 2 else percent.template(piece)


def _query_pairs(parameter: Parameter, value: JsonValue) -> list[tuple[str, str]]:
    name = percent.in_query(parameter.name)
    if parameter.media_type is not None:
        if value is None:
            return []
        text = value if isinstance(value, str) and not _is_json(parameter) else serialise.json_text(value)
        return [(name, percent.in_query(text))]
    writing = Writing.in_query(parameter.style, explode=parameter.explode, reserved=parameter.allow_reserved)
    return serialise.pairs(parameter.name, value, writing)


def _whole_query(parameter: Parameter, value: JsonValue) -> str:
    """The query of OpenAPI 3.2, 4.12.1: one value in the form of its media type, encoded where that does not do so."""
    if value is None:
        return ""
    if isinstance(value, dict) and not _is_json(parameter):
        writing = Writing.in_form("form", explode=True)
        pairs = [pair for name, each in value.items() for pair in serialise.pairs(name, each, writing)]
        return "&".join(f"{name}={text}" for name, text in pairs)
    text = value if isinstance(value, str) and not _is_json(parameter) else serialise.json_text(value)
    return percent.in_query(text)


def _is_json(parameter: Parameter) -> bool:
    return parameter.media_type is not None and form_of(parsed(parameter.media_type)) == "json"


def _names(operation: ApiOperation, place: str) -> set[str]:
    """The names of all parameters in that place, those included that the blueprint hides and those that are never sent."""
    return {each.name for each in operation.parameters if each.place == place}
