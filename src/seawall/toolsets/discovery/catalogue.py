"""The operations that no list names: each is found by words, made when it is wanted, and called by its own name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

from seawall.toolsets.discovery.index import Index
from seawall.toolsets.interface import Caller, Operation
from seawall.toolsets.outline import Outline

__all__ = ["Catalogue"]


class Catalogue:
    """What a toolset offers without listing it; names are with prefix."""

    def __init__(
        self,
        outlines: Sequence[Outline],
        make: Callable[[str], Operation],
        *,
        prefix: str = "",
        scopes: Sequence[str] = (),
    ) -> None:
        """Count the words of all of them.

        Args:
            outlines: of what is offered, without prefix.
            make: the operation of an outline's name.
            prefix: stands before each tool's name.
            scopes: what a caller must have for any of them.
        """
        self._prefix = prefix
        self._make = make
        self._outlines = tuple(
            replace(each, name=prefix + each.name, scopes=(*scopes, *each.scopes)) for each in outlines
        )
        self._by_name = {each.name: each for each in self._outlines}
        self._made: dict[str, Operation] = {}
        self._index = Index(self._outlines)

    @property
    def names(self) -> Sequence[str]:
        """The tools' names, in the order of the source."""
        return tuple(self._by_name)

    @property
    def outlines(self) -> Sequence[Outline]:
        """All of it, in the order of the source."""
        return self._outlines

    def search(self, query: str, caller: Caller) -> list[Outline]:
        """What fits the words, best first, of what the caller may use; everything when there are no words."""
        found = (self._outlines[number] for number in self._index.best(query))
        return [each for each in found if caller.holds(*each.scopes)]

    def outline(self, name: str, caller: Caller) -> Outline | None:
        """The operation of that name; None when there is none for this caller."""
        found = self._by_name.get(name)
        return found if found is not None and caller.holds(*found.scopes) else None

    def nearest(self, name: str, caller: Caller) -> str | None:
        """The name of this caller's operations that was probably meant."""
        mine = [each.name for each in self._outlines if caller.holds(*each.scopes)]
        close = difflib.get_close_matches(name[:128], mine, n=1, cutoff=0.8)
        return close[0] if close else None

    def operation(self, name: str) -> Operation:
        """The operation itself, made at the first time.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self._made:
            bare = self._by_name[name].name.removeprefix(self._prefix)
            self._made[name] = replace(self._make(bare), name=name)
        return self._made[name]
