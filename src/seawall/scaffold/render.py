"""Templates: text files that become files of a project. Nothing in them can run, and nothing missing goes unnoticed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import tomlkit
from jinja2 import BaseLoader, PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seawall.toolsets.starter import Value

__all__ = ["TEMPLATES_VERSION", "Templates", "key", "markdown", "one_line", "toml"]

TEMPLATES_VERSION: Final = 2
"""Counts up when a template changes what it says; a project remembers the one that it was made with."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_MARKS: Final = re.compile(r"([\\`*\[\]<>#|~!&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_LINE_START: Final = re.compile(r"^(\s*)(?:([-+=:])|(\d{1,9})([.)]))", re.MULTILINE)


class Templates:
    """The templates of the package, or of another loader."""

    def __init__(self, loader: BaseLoader | None = None) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=loader or PackageLoader("seawall.scaffold", "templates"),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(toml=toml, markdown=markdown, one_line=one_line)

    def render(self, name: str, **values: object) -> str:
        """The text of `NAME.j2` with these values; every value that is not ours goes through a filter in it."""
        return self._environment.get_template(f"{name}.j2").render(values)


def toml(value: Value) -> str:
    """The value as TOML, on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key(name)} = {toml(inner)}' for name, inner in value.items())} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    return tomlkit.item(value).as_string()


def key(name: str) -> str:
    """The name as a key of TOML."""
    return name if _BARE.fullmatch(name) else tomlkit.item(name).as_string()


def one_line(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())


def markdown(text: str) -> str:
    """The text as Markdown that shows it as it is (CommonMark 0.31, section 2.4)."""
    escaped = _MARKS.sub(r"\\\1", text)
    return _LINE_START.sub(
        lambda match: f"{match[1]}{match[3] or ''}\\{match[2] or match[4]}",
        escaped,
    )
