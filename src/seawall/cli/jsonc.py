"""Changes one member of a JSON file and leaves every other byte as it is, comments included.

Reads RFC 8259, and where a client does, `//` and `/* */` comments and commas before a closing bracket as well. The
text is not parsed and written anew: that would lose comments, order, number forms and layout of a file that is
mostly somebody else's.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from seawall.types import JsonValue

__all__ = ["Document", "JsonFault"]

_DEEPEST: Final = 200
_BLANK: Final = re.compile(r"[ \t\r\n]+")
_COMMENT: Final = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_SCALAR: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_INDENT: Final = re.compile(r"\n([ \t]+)\S")
_REST: Final = re.compile(r"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*?\*/)?")
_TAB: Final = 4


class JsonFault(Exception):  # noqa: N818  told apart from errors of this package, into which it is turned
    """The text is not what it should be; says what, and where (1-based)."""

    def __init__(self, text: str, at: int, reason: str) -> None:
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        self.reason = reason
        super().__init__(f"line {self.line}, column {self.column}: {reason}")


def _whole(digits: str) -> int | float:
    """A whole number; one that is too long to be read (CVE-2020-10735) counts as endless, which no entry of ours has."""
    try:
        return int(digits)
    except ValueError:
        return math.inf


@dataclass(slots=True)
class _Node:
    """A value in the text. Of an object also its members; `comma` says whether one stands behind the last."""

    start: int
    end: int
    object: bool = False
    members: dict[str, _Member] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    comma: int | None = None


@dataclass(slots=True)
class _Member:
    start: int
    value: _Node


class Document:
    """The text of a file, and where everything stands in it."""

    def __init__(self, text: str, *, comments: bool, trailing_commas: bool) -> None:
        """Read the text. One without any value stands for an empty object.

        Raises:
            JsonFault: it is not JSON, or not an object.
        """
        self.text = text
        self._comments = comments
        self._commas = trailing_commas
        start = self._skip(1 if text.startswith("\ufeff") else 0)
        if start == len(text):
            self.text = text.rstrip() + ("\n" if text.strip("\ufeff \t\r\n") else "") + "{}\n"
            start = self.text.rindex("{}")
        self._root = self._value(start, 0)
        if (end := self._skip(self._root.end)) != len(self.text):
            raise JsonFault(self.text, end, "there is something behind the end")
        if not self._root.object:
            raise JsonFault(self.text, self._root.start, "the file holds no object")

    def get(self, table: str, name: str) -> JsonValue:
        """The value of a member of one of the root's members; None when there is none.

        Raises:
            JsonFault: the table is no object, or a name stands twice.
        """
        node = self._named(table, name)
        return (
            None
            if node is None
            else json.loads(self._without_comments(node.start, node.end), parse_int=_whole)
        )

    def has_comment(self, table: str, name: str) -> bool:
        """Whether a comment stands within that value."""
        node = self._named(table, name)
        return (
            node is not None
            and self._without_comments(node.start, node.end) != self.text[node.start : node.end]
        )

    def set(self, table: str, name: str, value: JsonValue) -> str:
        """The text with that member, made or replaced.

        Raises:
            JsonFault: as `get`.
        """
        inside = self._table(table)
        if inside is None:
            return self._inserted(self._root, table, {name: value})
        known = inside.members.get(name)
        if known is None:
            return self._inserted(inside, name, value)
        depth = self._depth(known.start)
        return self._replaced(known.value.start, known.value.end, self._written(value, depth))

    def removed(self, table: str, name: str) -> str:
        """The text without that member, and without the comma that belonged to it.

        Raises:
            JsonFault: as `get`.
        """
        inside = self._table(table)
        if inside is None or name not in inside.members:
            return self.text
        names = list(inside.members)
        number = names.index(name)
        start, end = inside.members[name].start, inside.members[name].value.end
        if number + 1 < len(names):
            return self._replaced(
                self._line_start(start), self._skip(end) + 1, ""
            )  # with the comma behind it
        if inside.comma is not None:
            end = inside.comma + 1
        if number == 0:
            return self._replaced(self._line_start(start), end, "")
        before = inside.members[names[number - 1]].value.end
        comma = self._skip(before)
        text = self._replaced(self._line_start(start), end, "")
        return text if inside.comma is not None else text[:comma] + text[comma + 1 :]

    # --- reading

    def _value(self, at: int, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise JsonFault(self.text, at, "nested too deeply")
        opening = self.text[at : at + 1]
        if opening == "{":
            return self._object(at, depth)
        if opening == "[":
            return self._array(at, depth)
        pattern = _STRING if opening == '"' else _SCALAR
        found = pattern.match(self.text, at)
        if found is None:
            raise JsonFault(
                self.text, at, "a value is missing or not valid" if opening else "the end is missing"
            )
        return _Node(at, found.end())

    def _object(self, at: int, depth: int) -> _Node:
        node = _Node(at, at, object=True)
        for start in self._items(node, "}"):
            key = _STRING.match(self.text, start)
            if key is None:
                raise JsonFault(self.text, start, "a name in double quotes is missing")
            colon = self._skip(key.end())
            if self.text[colon : colon + 1] != ":":
                raise JsonFault(self.text, colon, "a colon is missing")
            value = self._value(self._skip(colon + 1), depth + 1)
            name = json.loads(key[0])
            if name in node.members:
                node.twice.add(name)
            node.members[name] = _Member(start, value)
            node.end = value.end
        return node

    def _array(self, at: int, depth: int) -> _Node:
        node = _Node(at, at)
        for start in self._items(node, "]"):
            node.end = self._value(start, depth + 1).end
        return node

    def _items(self, node: _Node, closing: str) -> Iterator[int]:
        """Where each item starts; whoever takes one sets the node's end behind it. At last that is the bracket's."""
        node.end = at = self._skip(node.start + 1)
        while self.text[at : at + 1] != closing:
            yield at
            at = self._skip(node.end)
            if self.text[at : at + 1] == ",":
                comma, at = at, self._skip(at + 1)
                if self.text[at : at + 1] == closing:
                    if not self._commas:
                        raise JsonFault(self.text, comma, "a comma before a closing bracket")
                    node.comma = comma
            elif self.text[at : at + 1] != closing:
                raise JsonFault(self.text, at, f"a comma or {closing} is missing")
        node.end = at + 1

    def _skip(self, at: int) -> int:
        """The next place that is neither blank nor a comment."""
        while True:
            if found := _BLANK.match(self.text, at):
                at = found.end()
            elif self.text[at : at + 1] == "/":
                comment = _COMMENT.match(self.text, at)
                if comment is None or not self._comments:
                    raise JsonFault(
                        self.text, at, "comments are not allowed" if comment else "a comment has no end"
                    )
                at = comment.end()
            else:
                return at

    def _table(self, table: str) -> _Node | None:
        if table in self._root.twice:
            raise JsonFault(self.text, self._root.members[table].start, f'"{table}" stands there twice')
        member = self._root.members.get(table)
        if member is not None and not member.value.object:
            raise JsonFault(self.text, member.value.start, f'"{table}" is no object')
        return None if member is None else member.value

    def _named(self, table: str, name: str) -> _Node | None:
        inside = self._table(table)
        if inside is None:
            return None
        if name in inside.twice:
            raise JsonFault(self.text, inside.members[name].start, f'"{name}" stands there twice')
        return inside.members[name].value if name in inside.members else None

    def _without_comments(self, start: int, end: int) -> str:
        """The part as JSON that the standard library reads."""
        kept: list[str] = []
        at = start
        while at < end:
            if found := _STRING.match(self.text, at):
                kept.append(found[0])
                at = found.end()
            elif (found := _COMMENT.match(self.text, at)) is not None:
                at = found.end()
            elif self.text[at] == "," and self.text[self._skip(at + 1)] in "}]":
                at += 1
            else:
                kept.append(self.text[at])
                at += 1
        return "".join(kept)

    # --- writing

    def _inserted(self, node: _Node, name: str, value: JsonValue) -> str:
        """The text with one more member, as the last one."""
        depth = self._depth(node.start) + 1
        line = f"{self._newline}{self._indent * depth}"
        member = f"{line}{json.dumps(name, ensure_ascii=False)}: {self._written(value, depth)}"
        if not node.members:
            closing = node.end - 1
            between = self.text[node.start + 1 : closing].rstrip()
            end = f"{self._newline}{self._indent * (depth - 1)}"
            return self._replaced(node.start + 1, closing, f"{between}{member}{end}")
        last = max(member.value.end for member in node.members.values())
        if node.comma is not None:
            last = node.comma + 1
        # A comment on the last member's own line stays there; the comma comes before it.
        rest = _REST.match(self.text, last) if self._comments else None
        tail = rest[0] if rest is not None else ""
        comma = "" if node.comma is not None else ","
        end = "" if "\n" in self.text[last : node.end] else f"{self._newline}{self._indent * (depth - 1)}"
        return self._replaced(last, last + len(tail), f"{comma}{tail.rstrip()}{member}{end}")

    def _replaced(self, start: int, end: int, new: str) -> str:
        return self.text[:start] + new + self.text[end:]

    def _written(self, value: JsonValue, depth: int) -> str:
        lines = json.dumps(value, indent=self._indent, ensure_ascii=False).split("\n")
        return f"{self._newline}{self._indent * depth}".join(lines)

    def _line_start(self, at: int) -> int:
        """The line break before a member that stands at the beginning of its line, or else the member itself."""
        before = self.text[:at].rstrip(" \t")
        if not before.endswith("\n"):
            return at
        return len(before) - (2 if before.endswith("\r\n") else 1)

    def _depth(self, at: int) -> int:
        """How far the line of this place is indented, in steps."""
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        blank = line[: len(line) - len(line.lstrip(" \t"))]
        return len(blank.expandtabs(_TAB)) // len(self._indent.expandtabs(_TAB))

    @property
    def _indent(self) -> str:
        found = _INDENT.search(self.text)
        return found[1] if found else "  "

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"
