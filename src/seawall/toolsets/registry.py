"""The kinds of toolset that are installed, ours and other people's alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from seawall.blueprint import ToolsetDeclaration
from seawall.errors import StartError
from seawall.toolsets.interface import ToolsetKind

__all__ = ["GROUP", "declarations", "installed_kinds"]

GROUP = "seawall.toolsets"
"""The entry-point group: `filesystem = "seawall.toolsets.filesystem:KIND"`."""


class _Loading(Mapping[str, ToolsetKind]):
    """Kinds by name, each imported when it is asked for: a server of one kind starts without the others' modules."""

    def __init__(self, entries: Mapping[str, EntryPoint]) -> None:
        self._entries = entries
        self._loaded: dict[str, ToolsetKind] = {}

    def __getitem__(self, name: str) -> ToolsetKind:
        if name not in self._loaded:
            self._loaded[name] = _loaded(self._entries[name])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries  # to ask is not to load

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class _Declarations(Mapping[str, type[ToolsetDeclaration]]):
    """The model of each kind's section, with the kind's own laziness."""

    def __init__(self, kinds: Mapping[str, ToolsetKind]) -> None:
        self._kinds = kinds

    def __getitem__(self, name: str) -> type[ToolsetDeclaration]:
        return self._kinds[name].declaration

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


def installed_kinds(entries: Iterable[EntryPoint] | None = None) -> Mapping[str, ToolsetKind]:
    """Every installed kind by its name. It is imported when it is asked for, and stays.

    Args:
        entries: the entry points to load; those of the group that are installed when None.

    Raises:
        StartError: two entry points have one name; later, on asking for a kind: it cannot be loaded, is no kind,
            or has another name than its entry point.
    """
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP) if entries is None else entries:
        if entry.name in found:
            raise _unusable(entry, f"the kind {entry.name!r} is there already")
        found[entry.name] = entry
    return _Loading(found)


def declarations(kinds: Mapping[str, ToolsetKind]) -> Mapping[str, type[ToolsetDeclaration]]:
    """What the blueprint loader needs of each kind: the model of its section. None is loaded by this."""
    return _Declarations(kinds)


def _loaded(entry: EntryPoint) -> ToolsetKind:
    try:
        kind: object = entry.load()
    except Exception as error:
        raise _unusable(entry, f"{type(error).__name__}: {error}") from error
    missing = [name for name in ("name", "declaration", "build") if not hasattr(kind, name)]
    if missing:
        raise _unusable(entry, f"it has no {' and no '.join(missing)}")
    made = cast("ToolsetKind", kind)  # its three members are there; their types are the author's promise
    if made.name != entry.name:
        raise _unusable(entry, f"it calls itself {made.name!r}")
    return made


def _unusable(entry: EntryPoint, reason: str) -> StartError:
    package = entry.dist.name if entry.dist is not None else "an unknown package"
    return StartError(
        f"{package}: the toolset kind {entry.name!r} ({entry.value}) cannot be used: {reason}.",
        hint=f"Upgrade or uninstall {package}.",
    )
