"""`@seawall.operation`: what a function says about itself beside its signature and its docstring."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict, TypeVar, Unpack, overload

from pydantic_core import PydanticCustomError

from seawall.blueprint.quantities import DurationRule
from seawall.blueprint.scopes import SCOPE
from seawall.toolsets.interface import Hints
from seawall.toolsets.selection import MAXIMUM_NAME

__all__ = [
    "SCOPES",
    "MarkFault",
    "Marks",
    "Words",
    "are_scopes",
    "is_marked",
    "name_fault",
    "operation",
    "read_marks",
]

_F = TypeVar("_F", bound=Callable[..., Any])

_ATTRIBUTE: Final = "__seawall_operation__"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_DURATION: Final = DurationRule()


class Words(TypedDict, total=False):
    """What may be said of an operation; everything may be left out.

    Attributes:
        name: the tool's name; the function's when unset.
        title: its name for people; made of the name when unset.
        read_only: it changes nothing. Without this word `access = "read"` leaves the function out.
        destructive: it may destroy or replace something; assumed of whatever is not read-only.
        idempotent: calling it twice with equal arguments changes nothing more than once.
        open_world: it reaches what lies outside of this server, such as the web; assumed.
        scopes: what a caller must have, beside the toolset's scopes, to see and call it.
        timeout: time limit of one call, in seconds or as `"30s"`; the blueprint's `timeout` of the toolset wins.
        raises: exceptions that are meant for the caller, or a dictionary that gives each its code; others are masked.
    """

    name: str
    title: str
    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool
    scopes: list[str] | tuple[str, ...]
    timeout: float | str
    raises: Sequence[type[Exception]] | Mapping[type[Exception], str]


@overload
def operation(function: _F, /) -> _F: ...
@overload
def operation(**words: Unpack[Words]) -> Callable[[_F], _F]: ...


def operation(function: _F | None = None, /, **words: Unpack[Words]) -> _F | Callable[[_F], _F]:
    """Say of a function what its signature cannot say: `@operation(read_only=True, timeout="30s")`.

    The function stays what it is and can be called as before. Nothing is judged here: `seawall check` reports
    every wrong word with its line. The words are those of `Words`.

    Raises:
        TypeError: it stands on something that cannot carry it, such as a built-in function.
    """

    def mark(marked: _F) -> _F:
        try:
            setattr(marked, _ATTRIBUTE, dict(words))
        except AttributeError:
            raise TypeError(f"@operation cannot stand on {marked!r}; define a function of your own") from None
        return marked

    return mark if function is None else mark(function)


@dataclass(frozen=True, slots=True)
class MarkFault:
    """One wrong word.

    Attributes:
        word: the keyword.
        message: what is wrong, one clause.
        allowed: what may stand there.
        suggestion: the nearest valid keyword or value, or None.
    """

    word: str
    message: str
    allowed: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What a function says of itself, with what is assumed where it says nothing.

    Attributes:
        name: the tool's name.
        title: for people.
        hints: undecorated functions get the specification's defaults: they may change and destroy anything.
        scopes: needed beside those of the toolset.
        timeout: seconds, or None.
        marked: whether the decorator was used at all.
        raises: the exceptions that are meant for the caller, each with its code, or with "" for one made of its name.
        said: the words that the decorator was given.
    """

    name: str
    title: str
    hints: Hints
    scopes: tuple[str, ...]
    timeout: float | None
    marked: bool
    raises: Mapping[type[Exception], str] = field(default_factory=dict)
    said: frozenset[str] = frozenset()


def read_marks(function: object, name: str) -> tuple[Marks, tuple[MarkFault, ...]]:
    """The marks of a function that its module calls `name`, and everything that is wrong with them.

    A wrong word counts as not said.
    """
    said: Mapping[str, object] | None = getattr(function, _ATTRIBUTE, None)
    words = dict(said or {})
    faults = tuple(_faults(words, name))
    for fault in faults:
        words.pop(fault.word, None)
    tool = str(words.get("name", name))
    timeout = words.get("timeout")
    scopes = words.get("scopes", ())
    return Marks(
        name=tool,
        title=str(words.get("title") or tool.replace("_", " ").strip().capitalize()),
        hints=_hints(words),
        scopes=tuple(scopes) if isinstance(scopes, list | tuple) else (),
        timeout=None if timeout is None else _DURATION.read(timeout),
        marked=said is not None,
        raises=_raises(words.get("raises", ())),
        said=frozenset(words),
    ), faults


def _hints(words: Mapping[str, object]) -> Hints:
    read_only = words.get("read_only") is True
    return Hints(
        read_only=read_only,
        destructive=bool(words.get("destructive", not read_only)),
        idempotent=bool(words.get("idempotent", read_only)),
        open_world=bool(words.get("open_world", True)),
    )


def _faults(words: Mapping[str, object], name: str) -> Iterator[MarkFault]:
    for word, value in words.items():
        if word not in Words.__annotations__:
            yield _unknown(word)
        elif word in _FLAGS and not isinstance(value, bool):
            yield MarkFault(word, f"{word} is {_shown(value)}", "True or False")
        elif word in {"name", "title"} and (not isinstance(value, str) or not value):
            yield MarkFault(word, f"{word} is {_shown(value)}", "a text that is not empty")
        elif word == "scopes" and not are_scopes(value):
            suggestion = f"scopes=[{value!r}]" if isinstance(value, str) and value else None
            yield MarkFault(word, f"scopes is {_shown(value)}", SCOPES, suggestion)
        elif word == "timeout" and (reason := _bad_duration(value)):
            yield MarkFault(word, f"timeout is {_shown(value)}", reason)
        elif word == "raises" and not _are_exceptions(value):
            yield MarkFault(word, f"raises is {_shown(value)}", _EXCEPTIONS)
    if words.get("read_only") is True and words.get("destructive") is True:
        message = "it cannot be read_only and destructive at once"
        yield MarkFault("destructive", message, "one of the two")
    tool = words.get("name", name)
    if isinstance(tool, str) and tool and (fault := name_fault(tool)):
        yield fault


def is_marked(function: object) -> bool:
    """Whether the decorator stands on the function."""
    return hasattr(function, _ATTRIBUTE)


def name_fault(name: str) -> MarkFault | None:
    """What is wrong with a tool's name, and a name that would be right."""
    if _NAME.fullmatch(name) and len(name) <= MAXIMUM_NAME:
        return None
    allowed = f"at most {MAXIMUM_NAME} small letters, digits and '_', starting with a letter"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    better = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_0123456789")[:MAXIMUM_NAME]
    usable = _NAME.fullmatch(better) and len(name) <= MAXIMUM_NAME
    suggestion = f'@seawall.operation(name="{better}")' if usable else None
    return MarkFault("name", f"{name!r} cannot be the name of a tool", allowed, suggestion)


def _unknown(word: str) -> MarkFault:
    known = list(Words.__annotations__)
    normal = {each.replace("_", ""): each for each in known}
    plain = word.casefold().replace("_", "").removesuffix("hint")
    close = difflib.get_close_matches(plain, normal, n=1)
    suggestion = normal[close[0]] if close else None
    return MarkFault(
        word, f"@seawall.operation knows no word {word!r}", f"one of {', '.join(known)}", suggestion
    )


SCOPES: Final = "a list of scopes: printable ASCII without space, quotes and backslash"
"""What scopes may be, in words."""


def are_scopes(value: object) -> bool:
    """Whether the value is a list of what may be scopes."""
    return isinstance(value, list | tuple) and all(
        isinstance(item, str) and re.fullmatch(SCOPE[1:-1], item) for item in value
    )


def _are_exceptions(value: object) -> bool:
    if not isinstance(value, list | tuple | Mapping):
        return False
    codes = [code for code in value.values() if code] if isinstance(value, Mapping) else []
    return all(_is_narrow(each) for each in value) and all(
        isinstance(code, str) and _NAME.fullmatch(code) for code in codes
    )


def _is_narrow(kind: object) -> bool:
    """Whether it is an exception that says something: with `Exception` itself nothing would be masked."""
    return isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception


def _raises(value: object) -> Mapping[type[Exception], str]:
    if isinstance(value, Mapping):
        return dict(value)
    return dict.fromkeys(value, "") if isinstance(value, list | tuple) else {}


def _bad_duration(value: object) -> str | None:
    try:
        _DURATION.read(value)
    except PydanticCustomError as error:
        return error.message()
    return None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_FLAGS: Final = frozenset({"read_only", "destructive", "idempotent", "open_world"})
_EXCEPTIONS: Final = "a list of exception classes other than Exception itself, or a dictionary from them to codes such as 'out_of_stock'"
_SHOWN: Final = 60  # characters of a value in a message
