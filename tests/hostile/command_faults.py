"""What must be true of each row of the table of commands, wherever it is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hostile.command_careless import RUNNING
from seawall.security.sandbox import Tier

__all__ = ["faults", "silent"]

PATIENCE = 40.0  # seconds, more than any row has by its own time limit; the machine is busy with others


def faults(row: dict[str, Any], tier: str) -> list[str]:
    """What is not as it must be. Limits alone do not hold files: there, arguments and processes are."""
    held = Tier(tier).at_least(Tier.LANDLOCK)
    found = [word for word in ("hits", "survivors") if row[word]]
    found += ["told", "leftovers"] if held and (row["told"] or row["leftovers"]) else []
    changed = [each for each in row["changed"] if held or each == "ws/pwned"]
    found += ["changed"] if changed else []
    if row["outcome"] not in {"ran", "refused"}:
        found.append(f"came to {row['outcome']}")
    if row.get("refuse") and row["outcome"] != "refused":
        found.append("was not refused")
    if row.get("literal") is False:
        found.append("did not come out as it went in")
    if row["seconds"] > PATIENCE:
        found.append(f"took {row['seconds']:.0f} s")
    return found


def silent(rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """The programs that should have run the payload, and did not."""
    return RUNNING - {row["name"].removesuffix(", careless") for row in rows if row["ran"]}
