"""What records the calls of a blueprint's server, and where."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from seawall.blueprint import LoadedBlueprint
from seawall.errors import StartError
from seawall.runtime.gather import effective_name
from seawall.security.audit import AuditLog, AuditPolicy
from seawall.security.audit.file import place_of
from seawall.security.jail import PathRules
from seawall.security.secrets import resolve
from seawall.toolsets.rooted import root_directories

__all__ = ["audit_of"]

_SHORTEST_KEY: Final = 32  # characters of the audit's secret
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


def audit_of(loaded: LoadedBlueprint) -> AuditLog | None:
    """What records calls, not opened yet; None where nothing is recorded.

    Raises:
        StartError: its key cannot be had, or is too short; or a file of it is no file that only the server has.
    """
    section = loaded.blueprint.audit
    if section.file is None:
        return None
    secret = None
    if section.key is not None:
        try:
            secret = resolve(section.key)
        except StartError as error:
            raise StartError(f"audit.key: {error.message}", hint=error.hint) from None
        if len(secret) < _SHORTEST_KEY:
            raise StartError(
                f"audit.key: the secret has fewer than {_SHORTEST_KEY} characters.",
                hint="`openssl rand -hex 32` makes a good one.",
            )
    file = _place(loaded.directory, section.file, "audit")
    checkpoints = None
    if section.checkpoints is not None:
        checkpoints = _place(loaded.directory, section.checkpoints, "checkpoints")
        if place_of(checkpoints) == place_of(file):
            raise StartError(
                "audit.checkpoints: it is the file of records itself.",
                hint="Name another file, best on another disk.",
            )
        _refuse_served(loaded, "audit.checkpoints", checkpoints)
    _refuse_served(loaded, "audit.file", file)
    return AuditLog(
        AuditPolicy(
            file=file,
            checkpoints=checkpoints,
            secret=None if secret is None else secret.encode(),
            every=section.checkpoint_records,
            seconds=section.checkpoint_interval,
            on_failure=section.on_failure,
            durable=section.durable,
        )
    )


def _refuse_served(loaded: LoadedBlueprint, setting: str, file: Path) -> None:
    """Refuse a file that callers reach: they would read what others did, or write it.

    Raises:
        StartError: it lies where a toolset or resource serves files, and is not denied there.
    """
    real = Path(place_of(file))
    for owner, root, deny in _served(loaded):
        place = root.resolve()
        if not real.is_relative_to(place) or _denied(deny, str(real.relative_to(place))):
            continue
        raise StartError(
            f"{setting}: {str(file)!r} is among the files of {owner}: its callers could reach it.",
            hint=f'Name a file elsewhere, or deny it there: `deny = ["{file.stem}*"]`.',
        )


def _served(loaded: LoadedBlueprint) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Whose files, which directory (or single file), and what is denied there."""
    for declaration in loaded.blueprint.toolset:
        roots, deny = getattr(declaration, "roots", None), getattr(declaration, "deny", ())
        if not isinstance(roots, str | dict):
            continue
        for root in root_directories(roots, loaded.directory).values():
            yield f"the toolset {effective_name(declaration)!r}", root, deny
    for resource in loaded.blueprint.resource:
        if (place := resource.directory or resource.file) is not None:
            yield f"the resource {resource.uri}", loaded.directory / Path(place).expanduser(), resource.deny


def _denied(deny: tuple[str, ...], path: str) -> bool:
    try:
        return PathRules.compile(deny).denies(path, directory=False)
    except ValueError:  # what is wrong with a pattern is told where it is used
        return False


def _place(directory: Path, text: str, word: str) -> Path:
    """The file of a setting. In a directory, replicas write one each: their host's name tells them apart."""
    if "\0" in text:
        raise StartError("audit: a NUL character stands in the name of a file.")
    place = directory / Path(text).expanduser()
    if not text.endswith("/"):
        return place
    return place / f"{word}-{_UNFIT.sub('-', socket.gethostname()) or 'host'}.jsonl"
