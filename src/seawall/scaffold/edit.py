"""Adding to a blueprint that somebody wrote: their comments, order and layout stay as they are."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from seawall.blueprint.locate import Locations, locate
from seawall.errors import UsageError

__all__ = ["add_entry"]

_BEFORE: Final = {"prompts": "toolset", "resource": "toolset"}  # behind what the first of a kind goes
_HEADER: Final = re.compile(r"[ \t]*\[[^={]*")  # what stands before a key that belongs to a table's header


def add_entry(text: str, table: str, section: str) -> str:
    """The blueprint's text with one more entry of an array of tables, behind the others, or with a table that it lacks.

    Args:
        text: a valid blueprint.
        table: its key, such as `toolset`.
        section: the entry as text: `[[toolset]]` or `[prompts]` and its lines, comments included.

    Raises:
        UsageError: there is a table of that name, which is no array; the text is laid out so that nothing can be put between; says what to write by hand.
    """
    if table in tomllib.loads(text) and not section.startswith("[["):
        raise UsageError(f"the blueprint has [{table}] already.", hint="Change it there.")
    lines = text.replace("\r\n", "\n").split("\n")
    place = _place(lines, locate(text), table)
    before, after = _without_blank_end(lines[:place]), lines[place:]
    added = section.removesuffix("\n").split("\n")
    whole = [*before, *([""] if before else []), *added, "", *_without_blank_start(after)]
    result = "\n".join(_without_blank_end(whole)) + "\n"
    if not _adds_one(text, result, table, section):
        raise UsageError(
            f"the blueprint is laid out so that no {added[0]} can be put into it.",
            hint=f"Write it by hand: {'; '.join(line for line in added if not line.startswith('#'))}",
        )
    return result.replace("\n", "\r\n") if "\r\n" in text else result


def _place(lines: list[str], known: Locations, array: str) -> int:
    """Number of the line before which the entry goes: where the last of its kind (or `[server]`) ends."""
    headers = sorted(_headers(known).items())
    own = [line for line, table in headers if table == array]
    own = own or [line for line, table in headers if table == _BEFORE.get(array)]
    own = own or [line for line, _ in headers[:1]]
    later = [line for line, _ in headers if own and line > own[-1]]
    if not later:
        return len(lines)
    place = comments = later[0] - 1
    while comments > own[-1] and lines[comments - 1].lstrip().startswith("#"):
        comments -= 1
    # Comments right above the next table belong to it, unless they follow the entry's own lines at once.
    return comments if not lines[comments - 1].strip() else place


def _headers(known: Locations) -> dict[int, str]:
    """The first name of each table's header, by its 1-based line."""
    found: dict[int, str] = {}
    for path, offset in known.keys.items():
        start = known.text.rfind("\n", 0, offset) + 1
        named = str in map(type, path[-2:])  # an item of an array within an array ends with two numbers
        if named and _HEADER.fullmatch(known.text[start:offset]):
            found.setdefault(known.position(offset).line, str(path[0]))
    return found


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _without_blank_start(lines: list[str]) -> list[str]:
    start = 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    return lines[start:]


def _adds_one(before: str, after: str, table: str, section: str) -> bool:
    """Whether the new text means the old one and the entry."""
    entry = tomllib.loads(section)[table]
    wanted: dict[str, Any] = tomllib.loads(before)
    wanted[table] = [*wanted.get(table, []), *entry] if isinstance(entry, list) else entry
    try:
        return tomllib.loads(after) == wanted
    except tomllib.TOMLDecodeError:
        return False
