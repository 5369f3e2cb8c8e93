"""Exchange rates from a service of one's own.

This is the operator's code: it connects by itself, to the one address that the settings name. Proxies of the environment
and redirects are off, so that nothing else decides where it connects.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx2

import seawall
from rates.contract import Rate, ServiceDownError, UnknownCurrencyError


class RatesSettings(seawall.Settings):
    """Filled from `settings` of the toolset."""

    url: str
    timeout: float = 5


@asynccontextmanager
async def open_rates(settings: RatesSettings) -> AsyncIterator[HttpRates]:
    """Makes the client when the server starts, which connects to nothing yet, and closes it when the server ends."""
    async with httpx2.AsyncClient(
        base_url=settings.url, timeout=settings.timeout, trust_env=False, follow_redirects=False
    ) as client:
        yield HttpRates(client)


class HttpRates:
    """One client for all calls."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get_rate(self, base: str, quote: str) -> Rate:
        response = await self._get(f"/rates/{base}/{quote}")
        if response.status_code == httpx2.codes.NOT_FOUND:
            raise UnknownCurrencyError(f"There is no rate from {base} to {quote}.")
        found = response.raise_for_status().json()
        at = dt.datetime.fromisoformat(found["at"])
        return Rate(base=base, quote=quote, value=Decimal(found["value"]), at=at)

    async def list_currencies(self) -> AsyncIterator[str]:
        after = ""
        while True:
            response = await self._get("/currencies", after=after)
            currencies = response.raise_for_status().json()
            for currency in currencies:
                yield currency
            if not currencies:
                return
            after = currencies[-1]

    async def _get(self, path: str, **query: str) -> httpx2.Response:
        try:
            return await self._client.get(path, params=query)
        except httpx2.TransportError as error:
            raise ServiceDownError("The service of exchange rates does not answer.") from error
