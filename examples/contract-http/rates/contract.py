"""What can be asked about exchange rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Protocol

from pydantic import Field
from typing_extensions import TypedDict

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="Its ISO 4217 code, such as `EUR`.")]


class Rate(TypedDict):
    """What one unit of a currency is worth in another."""

    base: str
    quote: str
    value: Decimal
    at: dt.datetime


class UnknownCurrencyError(Exception):
    """The service has no rate for it."""


class ServiceDownError(Exception):
    """The service that knows the rates does not answer."""


class Rates(Protocol):
    """Exchange rates."""

    async def get_rate(self, base: Currency, quote: Currency) -> Rate:
        """Looks up what one unit of `base` is worth in `quote`.

        Raises:
            UnknownCurrencyError: The service has no rate for one of the two.
            ServiceDownError: The service does not answer.
        """
        ...

    def list_currencies(self) -> AsyncIterator[str]:
        """All currencies that there are rates for, page by page.

        Raises:
            ServiceDownError: The service does not answer.
        """
        ...
