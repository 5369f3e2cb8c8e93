"""Blueprints of older formats: what became of each setting, as data, and the text brought to the format of today.

A text is changed at the very places that a migration names: comments, order and layout stay, line by line, so that a
problem is still told at the line where its author wrote it. `seawall upgrade` writes the result; everything else that
reads a blueprint does the same in memory.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seawall.blueprint.locate import KeyPath, Locations, locate
from seawall.blueprint.profiles import PROFILE
from seawall.blueprint.wording import dotted

__all__ = ["FORMAT", "MIGRATIONS", "UNSAID", "Draft", "Migrated", "Migration", "format_of", "migrate"]

UNSAID: Final = 1
"""The format of a blueprint that does not say its own: the first one in which the line may be left out."""
_MARK: Final = "\ufeff"  # a byte order mark, which TOML does not know and some editors write


class Draft:
    """A blueprint's text on its way to the next format."""

    def __init__(self, text: str) -> None:
        """Args: text: valid TOML, without byte order mark, with line ends as Unix has them."""
        self.text = text
        self.notes: list[str] = []
        self._read()

    def sections(self, name: str) -> Iterator[KeyPath]:
        """The tables of that name, in the file and then in each profile; of `toolset`, every single one."""
        profiles = self._data.get(PROFILE)
        roots: list[KeyPath] = [()]
        if isinstance(profiles, Mapping):
            roots += [(PROFILE, profile) for profile in profiles]
        for root in roots:
            found = self.value((*root, name))
            if isinstance(found, list):
                yield from ((*root, name, number) for number in range(len(found)))
            elif isinstance(found, Mapping):
                inner = name == "toolset"  # a profile names toolsets
                yield from ((*root, name, each) for each in found) if inner else ((*root, name),)

    def value(self, path: KeyPath) -> Any:  # noqa: ANN401  TOML values
        """What stands at `path`; None when nothing does."""
        found: Any = self._data
        for part in path:
            item = isinstance(found, list) and isinstance(part, int) and part < len(found)
            if item or (isinstance(found, Mapping) and part in found):
                found = found[part]
            else:
                return None
        return found

    def rename(self, path: KeyPath, name: str) -> None:
        """Give a setting, which is no table by a header, another name; nothing when that one is taken."""
        if self.value((*path[:-1], name)) is not None:
            return
        start = self._known.keys[path]
        self._put(start, _key_end(self.text, start), name)
        self.notes.append(f"`{dotted(path)}` is `{name}` now.")

    def write(self, path: KeyPath, name: str, value: str | int) -> None:
        """Put another setting with that value into the place of one with a plain value; nothing when its name is taken."""
        if self.value((*path[:-1], name)) is not None:
            return
        start, end = self._known.values[path], self._known.ends[path]
        shown = self.text[start:end]
        self._put(start, end, json.dumps(value, ensure_ascii=False))
        start = self._known.keys[path]
        self._put(start, _key_end(self.text, start), name)
        self.notes.append(
            f"`{dotted(path)} = {shown}` is `{name} = {json.dumps(value, ensure_ascii=False)}` now."
        )

    def say_format(self, number: int) -> None:
        """Have the text say that format."""
        if "format" in self._data:
            self._put(self._known.values["format",], self._known.ends["format",], str(number))
            return
        first = min(self._known.keys.values(), default=len(self.text))
        place = self.text.rfind("\n", 0, first) + 1
        self._put(place, place, f"format = {number}\n\n")

    def _put(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]
        self._read()

    def _read(self) -> None:
        self._data: dict[str, Any] = tomllib.loads(self.text)
        self._known: Locations = locate(self.text)


@dataclass(frozen=True, slots=True)
class Migration:
    """From one format to the next one.

    Attributes:
        before: the format that it reads.
        change: makes the changes, of which each leaves a note.
    """

    before: int
    change: Callable[[Draft], None]


@dataclass(frozen=True, slots=True)
class Migrated:
    """A text in the format of today.

    Attributes:
        text: the text.
        before: the format that it had.
        notes: what was changed, one sentence each.
    """

    text: str
    before: int
    notes: tuple[str, ...]


def format_of(data: Mapping[str, Any]) -> int | None:
    """The format that a blueprint's data says; None when it is no whole number."""
    found = data.get("format", UNSAID)
    return found if type(found) is int else None


def migrate(text: str, migrations: tuple[Migration, ...]) -> Migrated | None:
    """The text in the format after the last of the migrations; None when it has that one, a later one or none at all.

    Args:
        text: valid TOML.
        migrations: in order, each from the format that the one before it leads to.
    """
    plain = text.removeprefix(_MARK)
    before = format_of(tomllib.loads(plain))
    wanted = [each for each in migrations if before is not None and each.before >= before]
    if before is None or not wanted or wanted[0].before != before:
        return None
    draft = Draft(plain.replace("\r\n", "\n"))
    for each in wanted:
        each.change(draft)
    draft.say_format(wanted[-1].before + 1)
    result = draft.text.replace("\n", "\r\n") if "\r\n" in plain else draft.text
    return Migrated(text[: len(text) - len(plain)] + result, before, tuple(draft.notes))


def _key_end(text: str, start: int) -> int:
    """Where one part of a key ends."""
    quote = text[start]
    if quote not in "\"'":
        end = start
        while text[end].isalnum() or text[end] in "_-":
            end += 1
        return end
    end = start + 1
    while text[end] != quote:
        end += 2 if text[end] == "\\" and quote == '"' else 1
    return end + 1


def _from_drafts(draft: Draft) -> None:
    """Format 0: the drafts before the first release, in which three settings had other names."""
    for table in draft.sections("server"):
        if isinstance(draft.value((*table, "description")), str):
            draft.rename((*table, "description"), "purpose")
    for table in draft.sections("toolset"):
        if isinstance(draft.value((*table, "root")), str):
            draft.rename((*table, "root"), "roots")
        writable = draft.value((*table, "write"))
        if isinstance(writable, bool):
            draft.write((*table, "write"), "access", "write" if writable else "read")


MIGRATIONS: Final = (Migration(0, _from_drafts),)
"""In order; the last one leads to the format of today."""
FORMAT: Final = MIGRATIONS[-1].before + 1
"""The format of today."""
