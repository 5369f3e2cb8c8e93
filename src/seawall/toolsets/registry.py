"""The kinds of toolset that are installed, ours and other people's alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from seawall.errors import StartError
from seawall.toolsets.interface import ToolsetKind

__all__ = ["GROUP", "installed_kinds"]

GROUP = "seawall.toolsets"
"""The entry-point group: `filesystem = "seawall.toolsets.filesystem:KIND"`."""


def installed_kinds(entries: Iterable[EntryPoint] | None = None) -> Mapping[str, ToolsetKind]:
    """Every installed kind by its name.

    Args:
        entries: the entry points to load; those of the group that are installed when None.

    Raises:
        StartError: an entry point cannot be loaded, is no kind, or names one that another has named already.
    """
    kinds: dict[str, ToolsetKind] = {}
    for entry in entry_points(group=GROUP) if entries is None else entries:
        kind = _loaded(entry)
        if kind.name in kinds:
            raise _unusable(entry, f"the kind {kind.name!r} is there already")
        kinds[kind.name] = kind
    return kinds


def _loaded(entry: EntryPoint) -> ToolsetKind:
    try:
        kind: object = entry.load()
    except Exception as error:
        raise _unusable(entry, f"{type(error).__name__}: {error}") from error
    missing = [name for name in ("name", "declaration", "build") if not hasattr(kind, name)]
    if missing:
        raise _unusable(entry, f"it has no {' and no '.join(missing)}")
    return cast("ToolsetKind", kind)  # its three members are there; their types are the author's promise


def _unusable(entry: EntryPoint, reason: str) -> StartError:
    package = entry.dist.name if entry.dist is not None else "an unknown package"
    return StartError(
        f"{package}: the toolset kind {entry.name!r} ({entry.value}) cannot be used: {reason}.",
        hint=f"Upgrade or uninstall {package}.",
    )
