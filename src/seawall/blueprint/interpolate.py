"""`${NAME}` and `${NAME:-default}` in the strings of a blueprint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from seawall.blueprint.locate import KeyPath

__all__ = ["Filled", "Substituted", "Unfilled", "fill"]

_FORMS: Final = "${NAME} or ${NAME:-default}"
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{(?P<inside>[^}]*)(?P<end>\}?)")
_INSIDE: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Substituted:
    """A string that held variables.

    Attributes:
        written: the string as the file has it; the only form that may be shown.
        whole: True when the string is one `${…}` and nothing else, so that it may stand for a number.
    """

    written: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A reference that cannot be filled in; `unset` when only its variable is missing."""

    path: KeyPath
    found: str
    allowed: str
    reason: str
    unset: bool = False


@dataclass(slots=True)
class Filled:
    """The data of a file after its variables were filled in; arrays have become tuples."""

    data: dict[str, object]
    substituted: dict[KeyPath, Substituted] = field(default_factory=dict)
    unfilled: list[Unfilled] = field(default_factory=list)


def fill(data: Mapping[str, object], environment: Mapping[str, str]) -> Filled:
    """Fill in the variables of every string value; keys stay as they are.

    As in the POSIX shell, `:-` gives the default when the variable is unset or empty. What comes out of a
    variable is data: it is neither searched for references again nor read as TOML. `$${` is a literal `${`.
    """
    filler = _Filler(environment)
    filler.filled.data = {key: filler.value(item, (key,)) for key, item in data.items()}
    return filler.filled


class _Filler:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.filled = Filled({})

    def value(self, value: object, path: KeyPath) -> object:
        # The recursion is bounded: documents deeper than locate.MAX_DEPTH are refused before.
        if isinstance(value, dict):
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return tuple(self.value(item, (*path, number)) for number, item in enumerate(value))
        if isinstance(value, str) and "${" in value:
            return self._text(value, path)
        return value

    def _text(self, text: str, path: KeyPath) -> str:
        references = [match for match in _REFERENCE.finditer(text) if match["inside"] is not None]
        if references:
            whole = len(references) == 1 and references[0].span() == (0, len(text))
            self.filled.substituted[path] = Substituted(text, whole)
        return "".join(self._pieces(text, path))

    def _pieces(self, text: str, path: KeyPath) -> Iterator[str]:
        end = 0
        for match in _REFERENCE.finditer(text):
            yield text[end : match.start()]
            yield "${" if match["inside"] is None else self._variable(match, path)
            end = match.end()
        yield text[end:]

    def _variable(self, match: re.Match[str], path: KeyPath) -> str:
        inside = _INSIDE.fullmatch(match["inside"])
        if inside is None or not match["end"] or "${" in match["inside"]:
            reason = "is not a reference to a variable; a literal ${ is written $${"
            self.filled.unfilled.append(Unfilled(path, match[0], _FORMS, reason))
            return ""
        name, default = inside["name"], inside["default"]
        value = self._environment.get(name)
        if default is not None:
            return value or default
        if value is None:
            allowed = f"a variable that is set, or a default: ${{{name}:-default}}"
            self.filled.unfilled.append(
                Unfilled(path, match[0], allowed, f"cannot be filled in: {name} is not set", unset=True)
            )
        return value or ""
