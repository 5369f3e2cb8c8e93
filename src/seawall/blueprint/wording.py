"""How settings, values and choices are put into words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seawall.blueprint.locate import KeyPath
from seawall.blueprint.schema import SchemaNode
from seawall.blueprint.section import ALLOWED_KEYWORD

__all__ = [
    "PEM",
    "USER_INFORMATION",
    "allowed_by",
    "choice",
    "dotted",
    "kind_of_value",
    "owner",
    "shortened",
    "shown",
]

SHOWN: Final = 60  # characters of a found value or key in a message
PEM: Final = "-----BEGIN "
# Whatever stands before an @ of the host; also with a slash in it, which RFC 3986 wants escaped, when a colon tells that
# there is a password.
USER_INFORMATION: Final = re.compile(r"(?<=://)(?:[^/\s?#@]+|[^/\s?#@]*:[^\s?#]*)(?=@)")
_QUERY: Final = re.compile(r"(?<=[?&])([^=&#\s]+)=[^&#\s]+")
_BITS: Final = 64  # of an integer in TOML
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLURAL: Final = {"a string": "strings", "a whole number": "whole numbers", "a number": "numbers"}


def dotted(path: KeyPath) -> str:
    """The path as a person writes it: `toolset[0].roots`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _PLAIN.fullmatch(part) else repr(part))
    return shortened(text, 4 * SHOWN)


def owner(path: KeyPath, data: Mapping[str, Any]) -> str:
    """The table at `path`, as its header reads: `[http]`, `[[toolset]] 'files'`."""
    if not path:
        return "the blueprint"
    if path[0] != "toolset" or len(path) == 1:
        return f"[{dotted(path)}]"
    entry = data["toolset"][path[1]]
    name = (entry.get("name") or entry.get("kind")) if isinstance(entry, Mapping) else None
    title = (
        f"[[toolset]] {shown(name)}" if isinstance(name, str) else f"[[toolset]] number {int(path[1]) + 1}"
    )
    return f"{dotted(path[2:])} of {title}" if path[2:] else title


def shown(value: object) -> str:
    """The value as a message may show it: short, and harmless to a terminal.

    The caller makes sure that the setting holds no secret; what looks like one all the same, the user information
    of a URL (RFC 3986, section 3.2.1), the values of its query and a key in PEM form, is not shown wherever it stands.
    """
    if isinstance(value, str):
        return "a text in PEM form" if PEM in value else shortened(repr(_without_secrets(value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Python refuses to print integers of thousands of digits.
        return str(value) if value.bit_length() <= _BITS else "an integer of more than 64 bits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dt.date | dt.time):
        return f"{kind_of_value(value)} {value.isoformat()}"
    return kind_of_value(value)


def _without_secrets(text: str) -> str:
    return _QUERY.sub(r"\1=…", USER_INFORMATION.sub("…", text)) if "://" in text else text


def kind_of_value(value: object) -> str:
    """What sort of value it is, without the value."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "an empty array" if not value else f"an array of {len(value)}"
    for types, words in (
        (str, "a string"),
        (bool, "a boolean"),
        (int | float, "a number"),
        (dt.time, "a time"),
    ):
        if isinstance(value, types):
            return words
    return "a date"


def shortened(text: str, limit: int = SHOWN) -> str:
    """The text, cut in the middle when it is long."""
    return text if len(text) <= limit else f"{text[: limit - 11]}…{text[-10:]}"


def choice(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def allowed_by(node: SchemaNode) -> str:
    """What a setting's schema allows, in words."""
    if ALLOWED_KEYWORD in node:
        return str(node[ALLOWED_KEYWORD])
    if "const" in node:
        return shown(node["const"])
    if "enum" in node:
        return choice(shown(word) for word in node["enum"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            branches = (allowed_by(branch) for branch in node[keyword] if branch.get("type") != "null")
            return choice(dict.fromkeys(branches))
    return _allowed_by_type(node)


def _allowed_by_type(node: SchemaNode) -> str:
    words = "another value"
    match node.get("type"):
        case "string":
            words = _string(node)
        case "integer":
            words = "a whole number" + _bounds(node)
        case "number":
            words = "a number" + _bounds(node)
        case "boolean":
            words = "true or false"
        case "array":
            item = allowed_by(node.get("items", {}))
            words = f"an array of {_PLURAL[item]}" if item in _PLURAL else f"an array, each item {item}"
        case "object":
            words = _table(node)
    return words


def _string(node: SchemaNode) -> str:
    if "pattern" in node:
        return f"a string that matches {node['pattern']}"
    if "maxLength" in node:
        return f"a string of {node.get('minLength', 0)} to {node['maxLength']} characters"
    return "a string that is not empty" if "minLength" in node else "a string"


def _bounds(node: SchemaNode) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    start = f" from {low}" if low is not None else f" above {above}" if above is not None else ""
    if high is not None:
        return f"{start}{' to' if low is not None else ' up to'} {high}"
    return f"{start} and below {below}" if below is not None else f"{start} up" if low is not None else start


def _table(node: SchemaNode) -> str:
    values = node.get("additionalProperties")
    if isinstance(values, dict) and values:
        item = allowed_by(values)
        return f"a table of {_PLURAL[item]}" if item in _PLURAL else f"a table, each value {item}"
    required = node.get("required", [])
    return f"a table with {' and '.join(map(shown, required))}" if required else "a table"
