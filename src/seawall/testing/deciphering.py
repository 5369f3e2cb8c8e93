"""What a request says, read back by its description: for a mock of a service, which shares no code with what wrote it.

A text may mean several things: `1` is a number, a text, or a list of one. Every meaning that the style allows is tried,
and the first that fits the schema is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.openapi.model import Content, Encoding, Parameter
from seawall.types import JsonObject, JsonValue

__all__ = [
    "Meaning",
    "Pairs",
    "in_cookies",
    "in_header",
    "in_path",
    "in_query",
    "is_lines",
    "of_body",
    "of_form",
    "split",
]

Pairs = list[tuple[str, str]]
"""Names and values as they travel."""

_BETWEEN: Final = {
    "form": r",",
    "cookie": r",",
    "spaceDelimited": r"%20|\+",
    "pipeDelimited": r"%7C|%7c|\|",
    "tabDelimited": r"%09",
}
_IN_HEADER: Final = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
_LINES: Final = ("ndjson", "jsonl", "jsonlines", "json-seq")
_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")


class Meaning:
    """Finds what a text means, given what its schema allows."""

    def __init__(self, schema: JsonObject, definitions: Mapping[str, JsonObject]) -> None:
        self._definitions = definitions
        self._schema = schema
        self._valid = _validator(schema, definitions)

    def fits(self, value: JsonValue) -> bool:
        """Whether the schema allows the value."""
        return self._valid.fits({"value": value})

    def of_text(self, text: str) -> JsonValue:
        """The text, or the number, truth value or JSON that it shows if only that fits."""
        return next((value for value in _readings(text) if self.fits(value)), text)

    def of_texts(self, texts: Iterable[str]) -> JsonValue:
        """A list of them."""
        item = Meaning(self._inner("items"), self._definitions)
        return [item.of_text(text) for text in texts]

    def of_members(self, members: Iterable[tuple[str, str]]) -> JsonValue:
        """An object of them."""
        return {name: self.member(name).of_text(text) for name, text in members}

    def member(self, name: str) -> Meaning:
        """What a member of that name may mean."""
        return Meaning(self._inner("properties", name), self._definitions)

    def item(self, place: int) -> Meaning:
        """What the item at that place may mean."""
        for part in self._parts(self._schema):
            prefix = part.get("prefixItems")
            if isinstance(prefix, list) and place < len(prefix):
                return Meaning(prefix[place], self._definitions)
        return Meaning(self._inner("items"), self._definitions)

    def names(self) -> set[str]:
        """The members that the schema knows by name."""
        return {name for each in self._parts(self._schema) for name in each.get("properties", {})}

    def _inner(self, word: str, name: str = "") -> JsonObject:
        found: list[JsonValue] = []
        for part in self._parts(self._schema):
            inner = part.get(word)
            if word == "properties":
                inner = (inner or {}).get(name, part.get("additionalProperties"))
            if isinstance(inner, dict):
                found.append(inner)
        return {"anyOf": found} if found else {}

    def _parts(self, schema: Any, depth: int = 0) -> Iterator[dict[str, Any]]:  # noqa: ANN401  any JSON
        """The schema and all that it is made of, references followed."""
        if not isinstance(schema, dict) or depth > 8:  # noqa: PLR2004  deeper is a circle
            return
        yield schema
        name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
        yield from self._parts(self._definitions.get(name), depth + 1)
        for word in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(word, ()):
                yield from self._parts(each, depth + 1)


def split(query: str) -> Pairs:
    """A query or form as pairs; the values are still encoded, since delimiters in them are not."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote_plus(name), value) for name, _, value in parts]


def in_query(parameter: Parameter, pairs: Pairs, meaning: Meaning, others: set[str]) -> Iterator[JsonValue]:
    """Everything that a parameter of the query may mean; nothing when it is not there."""
    own = [value for name, value in pairs if name == parameter.name]
    if parameter.media_type is not None:
        if own:
            yield _content(unquote_plus(own[0]), parameter.media_type)
        return
    yield from _styled(
        parameter.name, parameter.style, pairs, meaning, explode=parameter.explode, others=others
    )


def in_path(parameter: Parameter, text: str, meaning: Meaning) -> Iterator[JsonValue]:
    """Everything that the text in the place of a path parameter may mean."""
    if parameter.media_type is not None:
        yield _content(unquote(text), parameter.media_type)
        return
    between = ","
    if (delimiter := _BETWEEN.get(parameter.style)) is not None:
        yield meaning.of_texts(map(unquote, re.split(delimiter, text)))
    if parameter.style == "label":
        text, between = text.removeprefix("."), "." if parameter.explode else ","
    elif parameter.style == "matrix":
        pieces = [piece.partition("=") for piece in text.removeprefix(";").split(";")]
        if parameter.explode:
            yield meaning.of_texts(unquote(value) for _, _, value in pieces)
            yield meaning.of_members((unquote(name), unquote(value)) for name, _, value in pieces)
        text = pieces[0][2]
    yield from _delimited(text, between, explode=parameter.explode, meaning=meaning, decode=True)


def in_header(parameter: Parameter, text: str, meaning: Meaning) -> Iterator[JsonValue]:
    """Everything that a header may mean."""
    if parameter.media_type is not None:
        yield _content(text, parameter.media_type)
        return
    if parameter.style in _IN_HEADER:
        yield meaning.of_texts(text.split(_IN_HEADER[parameter.style]))
    yield from _delimited(text, ",", explode=parameter.explode, meaning=meaning, decode=False)


def in_cookies(parameter: Parameter, header: str, meaning: Meaning, others: set[str]) -> Iterator[JsonValue]:
    """Everything that a cookie may mean."""
    pairs = [(name.strip(), value) for name, _, value in (each.partition("=") for each in header.split(";"))]
    if (
        parameter.style == "cookie"
    ):  # nothing in it is encoded, so what looks so is protected from being decoded
        pairs = [(name, _protected(value)) for name, value in pairs]
    yield from in_query(parameter, pairs, meaning, others)


def of_body(data: bytes, content_type: str, content: Content, meaning: Meaning) -> JsonValue | bytes:
    """What a body says; its bytes where the form of it says nothing more.

    Raises:
        ValueError: it is not what it says.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if is_lines(media_type):
        return _of_lines(data.decode(), meaning)
    if media_type.endswith(("json", "yaml")):
        value: JsonValue = json.loads(data)
        return value
    if media_type == "application/x-www-form-urlencoded":
        return _of_form(data.decode("ascii"), content, meaning)
    if media_type.startswith("multipart/"):
        return _of_multipart(data, content_type, meaning)
    return data.decode() if media_type.startswith("text/") or media_type.endswith("xml") else data


def is_lines(content_type: str) -> bool:
    """Whether a body has several values of JSON, one after the other."""
    return content_type.partition(";")[0].strip().lower().endswith(_LINES)


def of_form(text: str, content: Content, meaning: Meaning) -> JsonValue:
    """What a form says, in a body or as a whole query."""
    return _of_form(text, content, meaning)


def _of_lines(text: str, meaning: Meaning) -> JsonValue:
    """A list of the lines; the text itself where the description has nothing but a text."""
    if meaning.fits(text):
        return text
    return [json.loads(line) for line in re.split("[\x1e\n]", text) if line.strip()]


def _of_form(text: str, content: Content, meaning: Meaning) -> JsonValue:
    if meaning.fits(text):
        return text
    pairs = split(text)
    made: JsonObject = {}
    heads = dict.fromkeys(name.partition("[")[0] if "[" in name else name for name, _ in pairs)
    for name in (*heads, *meaning.names()):
        encoding = content.encoding.get(name, Encoding())
        inner = meaning.member(name)
        style = encoding.style or "form"
        explode = style in {"form", "deepObject"} if encoding.explode is None else encoding.explode
        found = list(_styled(name, style, pairs, inner, explode=explode, others=set(heads)))
        if found and name not in made:
            made[name] = next((value for value in found if inner.fits(value)), found[0])
    return made


def _of_multipart(data: bytes, content_type: str, meaning: Meaning) -> JsonValue:
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + data, policy=HTTP)
    if re.fullmatch(rb"--[!-~]+--\s*", data):
        return {}  # no part at all
    if not message.is_multipart() or message.defects:
        raise ValueError("it is no multipart body")
    if not any(part.get_param("name", "", header="content-disposition") for part in message.iter_parts()):
        return [
            meaning.item(place).of_text(_text_of(part)) for place, part in enumerate(message.iter_parts())
        ]
    texts: dict[str, list[tuple[str, bool]]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        if not name:
            raise ValueError("a part of it has no name")
        texts.setdefault(name, []).append((_text_of(part), part.get_filename() is not None))
    made: JsonObject = {}
    deep: dict[str, Pairs] = {}
    for name, values in texts.items():
        if "[" in name:
            deep.setdefault(name.partition("[")[0], []).extend((name, _protected(text)) for text, _ in values)
            continue
        inner = meaning.member(name)
        one = values[0][0] if values[0][1] else inner.of_text(values[0][0])
        many = [
            text if file else inner.item(place).of_text(text) for place, (text, file) in enumerate(values)
        ]
        made[name] = one if len(values) == 1 and inner.fits(one) else many
    for name, pairs in deep.items():
        made[name] = next(_deep(name, pairs, meaning.member(name)), None)
    return made


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _styled(
    name: str, style: str, pairs: Pairs, meaning: Meaning, *, explode: bool, others: set[str]
) -> Iterator[JsonValue]:
    own = [value for key, value in pairs if key == name]
    if style == "deepObject":
        yield from _deep(name, pairs, meaning)
    if own and (explode or style == "deepObject"):
        yield meaning.of_texts(unquote_plus(value) for value in own)
    if explode and style != "deepObject":
        known = meaning.names()
        free = [(key, unquote_plus(value)) for key, value in pairs if key in known or key not in others]
        members = meaning.of_members(free)
        if free and meaning.fits(members):
            yield members
    if own:
        yield meaning.of_text(unquote_plus(own[0]))
        pieces = [unquote_plus(piece) for piece in re.split(_BETWEEN.get(style, ","), own[0])]
        yield meaning.of_texts(pieces)
        yield meaning.of_members(zip(pieces[::2], pieces[1::2], strict=False))


def _delimited(
    text: str, between: str, *, explode: bool, meaning: Meaning, decode: bool
) -> Iterator[JsonValue]:
    clear = unquote if decode else str
    yield meaning.of_text(clear(text))
    pieces = text.split(between) if text else []
    yield meaning.of_texts(map(clear, pieces))
    if explode:
        members = (piece.partition("=") for piece in pieces)
        yield meaning.of_members((clear(name), clear(value)) for name, _, value in members)
    else:
        yield meaning.of_members(zip(map(clear, pieces[::2]), map(clear, pieces[1::2]), strict=False))


def _deep(name: str, pairs: Pairs, meaning: Meaning) -> Iterator[JsonValue]:
    """`name[a][b]=1` as an object, `name[0]=1` as a list, what is repeated as a list."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        head, bracket, rest = key.partition("[")
        path = _BRACKETS.findall(bracket + rest)
        if head != name or not path:
            continue
        node = tree
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node.setdefault(path[-1], []).append(unquote_plus(value))
    if tree:
        yield _grown(tree, meaning)


def _grown(node: Any, meaning: Meaning) -> JsonValue:  # noqa: ANN401  leaves are lists of texts
    if isinstance(node, list):
        one = meaning.of_text(node[0])
        return one if len(node) == 1 and meaning.fits(one) else meaning.of_texts(node)
    as_object: JsonValue = {key: _grown(value, meaning.member(key)) for key, value in node.items()}
    if meaning.fits(as_object) or not all(key.isdecimal() for key in node):
        return as_object
    return [_grown(node[key], meaning.item(int(key))) for key in sorted(node, key=int)]


def _protected(text: str) -> str:
    """A text that nobody encoded, so that decoding it changes nothing."""
    return text.replace("%", "%25").replace("+", "%2B")


def _content(text: str, media_type: str) -> JsonValue:
    if not media_type.partition(";")[0].strip().endswith("json"):
        return text
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return text
    return value


def _readings(text: str) -> Iterator[JsonValue]:
    if re.fullmatch(r"-?\d.*|true|false|null|[\[{].*", text, re.DOTALL):
        with suppress(ValueError):
            yield json.loads(text)
    yield text


def _validator(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> ArgumentSchema:
    """Of an object with the value as `value`; definitions that it does not need do no harm, but take time."""
    needed: dict[str, JsonValue] = {}
    waiting: list[JsonValue] = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            name = str(each.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in needed:
                needed[name] = definitions[name]
                waiting.append(definitions[name])
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    try:
        return ArgumentSchema({"properties": {"value": schema}, "$defs": needed})
    except ValueError:  # a schema of the description that is none allows anything
        return ArgumentSchema({})
