"""What an argv of the blueprint means: literal text, and slots that values go into. Nothing is ever split or joined."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seawall.toolsets.command.declaration import GroupSection

__all__ = [
    "Argument",
    "Group",
    "Item",
    "Piece",
    "Slot",
    "Template",
    "TemplateError",
    "read_argument",
    "read_template",
]

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,63})(\*?)\}|[{}]")


class TemplateError(ValueError):
    """An argument that cannot be read; `place` is where it stands within argv, such as `[3].argv[0]`."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value goes. `repeated`: all values of an array, an argument each."""

    name: str
    repeated: bool = False


Piece: TypeAlias = str | Slot


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its pieces in order. A repeated slot stands alone."""

    pieces: tuple[Piece, ...]

    @property
    def slots(self) -> Sequence[Slot]:
        """Those in it."""
        return [piece for piece in self.pieces if isinstance(piece, Slot)]

    @property
    def literal(self) -> str | None:
        """The text of an argument without slots."""
        return None if self.slots else "".join(map(str, self.pieces))

    @property
    def begins_with_slot(self) -> bool:
        """Whether a value decides how the argument begins."""
        return bool(self.pieces) and isinstance(self.pieces[0], Slot)

    @property
    def ends_with_slot(self) -> bool:
        """Whether a value decides how the argument ends."""
        return bool(self.pieces) and isinstance(self.pieces[-1], Slot)


@dataclass(frozen=True, slots=True)
class Group:
    """Arguments that are there when a parameter is, or once for each value of an array."""

    arguments: tuple[Argument, ...]
    when: str = ""
    each: str = ""

    @property
    def names(self) -> Sequence[str]:
        """The parameters that it depends on."""
        inner = [slot.name for argument in self.arguments for slot in argument.slots]
        return list(dict.fromkeys([*filter(None, (self.when, self.each)), *inner]))


Item: TypeAlias = Argument | Group


@dataclass(frozen=True, slots=True)
class Template:
    """A whole argv."""

    program: str
    items: tuple[Item, ...]

    def arguments(self) -> Iterator[Argument]:
        """Every argument behind the program, those of groups included, in their order."""
        for item in self.items:
            if isinstance(item, Group):
                yield from item.arguments
            else:
                yield item

    @property
    def required(self) -> frozenset[str]:
        """The parameters without which there is no argv."""
        return frozenset(
            slot.name for item in self.items if isinstance(item, Argument) for slot in item.slots
        )

    @property
    def names(self) -> frozenset[str]:
        """All parameters in it."""
        inner = (name for item in self.items if isinstance(item, Group) for name in item.names)
        return self.required | frozenset(inner)


def read_argument(text: str) -> Argument:
    """One argument.

    Raises:
        TemplateError: a brace that belongs to no slot, a NUL, or a repeated slot beside other text.
    """
    if "\0" in text:
        raise TemplateError("has a NUL, which no argument can have")
    pieces: list[Piece] = []
    end = 0
    for token in _TOKEN.finditer(text):
        _literal(pieces, text[end : token.start()])
        end = token.end()
        if token[1]:
            pieces.append(Slot(token[1], repeated=token[2] == "*"))
        elif token[0] in {"{{", "}}"}:
            _literal(pieces, token[0][0])
        else:
            raise TemplateError(
                f"has a {token[0]!r} that belongs to no slot: write {2 * token[0]!r} for the sign itself"
            )
    _literal(pieces, text[end:])
    if len(pieces) > 1 and any(isinstance(piece, Slot) and piece.repeated for piece in pieces):
        raise TemplateError("has a repeated slot beside other text: `{name*}` is an argument of its own")
    return Argument(tuple(pieces))


def read_template(argv: Sequence[str | Sequence[str] | GroupSection]) -> Template:
    """A whole argv.

    Raises:
        TemplateError: an argument cannot be read, or the program is no plain name or path.
    """
    first = argv[0]
    program = _read(first, "[0]").literal if isinstance(first, str) else None
    if not program:
        raise TemplateError("begins with the program, as a plain text without slots", "[0]")
    return Template(program, tuple(_item(item, f"[{number}]") for number, item in enumerate(argv[1:], 1)))


def _item(item: str | Sequence[str] | GroupSection, place: str) -> Item:
    if isinstance(item, str):
        return _read(item, place)
    if isinstance(item, GroupSection):
        return _group(item, place)
    arguments = tuple(_read(text, f"{place}[{number}]") for number, text in enumerate(item))
    group = Group(arguments)
    if not group.names:
        raise TemplateError(
            "is optional, but has no slot that decides whether it is there: use `when`", place
        )
    return group


def _group(section: GroupSection, place: str) -> Group:
    if section.when and section.each:
        raise TemplateError("has both `when` and `each`", place)
    arguments = tuple(_read(text, f"{place}.argv[{number}]") for number, text in enumerate(section.argv))
    if section.each and any(slot.repeated for argument in arguments for slot in argument.slots):
        raise TemplateError("stands once for each value already: write the slot without `*`", place)
    group = Group(arguments, section.when, section.each)
    if not group.names:
        raise TemplateError("has neither `when`, `each` nor a slot: it would always be there", place)
    return group


def _read(text: str, place: str) -> Argument:
    try:
        return read_argument(text)
    except TemplateError as error:
        raise TemplateError(str(error), place) from None


def _literal(pieces: list[Piece], text: str) -> None:
    if not text:
        return
    if pieces and isinstance(pieces[-1], str):
        pieces[-1] += text
    else:
        pieces.append(text)
