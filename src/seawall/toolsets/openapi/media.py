"""Media types (RFC 9110, 8.3.1): what one is called, and which of a few ways of reading or writing it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

__all__ = ["Form", "MediaType", "form_of", "is_yaml", "parsed"]

Form: TypeAlias = Literal["json", "lines", "form", "multipart", "xml", "text", "binary"]
"""How a body is read or written; `lines` are JSON values one after the other. YAML counts as JSON: every JSON document is one (YAML 1.2, 1.3)."""

_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
_TEXTUAL: Final = frozenset({"javascript", "ecmascript", "graphql", "sql", "toml", "csv"})
_LINES: Final = frozenset({"x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-seq"})
_YAML: Final = frozenset({"yaml", "x-yaml"})


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type.

    Attributes:
        name: `type/subtype` in small letters, `""` when there is none.
        parameters: by small name; the first of a repeated one.
    """

    name: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """What stands before the slash."""
        return self.name.partition("/")[0]

    @property
    def subtype(self) -> str:
        """What stands after the slash."""
        return self.name.partition("/")[2]

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for several, such as `image/*`."""
        return "*" in self.name

    def covers(self, other: MediaType) -> bool:
        """Whether the other one is this one, or one of those that this one stands for."""
        if self.name in {"*/*", "*"}:
            return True
        if self.subtype == "*":
            return self.main == other.main
        return self.name == other.name


def parsed(text: str) -> MediaType:
    """The media type that a `Content-Type` or a description names; whatever it is, nothing is raised."""
    name, _, rest = text.partition(";")
    parameters: dict[str, str] = {}
    for found in _PARAMETER.finditer(f";{rest}"):
        value = found[3] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
        parameters.setdefault(found[1].lower(), value)
    return MediaType(name.strip().lower(), parameters)


def is_yaml(media: MediaType) -> bool:
    """Whether it is YAML, of which only a part is JSON."""
    return media.subtype.rpartition("+")[2] in _YAML


def form_of(media: MediaType) -> Form:
    """The way in which such a body is read and written."""
    main, subtype = media.main, media.subtype
    suffix = subtype.rpartition("+")[2]
    if suffix == "json" or suffix in _YAML:
        return "json"
    if suffix in _LINES:
        return "lines"
    if media.name == "application/x-www-form-urlencoded":
        return "form"
    if main == "multipart":
        return "multipart"
    if suffix == "xml":
        return "xml"
    return "text" if main == "text" or suffix in _TEXTUAL else "binary"
