"""Where things stand in a Python file, for problems that a person can jump to."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from seawall.errors import Problem

__all__ = ["Definition", "Function", "Member", "Place", "SourceFile", "Sources", "problem"]

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Function: TypeAlias = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file.

    Attributes:
        source: path of the file.
        line: 1-based, or None when it is not known.
        column: 1-based, in characters, or None when it is not known.
        found: the word that stands there.
    """

    source: str
    line: int | None = None
    column: int | None = None
    found: str = ""


class SourceFile:
    """The text of one module. Without a text (compiled modules) places are as good as the functions know them."""

    def __init__(self, path: str) -> None:
        linecache.checkcache(path)
        self.path = path
        self._lines = linecache.getlines(path)
        try:
            self._tree: ast.Module = ast.parse("".join(self._lines))
        except (SyntaxError, ValueError):
            self._tree = ast.Module(body=[], type_ignores=[])
        self._definitions = {
            (node.name, line): node
            for node in ast.walk(self._tree)
            if isinstance(node, Definition)
            for line in (node.lineno, *(decorator.lineno for decorator in node.decorator_list))
        }

    def definition(self, function: Function) -> Definition | None:
        """The definition of a function of this file."""
        plain = inspect.unwrap(function)
        return self._definitions.get((plain.__name__, plain.__code__.co_firstlineno))

    def function(self, function: Function) -> Place:
        """Where the function's name stands."""
        node = self.definition(function)
        plain = inspect.unwrap(function)
        if node is None:
            return Place(self.path, plain.__code__.co_firstlineno, found=plain.__name__)
        return self.name_of(node)

    def name_of(self, node: Definition) -> Place:
        """Where the name stands in a definition."""
        line = self._line(node.lineno)
        column = line.find(node.name, self._column(node.lineno, node.col_offset) - 1)
        return Place(self.path, node.lineno, column + 1 if column >= 0 else None, node.name)

    def parameter(self, function: Function, name: str) -> Place:
        """Where a parameter stands; the function where that is not known."""
        node = self.definition(function)
        for argument in _arguments(node.args) if node else ():
            if argument.arg == name:
                column = self._column(argument.lineno, argument.col_offset)
                return Place(self.path, argument.lineno, column, name)
        return self.function(function)

    def result(self, function: Function) -> Place:
        """Where the return annotation stands; the function where there is none."""
        node = self.definition(function)
        if node is None or node.returns is None:
            return self.function(function)
        return self._expression(node.returns)

    def word(self, function: Function, word: str) -> Place:
        """Where a keyword of the decorator `operation` stands; the function where that is not known."""
        node = self.definition(function)
        for decorator in node.decorator_list if node else ():
            for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
                if keyword.arg == word:
                    column = self._column(keyword.lineno, keyword.col_offset)
                    return Place(self.path, keyword.lineno, column, word)
        return self.function(function)

    def assignment(self, name: str) -> Place:
        """Where the module assigns a name, such as `__all__`."""
        for node in self._tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name) and target.id == name:
                    return Place(
                        self.path, target.lineno, self._column(target.lineno, target.col_offset), name
                    )
        return Place(self.path, 1)

    def class_(self, name: str) -> Place:
        """Where the name of a class stands, of the last one that has it; the first line where that is not known."""
        node = self._class(name)
        if node is None:
            return Place(self.path, 1)
        column = self._line(node.lineno).find(name, self._column(node.lineno, node.col_offset) - 1)
        return Place(self.path, node.lineno, column + 1 if column >= 0 else None, name)

    def method(self, of_class: str, name: str) -> Place:
        """Where the last definition of a method stands; its class where that is not known."""
        around = self._class(of_class)
        found = [
            node
            for node in (around.body if around else ())
            if isinstance(node, Definition) and node.name == name
        ]
        return self.name_of(found[-1]) if found else self.class_(of_class)

    def is_stub(self, function: Function) -> bool:
        """Whether the body does nothing: a docstring, `...`, `pass` or `raise NotImplementedError`."""
        node = self.definition(function)
        return node is not None and all(_does_nothing(statement) for statement in node.body)

    def repeated(self, of_class: str = "") -> Iterator[tuple[Definition, Definition]]:
        """Functions that are defined again under the same name: the first one, and the later one.

        Args:
            of_class: the class to look into; the module itself when empty.
        """
        around = self._class(of_class) if of_class else self._tree
        first: dict[str, Definition] = {}
        for node in around.body if around is not None else ():
            if not isinstance(node, Definition) or _is_part(node):
                continue
            if node.name in first:
                yield first[node.name], node
            first.setdefault(node.name, node)

    def _class(self, name: str) -> ast.ClassDef | None:
        found = [
            node for node in ast.walk(self._tree) if isinstance(node, ast.ClassDef) and node.name == name
        ]
        return found[-1] if found else None

    def _expression(self, node: ast.expr) -> Place:
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        found = self._line(node.lineno).encode()[node.col_offset : end].decode(errors="replace").rstrip()
        return Place(self.path, node.lineno, self._column(node.lineno, node.col_offset), found)

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _column(self, number: int, offset: int) -> int:
        """A column in characters, of an offset in bytes."""
        return len(self._line(number).encode()[:offset].decode(errors="replace")) + 1


class Sources:
    """The files in which functions are defined, each read once."""

    def __init__(self) -> None:
        self._files: dict[str, SourceFile] = {}

    def of(self, function: Function) -> SourceFile:
        """The file that defines the function."""
        return self.file(inspect.unwrap(function).__code__.co_filename)

    def file(self, path: str) -> SourceFile:
        """The file at a path."""
        if path not in self._files:
            self._files[path] = SourceFile(path)
        return self._files[path]


@dataclass(frozen=True, slots=True)
class Member:
    """A function that a module or class offers, under the name that it has there."""

    name: str
    function: Function


def problem(place: Place, *, key: str, message: str, allowed: str, suggestion: str | None = None) -> Problem:
    """A problem at a place in a Python file; `key` is the dotted name of what it is about."""
    sentence = f"{message}; did you mean {suggestion}?" if suggestion else f"{message}; allowed: {allowed}."
    return Problem(
        source=place.source,
        line=place.line,
        column=place.column,
        key=key,
        found=place.found,
        allowed=allowed,
        suggestion=suggestion,
        message=sentence,
    )


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (each for each in (arguments.vararg, arguments.kwarg) if each is not None)


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        return node.exc is not None and "NotImplementedError" in ast.unparse(node.exc)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_part(node: Definition) -> bool:
    """Whether a definition is one of several that belong together, such as `typing.overload`."""
    names = {ast.unparse(decorator).split("(")[0].rpartition(".")[2] for decorator in node.decorator_list}
    return bool(names & {"overload", "register", "setter", "deleter"})
