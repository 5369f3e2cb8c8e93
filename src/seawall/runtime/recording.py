"""What records the calls of a blueprint's server, and where."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Final

from seawall.blueprint import LoadedBlueprint
from seawall.errors import StartError
from seawall.security.audit import AuditLog, AuditPolicy
from seawall.security.secrets import resolve

__all__ = ["audit_of"]

_SHORTEST_KEY: Final = 32  # characters of the audit's secret
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


def audit_of(loaded: LoadedBlueprint) -> AuditLog | None:
    """What records calls, not opened yet; None where nothing is recorded.

    Raises:
        StartError: its key cannot be had, or is too short.
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
    checkpoints = section.checkpoints
    return AuditLog(
        AuditPolicy(
            file=_place(loaded.directory, section.file, "audit"),
            checkpoints=None if checkpoints is None else _place(loaded.directory, checkpoints, "checkpoints"),
            secret=None if secret is None else secret.encode(),
            every=section.checkpoint_records,
            seconds=section.checkpoint_interval,
            on_failure=section.on_failure,
            durable=section.durable,
        )
    )


def _place(directory: Path, text: str, word: str) -> Path:
    """The file of a setting. In a directory, replicas write one each: their host's name tells them apart."""
    place = directory / Path(text).expanduser()
    if not text.endswith("/"):
        return place
    return place / f"{word}-{_UNFIT.sub('-', socket.gethostname()) or 'host'}.jsonl"
