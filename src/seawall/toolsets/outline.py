"""An operation in outline: what is known of it before anybody makes it.

Of an API with a thousand operations, choosing and searching need no schema. A toolset that implements
`OffersOnDemand` hands over outlines, and makes an operation when it is listed, described or called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from seawall.toolsets.interface import Hints, LeftOut, Operation

__all__ = ["OffersOnDemand", "Outline", "Ready", "risk_of"]


@dataclass(frozen=True, slots=True)
class Outline:
    """One operation, without its schemas and its handler.

    Attributes:
        name: the tool's name without prefix.
        title: a few words for people.
        description: what it does, as far as it helps to find it.
        hints: what a client may assume.
        aliases: other names that people know it by: an operation's id, `GET /pet/{petId}`.
        tags: as its source groups it.
        arguments: the names of its arguments.
        required: those of them that a call must have.
        scopes: what a caller must have beside the scopes of the toolset.
        key: what names it in its source, whatever the tool is called; by this a lock file knows it. Empty where the
            tool's name is the source's own.
    """

    name: str
    title: str
    description: str
    hints: Hints
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    key: str = ""

    @classmethod
    def of(cls, operation: Operation) -> Outline:
        """The outline of an operation that is made already."""
        properties, required = operation.parameters.get("properties"), operation.parameters.get("required")
        return cls(
            name=operation.name,
            title=operation.title,
            description=operation.description,
            hints=operation.hints,
            aliases=operation.aliases,
            tags=operation.tags,
            arguments=tuple(properties) if isinstance(properties, dict) else (),
            required=tuple(map(str, required)) if isinstance(required, list) else (),
            scopes=operation.scopes,
        )


@runtime_checkable
class OffersOnDemand(Protocol):
    """What a toolset may have beside `Toolset`: it makes its operations one by one."""

    def outlines(self) -> Sequence[Outline]:
        """All of its operations, whatever `access` and `operations` say, in the order of the source."""

    def unservable(self) -> Sequence[LeftOut]:
        """What the source has and nobody can offer; a pattern may name it without being wrong."""

    def operation(self, name: str) -> Operation:
        """The operation of that outline, made now or before.

        Raises:
            KeyError: no outline has that name.
        """


class Ready:
    """The operations of a toolset that has made them all, in the form of one that makes them on demand."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = {operation.name: operation for operation in operations}

    def outlines(self) -> Sequence[Outline]:
        """Of every one."""
        return tuple(map(Outline.of, self._operations.values()))

    def unservable(self) -> Sequence[LeftOut]:
        """Nothing: it has what it has."""
        return ()

    def operation(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
            KeyError: there is none.
        """
        return self._operations[name]


def risk_of(hints: Hints) -> str:
    """What a call may do, in a word or two: `reads`, `changes` or `may destroy`."""
    if hints.read_only:
        return "reads"
    return "may destroy" if hints.destructive else "changes"
