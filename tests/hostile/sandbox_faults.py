"""What must be true of each row of the hostile table, wherever it is run."""

from __future__ import annotations

from typing import Any

from hostile.sandbox_attacks import ATTACKS

ROWS = {attack.name: attack for attack in ATTACKS}
PATIENCE = 15.0  # seconds beyond a row's own time, on a machine that is busy with the other rows


def faults(row: dict[str, Any]) -> list[str]:
    """What is not as it must be."""
    expected = ROWS[row["name"]]
    found = [word for word in ("escaped", "changed", "hits", "survivors", "leftovers") if row[word]]
    if expected.endings and row["ending"] not in expected.endings:
        found.append(f"ended as {row['ending']}")
    if expected.limit and row["limit"] != expected.limit and row["ending"] == "LimitReached":
        found.append(f"reached {row['limit']}")
    if row["seconds"] > expected.seconds + PATIENCE:
        found.append(f"took {row['seconds']:.1f} s")
    return found
