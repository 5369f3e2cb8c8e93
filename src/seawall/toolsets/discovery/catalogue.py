"""The operations that no list names: each is found by words, made when it is wanted, and called by its own name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from seawall.toolsets.discovery.index import Index
from seawall.toolsets.interface import Caller, Operation
from seawall.toolsets.outline import Outline

__all__ = ["Catalogue", "View"]


_MOST_VIEWS: Final = 32  # kept, each with an index of its own


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one caller is offered of a catalogue.

    Attributes:
        outlines: in the order of the source.
        index: of their words.
    """

    outlines: tuple[Outline, ...]
    index: Index


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
        self._needs = tuple(dict.fromkeys(frozenset(each.scopes) for each in self._outlines))
        self._views: dict[tuple[bool, ...], View] = {}
        self._viewed(
            tuple(True for _ in self._needs)
        )  # before anybody searches: it takes longer than many searches

    @property
    def names(self) -> Sequence[str]:
        """The tools' names, in the order of the source."""
        return tuple(self._by_name)

    @property
    def outlines(self) -> Sequence[Outline]:
        """All of it, in the order of the source."""
        return self._outlines

    @property
    def differs(self) -> bool:
        """Whether callers with different scopes are offered different operations."""
        return len(self._needs) > 1

    def view(self, caller: Caller) -> View:
        """What there is for this caller. Two callers who may know of the same have the very same view.

        Words are counted of that alone: neither the order in which operations are found nor anything else tells of others.
        """
        return self._viewed(tuple(caller.sees(*needed) for needed in self._needs))

    def _viewed(self, key: tuple[bool, ...]) -> View:
        found = self._views.get(key)
        if found is None:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            seen = {needed for needed, sees in zip(self._needs, key, strict=True) if sees}
            outlines = tuple(each for each in self._outlines if frozenset(each.scopes) in seen)
            found = self._views[key] = View(outlines, Index(outlines))
        return found

    def search(self, query: str, caller: Caller) -> list[Outline]:
        """What fits the words, best first, of what the caller may know of; everything when there are no words."""
        view = self.view(caller)
        return [view.outlines[number] for number in view.index.best(query)]

    def outline(self, name: str, caller: Caller) -> Outline | None:
        """The operation of that name; None when there is none that this caller may know of."""
        found = self._by_name.get(name)
        return found if found is not None and caller.sees(*found.scopes) else None

    def usable(self, name: str, caller: Caller) -> Outline | None:
        """The operation of that name; None when there is none that this caller may call."""
        found = self._by_name.get(name)
        return found if found is not None and caller.holds(*found.scopes) else None

    def nearest(self, name: str, caller: Caller) -> str | None:
        """The name of this caller's operations that was probably meant."""
        mine = [each.name for each in self.view(caller).outlines]
        close = difflib.get_close_matches(name[:128], mine, n=1, cutoff=0.8)
        return close[0] if close else None

    def operation(self, name: str) -> Operation:
        """The operation itself, made at the first time.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self._made:
            outline = self._by_name[name]
            made = self._make(outline.name.removeprefix(self._prefix))
            self._made[name] = replace(made, name=name, scopes=outline.scopes)
        return self._made[name]
