"""One file of a prompt: the head between two lines of `---`, and the text below it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

import re2  # type: ignore[import-untyped]

from seawall.prompts.arguments import unfit
from seawall.prompts.model import Argument, ArgumentType, MessageTemplate, Prompt, Role, Value
from seawall.prompts.names import Names
from seawall.prompts.template import Template, read_template
from seawall.prompts.yaml import Fault, Items, Node, Scalar, Table, read_yaml
from seawall.toolsets.cleaning import clean_line, clean_prose, clean_text, lurking

__all__ = ["NAME", "read_prompt"]

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,128}")
_KEYS: Final = ("title", "description", "arguments", "scopes", "messages")
_ARGUMENT_KEYS: Final = (
    *("type", "description", "required", "default", "choices"),
    *("minimum", "maximum", "min_length", "max_length", "pattern"),
)
_TYPES: Final = ("string", "integer", "number", "boolean", "path")
_ROLES: Final = ("user", "assistant")
_MOST: Final = {"arguments": 32, "choices": 200, "messages": 50, "scopes": 32}
_KEYS_OF_TYPES: Final = {
    **dict.fromkeys(("minimum", "maximum"), ("integer", "number")),
    **dict.fromkeys(("min_length", "max_length", "pattern"), ("string", "path")),
}
_LONGEST: Final = 100_000  # characters of an argument
_MOST_LURKING: Final = 20  # characters nobody sees that are told of one text
_FENCE: Final = "---"


def read_prompt(
    name: str, text: str, *, source: str, known: Names
) -> tuple[Prompt | None, tuple[Fault, ...]]:
    """The prompt that a file is, or everything that is wrong with it.

    Args:
        name: of the prompt: the file's, without `.md`.
        text: of the file.
        source: its path.
        known: the names that a template may use beside the arguments, with their members.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        return None, (Fault(1, "the file has no head", "`---` on the first line, then YAML, then `---`"),)
    end = next((number for number, line in enumerate(lines[1:], 2) if line.rstrip() == _FENCE), None)
    if end is None:
        return None, (Fault(1, "the head has no end", "a line of `---` after it"),)
    head, faults = read_yaml("\n".join(lines[1 : end - 1]), first=2)
    if head is None and faults:
        return None, faults
    reader = _Reader(list(faults))
    body = "\n".join(lines[end:])
    prompt = reader.prompt(_Body(name, body, end + 1, source), head, known)
    found = tuple(sorted(dict.fromkeys(reader.faults), key=lambda each: each.line))
    return (None, found) if found else (prompt, ())


@dataclass(frozen=True, slots=True)
class _Body:
    name: str
    text: str
    line: int
    source: str


class _Reader:
    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults

    def prompt(self, body: _Body, head: Node | None, known: Names) -> Prompt:
        table = self._table(head, "the head", _KEYS)
        arguments = tuple(self._arguments(table))
        names = {**known, **{each.name: () for each in arguments}}
        for each in arguments:
            if each.name in known:
                self._fault(
                    table.lines["arguments"],
                    f"the argument {each.name!r} has the name of something that every prompt has",
                    "another name",
                )
        return Prompt(
            name=body.name,
            title=clean_line(self._text(table, "title")) or body.name,
            description=clean_prose(self._text(table, "description")),
            arguments=arguments,
            messages=tuple(self._messages(table, body, names)),
            scopes=frozenset(self._scopes(table)),
            source=body.source,
        )

    def _fault(
        self, line: int, message: str, allowed: str, *, key: str = "", suggestion: str | None = None
    ) -> None:
        self.faults.append(Fault(line, message, allowed, key=key, found=key, suggestion=suggestion))

    def _table(self, node: Node | None, what: str, keys: Collection[str]) -> Table:
        """The node as a table without unknown keys."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return Table(node.line if node else 2)
        if not isinstance(node, Table):
            self._fault(node.line, f"{what} is no mapping", "key: value")
            return Table(node.line)
        for key, line in node.lines.items():
            if key not in keys:
                close = difflib.get_close_matches(key, list(keys), n=1)
                self._fault(
                    line,
                    f"{what} has no key {key[:60]!r}",
                    ", ".join(keys),
                    key=key[:60],
                    suggestion=close[0] if close else None,
                )
        return node

    def _value(self, table: Table, key: str, types: tuple[type, ...], allowed: str) -> Any:  # noqa: ANN401
        node = table.values.get(key)
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else node
        if type(value) not in types:
            self._fault(node.line, f"{key} is of the wrong kind", allowed, key=key)
            return None
        return value

    def _text(self, table: Table, key: str) -> str:
        return self._value(table, key, (str,), "a text") or ""

    def _flag(self, table: Table, key: str) -> bool:
        return self._value(table, key, (bool,), "true or false") or False

    def _list(self, table: Table, key: str) -> tuple[Node, ...]:
        node = table.values.get(key)
        if node is None:
            return ()
        if not isinstance(node, Items):
            self._fault(node.line, f"{key} is no list", "a list", key=key)
            return ()
        if len(node.values) > _MOST[key]:
            self._fault(node.line, f"{key} has more than {_MOST[key]} entries", "fewer", key=key)
            return ()
        return node.values

    def _scopes(self, table: Table) -> Iterator[str]:
        for node in self._list(table, "scopes"):
            value = node.value if isinstance(node, Scalar) else None
            if isinstance(value, str) and _SCOPE.fullmatch(value):
                yield value
            else:
                self._fault(node.line, "a scope is no word", "printable ASCII without spaces", key="scopes")

    # --- arguments ----------------------------------------------------------------------------------------

    def _arguments(self, table: Table) -> Iterator[Argument]:
        node = table.values.get("arguments")
        if node is None:
            return
        if not isinstance(node, Table):
            self._fault(
                node.line, "arguments is no mapping", "`name:` with its settings below it", key="arguments"
            )
            return
        if len(node.values) > _MOST["arguments"]:
            self._fault(
                node.line, f"there are more than {_MOST['arguments']} arguments", "fewer", key="arguments"
            )
            return
        for name, inner in node.values.items():
            line = node.lines[name]
            if not _VARIABLE.fullmatch(name):
                self._fault(
                    line,
                    f"{name[:60]!r} is no name of an argument",
                    "letters, digits and '_', a letter first",
                    key=name[:60],
                )
                continue
            argument = self._argument(name, self._table(inner, f"the argument {name}", _ARGUMENT_KEYS))
            if argument is not None:
                yield argument

    def _argument(self, name: str, table: Table) -> Argument | None:
        before = len(self.faults)
        kind = self._text(table, "type") or "string"
        if kind not in _TYPES:
            close = difflib.get_close_matches(kind, _TYPES, n=1)
            self._fault(
                table.lines["type"],
                f"there is no type {kind[:60]!r}",
                ", ".join(_TYPES),
                key="type",
                suggestion=close[0] if close else None,
            )
            return None
        numbers, scalars = (int, float), (str, int, float, bool)
        argument = Argument(
            name=name,
            type=cast("ArgumentType", kind),
            description=clean_prose(self._text(table, "description")),
            required=self._flag(table, "required"),
            default=self._value(table, "default", scalars, "a value"),
            choices=tuple(self._choices(table)),
            minimum=self._value(table, "minimum", numbers, "a number"),
            maximum=self._value(table, "maximum", numbers, "a number"),
            min_length=self._value(table, "min_length", (int,), "a number of characters") or 0,
            max_length=self._value(table, "max_length", (int,), "a number of characters") or 10_000,
            pattern=self._text(table, "pattern"),
        )
        if len(self.faults) == before:
            self._consistent(argument, table)
        return argument if len(self.faults) == before else None

    def _choices(self, table: Table) -> Iterator[Value]:
        for node in self._list(table, "choices"):
            value = node.value if isinstance(node, Scalar) else None
            if value is None:
                self._fault(node.line, "a choice is no plain value", "texts or numbers", key="choices")
            else:
                yield value

    def _consistent(self, argument: Argument, table: Table) -> None:
        """What each setting says alone is fine; together they may not be."""
        for key in table.values:
            wanted = _KEYS_OF_TYPES.get(key)
            if wanted and argument.type not in wanted:
                self._fault(
                    table.lines[key], f"{key} is not for this type", f"{' or '.join(wanted)} as type", key=key
                )
        for key, message, allowed in _contradictions(argument):
            self._fault(table.lines.get(key, table.line), message, allowed, key=key)
        if argument.pattern and not _is_pattern(argument.pattern):
            return
        values = [(each, "choices") for each in argument.choices]
        values += [] if argument.default is None else [(argument.default, "default")]
        for value, key in values:
            if isinstance(value, str) and clean_text(value) != value:
                self._fault(
                    table.lines[key], f"{key} holds characters that nobody sees", "plain text", key=key
                )
            elif reason := unfit(argument, value, chosen=key == "choices"):
                message = f"the value {str(value)[:60]!r} {reason}"
                self._fault(table.lines[key], message, "a value of the argument", key=key)

    # --- messages -----------------------------------------------------------------------------------------

    def _messages(self, table: Table, body: _Body, names: Names) -> Iterator[MessageTemplate]:
        if "messages" not in table.values:
            if not body.text.strip():
                self._fault(
                    body.line, "the prompt says nothing", "a text below the head, or messages", key="messages"
                )
            if (template := self._template(body.text, body.line, names)) is not None:
                yield MessageTemplate("user", template)
            return
        if body.text.strip():
            self._fault(
                body.line, "a text stands below a head with messages", "the text as one of the messages"
            )
        nodes = self._list(table, "messages")
        if not nodes:
            self._fault(table.lines["messages"], "the prompt says nothing", "messages", key="messages")
        for node in nodes:
            message = self._message(node, names)
            if message is not None:
                yield message

    def _message(self, node: Node, names: Names) -> MessageTemplate | None:
        entry = self._table(node, "a message", ("role", "text"))
        role = self._text(entry, "role") or "user"
        if role not in _ROLES:
            self._fault(entry.lines["role"], f"there is no role {role[:60]!r}", ", ".join(_ROLES), key="role")
        text = entry.values.get("text")
        if not isinstance(text, Scalar) or not isinstance(text.value, str) or not text.value.strip():
            self._fault(entry.line, "a message has no text", "`text:` with what it says", key="text")
            return None
        template = self._template(text.value, text.text_line, names)
        return None if template is None else MessageTemplate(cast("Role", role), template)

    def _template(self, text: str, line: int, names: Names) -> Template | None:
        template, faults = read_template(text, first=line, known=names)
        self.faults += faults
        for place, character in islice(lurking(text), _MOST_LURKING):
            self._fault(
                line + text.count("\n", 0, place),
                f"the character U+{ord(character):04X} stands here, which nobody sees",
                "text that is read as it is seen",
            )
        return template


def _contradictions(argument: Argument) -> Iterator[tuple[str, str, str]]:
    """The settings that no value could fit: key, message and what may stand there."""
    if not 0 <= argument.min_length <= argument.max_length <= _LONGEST:
        yield "max_length", "no length fits both limits", f"min_length <= max_length <= {_LONGEST}"
    if None not in {argument.minimum, argument.maximum} and (argument.minimum or 0) > (argument.maximum or 0):
        yield "maximum", "no number fits both limits", "minimum <= maximum"
    if argument.pattern and not _is_pattern(argument.pattern):
        yield "pattern", "the pattern is no RE2 expression", "RE2, without lookaround"
    if argument.required and argument.default is not None:
        yield "default", "a required argument has a default", "one of the two"


def _is_pattern(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        re2.compile(pattern, options=options)
    except re2.error:
        return False
    return True
