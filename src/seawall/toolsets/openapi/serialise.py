"""Parameters as text: every style of OpenAPI 3.2 (4.12.3 to 4.12.7), as pairs or pieces that are encoded already.

Where the specification leaves something open, this is what is done, and the mock upstream reads it back:

- A missing value, null, and an empty list or object send nothing; null within a list or an object is left out. A path
  always needs a text of at least one character.
- A list or object within a list or object travels as JSON, but for `deepObject`: members of members are
  `filter[a][b]=1`, a list is repeated (`filter[tags]=x&filter[tags]=y`), and a list that holds objects or lists, or
  that is the parameter itself, is numbered (`items[0][price]=1`).
- `spaceDelimited` and `pipeDelimited` that explode are `form`.
- Delimiters of these, and the tabs of Swagger 2.0, are encoded (`%20`, `%7C`, `%09`) but in a header; a comma between values
  is not, and one within a value always is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from seawall.toolsets.openapi.model import Parameter, Style
from seawall.toolsets.openapi.refusal import UnsendableError
from seawall.types import JsonObject, JsonValue
from seawall.upstream import percent

__all__ = ["Encode", "Writing", "as_text", "in_cookie", "in_header", "in_path", "json_text", "pairs"]

Encode: TypeAlias = Callable[[str], str]

_BETWEEN: Final = {
    "form": ",",
    "spaceDelimited": "%20",
    "pipeDelimited": "%7C",
    "tabDelimited": "%09",
    "cookie": ",",
    "deepObject": ",",
}


_DELIMITER: Final = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
"""What these put between values, encoded as it is within one: nobody could tell which is which."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a value becomes `name=value` pairs.

    Attributes:
        style: of OpenAPI.
        explode: whether each item or member is a pair of its own.
        name: percent-encodes a name, reserved characters always included: a caller may have chosen it.
        encode: percent-encodes a whole value.
        encode_item: the same for one of several values in one text, where the delimiter must not stay.
    """

    style: Style
    explode: bool
    name: Encode
    encode: Encode
    encode_item: Encode

    @classmethod
    def in_query(cls, style: Style, *, explode: bool, reserved: bool = False) -> Writing:
        """For a query (RFC 3986)."""
        one = partial(percent.in_query, reserved=reserved)
        return cls(style, explode, percent.in_query, one, partial(one, keep_out=","))

    @classmethod
    def in_form(cls, style: Style, *, explode: bool, reserved: bool = False) -> Writing:
        """For a body that is a form (WHATWG URL)."""
        one = partial(percent.form_text, reserved=reserved)
        return cls(style, explode, percent.form_text, one, partial(one, keep_out=","))


def pairs(name: str, value: JsonValue, writing: Writing) -> list[tuple[str, str]]:
    """The value as pairs of a query, a form or a cookie."""
    if value is None:
        return []
    if writing.style == "deepObject":
        if isinstance(value, dict | list):
            return list(_deep(writing.name(name), value, writing, top=True))
        return [(writing.name(name), writing.encode(as_text(value)))]
    if isinstance(value, list):
        return _of_list(name, _present(value), writing)
    if isinstance(value, dict):
        return _of_object(name, _members(value), writing)
    return [(writing.name(name), writing.encode(as_text(value)))]


def in_path(parameter: Parameter, value: JsonValue) -> str:
    """The value as it stands in the template, encoded; empty when there is nothing to send."""
    reserved = parameter.allow_reserved
    keep_out = {"simple": ",", "label": ".,", "matrix": ",;"}.get(parameter.style, "")
    encode = partial(percent.in_path, reserved=reserved)
    one = partial(percent.in_path, reserved=reserved, keep_out=keep_out)
    if parameter.media_type is not None:
        return encode(json_text(value) if not isinstance(value, str) else value)
    match parameter.style:
        case "label":
            return _label(value, one, explode=parameter.explode)
        case "matrix":
            return _matrix(parameter.name, value, one, explode=parameter.explode)
        case "spaceDelimited" | "pipeDelimited" | "tabDelimited":
            return _apart(parameter, value, encode, _BETWEEN[parameter.style])
        case _:
            return _simple(value, one, explode=parameter.explode, encode_whole=encode)


def in_header(parameter: Parameter, value: JsonValue) -> str | None:
    """The value as it stands in a header, which encodes nothing; None when there is nothing to send."""
    if value is None or value in ([], {}):
        return None
    if parameter.media_type is not None:
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    if (delimiter := _DELIMITER.get(parameter.style)) is not None:
        return _apart(parameter, value, str, delimiter) or None
    return _simple(value, str, explode=parameter.explode, encode_whole=str)


def in_cookie(parameter: Parameter, value: JsonValue) -> list[tuple[str, str]]:
    """The value as cookies. The style `cookie` encodes nothing; `form` does."""
    encode: Encode = str if parameter.style == "cookie" else percent.in_query
    if parameter.media_type is not None:
        text = value if isinstance(value, str) else json_text(value)
        return [] if value is None else [(parameter.name, percent.in_query(text))]
    return pairs(parameter.name, value, Writing("form", parameter.explode, encode, encode, encode))


def as_text(value: JsonValue) -> str:
    """A value that is not in parts: a text as it is, a whole number without a fraction, all else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return str(int(value))  # JSON has one kind of number, and services that want 1 refuse 1.0
    return json_text(value)


def json_text(value: JsonValue) -> str:
    """Compact JSON, characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _present(values: list[JsonValue]) -> list[str]:
    return [as_text(value) for value in values if value is not None]


def _members(value: JsonObject) -> list[tuple[str, str]]:
    return [(key, as_text(item)) for key, item in value.items() if item is not None]


def _of_list(name: str, texts: list[str], writing: Writing) -> list[tuple[str, str]]:
    if not texts:
        return []
    key = writing.name(name)
    if writing.explode:
        return [(key, writing.encode(text)) for text in texts]
    return [(key, _joined(name, texts, writing))]


def _of_object(name: str, members: list[tuple[str, str]], writing: Writing) -> list[tuple[str, str]]:
    if writing.explode:
        return [(writing.name(key), writing.encode(text)) for key, text in members]
    if not members:
        return []
    return [(writing.name(name), _joined(name, [part for member in members for part in member], writing))]


def _joined(name: str, texts: list[str], writing: Writing) -> str:
    """Several texts as one, of which the service can tell the parts."""
    _check_delimiter(name, texts, writing.style)
    return _BETWEEN[writing.style].join(map(writing.encode_item, texts))


def _check_delimiter(name: str, texts: Iterable[str], style: Style) -> None:
    delimiter = _DELIMITER.get(style)
    if delimiter is not None and any(delimiter in text for text in texts):
        raise UnsendableError(
            f"{name} has a value with {delimiter!r} in it, which stands between values there and cannot be written otherwise"
        )


def _apart(parameter: Parameter, value: JsonValue, encode: Encode, between: str) -> str:
    """A list in a path or a header as Swagger 2.0 has it, with something else than commas between its items."""
    texts = _present(value) if isinstance(value, list) else [] if value is None else [as_text(value)]
    _check_delimiter(parameter.name, texts, parameter.style)
    return between.join(map(encode, texts))


def _deep(key: str, value: JsonValue, writing: Writing, *, top: bool = False) -> Iterator[tuple[str, str]]:
    """`key` is encoded already. Brackets are encoded as the encoding has it: RFC 3986 knows none in a query."""
    left, right = writing.name("["), writing.name("]")
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _deep(f"{key}{left}{writing.name(name)}{right}", item, writing)
    elif isinstance(value, list):
        numbered = top or any(isinstance(item, dict | list) for item in value)
        for place, item in enumerate(value):
            yield from _deep(f"{key}{left}{place}{right}" if numbered else key, item, writing)
    elif value is not None:
        yield key, writing.encode(as_text(value))


def _simple(value: JsonValue, encode: Encode, *, explode: bool, encode_whole: Encode) -> str:
    """`blue`, `a,b`, `R,100,G,200` or `R=100,G=200`."""
    if isinstance(value, list):
        return ",".join(map(encode, _present(value)))
    if isinstance(value, dict):
        return ",".join(_in_pairs(_members(value), encode, explode=explode))
    return "" if value is None else encode_whole(as_text(value))


def _label(value: JsonValue, encode: Encode, *, explode: bool) -> str:
    """`.blue`, `.a,b` or `.a.b`, `.R,100` or `.R=100` (RFC 6570, 3.2.5)."""
    between = "." if explode else ","
    if isinstance(value, list):
        parts: Iterable[str] = map(partial(_label_part, encode, explode=explode), _present(value))
    elif isinstance(value, dict):
        parts = _in_pairs(_members(value), partial(_label_part, encode, explode=explode), explode=explode)
    else:
        parts = [] if value is None else [encode(as_text(value))]
    text = between.join(parts)
    return f".{text}" if text else ""


def _label_part(encode: Encode, text: str, *, explode: bool) -> str:
    """One of several values; a dot in it is encoded where dots separate, though no URL asks for that."""
    return encode(text).replace(".", "%2E") if explode else encode(text)


def _matrix(name: str, value: JsonValue, encode: Encode, *, explode: bool) -> str:
    """`;color=blue`, `;color=a,b` or `;color=a;color=b`, `;color=R,100` or `;R=100` (RFC 6570, 3.2.7)."""
    key = encode(name)
    if isinstance(value, list):
        texts = [encode(text) for text in _present(value)]
        if explode:
            return "".join(f";{key}={text}" for text in texts)
        return f";{key}={','.join(texts)}" if texts else ""
    if isinstance(value, dict):
        parts = list(_in_pairs(_members(value), encode, explode=explode))
        if explode:
            return "".join(f";{part}" for part in parts)
        return f";{key}={','.join(parts)}" if parts else ""
    if value is None:
        return ""
    text = encode(as_text(value))
    return f";{key}={text}" if text else f";{key}"


def _in_pairs(members: list[tuple[str, str]], encode: Encode, *, explode: bool) -> Iterator[str]:
    for key, text in members:
        yield f"{encode(key)}={encode(text)}" if explode else f"{encode(key)},{encode(text)}"
