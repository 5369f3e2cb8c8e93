"""Paths that are more than a template: some descriptions tell operations apart by a query or a fragment in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from seawall.toolsets.openapi.model import Parameter
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.faults import Unservable

__all__ = ["split_path", "with_query"]

_TAIL: Final = re.compile(r"[?#](?![^{]*\})")  # `{?page}` is an expression of RFC 6570, and no query of its own
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def split_path(path: str, where: str, context: Context) -> tuple[str, dict[str, str]]:
    """The template, and what the path says of the query.

    `/items?beta=true` is the operation on `/items` that is asked for by `beta=true`. What stands behind a `#` is never
    sent; it only makes the key unique.

    Raises:
        Unservable: the query holds a parameter of the template.
    """
    if not path.startswith("/"):
        context.faults.add(where, "its path does not begin with a slash; one was put before it")
        path = f"/{path}"
    tail = _TAIL.search(path)
    if tail is None:
        return path, {}
    template, rest = path[: tail.start()], path[tail.start() :]
    written, _, fragment = rest.removeprefix("?").partition("#") if rest[0] == "?" else ("", "", rest)
    if fragment:
        context.faults.add(where, "its path has a fragment, which is never sent")
    if "{" in written or "}" in written:
        raise Unservable("the query in its path holds a parameter of the template")
    pairs = (part.partition("=") for part in written.split("&") if part)
    return template or "/", {_plain(name): _plain(value) for name, _, value in pairs}


def with_query(parameters: Sequence[Parameter], query: dict[str, str]) -> tuple[Parameter, ...]:
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
    return _PERCENT.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), text)
