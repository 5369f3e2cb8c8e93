"""What keeps arguments from being sent, although they fit their schema."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from seawall.types import JsonValue

__all__ = ["UnsendableError", "check_own", "check_texts"]

_CONTROL: Final = {"\r": "a carriage return", "\n": "a line feed", "\x00": "a NUL"}


class UnsendableError(Exception):
    """The value of one argument cannot be sent. `fault` is one sentence for the model; it never leaves this package."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def check_own(argument: str, own: str, made: Iterable[str], names: Collection[str]) -> None:
    """Refuse members of an object that would pass for another parameter: one that is fixed, hidden, or simply not this.

    Args:
        argument: that holds the object.
        own: the parameter's own name.
        made: the names under which its members are sent.
        names: of all that there are; `name[…]` counts as `name`, as many services read it.

    Raises:
        UnsendableError: one of them does.
    """
    for name in made:
        below = name == own or name.startswith(f"{own}[")
        if name != own and (name in names or (not below and name.partition("[")[0] in names)):
            raise UnsendableError(f"{argument} has the member {name[:64]!r}, which is a parameter of its own")


def check_texts(name: str, value: JsonValue, *, lines: bool) -> None:
    """Refuse what no request can carry in this place.

    Args:
        name: of the argument.
        value: its value; keys of objects are looked at too.
        lines: whether the value may have several lines, as a body may. Elsewhere a line ends what is being written
            (CWE-93), and a NUL ends it for whoever reads it with C.

    Raises:
        UnsendableError: a carriage return, line feed or NUL where it may not be, or half of a surrogate pair.
    """
    for text in _texts(value):
        if not lines:
            for character, word in _CONTROL.items():
                if character in text:
                    raise UnsendableError(f"{name} contains {word}, which cannot be sent there")
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise UnsendableError(f"{name} contains half of a surrogate pair, which is no character")


def _texts(value: JsonValue) -> Iterator[str]:
    values = [value]
    while values:
        one = values.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            values.extend(one)
        elif isinstance(one, dict):
            yield from one
            values.extend(one.values())
