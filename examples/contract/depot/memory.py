"""The stock in memory: gone when the server ends."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from depot.contract import Item, Kind, NoSuchItemError, OutOfStockError


class MemoryInventory:
    """A dictionary. Calls come on several threads at once, hence the lock."""

    def __init__(self) -> None:
        self._items: dict[uuid.UUID, Item] = {}
        self._lock = threading.Lock()

    def get_item(self, item: uuid.UUID) -> Item:
        found = self._items.get(item)
        if found is None:
            raise NoSuchItemError(f"There is no item {item}.")
        return found

    def find_items(self, words: str = "", kind: Kind | None = None) -> Iterator[Item]:
        with self._lock:  # the items of this moment: the caller comes back for the next page much later
            items = sorted(self._items.values(), key=lambda each: (each.name, each.id))
        for each in items:
            if words.casefold() in each.name.casefold() and kind in {None, each.kind}:
                yield each

    def add_item(self, name: str, kind: Kind, count: int, price: Decimal) -> Item:
        made = Item(uuid.uuid4(), name, kind, count, price, dt.datetime.now(tz=dt.UTC).date())
        with self._lock:
            self._items[made.id] = made
        return made

    def take_out(self, item: uuid.UUID, count: int) -> Item:
        with self._lock:
            found = self.get_item(item)
            if found.count < count:
                raise OutOfStockError(f"There are {found.count} of {found.name}, not {count}.")
            left = self._items[item] = replace(found, count=found.count - count)
        return left

    def remove_item(self, item: uuid.UUID) -> bool:
        with self._lock:
            return self._items.pop(item, None) is not None

    def report(self) -> str:
        return "".join(f"- {each.name}: {each.count} for {each.price} each\n" for each in self.find_items())
