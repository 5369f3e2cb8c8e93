"""From arguments of a call to an argv: every value is one argument or a part of one, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.command.declaration import ItemSection, ParameterSection
from seawall.toolsets.command.template import Argument, Group, Slot, Template
from seawall.types import JsonValue

__all__ = ["LONGEST_ARGV", "Filler", "Values"]

Values: TypeAlias = Mapping[str, JsonValue]

LONGEST_ARGV: Final = 512 * 1024
"""Bytes that all arguments of one call may have together."""

_LONGEST_ARGUMENT: Final = 128 * 1024 - 1  # bytes: MAX_ARG_STRLEN of Linux, without the closing NUL
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NO_ITEM: Final = ItemSection()


class Filler:
    """Fills the argv of one command."""

    def __init__(
        self,
        tool: str,
        template: Template,
        parameters: Mapping[str, ParameterSection],
        *,
        special: str = "",
        special_end: str = "",
    ) -> None:
        """Take what the blueprint says.

        Args:
            tool: its name, for messages.
            template: the argv.
            parameters: what it says of each.
            special: characters beside `-` that mean more than themselves at the beginning of an argument of this program.
            special_end: those that mean more at its end.
        """
        self._tool = tool
        self._template = template
        self._parameters = parameters
        self._special = special
        self._special_end = special_end

    def argv(self, values: Values) -> tuple[str, ...]:
        """The arguments behind the program. `values` are those of the call and the defaults, paths looked up.

        Raises:
            InvalidArgumentsError: a value would become an option, has control characters, or all is too long.
        """
        made = [text for item in self._template.items for text in self._item(item, values)]
        if sum(len(text.encode()) + 1 for text in made) > LONGEST_ARGV:
            raise self._invalid(f"the arguments have more than {LONGEST_ARGV} bytes together")
        return tuple(made)

    def text(self, name: str, value: JsonValue) -> str:
        """One value as text, checked.

        Raises:
            InvalidArgumentsError: it has control characters, or is no Unicode.
        """
        section = self._section(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            return format(value, "d") if isinstance(value, int) else repr(value)
        found = (_CONTROL_BUT_LINES if section.multiline else _CONTROL).search(value)
        if found:
            shown = found[0].encode("unicode_escape").decode()
            raise self._invalid(f"{name} has the control character {shown}, which this command does not take")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self._invalid(f"{name} is not valid Unicode (a lone surrogate)") from None
        return value

    def _item(self, item: Argument | Group, values: Values) -> Iterator[str]:
        if isinstance(item, Argument):
            yield from self._argument(item, values)
        elif item.each:
            many = values.get(item.each)
            for one in many if isinstance(many, list) else ():
                for argument in item.arguments:
                    yield from self._argument(argument, {**values, item.each: one})
        elif _is_there(item, values):
            for argument in item.arguments:
                yield from self._argument(argument, values)

    def _argument(self, argument: Argument, values: Values) -> Iterator[str]:
        if argument.slots and argument.slots[0].repeated:
            name = argument.slots[0].name
            many = values.get(name)
            for one in many if isinstance(many, list) else ():
                yield self._checked(argument, self.text(name, one))
            return
        parts = [
            self.text(piece.name, values[piece.name]) if isinstance(piece, Slot) else piece
            for piece in argument.pieces
        ]
        yield self._checked(argument, "".join(parts))

    def _checked(self, argument: Argument, text: str) -> str:
        if len(text.encode()) > _LONGEST_ARGUMENT:
            raise self._invalid(f"{argument.slots[0].name} is longer than {_LONGEST_ARGUMENT} bytes")
        names = [slot.name for slot in argument.slots]
        if not text or not names or all(self._section(name).options for name in names):
            return text
        if argument.begins_with_slot and text[0] in f"-{self._special}":
            raise self._invalid(
                f"{names[0]} would begin an argument with {text[0]!r}, which the program could take for an option"
            )
        if argument.ends_with_slot and text[-1] in self._special_end:
            raise self._invalid(
                f"{names[-1]} would end an argument with {text[-1]!r}, which means more to the program than itself"
            )
        return text

    def _section(self, name: str) -> ItemSection:
        section = self._parameters[name]
        return (section.items or _NO_ITEM) if section.type == "array" else section

    def _invalid(self, fault: str) -> InvalidArgumentsError:
        return InvalidArgumentsError(tool=self._tool, faults=[fault])


def _is_there(group: Group, values: Values) -> bool:
    if group.when:
        value = values.get(group.when)
        there = value is not None and value is not False
        return there and all(values.get(name) is not None for name in group.names)
    return all(values.get(name) is not None for name in group.names)
