"""Paths that are more than a template: some descriptions tell operations apart by a query or a fragment in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from seawall.toolsets.openapi.model import Parameter
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.faults import Unservable

__all__ = ["SplitPath", "split_path", "with_query"]

_TAIL: Final = re.compile(
    r"[?#](?![^{]*\})"
)  # `{?page}` is an expression of RFC 6570, and no query of its own
_EXPRESSION: Final = re.compile(r"\{([^{}]+)\}")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class SplitPath:
    """A path as it is sent.

    Attributes:
        template: without query and fragment.
        fixed: what the query says, by name.
        moved: the names that the query has for parameters of the template, as in `?page={number}`.
    """

    template: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)


def split_path(path: str, where: str, context: Context) -> SplitPath:
    """Take a path apart.

    `/items?beta=true` is the operation on `/items` that is asked for by `beta=true`. What stands behind a `#` is never
    sent; it only makes the key unique.

    Raises:
        Unservable: the query mixes parameters and text in one value.
    """
    if not path.startswith("/"):
        context.faults.add(where, "its path does not begin with a slash; one was put before it")
        path = f"/{path}"
    tail = _TAIL.search(path)
    if tail is None:
        return SplitPath(path)
    template, rest = path[: tail.start()], path[tail.start() :]
    query, _, fragment = rest.removeprefix("?").partition("#") if rest[0] == "?" else ("", "", rest)
    if fragment:
        context.faults.add(where, "its path has a fragment, which is never sent")
    fixed: dict[str, str] = {}
    moved: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if expression := _EXPRESSION.fullmatch(value):
            moved[expression[1]] = _plain(name)
        elif "{" in part or "}" in part:
            raise Unservable("the query in its path mixes a parameter with text")
        else:
            fixed[_plain(name)] = _plain(value)
    return SplitPath(template or "/", fixed, moved)


def with_query(parameters: Sequence[Parameter], query: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The parameters, and with them those of the path's own query: required, with one allowed value."""
    kept = []
    for parameter in parameters:
        fixed = parameter.place == "query" and parameter.name in query
        schema = {"type": "string", "const": query[parameter.name]} if fixed else parameter.schema
        kept.append(replace(parameter, required=True, schema={**schema}) if fixed else parameter)
    known = {parameter.name for parameter in kept if parameter.place == "query"}
    added = [
        Parameter(name, "query", True, {"type": "string", "const": value}, "form", True)  # noqa: FBT003  required, explode
        for name, value in query.items()
        if name not in known
    ]
    return (*kept, *added)


def _plain(text: str) -> str:
    return _PERCENT.sub(
        lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), text
    )
