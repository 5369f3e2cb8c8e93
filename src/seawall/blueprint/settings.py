"""Every setting of a loaded blueprint with its effective value and origin, as it may be shown.

What is never shown: the value of a secret (a setting of type `SecretReference` holds only the reference). Beyond
that, what was put into the wrong setting: a text made of a variable whose name says that it is secret is shown as
the file has it (`"${API_KEY}"`); a text that contains the value of a variable to which some secret reference
points, and the user information of a URL (RFC 3986, section 3.2.1), are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seawall.blueprint.load import LoadedBlueprint
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.origin import Origin
from seawall.blueprint.quantities import UNITS_KEYWORD, quantity_text
from seawall.blueprint.schema import SchemaNode
from seawall.blueprint.secret import REFERENCE_FORMAT
from seawall.blueprint.section import Section
from seawall.blueprint.vocabulary import Vocabulary
from seawall.blueprint.wording import dotted
from seawall.types import JsonValue

__all__ = ["HIDDEN", "Setting", "settings"]

HIDDEN: Final = "…"
"""Stands for what is not shown."""

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_SECRET_NAME: Final = re.compile(
    r"secret|token|passw|passphrase|credential|api_?key|private|(?:^|_)(?:keys?|pass|pat|auth|dsn|cookie|pin)(?:_|$)",
    re.IGNORECASE,
)
_USER_INFORMATION: Final = re.compile(r"(?<=://)[^/\s?#]+(?=@)")
_SHORTEST_SECRET: Final = 6  # characters; a shorter one would hide what only happens to contain it


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        section: its table, a toolset's by name: `("http",)`, `("toolset", "files")`; empty for `format`.
        name: the setting within its table: `port`, `roots.workspace`, `column[0].title`.
        value: the effective value as a person writes it (`"30s"`, `"10MiB"`), or None when it is unset; safe to
            show.
        hidden: True when `value` is not all of the effective value.
        origin: where it came from.
    """

    section: KeyPath
    name: str
    value: JsonValue
    hidden: bool
    origin: Origin


def settings(loaded: LoadedBlueprint, *, environment: Mapping[str, str]) -> Iterator[Setting]:
    """Every setting, those with defaults included: tables in the order of the models, toolsets in file order.

    Args:
        loaded: the blueprint.
        environment: the variables whose values are hidden wherever they turn up, if a secret reference names one.
    """
    blueprint = loaded.blueprint
    kinds = {each.kind: type(each) for each in blueprint.toolset}
    data = {"toolset": tuple({"kind": each.kind} for each in blueprint.toolset)}
    names = [each.name or each.kind for each in blueprint.toolset]
    vocabulary = Vocabulary(kinds)
    leaves = [(path, value, vocabulary.node(path, data) or {}) for path, value in _leaves(blueprint, ())]
    secrets = _secrets(leaves, environment)
    for path, value, node in leaves:
        section, rest = path[:1], path[1:]
        if path[0] == "toolset":
            if len(path) == 1:  # no toolset at all
                continue
            section, rest = ("toolset", names[int(path[1])]), path[2:]
        if not rest:
            section, rest = (), path
        written = _written(value, node)
        shown = _disclosed(written, path, loaded, secrets)
        origin = loaded.provenance.origin(path)
        yield Setting(section, dotted(rest), shown, hidden=shown != written, origin=origin)


def _leaves(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    """The values that are set as one: strings, numbers, arrays of these; tables are gone through."""
    if isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, tuple) and any(isinstance(item, Section | Mapping) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, number))
    else:
        yield path, value


def _written(value: object, node: SchemaNode) -> JsonValue:
    """The value as a person writes it."""
    if isinstance(value, tuple | list | frozenset | set):
        return [_written(item, node.get("items", {})) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _written(item, {}) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool) and (units := _units(node)):
        return quantity_text(value, units)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _units(node: SchemaNode) -> str | None:
    forms = (node, *node.get("anyOf", ()), *node.get("oneOf", ()))
    return next((str(form[UNITS_KEYWORD]) for form in forms if UNITS_KEYWORD in form), None)


def _secrets(
    leaves: list[tuple[KeyPath, object, SchemaNode]], environment: Mapping[str, str]
) -> frozenset[str]:
    """The values of the variables to which the blueprint's secret references point."""
    references = [
        each
        for _, value, node in leaves
        for each in (value if isinstance(value, tuple) else (value,))
        if isinstance(each, str) and each.startswith("env:") and _is_reference(node)
    ]
    values = (environment.get(each.removeprefix("env:"), "") for each in references)
    return frozenset(value for value in values if len(value) >= _SHORTEST_SECRET)


def _is_reference(node: SchemaNode) -> bool:
    forms = (node, node.get("items", {}), *node.get("anyOf", ()), *node.get("oneOf", ()))
    return any(isinstance(form, dict) and form.get("format") == REFERENCE_FORMAT for form in forms)


def _disclosed(
    value: JsonValue, path: KeyPath, loaded: LoadedBlueprint, secrets: frozenset[str]
) -> JsonValue:
    """The value without what must not be shown."""
    if isinstance(value, list):
        return [_disclosed(item, (*path, number), loaded, secrets) for number, item in enumerate(value)]
    text = loaded.provenance.text(path)
    if text is not None and any(_SECRET_NAME.search(name) for name in _VARIABLE.findall(text)):
        return text
    if not isinstance(value, str):
        return value
    if any(secret in value for secret in secrets):
        return HIDDEN if text is None else text
    return _USER_INFORMATION.sub(HIDDEN, value)
