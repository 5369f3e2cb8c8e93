"""What services say of themselves now, for `seawall lock` to save."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seawall.blueprint import LoadedBlueprint
from seawall.errors import StartError
from seawall.toolsets.interface import TakesSnapshots, ToolsetKind

__all__ = ["Saved", "taken"]


@dataclass(frozen=True, slots=True)
class Saved:
    """One file that is to be written.

    Attributes:
        toolset: of whom it is.
        place: the file, as the blueprint names it.
        path: the file itself.
        text: what it is to hold.
        sha256: of the text.
        lines: what is different from what it holds now.
    """

    toolset: str
    place: str
    path: Path
    text: str
    sha256: str
    lines: Sequence[str]


def taken(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> tuple[Saved, ...]:
    """Ask every service whose toolset wants to be asked.

    Raises:
        SeawallError: a service does not say, or says something else than what is pinned.
    """
    return tuple(_taken(loaded, kinds))


def _taken(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Iterator[Saved]:
    for declaration in loaded.blueprint.toolset:
        kind = kinds[declaration.kind]
        snapshot = kind.snapshot(declaration) if isinstance(kind, TakesSnapshots) else None
        if snapshot is None or not isinstance(kind, TakesSnapshots):
            continue
        name = declaration.name or declaration.kind
        path = loaded.directory / Path(snapshot.path).expanduser()
        digest = hashlib.sha256(snapshot.text.encode()).hexdigest()
        old = _read(path)
        lines = kind.differences(old, snapshot.text) if old else ()
        if snapshot.pinned and snapshot.pinned != digest:
            told = f": {'; '.join(lines[:5])}" if lines else ""
            raise StartError(
                f"{name}: what the service says now is not what `sha256` pins{told}.",
                hint=f'If that is right, set sha256 = "{digest}" and run `seawall lock` again.',
            )
        yield Saved(name, snapshot.path, path, snapshot.text, digest, lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path.name} cannot be read: {error}.") from error
