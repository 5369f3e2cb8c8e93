"""Parameters that the server fills in, by their type. A caller neither sees nor sets them."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from seawall.errors import StartError
from seawall.security.budget import Deadline
from seawall.security.jail import Jail, Roots
from seawall.toolsets.functions.context import Context
from seawall.toolsets.functions.settings import Settings
from seawall.toolsets.interface import CallContext, Caller

__all__ = [
    "PER_CALL",
    "Injectable",
    "Opened",
    "Resources",
    "Source",
    "bare",
    "injectable",
    "lent",
    "source_of",
]

Injectable: TypeAlias = (
    type[Jail] | type[Roots] | type[Context] | type[Caller] | type[Deadline] | type[Settings]
)

_INJECTABLE: Final = (Jail, Roots, Context, Caller, Deadline, Settings)
PER_CALL: Final = (Context, Caller, Deadline)
"""What belongs to one call; the rest belongs to the toolset."""
_UNIONS: Final = (Union, types.UnionType)


def bare(annotation: Any) -> Any:  # noqa: ANN401  any annotation
    """The type behind `Annotated` and behind names for types."""
    while True:
        if type(annotation).__name__ == "TypeAliasType":  # of typing (Python 3.12) or typing_extensions
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        else:
            return annotation


def injectable(annotation: object) -> Injectable | None:
    """The type that the server fills in, also within Annotated and unions; None for a caller's argument.

    One member of a union is enough: a caller must never be able to give the other.
    """
    plain = bare(annotation)
    if get_origin(plain) in _UNIONS:
        return next((found for item in get_args(plain) if (found := injectable(item))), None)
    return plain if isinstance(plain, type) and issubclass(plain, _INJECTABLE) else None


@dataclass(frozen=True, slots=True)
class Opened:
    """The roots of a toolset, open; `jail` only when there is one without a name."""

    roots: Roots
    jail: Jail | None


class Resources:
    """What a toolset lends to its functions.

    Attributes:
        settings: the module's settings, or None when no function asks for any.
        reading: the roots for functions that say `read_only`: nothing can be changed through them.
        writing: the roots for the others; None with `access = "read"`.
    """

    __slots__ = ("reading", "settings", "writing")

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.reading: Opened | None = None
        self.writing: Opened | None = None

    def opened(self, *, read_only: bool) -> Opened:
        """The roots for a function.

        Raises:
            StartError: they are not open.
        """
        opened = self.reading if read_only else self.writing
        if opened is None:
            raise StartError("The files of the toolset are not open.")
        return opened


Source: TypeAlias = Callable[[CallContext, Context | None], object]
"""Gives the value of an injected parameter for one call."""


def source_of(wanted: Injectable, resources: Resources, *, read_only: bool) -> Source:
    """Where the value of a parameter of that type comes from."""
    if issubclass(wanted, Caller):
        return lambda call, _context: call.caller
    if issubclass(wanted, Deadline):
        return lambda call, _context: call.deadline
    if issubclass(wanted, Context):
        return lambda _call, context: context
    return lambda _call, _context: lent(wanted, resources, read_only=read_only)


def lent(wanted: Injectable, resources: Resources, *, read_only: bool) -> object:
    """What belongs to the toolset and not to a call, such as its files.

    Raises:
        StartError: the files are not open.
    """
    if issubclass(wanted, Jail):
        return resources.opened(read_only=read_only).jail
    if issubclass(wanted, Roots):
        return resources.opened(read_only=read_only).roots
    return resources.settings
