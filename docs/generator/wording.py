"""What a JSON Schema allows, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from generator.markdown import code
from seawall.blueprint.quantities import UNITS_KEYWORD, quantity_text
from seawall.blueprint.section import ALLOWED_KEYWORD

__all__ = ["Node", "default_of", "in_words", "toml"]

Node: TypeAlias = dict[str, Any]
"""One node of a JSON Schema."""

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_EXACT: Final = 2**53 - 1  # a maximum that only keeps JSON exact is no limit to a reader


def in_words(node: Node) -> str:
    """What may stand there, as one clause."""
    if words := node.get(ALLOWED_KEYWORD):
        return str(words)
    if forms := [form for form in _forms(node) if form.get("type") != "null"]:
        return ", or ".join(dict.fromkeys(in_words(form) for form in forms))
    if "const" in node:
        return code(json.dumps(node["const"]))
    if "enum" in node:
        return "one of " + ", ".join(code(str(word)) for word in node["enum"])
    words = _PLAIN.get(str(node.get("type")))
    return "anything" if words is None else words(node)


def default_of(node: Node) -> str | None:
    """The default as it would be written in the blueprint; None when there is none or it is unset."""
    if "default" not in node or node["default"] is None:
        return None
    value = node["default"]
    if units := node.get(UNITS_KEYWORD):
        value = quantity_text(value, units)
    return toml(value)


def toml(value: object) -> str:
    """The value in TOML (1.0), on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {toml(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _forms(node: Node) -> list[Node]:
    return [*node.get("anyOf", []), *node.get("oneOf", [])]


def _number(node: Node, words: str) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high not in {None, _EXACT}:
        return f"{words} from {low} to {high}"
    return f"{words}, at least {low}" if low is not None else words


def _text(node: Node) -> str:
    words = "a text"
    if "maxLength" in node:
        words += f" of at most {node['maxLength']} characters"
    if node.get("minLength") == 1:
        words += ", not empty"
    return f"{words} that matches {code(node['pattern'])}" if "pattern" in node else words


def _table(node: Node) -> str:
    inner = node.get("additionalProperties")
    if isinstance(inner, dict) and not node.get("properties"):
        return f"a table by names: each {in_words(inner)}"
    return "a table" if "properties" in node else "a table of any form"


def _array(node: Node) -> str:
    return f"an array: each {in_words(node.get('items', {}))}"


_PLAIN: Final[dict[str, Callable[[Node], str]]] = {
    "boolean": lambda _: "`true` or `false`",
    "integer": lambda node: _number(node, "a whole number"),
    "number": lambda node: _number(node, "a number"),
    "array": _array,
    "object": _table,
    "string": _text,
}
