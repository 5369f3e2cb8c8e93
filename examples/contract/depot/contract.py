"""What the depot offers. Nothing here knows how it is done, and nothing knows that it is served."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

import seawall


class Kind(StrEnum):
    """What an item is for."""

    DECK = "deck"
    ENGINE = "engine"
    GALLEY = "galley"


@dataclass(frozen=True)
class Item:
    """Something in stock."""

    id: uuid.UUID
    name: str
    kind: Kind
    count: int
    price: Decimal
    since: dt.date


class NoSuchItemError(Exception):
    """Nothing in stock has that id."""


class OutOfStockError(Exception):
    """There is less of it than was asked for."""


Name = Annotated[str, Field(min_length=1, max_length=80)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class Inventory(Protocol):
    """The stock of a depot."""

    def get_item(self, item: uuid.UUID) -> Item:
        """Looks one item up.

        Args:
            item: The item's id, as `find_items` gives it.

        Raises:
            NoSuchItemError: Nothing in stock has that id.
        """
        ...

    def find_items(self, words: str = "", kind: Kind | None = None) -> Iterator[Item]:
        """Finds items by their names, in the order of these, page by page.

        Args:
            words: What stands in the name; empty for all.
            kind: Only items of that kind.
        """
        ...

    @seawall.operation(destructive=False)
    def add_item(self, name: Name, kind: Kind, count: Count, price: Decimal) -> Item:
        """Takes a new item into the stock.

        Args:
            name: What it is called.
            kind: What it is for.
            count: How many there are.
            price: Of one of them.
        """
        ...

    @seawall.operation(idempotent=False)
    def take_out(self, item: uuid.UUID, count: Count) -> Item:
        """Takes some of an item out of the stock.

        Raises:
            NoSuchItemError: Nothing in stock has that id.
            OutOfStockError: There is less of it than was asked for.
        """
        ...

    @seawall.operation(idempotent=True)
    def remove_item(self, item: uuid.UUID) -> bool:
        """Strikes an item off the stock. Tells whether it was there."""
        ...

    @seawall.resource("depot://report", media_type="text/markdown")
    def report(self) -> str:
        """The whole stock in one line each."""
        ...
