"""Reading and writing one value within the plain data of a blueprint: dictionaries, and tuples of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from seawall.blueprint.locate import KeyPath

__all__ = ["PROFILE_NAME", "effective_name", "get", "put", "toolset_names"]

PROFILE_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Pattern of a profile's name: what every shell takes without quotes."""


def get(data: Any, path: KeyPath) -> Any:  # noqa: ANN401  TOML values
    """The value at `path`; None when there is none."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, tuple) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def put(data: dict[str, Any], path: KeyPath, value: object) -> None:
    """Put a value at `path`; a table on the way that is missing, or that is something else, is made."""
    name, *rest = path
    data[str(name)] = _replaced(data.get(str(name)), tuple(rest), value)


def _replaced(old: object, path: KeyPath, value: object) -> object:
    if not path:
        return value
    part, rest = path[0], path[1:]
    if isinstance(part, int) and isinstance(old, tuple):
        return (*old[:part], _replaced(old[part], rest, value), *old[part + 1 :])
    table = dict(old) if isinstance(old, Mapping) else {}
    table[part] = _replaced(table.get(part), rest, value)
    return table


def effective_name(entry: object) -> str | None:
    """The name of a `[[toolset]]`: its `name`, or else its kind; None when it has neither."""
    name = (get(entry, ("name",)) or get(entry, ("kind",))) if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else None


def toolset_names(data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The number and name of every `[[toolset]]` that has a name."""
    entries = data.get("toolset")
    for number, entry in enumerate(entries if isinstance(entries, tuple) else ()):
        if (name := effective_name(entry)) is not None:
            yield number, name
