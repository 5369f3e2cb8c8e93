"""Templates in the language of Jinja2, read by its own parser and judged before anything is carried out.

Only the parser is Jinja2's. Its compiler is not used: it makes Python of a template, and what keeps that Python from
the interpreter's inner life is a list of known dangers. Here a template stays a tree, of which only the parts listed
below are known; `evaluating.py` walks it, over plain values alone, and pays for every step (docs/decisions/0015).
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from seawall.prompts.names import Names, unknown_names
from seawall.prompts.yaml import Fault

__all__ = ["FILTERS", "TESTS", "Template", "called", "read_template"]

MAX_TEMPLATE: Final = 64 * 1024  # characters
_DEPTH: Final = 40

FILTERS: Final = frozenset(
    {
        *(
            "abs",
            "capitalize",
            "count",
            "default",
            "d",
            "dictsort",
            "first",
            "float",
            "indent",
            "int",
            "items",
        ),
        *("join", "keys", "last", "length", "lines", "list", "lower", "replace", "reverse", "round", "sort"),
        *("split", "string", "title", "tojson", "trim", "truncate", "unique", "upper", "values", "wordcount"),
    }
)
"""The filters that there are (`filters.py`)."""

TESTS: Final = frozenset(
    {
        *(
            "boolean",
            "defined",
            "divisibleby",
            "eq",
            "equalto",
            "even",
            "false",
            "ge",
            "gt",
            "in",
            "le",
            "lt",
        ),
        *("mapping", "ne", "none", "number", "odd", "sequence", "string", "true", "undefined"),
    }
)
"""The tests that there are (`x is none`)."""

_STATEMENTS: Final = (nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.With)
_EXPRESSIONS: Final = (
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call, nodes.Getattr, nodes.Getitem, nodes.Slice),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos),
    *(nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
_WORDS: Final = {
    "Pow": "the operator **",
    "Macro": "`macro`",
    "CallBlock": "`call`",
    "FilterBlock": "`filter` as a block",
    "AssignBlock": "`set` as a block",
    "Include": "`include`",
    "Import": "`import`",
    "FromImport": "`from … import`",
    "Extends": "`extends`",
    "Block": "`block`",
    "ScopedEvalContextModifier": "`autoescape`",
    "TemplateReference": "`self`",
    "NSRef": "an attribute as the target of `set`",
    "ExprStmt": "`do`",
}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PARSER: Final = SandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


@dataclass(frozen=True, slots=True)
class Template:
    """A template that may be carried out.

    Attributes:
        tree: as Jinja2 read it; only parts that `evaluating.py` knows.
        first: the line of the file on which its text begins.
        calls: the functions that it calls, with the first argument where that is a text: to be checked beforehand.
    """

    tree: nodes.Template
    first: int
    calls: tuple[tuple[str, str | None, int], ...] = ()


def read_template(text: str, *, first: int, known: Names) -> tuple[Template | None, tuple[Fault, ...]]:
    """The template, or everything that keeps it from being one.

    Args:
        text: of the template.
        first: the line of the file on which it begins.
        known: the names that it may use, with their members.
    """
    if len(text) > MAX_TEMPLATE:
        return None, (Fault(first, f"the text is longer than {MAX_TEMPLATE} characters", "a shorter text"),)
    tree: nodes.Template | None
    try:
        tree = _PARSER.parse(text)
        depth = _depth(tree)
    except ValueError:  # of Python: more digits than it reads (CVE-2020-10735); TemplateSyntaxError is none
        return None, (Fault(first, "a number of the template is too large", "numbers of at most 64 bits"),)
    except TemplateSyntaxError as error:
        message = " ".join((error.message or "not valid").split()).rstrip(".")
        return None, (Fault(first + error.lineno - 1, f"the template is not valid: {message}", "Jinja2"),)
    except RecursionError:
        tree, depth = None, _DEPTH + 1
    if tree is None or depth > _DEPTH:
        return None, (Fault(first, f"the template nests deeper than {_DEPTH} levels", "a flatter one"),)
    judge = _Judge(first, known)
    judge.all_of(tree)
    faults = tuple(sorted(dict.fromkeys(judge.faults), key=lambda each: each.line))
    return (None, faults) if faults else (Template(tree, first, tuple(judge.calls)), ())


def called(node: nodes.Call) -> tuple[str, str | None] | None:
    """The function that is called, and its first argument where that is a text; None for the result of an expression."""
    target = node.node
    if isinstance(target, nodes.Name):
        name = target.name
    elif isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name):
        name = f"{target.node.name}.{target.attr}"
    else:
        return None
    argument = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None
    return name, argument if isinstance(argument, str) else None


def _depth(tree: nodes.Node) -> int:
    deepest, waiting = 0, [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())
    return deepest


class _Judge:
    def __init__(self, first: int, known: Names) -> None:
        self._first = first
        self._known = known
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str | None, int]] = []

    def all_of(self, tree: nodes.Template) -> None:
        for node in _walk(tree):
            kind = type(node).__name__
            if isinstance(node, _STATEMENTS + _EXPRESSIONS):
                getattr(self, f"_{kind.lower()}", _fine)(node)
            elif not isinstance(node, nodes.Template):
                self._refuse(
                    node, f"{_WORDS.get(kind, f'`{kind}`')} is not known in prompts", "if, for, set, with"
                )
        for each in unknown_names(tree.body, self._known):
            self._refuse(each.node, each.message, each.allowed, found=each.found, suggestion=each.suggestion)

    def _refuse(
        self, node: nodes.Node, message: str, allowed: str, *, found: str = "", suggestion: str | None = None
    ) -> None:
        line = self._first + max(node.lineno or 1, 1) - 1
        self.faults.append(Fault(line, message, allowed, key=found, found=found, suggestion=suggestion))

    def _filter(self, node: nodes.Filter) -> None:
        self._word(node, node.name, FILTERS, "filter")

    def _test(self, node: nodes.Test) -> None:
        self._word(node, node.name, TESTS, "test")

    def _word(self, node: nodes.Filter | nodes.Test, name: str, known: frozenset[str], what: str) -> None:
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), n=1)
            message = f"there is no {what} {name!r}"
            self._refuse(
                node, message, ", ".join(sorted(known)), found=name, suggestion=close[0] if close else None
            )
        self._no_stars(node)

    def _no_stars(self, node: nodes.Filter | nodes.Test | nodes.Call) -> None:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            self._refuse(node, "arguments with * stand here", "arguments one by one")

    def _call(self, node: nodes.Call) -> None:
        self._no_stars(node)
        found = called(node)
        if found is None:
            self._refuse(node, "the result of an expression is called", "a function by its name")
            return
        self.calls.append((*found, self._first + max(node.lineno, 1) - 1))

    def _getattr(self, node: nodes.Getattr) -> None:
        if node.attr.startswith("_"):
            self._refuse(node, f"the name {node.attr!r} begins with '_'", "names of members", found=node.attr)

    def _getitem(self, node: nodes.Getitem) -> None:
        key = node.arg.value if isinstance(node.arg, nodes.Const) else None
        if isinstance(key, str) and key.startswith("_"):
            self._refuse(node, f"the name {key!r} begins with '_'", "names of members", found=key)

    def _for(self, node: nodes.For) -> None:
        if node.recursive:
            self._refuse(node, "a recursive loop stands here", "loops within loops")

    def _const(self, node: nodes.Const) -> None:
        value = node.value
        if isinstance(value, int | float) and _is_too_large(value):
            self._refuse(node, "a number is too large", "numbers of at most 64 bits")
        elif isinstance(value, str) and _SURROGATE.search(value):
            self._refuse(node, "a text holds half of a character", "whole characters")


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


def _is_too_large(value: int | float) -> bool:  # noqa: PYI041  mypy takes float for both, and then sees one branch
    return not math.isfinite(value) if isinstance(value, float) else abs(value) > 2**63 - 1


def _fine(node: nodes.Node) -> None:
    del node
