"""Tools of a small harbour: plain functions, whose types and docstrings are all that a client sees of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import asdict, dataclass, fields
from typing import Annotated

from pydantic import Field

import seawall


class HarbourSettings(seawall.Settings):
    """Filled from `settings` of the toolset."""

    file: str
    longest_stay: int = 7


@dataclass
class Berth:
    """A place for one ship; free when `ship` is empty."""

    berth: str
    ship: str
    length: float
    until: dt.date | None


Length = Annotated[float, Field(gt=0, le=60, description="Length of the ship in metres.")]


@seawall.operation(read_only=True, open_world=False)
def find_free_berths(length: Length, jail: seawall.Jail, settings: HarbourSettings) -> list[Berth]:
    """Lists the free berths that are long enough for a ship, the shortest first."""
    free = [each for each in _read(jail, settings) if not each.ship and each.length >= length]
    return sorted(free, key=lambda each: each.length)


@seawall.operation(destructive=False, scopes=["harbour:assign"], timeout="5s")
def assign_berth(
    berth: str,
    ship: Annotated[str, Field(min_length=1, max_length=40)],
    days: Annotated[int, Field(ge=1)],
    jail: seawall.Jail,
    settings: HarbourSettings,
) -> Berth:
    """Gives a free berth to a ship.

    Args:
        berth: The berth's name, as `find_free_berths` gives it.
        ship: The ship's name.
        days: How long it stays, from today.
        jail: Where the register is. The server fills it in; clients see neither this nor the next.
        settings: The harbour's rules.

    Returns:
        The berth as it is in the register now.
    """
    if days > settings.longest_stay:
        raise seawall.ToolFailedError(f"No ship may stay for more than {settings.longest_stay} days.")
    with jail.locked(settings.file):  # one writer at a time, since this reads before it writes
        berths = _read(jail, settings)
        chosen = next((each for each in berths if each.berth == berth), None)
        if chosen is None or chosen.ship:
            problem = "is taken" if chosen else "does not exist"
            raise seawall.ToolFailedError(f"Berth {berth} {problem}.", hint="Call find_free_berths.")
        chosen.ship, chosen.until = ship, dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=days)
        _write(jail, settings, berths)
    return chosen


def _read(jail: seawall.Jail, settings: HarbourSettings) -> list[Berth]:
    rows = csv.DictReader(io.StringIO(jail.read_file(settings.file).decode()))
    return [_berth(row) for row in rows]


def _berth(row: dict[str, str]) -> Berth:
    until = dt.date.fromisoformat(row["until"]) if row["until"] else None
    return Berth(row["berth"], row["ship"], float(row["length"]), until)


def _write(jail: seawall.Jail, settings: HarbourSettings, berths: list[Berth]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Berth)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(each) for each in berths)
    jail.write_file(settings.file, text.getvalue().encode(), mode=seawall.WriteMode.REPLACE)
