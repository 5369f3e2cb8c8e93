"""The stock in a file, by SQLite."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import seawall
from depot.contract import Item, Kind, NoSuchItemError, OutOfStockError

_TABLE = """
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL CHECK (count >= 0),
    price TEXT NOT NULL, since TEXT NOT NULL
) STRICT
"""


class DepotSettings(seawall.Settings):
    """Filled from `settings` of the toolset."""

    file: str


def open_inventory(settings: DepotSettings) -> Iterator[StoredInventory]:
    """Opens the file when the server starts, and closes it when the server ends."""
    path = Path(__file__).parents[1] / settings.file  # a relative one lies beside the blueprint
    with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as connection:
        connection.execute(_TABLE)
        yield StoredInventory(connection)


class StoredInventory:
    """One connection, on which one thread works at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def get_item(self, item: uuid.UUID) -> Item:
        rows = self._rows("SELECT * FROM items WHERE id = ?", str(item))
        if not rows:
            raise NoSuchItemError(f"There is no item {item}.")
        return rows[0]

    def find_items(self, words: str = "", kind: Kind | None = None) -> Iterator[Item]:
        after: tuple[str, str] = ("", "")
        while True:  # some rows at a time: nothing is held between two pages but where the last one ended
            rows = self._rows(
                "SELECT * FROM items WHERE (name, id) > (?, ?) AND instr(lower(name), lower(?)) "
                "AND kind = coalesce(?, kind) ORDER BY name, id LIMIT 100",
                *after,
                words,
                kind,
            )
            yield from rows
            if not rows:
                return
            after = (rows[-1].name, str(rows[-1].id))

    def add_item(self, name: str, kind: Kind, count: int, price: Decimal) -> Item:
        made = Item(uuid.uuid4(), name, kind, count, price, dt.datetime.now(tz=dt.UTC).date())
        values = (str(made.id), name, kind, count, str(price), made.since.isoformat())
        self._rows("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", *values)
        return made

    def take_out(self, item: uuid.UUID, count: int) -> Item:
        rows = self._rows(
            "UPDATE items SET count = count - ?1 WHERE id = ?2 AND count >= ?1 RETURNING *",
            count,
            str(item),
        )
        if not rows:
            found = self.get_item(item)
            raise OutOfStockError(f"There are {found.count} of {found.name}, not {count}.")
        return rows[0]

    def remove_item(self, item: uuid.UUID) -> bool:
        return bool(self._rows("DELETE FROM items WHERE id = ? RETURNING *", str(item)))

    def report(self) -> str:
        return "".join(f"- {each.name}: {each.count} for {each.price} each\n" for each in self.find_items())

    def _rows(self, statement: str, *values: str | int | None) -> list[Item]:
        with self._lock:
            rows = self._connection.execute(statement, values).fetchall()
        return [
            Item(uuid.UUID(key), name, Kind(kind), count, Decimal(price), dt.date.fromisoformat(since))
            for key, name, kind, count, price, since in rows
        ]
