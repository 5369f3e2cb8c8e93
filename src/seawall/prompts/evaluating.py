"""Carries a template out: a walk over its tree, on plain values, every step paid for.

No value of a template has methods or attributes of Python: a name leads into a mapping or nowhere. Calls reach the
functions that rendering put there, and nothing else. The walk runs on the event loop in short portions, so that a
deadline ends it between two steps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from jinja2 import nodes

from seawall.prompts.filters import apply_filter, apply_test, shown
from seawall.prompts.template import Template
from seawall.prompts.values import (
    Account,
    Data,
    Embedded,
    Function,
    Missing,
    Namespace,
    TemplateError,
    TemplateValue,
    contained,
    marked,
    number,
    plain,
    weight,
)

__all__ = ["Piece", "carried_out"]

_SHOWN: Final = 60  # characters of a name that is not there

Piece = str | Data | Embedded
"""A part of the output: words of the prompt, data, or a file as itself."""

_COMPARISONS: Final[Mapping[str, str]] = {
    "eq": "eq",
    "ne": "ne",
    "lt": "lt",
    "lteq": "le",
    "gt": "gt",
    "gteq": "ge",
    "in": "in",
}


async def carried_out(
    template: Template, values: Mapping[str, TemplateValue], account: Account
) -> tuple[Piece, ...]:
    """What the template says with these values.

    Raises:
        TemplateError: it cannot be carried out, or costs more than there is; `line` is that of the file.
    """
    walk = _Walk(account)
    try:
        await walk.body(template.tree.body, dict(values))
    except TemplateError as error:
        if error.line is None:
            error.line = template.first + walk.line - 1
        raise
    return tuple(walk.pieces)


class _Walk:
    def __init__(self, account: Account) -> None:
        self._account = account
        self.line = 1
        self.pieces: list[Piece] = []

    # --- statements ---------------------------------------------------------------------------------------

    async def body(self, body: list[nodes.Node], names: dict[str, TemplateValue]) -> None:
        for node in body:
            self._account.charge()
            await self._account.breathe()
            self.line = max(node.lineno or 1, 1)
            if isinstance(node, nodes.Output):
                await self._output(node, names)
            elif isinstance(node, nodes.If):
                await self._if(node, names)
            elif isinstance(node, nodes.For):
                await self._for(node, names)
            elif isinstance(node, nodes.Assign):
                _assign(node.target, await self._value(node.node, names), names)
            elif isinstance(node, nodes.With):
                inner = dict(names)
                for target, value in zip(node.targets, node.values, strict=True):
                    _assign(target, await self._value(value, names), inner)
                await self.body(node.body, inner)
            else:
                raise TemplateError(f"{type(node).__name__} is not known")

    async def _output(self, node: nodes.Output, names: dict[str, TemplateValue]) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                self._write(part.data)
            else:
                self.line = max(part.lineno or 1, 1)
                self._say(await self._value(part, names))

    def _say(self, value: TemplateValue) -> None:
        if isinstance(value, Embedded):
            self.pieces.append(value)
            return
        inner = plain(value)
        if isinstance(inner, list | dict | range):
            self._say(apply_filter("tojson", value, (), {}, self._account))
        elif isinstance(value, Data) and isinstance(inner, str):
            self._account.write(len(inner))
            self.pieces.append(value)
        else:
            self._write(shown(inner))

    def _write(self, text: str) -> None:
        self._account.write(len(text))
        self.pieces.append(text)

    async def _if(self, node: nodes.If, names: dict[str, TemplateValue]) -> None:
        if await self._truth(node.test, names):
            await self.body(node.body, names)
            return
        for other in node.elif_:
            if await self._truth(other.test, names):
                await self.body(other.body, names)
                return
        await self.body(node.else_, names)

    async def _for(self, node: nodes.For, names: dict[str, TemplateValue]) -> None:
        whole = await self._value(node.iter, names)
        items = plain(whole)
        if isinstance(items, dict):
            items = list(items)
        if not isinstance(items, list | range):
            raise TemplateError(
                "a loop goes over a list, a range or the keys of a mapping; `lines` makes one of a text"
            )
        if node.test is not None:
            self._account.holds(len(items))
            items = [item for item in items if await self._kept(node, _of(item, whole), names)]
        for index, item in enumerate(items):
            self._account.charge()
            await self._account.breathe()
            inner = dict(names)
            _assign(node.target, _of(item, whole), inner)
            inner["loop"] = _loop(index, len(items))
            await self.body(node.body, inner)
        if not items:
            await self.body(node.else_, names)

    async def _kept(self, node: nodes.For, item: TemplateValue, names: dict[str, TemplateValue]) -> bool:
        self._account.charge()
        await self._account.breathe()
        inner = dict(names)
        _assign(node.target, item, inner)
        return node.test is None or await self._truth(node.test, inner)

    # --- expressions --------------------------------------------------------------------------------------

    async def _truth(self, node: nodes.Node, names: dict[str, TemplateValue]) -> bool:
        value = await self._value(node, names)
        return bool(plain(value))

    async def _value(self, node: nodes.Node, names: dict[str, TemplateValue]) -> TemplateValue:
        self._account.charge()
        method = _EXPRESSIONS.get(type(node))
        if method is None:
            raise TemplateError(f"{type(node).__name__} is not known")
        return await method(self, node, names)

    async def _const(self, node: nodes.Const, names: dict[str, TemplateValue]) -> TemplateValue:
        del names
        return node.value

    async def _name(self, node: nodes.Name, names: dict[str, TemplateValue]) -> TemplateValue:
        return names.get(node.name, Missing(node.name))

    async def _attribute(self, node: nodes.Getattr, names: dict[str, TemplateValue]) -> TemplateValue:
        return _member(await self._value(node.node, names), node.attr)

    async def _either(self, node: nodes.And | nodes.Or, names: dict[str, TemplateValue]) -> TemplateValue:
        left = await self._value(node.left, names)
        decided = bool(plain(left)) is isinstance(node, nodes.Or)
        return left if decided else await self._value(node.right, names)

    async def _not(self, node: nodes.Not, names: dict[str, TemplateValue]) -> TemplateValue:
        return not await self._truth(node.node, names)

    async def _choice(self, node: nodes.CondExpr, names: dict[str, TemplateValue]) -> TemplateValue:
        if await self._truth(node.test, names):
            return await self._value(node.expr1, names)
        return "" if node.expr2 is None else await self._value(node.expr2, names)

    async def _test(self, node: nodes.Test, names: dict[str, TemplateValue]) -> TemplateValue:
        value = await self._value(node.node, names)
        return apply_test(node.name, value, await self._all(node.args, names), self._account)

    async def _binary(self, node: nodes.BinExpr, names: dict[str, TemplateValue]) -> TemplateValue:
        left = await self._value(node.left, names)
        return self._arithmetic(node.operator, left, await self._value(node.right, names))

    async def _signed(self, node: nodes.Neg | nodes.Pos, names: dict[str, TemplateValue]) -> TemplateValue:
        value = await self._value(node.node, names)
        return self._arithmetic("*", -1 if isinstance(node, nodes.Neg) else 1, value)

    async def _list(self, node: nodes.List | nodes.Tuple, names: dict[str, TemplateValue]) -> TemplateValue:
        """Lists and mappings of a template hold plain values: nested in each other they would multiply."""
        return [_simple(item) for item in await self._all(node.items, names)]

    async def _mapping(self, node: nodes.Dict, names: dict[str, TemplateValue]) -> TemplateValue:
        named = [await self._value(pair.key, names) for pair in node.items]
        keys = [plain(key) for key in named]
        if not all(isinstance(key, str) for key in keys):
            raise TemplateError("the keys of a mapping are texts")
        values = [_simple(await self._value(pair.value, names)) for pair in node.items]
        return marked(dict(zip(keys, values, strict=True)), *named)

    async def _all(
        self, of: Sequence[nodes.Node] | None, names: dict[str, TemplateValue]
    ) -> tuple[TemplateValue, ...]:
        return tuple([await self._value(each, names) for each in of or ()])

    async def _named(
        self, of: Sequence[nodes.Keyword | nodes.Pair] | None, names: dict[str, TemplateValue]
    ) -> dict[str, TemplateValue]:
        return {str(each.key): await self._value(each.value, names) for each in of or ()}

    async def _filter(self, node: nodes.Filter, names: dict[str, TemplateValue]) -> TemplateValue:
        if node.node is None:
            raise TemplateError("a filter stands alone")
        value = await self._value(node.node, names)
        arguments = await self._all(node.args, names)
        return apply_filter(node.name, value, arguments, await self._named(node.kwargs, names), self._account)

    async def _call(self, node: nodes.Call, names: dict[str, TemplateValue]) -> TemplateValue:
        function = await self._value(node.node, names)
        if not isinstance(function, Function):
            raise TemplateError("only functions are called")
        arguments = [contained(each, self._account) for each in await self._all(node.args, names)]
        named = await self._named(node.kwargs, names)
        return await function.call(
            tuple(arguments), {name: contained(each, self._account) for name, each in named.items()}
        )

    async def _item(self, node: nodes.Getitem, names: dict[str, TemplateValue]) -> TemplateValue:
        whole = await self._value(node.node, names)
        if isinstance(node.arg, nodes.Slice):
            parts = (node.arg.start, node.arg.stop, node.arg.step)
            bounds = [None if part is None else plain(await self._value(part, names)) for part in parts]
            return self._slice(whole, bounds)
        key = plain(await self._value(node.arg, names))
        if isinstance(key, str):
            return _member(whole, key)
        inner = plain(whole)
        if not isinstance(inner, list | str | range) or isinstance(key, bool) or not isinstance(key, int):
            raise TemplateError(
                "an item is taken by its number from a list or text, or by its name from a mapping"
            )
        return _of(inner[key], whole) if -len(inner) <= key < len(inner) else Missing(f"item {key}")

    def _slice(self, whole: TemplateValue, bounds: list[TemplateValue]) -> TemplateValue:
        inner = plain(whole)
        good = all(each is None or isinstance(each, int) for each in bounds) and bounds[2] != 0
        if not isinstance(inner, list | str | range) or not good:
            raise TemplateError("a part is cut from a list or text, by numbers")
        self._account.charge(weight(inner))
        return marked(inner[slice(*bounds)], whole)

    async def _compare(self, node: nodes.Compare, names: dict[str, TemplateValue]) -> bool:
        left = await self._value(node.expr, names)
        for operand in node.ops:
            right = await self._value(operand.expr, names)
            negated = operand.op == "notin"
            name = _COMPARISONS["in" if negated else operand.op]
            if apply_test(name, left, (right,), self._account) is negated:
                return False
            left = right
        return True

    async def _concat(self, node: nodes.Concat, names: dict[str, TemplateValue]) -> TemplateValue:
        parts = await self._all(node.nodes, names)
        if any(isinstance(plain(each), list | dict | range) for each in parts):
            raise TemplateError("texts are joined by `~`; `join` makes one of a list")
        texts = [shown(plain(each)) for each in parts]
        self._account.fits(sum(map(len, texts)))
        return marked("".join(texts), *parts)

    def _arithmetic(self, operator: str, left: TemplateValue, right: TemplateValue) -> TemplateValue:
        one, other = plain(left), plain(right)
        if operator == "+" and isinstance(one, str) and isinstance(other, str):
            self._account.fits(len(one) + len(other))
            return marked(one + other, left, right)
        if operator == "+" and isinstance(one, list) and isinstance(other, list):
            self._account.holds(len(one) + len(other))
            return marked(one + other, left, right)
        if operator == "*" and isinstance(one, str) and isinstance(other, int):
            self._account.fits(len(one) * max(other, 0))
            return marked(one * other, left, right)
        if not isinstance(one, int | float) or not isinstance(other, int | float):
            raise TemplateError(f"the operator {operator} needs numbers")
        try:
            return marked(number(_OPERATORS[operator](one, other)), left, right)
        except ZeroDivisionError:
            raise TemplateError("a number is divided by zero") from None
        except OverflowError:
            raise TemplateError("a number is too large") from None


_EXPRESSIONS: Final[Mapping[type[nodes.Node], Callable[[_Walk, Any, Any], Awaitable[TemplateValue]]]] = {
    nodes.Const: _Walk._const,  # noqa: SLF001  own class
    nodes.Name: _Walk._name,  # noqa: SLF001
    nodes.Getattr: _Walk._attribute,  # noqa: SLF001
    nodes.Getitem: _Walk._item,  # noqa: SLF001
    nodes.Filter: _Walk._filter,  # noqa: SLF001
    nodes.Test: _Walk._test,  # noqa: SLF001
    nodes.Call: _Walk._call,  # noqa: SLF001
    nodes.And: _Walk._either,  # noqa: SLF001
    nodes.Or: _Walk._either,  # noqa: SLF001
    nodes.Not: _Walk._not,  # noqa: SLF001
    nodes.CondExpr: _Walk._choice,  # noqa: SLF001
    nodes.Compare: _Walk._compare,  # noqa: SLF001
    nodes.Concat: _Walk._concat,  # noqa: SLF001
    nodes.Neg: _Walk._signed,  # noqa: SLF001
    nodes.Pos: _Walk._signed,  # noqa: SLF001
    nodes.List: _Walk._list,  # noqa: SLF001
    nodes.Tuple: _Walk._list,  # noqa: SLF001
    nodes.Dict: _Walk._mapping,  # noqa: SLF001
    **dict.fromkeys(
        (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod),
        _Walk._binary,  # noqa: SLF001
    ),
}
"""How each part of an expression is carried out; what is not here cannot be."""

_OPERATORS: Final = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "//": lambda one, other: one // other,
    "%": lambda one, other: one % other,
}


def _member(whole: TemplateValue, name: str) -> TemplateValue:
    inner = plain(whole)
    if isinstance(inner, Namespace):
        return inner.members.get(name, Missing(f"{inner.name}.{name[:_SHOWN]}"))
    if isinstance(inner, dict):
        return _of(inner[name], whole) if name in inner else Missing(f"the member {name[:_SHOWN]!r}")
    raise TemplateError(f"there is no {name[:_SHOWN]!r} in it: texts, numbers and lists have no members")


def _of(item: TemplateValue, whole: TemplateValue) -> TemplateValue:
    """An item of a list, text or mapping. Where the whole is data so is the item; otherwise each item says itself what it is."""
    return marked(item, Data(None, whole.source)) if isinstance(whole, Data) else item


def _simple(value: TemplateValue) -> TemplateValue:
    if isinstance(value, Data):
        return value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Missing):
        return plain(value)
    raise TemplateError("a list or mapping of a template holds texts and numbers")


def _assign(target: nodes.Node, value: TemplateValue, names: dict[str, TemplateValue]) -> None:
    if isinstance(target, nodes.Name):
        names[target.name] = value
        return
    items = plain(value)
    wanted = target.items if isinstance(target, nodes.Tuple | nodes.List) else []
    if not isinstance(items, list) or len(items) != len(wanted):
        raise TemplateError("several names are set from a list of as many values")
    for each, item in zip(wanted, items, strict=True):
        _assign(each, _of(item, value), names)


def _loop(index: int, length: int) -> Namespace:
    return Namespace(
        "loop",
        {
            "index": index + 1,
            "index0": index,
            "revindex": length - index,
            "revindex0": length - index - 1,
            "first": index == 0,
            "last": index == length - 1,
            "length": length,
        },
    )
