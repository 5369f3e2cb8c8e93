"""The values that templates work on, and the account of what they may cost."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from seawall.types import JsonValue

__all__ = [
    "MOST_ITEMS",
    "Account",
    "Data",
    "Embedded",
    "Function",
    "Missing",
    "Namespace",
    "TemplateError",
    "TemplateValue",
    "contained",
    "marked",
    "number",
    "plain",
    "source_of",
    "sources",
    "weight",
]

_SLICE: Final = 256  # steps between two looks at the loop: others are served meanwhile
_CHARACTERS_PER_STEP: Final = 256
_CHARACTERS_PER_ITEM: Final = 32  # what it takes to walk over one item of a list, and to keep it
MOST_ITEMS: Final = 50_000
"""Items of one list that a template makes."""

_LARGEST: Final = 2**63 - 1

TemplateValue: TypeAlias = Any
"""Text, number, boolean, None, list, dict, or one of the classes below; nothing else ever gets into a template."""


class TemplateError(Exception):
    """A template cannot be carried out; the text says why, one clause."""

    def __init__(self, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Data:
    """A value that came from a file or a tool, and all that is made of it: it is shown as data, never as the prompt's own words.

    Attributes:
        value: text or other plain value.
        source: where it came from, one short line for the reader.
    """

    value: JsonValue
    source: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """Something with members, such as `server`; `text` is what it is itself when it is shown."""

    name: str
    members: Mapping[str, TemplateValue]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """Something that a template may call; `call` gets positional and named arguments, all of them plain."""

    name: str
    call: Callable[[tuple[TemplateValue, ...], Mapping[str, TemplateValue]], Awaitable[TemplateValue]]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not there. It can be asked for (`is defined`, `default`), and not be used."""

    what: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file or resource that stands in the dialogue as itself."""

    uri: str
    media_type: str
    content: str | bytes


@dataclass(slots=True)
class Account:
    """What one rendering has left.

    Attributes:
        steps: parts of the template that may be carried out, and characters in portions of 256.
        size: characters that one text may have, and the whole output.
        calls: files and tools that may be asked.
    """

    steps: int
    size: int
    calls: int
    _until_pause: int = field(default=_SLICE)
    _written: int = 0

    def charge(self, characters: int = 0) -> None:
        """Pay for one step, and for work on a text of that length.

        Raises:
            TemplateError: nothing is left.
        """
        cost = 1 + characters // _CHARACTERS_PER_STEP
        self.steps -= cost
        self._until_pause -= cost
        if self.steps < 0:
            raise TemplateError("the template takes more steps than it may", hint="Loop over less.")

    async def breathe(self) -> None:
        """Let others run, once in a while."""
        if self._until_pause <= 0:
            self._until_pause = _SLICE
            await asyncio.sleep(0)

    def fits(self, length: int) -> None:
        """Make sure that a text of that length may be made, before it is made.

        Raises:
            TemplateError: it is too long.
        """
        if length > self.size:
            raise TemplateError(f"a text grows beyond {self.size} characters", hint="Show less of it.")
        self.charge(length)

    def holds(self, items: int) -> None:
        """Make sure that a list of so many items may be made, before it is made.

        Raises:
            TemplateError: it is too long.
        """
        if items > MOST_ITEMS:
            raise TemplateError(f"a list grows beyond {MOST_ITEMS} items", hint="Take a part of it.")
        self.charge(items * _CHARACTERS_PER_ITEM)

    def write(self, length: int) -> None:
        """The same for what is written out."""
        self._written += length
        if self._written > self.size:
            raise TemplateError(f"the output grows beyond {self.size} characters", hint="Show less.")
        self.charge(length)

    def ask(self) -> None:
        """Pay for one file or tool.

        Raises:
            TemplateError: too many were asked.
        """
        self.calls -= 1
        if self.calls < 0:
            raise TemplateError("it asks for more files and tools than it may")


def source_of(value: TemplateValue) -> str | None:
    """Where the value came from; None for one of the template's own."""
    return value.source if isinstance(value, Data) else None


def weight(value: TemplateValue) -> int:
    """What it takes to walk over the value once, in characters."""
    inner = value.value if isinstance(value, Data) else value
    if isinstance(inner, str):
        return len(inner)
    return len(inner) * _CHARACTERS_PER_ITEM if isinstance(inner, list | dict | range) else 0


def plain(value: TemplateValue) -> TemplateValue:
    """The value itself, whatever it came from.

    Raises:
        TemplateError: it is not there.
    """
    if isinstance(value, Missing):
        raise TemplateError(f"{value.what} is not there")
    return value.value if isinstance(value, Data) else value


def marked(value: TemplateValue, *origins: TemplateValue) -> TemplateValue:
    """The value as data when one of those that it was made of is."""
    found = [name for each in origins for name in sources(each)]
    if not found or isinstance(value, Missing):
        return value
    return Data(plain(value), ", ".join(dict.fromkeys(found))[:200])


def sources(value: TemplateValue) -> Iterator[str]:
    """Where the value and all that it holds came from. Lists of a template are flat enough: `contained` says so."""
    if isinstance(value, Data):
        yield value.source
    elif isinstance(value, list):
        for item in value:
            yield from sources(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from sources(item)


def contained(value: TemplateValue, account: Account, depth: int = 0) -> JsonValue:
    """The value as plain JSON, however it was put together: a list of lists of one list is paid for in full.

    Raises:
        TemplateError: something in it is no data, it nests too deep, or it is too large.
    """
    account.charge(len(value) if isinstance(value, str) else 0)
    if depth > _DEPTH:
        raise TemplateError("a value nests too deep")
    inner = plain(value)
    if isinstance(inner, list):
        return [contained(item, account, depth + 1) for item in inner]
    if isinstance(inner, dict):
        return {str(name): contained(item, account, depth + 1) for name, item in inner.items()}
    if inner is None or isinstance(inner, bool | int | float | str):
        return inner
    raise TemplateError("it is no value")


_DEPTH: Final = 32


def number(value: TemplateValue) -> TemplateValue:
    """A number that stays one everywhere.

    Raises:
        TemplateError: it is too large, or none.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise TemplateError("a number is too large")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise TemplateError("a number is too large")
    return value
