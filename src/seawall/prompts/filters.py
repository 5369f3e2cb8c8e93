"""The filters and tests of templates: each bounded before it works, and none that formats or finds attributes.

Jinja2's own are not used: `format`, `attr`, `map`, `center` and others are how templates attack their hosts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from seawall.prompts.template import FILTERS, TESTS
from seawall.prompts.values import (
    MOST_ITEMS,
    Account,
    Data,
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

__all__ = ["apply_filter", "apply_test", "shown"]

_NO_TEXT: Final = {
    "Embedded": "a file or resource as itself is no text; `file` reads a text",
    "Function": "a function is no text; call it",
    "Namespace": "it is no text; name one of its members",
}
_Arguments: TypeAlias = tuple[TemplateValue, ...]
_Filter: TypeAlias = Callable[..., TemplateValue]


def apply_filter(
    name: str,
    value: TemplateValue,
    arguments: _Arguments,
    named: Mapping[str, TemplateValue],
    account: Account,
) -> TemplateValue:
    """What the filter makes of the value; data stays data.

    Raises:
        TemplateError: it cannot, or the result is too large.
    """
    given = (*arguments, *named.values())
    try:
        if name in {"default", "d"}:
            return _default(value, *arguments, **named)
        account.charge(sum(map(weight, (value, *given))))
        inner = plain(value)
        made = _FILTERS[name](
            account, inner, *map(plain, arguments), **{k: plain(v) for k, v in named.items()}
        )
    except TypeError as error:
        raise TemplateError(f"the filter {name!r} cannot work on this ({_reason(error)})") from None
    if isinstance(made, str):
        account.fits(len(made))
    return made if isinstance(made, Data) else marked(made, value, *given)


def apply_test(name: str, value: TemplateValue, arguments: _Arguments, account: Account) -> bool:
    """Whether the value passes the test.

    Raises:
        TemplateError: the test cannot say.
    """
    if name in {"defined", "undefined"}:
        absent = isinstance(value, Missing) or plain(value) is None  # as `default` has it
        return absent is (name == "undefined")
    account.charge(sum(map(weight, (value, *arguments))))
    try:
        return bool(_TESTS[name](plain(value), *map(plain, arguments)))
    except (TypeError, ZeroDivisionError) as error:
        raise TemplateError(f"the test {name!r} cannot be made on this ({_reason(error)})") from None


def shown(value: TemplateValue) -> str:
    """A plain value as it stands in a text.

    Raises:
        TemplateError: it is none that could: a function, a file as itself, or something with members.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | range):
        return str(value)
    if isinstance(value, Namespace) and value.text is not None:
        return value.text
    raise TemplateError(_NO_TEXT.get(type(value).__name__, "it is no text"))


def _reason(error: Exception) -> str:
    return "wrong arguments" if "argument" in str(error) else "another type is needed"


def _default(value: TemplateValue, other: TemplateValue = "", boolean: TemplateValue = None) -> TemplateValue:
    if isinstance(value, Missing) or plain(value) is None:
        return other
    return other if plain(boolean) and not plain(value) else value


def _text(value: TemplateValue) -> str:
    if isinstance(value, list | dict | range):
        raise TypeError
    return shown(value)


def _list(value: TemplateValue) -> list[TemplateValue]:
    if not isinstance(value, list | dict | range):
        raise TypeError
    if len(value) > MOST_ITEMS:
        raise TemplateError(f"a list grows beyond {MOST_ITEMS} items", hint="Take a part of it.")
    return list(value)


_PRECISION: Final = 15


def _size(value: TemplateValue) -> int:
    if not isinstance(value, str | list | dict | range):
        raise TypeError
    return len(value)


def _integer(value: TemplateValue, default: int = 0) -> int:
    try:
        return int(number(int(value)))
    except (ValueError, OverflowError):
        return default


def _float(value: TemplateValue, default: float = 0.0) -> float:
    try:
        return float(number(float(value)))
    except (ValueError, OverflowError):
        return default


def _round(value: TemplateValue, precision: int = 0) -> TemplateValue:
    if isinstance(value, str) or not 0 <= precision <= _PRECISION:
        raise TypeError
    return round(float(value), precision)


def _join(account: Account, value: TemplateValue, between: str = "") -> TemplateValue:
    if not isinstance(between, str):
        raise TypeError
    items = _list(value)
    texts = [_text(plain(item)) for item in items]
    account.fits(sum(map(len, texts)) + len(between) * len(texts))
    return marked(between.join(texts), items)


def _replace(account: Account, value: TemplateValue, old: str, new: str) -> str:
    text = _text(value)
    if not old:
        raise TemplateError("the filter 'replace' needs something to replace")
    account.fits(len(text) + text.count(old) * max(0, len(new) - len(old)))
    return text.replace(old, new)


def _indent(account: Account, value: TemplateValue, width: int = 4, first: bool = False) -> str:  # noqa: FBT001, FBT002  as Jinja2 has it
    text, pad = _text(value), " " * min(max(width, 0), 64)
    account.fits(len(text) + len(pad) * (text.count("\n") + 1))
    indented = text.replace("\n", f"\n{pad}")
    return pad + indented if first else indented


def _truncate(value: TemplateValue, length: int = 255, end: str = "…") -> str:
    text = _text(value)
    return text if len(text) <= length else text[: max(0, length - len(end))] + end


def _ordered(value: TemplateValue, *, reverse: bool = False) -> list[TemplateValue]:
    items = _list(value)
    numbers = all(isinstance(plain(item), int | float) for item in items)
    if not numbers and not all(isinstance(plain(item), str) for item in items):
        raise TypeError
    return sorted(items, key=plain, reverse=bool(reverse))


def _unique(value: TemplateValue) -> list[TemplateValue]:
    seen: dict[object, TemplateValue] = {}
    for item in _list(value):
        seen.setdefault((type(plain(item)).__name__, _scalar(plain(item))), item)
    return list(seen.values())


def _scalar(value: TemplateValue) -> TemplateValue:
    if isinstance(value, list | dict):
        raise TypeError
    return value


def _first(value: TemplateValue, at: int = 0) -> TemplateValue:
    if isinstance(value, str):
        return value[at] if value else Missing("the first or last of nothing")
    items = _list(value)
    return items[at] if items else Missing("the first or last of nothing")


def _split(account: Account, value: TemplateValue, between: str = " ") -> list[str]:
    text = _text(value)
    if not between:
        return [text]
    account.holds(text.count(between) + 1)
    return text.split(between)


def _lines(account: Account, value: TemplateValue) -> list[str]:
    return _split(account, value, "\n")


def _json(account: Account, value: TemplateValue, indent: int | None = None) -> TemplateValue:
    whole = contained(value, account)
    text = json.dumps(whole, ensure_ascii=False, indent=None if indent is None else min(max(indent, 0), 8))
    account.fits(len(text))
    return marked(text, value)


def _pairs(value: TemplateValue) -> list[TemplateValue]:
    if not isinstance(value, dict):
        raise TypeError
    return [[name, item] for name, item in value.items()]


_FILTERS: Final[Mapping[str, _Filter]] = {
    "abs": lambda _, value: abs(value),
    "capitalize": lambda _, value: _text(value).capitalize(),
    "count": lambda _, value: _size(value),
    "dictsort": lambda _, value: sorted(_pairs(value), key=lambda pair: str(pair[0])),
    "first": lambda _, value: _first(value),
    "float": lambda _, value, default=0.0: _float(value, default),
    "indent": _indent,
    "int": lambda _, value, default=0: _integer(value, default),
    "items": lambda _, value: _pairs(value),
    "join": _join,
    "keys": lambda _, value: [pair[0] for pair in _pairs(value)],
    "last": lambda _, value: _first(value, -1),
    "length": lambda _, value: _size(value),
    "lines": _lines,
    "list": lambda _, value: _list(value),
    "lower": lambda _, value: _text(value).lower(),
    "replace": _replace,
    "reverse": lambda _, value: value[::-1] if isinstance(value, str) else _list(value)[::-1],
    "round": lambda _, value, precision=0: _round(value, precision),
    "sort": lambda _, value, reverse=False: _ordered(value, reverse=reverse),
    "split": _split,
    "string": lambda _, value: _text(value),
    "title": lambda _, value: _text(value).title(),
    "tojson": _json,
    "trim": lambda _, value: _text(value).strip(),
    "truncate": lambda _, value, length=255, end="…": _truncate(value, length, end),
    "unique": lambda _, value: _unique(value),
    "upper": lambda _, value: _text(value).upper(),
    "values": lambda _, value: [pair[1] for pair in _pairs(value)],
    "wordcount": lambda _, value: len(_text(value).split()),
}


def _equal(left: TemplateValue, right: TemplateValue) -> bool:
    return bool(_scalar(left) == _scalar(right))


def _within(item: TemplateValue, whole: TemplateValue) -> bool:
    if isinstance(whole, str):
        return _text(item) in whole
    if isinstance(whole, dict):
        return _scalar(item) in whole
    return any(_equal(plain(each), _scalar(item)) for each in _list(whole))


def _finite(value: TemplateValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_TESTS: Final[Mapping[str, Callable[..., object]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "divisibleby": lambda value, by: value % by == 0 if _finite(value) and _finite(by) else False,
    "eq": _equal,
    "equalto": _equal,
    "even": lambda value: _finite(value) and value % 2 == 0,
    "false": lambda value: value is False,
    "ge": lambda left, right: _scalar(left) >= _scalar(right),
    "gt": lambda left, right: _scalar(left) > _scalar(right),
    "in": _within,
    "le": lambda left, right: _scalar(left) <= _scalar(right),
    "lt": lambda left, right: _scalar(left) < _scalar(right),
    "mapping": lambda value: isinstance(value, dict),
    "ne": lambda left, right: not _equal(left, right),
    "none": lambda value: value is None,
    "number": _finite,
    "odd": lambda value: _finite(value) and value % 2 == 1,
    "sequence": lambda value: isinstance(value, list | range),
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
}

if set(_FILTERS) | {"default", "d"} != FILTERS or set(_TESTS) | {"defined", "undefined"} != TESTS:
    raise RuntimeError("template.py and filters.py know different words")
