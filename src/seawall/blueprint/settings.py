"""Every setting of a loaded blueprint with its effective value and origin, as it may be shown.

What is never shown: the value of a secret (a setting of type `SecretReference` holds only the reference). Beyond
that, what was put into the wrong setting: a text made of a variable whose name says that it is secret is shown as
the file has it (`"${API_KEY}"`); a text that contains the value of a variable to which some reference (`env:NAME`)
points, the user information of a URL (RFC 3986, section 3.2.1), and in a table of free form what a name says to be
secret, are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.blueprint.load import LoadedBlueprint
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.masking import HIDDEN, SECRET_NAME, cleared, is_secret_by_name
from seawall.blueprint.origin import Origin
from seawall.blueprint.quantities import UNITS_KEYWORD, quantity_text
from seawall.blueprint.schema import SchemaNode
from seawall.blueprint.section import Section
from seawall.blueprint.vocabulary import Vocabulary
from seawall.blueprint.wording import PEM, USER_INFORMATION, dotted
from seawall.types import JsonValue

__all__ = ["HIDDEN", "Concealer", "Setting", "leaves", "settings"]

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_NO_SECRET: Final = frozenset({"PWD", "OLDPWD"})  # directories, by POSIX
_REFERENCE: Final = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)|file:/.+|secret:[A-Za-z0-9][A-Za-z0-9._-]*")
_NAMED_BY_HAND: Final = frozenset({"fixed", "headers", "environment"})
"""Tables of values whose names the operator chooses: of arguments, headers and variables."""
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
        default: the value that it has when nothing sets it, as a person writes it; None when it has none.
        required: whether something has to set it.
        description: what it is for, one or two sentences; empty for what no model describes.
        text: the string with `${…}` of which the value was made, as the file has it, or None.
    """

    section: KeyPath
    name: str
    value: JsonValue
    hidden: bool
    origin: Origin
    default: JsonValue = None
    required: bool = False
    description: str = ""
    text: str | None = None


class Concealer:
    """Takes out of any text what `settings` would not show either, wherever that text came from."""

    def __init__(self, loaded: LoadedBlueprint, environment: Mapping[str, str]) -> None:
        """Args: loaded: the blueprint. environment: the variables that it was filled in with."""
        named = _secrets(list(leaves(loaded.blueprint)), environment)
        texts = [each.written for each in loaded.provenance.substituted.values()]
        names = [name for text in texts for name in _VARIABLE.findall(text) if SECRET_NAME.search(name)]
        values = (environment.get(name, "") for name in names)
        held = {*named, *(value for value in values if len(value) >= _SHORTEST_SECRET)}
        self._secrets = sorted(held, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without secret values and without the user information of URLs."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return USER_INFORMATION.sub(HIDDEN, text)


def settings(loaded: LoadedBlueprint, *, environment: Mapping[str, str]) -> Iterator[Setting]:
    """Every setting, those with defaults included: tables in the order of the models, toolsets in file order.

    Args:
        loaded: the blueprint.
        environment: the variables; the value of one that a reference names is hidden wherever it turns up.
    """
    blueprint = loaded.blueprint
    kinds = {each.kind: type(each) for each in blueprint.toolset}
    data = {"toolset": tuple({"kind": each.kind} for each in blueprint.toolset)}
    names = [each.name or each.kind for each in blueprint.toolset]
    vocabulary = Vocabulary(kinds)
    found = list(leaves(blueprint))
    secrets = _secrets(found, environment)
    for path, value in found:
        if path == ("toolset",):  # there is none
            continue
        section, name = _named(path, names)
        node = vocabulary.node(path, data)
        written = _written(value, node or {})
        shown = _disclosed(written, path, loaded, secrets)
        if not node:
            shown = _free(name, value, shown, loaded.provenance.text(path))
        elif len(path) > 1 and path[-2] in _NAMED_BY_HAND and not _is_reference(value):
            shown = HIDDEN if is_secret_by_name(path[-1:], value) else cleared(shown)
        node = node or {}
        yield Setting(
            section,
            dotted(name),
            shown,
            shown != written,
            loaded.provenance.origin(path),
            default=_written(node.get("default"), node),
            required=path[-1] in (vocabulary.node(path[:-1], data) or {}).get("required", ()),
            description=str(node.get("description", "")),
            text=loaded.provenance.text(path),
        )


def _named(path: KeyPath, names: Sequence[str]) -> tuple[KeyPath, KeyPath]:
    """The table of a setting, a toolset by its name, and the setting within it."""
    if path[0] == "toolset":
        return ("toolset", names[int(path[1])]), path[2:]
    if path[0] == "resource" and len(path) > 1:  # an array without names: by number
        return path[:2], path[2:]
    return (path[:1], path[1:]) if len(path) > 1 else ((), path)


def leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """The values that are set as one: strings, numbers, arrays of these; tables are gone through."""
    if isinstance(value, Section):
        for name, field in type(value).model_fields.items():
            yield from leaves(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, tuple) and any(isinstance(item, Section | Mapping) for item in value):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
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


def _secrets(found: list[tuple[KeyPath, object]], environment: Mapping[str, str]) -> frozenset[str]:
    """The values of the variables to which references point, in whatever setting these stand."""
    texts = (each for _, value in found for each in (value if isinstance(value, tuple) else (value,)))
    names = (match[1] for text in texts if isinstance(text, str) and (match := _REFERENCE.fullmatch(text)))
    values = (environment.get(name or "", "") for name in names)
    return frozenset(value for value in values if len(value) >= _SHORTEST_SECRET)


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _free(name: KeyPath, value: object, shown: JsonValue, text: str | None) -> JsonValue:
    """The value of a setting that no model describes: hidden when its name says that it is a secret.

    What was made of variables is shown as the file has it: nobody knows what they hold.
    """
    if _is_reference(value):
        return shown
    if text is not None:
        return text
    return HIDDEN if is_secret_by_name(name, value) else cleared(shown)


def _disclosed(
    value: JsonValue, path: KeyPath, loaded: LoadedBlueprint, secrets: frozenset[str]
) -> JsonValue:
    """The value without what must not be shown."""
    if isinstance(value, list):
        return [_disclosed(item, (*path, number), loaded, secrets) for number, item in enumerate(value)]
    text = loaded.provenance.text(path)
    if text is not None and any(
        name not in _NO_SECRET and SECRET_NAME.search(name) for name in _VARIABLE.findall(text)
    ):
        return text
    if not isinstance(value, str):
        return value
    if any(secret in value for secret in secrets):
        return HIDDEN if text is None else text
    return HIDDEN if PEM in value else USER_INFORMATION.sub(HIDDEN, value)
