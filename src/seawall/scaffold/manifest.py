"""`.seawall/manifest.json`: which files of a project Seawall made, and what it had put into them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from seawall.errors import StartError

__all__ = ["MANIFEST_NAME", "ManagedFile", "Manifest", "digest", "dump", "is_project_path", "load"]

MANIFEST_NAME: Final = ".seawall/manifest.json"

_FORMAT: Final = 1
_HELP: Final = "Made by Seawall: keep it in version control. `seawall upgrade` reads it to tell your edits from its own text."


@dataclass(frozen=True, slots=True)
class ManagedFile:
    """One file.

    Attributes:
        sha256: of the text that Seawall wrote, or that was settled since.
        offered: of the text that waits in the side file, or empty.
    """

    sha256: str
    offered: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a project was made with.

    Attributes:
        seawall: the version that wrote last.
        templates: the version of the templates that it had.
        extras: what was added by name.
        files: each managed file by its path in the project.
    """

    seawall: str
    templates: int
    extras: tuple[str, ...] = ()
    files: Mapping[str, ManagedFile] = field(default_factory=dict)


def digest(content: str | bytes) -> str:
    """What tells one content from another; line ends as another system writes them do not."""
    raw = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()


def is_project_path(text: str) -> bool:
    """Whether this is how a file of a project is called: relative, in one way only, and without a step outside."""
    path = PurePosixPath(text)
    plain = str(path) == text and "\0" not in text and bool(path.parts)
    return plain and not path.is_absolute() and ".." not in path.parts


def dump(manifest: Manifest) -> str:
    """The manifest as the file has it: one line a file, sorted, so that a merge is easy."""
    files = {
        path: {"sha256": each.sha256} | ({"offered": each.offered} if each.offered else {})
        for path, each in sorted(manifest.files.items())
    }
    data = {
        "about": _HELP,
        "format": _FORMAT,
        "seawall": manifest.seawall,
        "templates": manifest.templates,
        "extras": list(manifest.extras),
        "files": files,
    }
    return json.dumps(data, indent=2) + "\n"


def load(text: str) -> Manifest:
    """Read the manifest's text.

    Raises:
        StartError: it is none, or one of a later format.
    """
    try:
        data = json.loads(text)
        if data["format"] != _FORMAT:
            raise _unusable(f"it has format {data['format']!r}, made by a newer Seawall")
        return Manifest(
            seawall=_text(data["seawall"]),
            templates=int(data["templates"]),
            extras=tuple(map(_text, data["extras"])),
            files={_path(path): _file(each) for path, each in data["files"].items()},
        )
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unusable("it is damaged") from error


def _file(data: Mapping[str, Any]) -> ManagedFile:
    return ManagedFile(_text(data["sha256"]), _text(data.get("offered", "")))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _path(text: str) -> str:
    """The path, when it stays in the project whatever stands in the file."""
    if not is_project_path(text):
        raise ValueError(text)
    return text


def _unusable(reason: str) -> StartError:
    return StartError(
        f"{MANIFEST_NAME} cannot be used: {reason}.",
        hint="Restore it from version control, or upgrade Seawall.",
    )
