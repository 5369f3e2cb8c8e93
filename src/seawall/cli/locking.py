"""What `seawall.lock` says of a server, against what the server offers now. Apart from `lock.py`: it needs FastMCP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.cli.check import Finding
from seawall.errors import StartError
from seawall.runtime.assemble import Assembly
from seawall.toolsets.lock import LOCK_NAME, Locked, changes, locked_of, read_lock

__all__ = ["Comparison", "compare", "offered"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is different.

    Attributes:
        changes: by the toolset's name, one line each.
        findings: what follows from it.
    """

    changes: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...]


def offered(assembly: Assembly) -> Mapping[str, Mapping[str, Locked]]:
    """What a lock file has to say of the server: of its toolsets whose operations have names of their source."""
    found = {name: locked_of(outlines) for name, outlines in assembly.chosen.items()}
    return {name: entries for name, entries in found.items() if entries or assembly.known[name]}


def compare(assembly: Assembly) -> Comparison:
    """The server against the lock file beside its blueprint."""
    now = offered(assembly)
    try:
        written = read_lock(assembly.loaded.directory)
    except StartError as error:
        return Comparison({}, (Finding("error", error.code, LOCK_NAME, error.message, error.hint),))
    if written is None:
        missing = (Finding("note", "not_locked", name, _NOT_LOCKED, _LOCK) for name in now)
        return Comparison({}, tuple(missing))
    different = {
        name: changes(written.get(name, {}), entries, known=assembly.known[name])
        for name, entries in now.items()
    }
    findings = tuple(
        Finding(
            "warning",
            "lock_outdated",
            name,
            f"{len(found)} of its operations {'is' if len(found) == 1 else 'are'} not as {LOCK_NAME} has them.",
            "Look at what is different above; `seawall lock` accepts it.",
        )
        for name, found in different.items()
        if found
    )
    return Comparison({name: tuple(map(str, found)) for name, found in different.items()}, findings)


_NOT_LOCKED = f"no {LOCK_NAME} keeps the names of its tools, and shows what a new description changes."
_LOCK = "`seawall lock` writes it; commit it with the blueprint."
