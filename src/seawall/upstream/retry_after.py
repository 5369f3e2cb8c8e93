"""`Retry-After`: when a service wants to be asked again (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["LONGEST", "retry_after"]

LONGEST: Final = 86_400.0
"""Seconds that are told a caller at most, whatever a service asks for."""

_SECONDS: Final = re.compile(
    r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
)  # whole ones by the RFC; some services send parts


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds until the service wants to be asked again: from a number or a date; None when it does not say.

    A date is compared with the service's own `Date`, if it sent one, so that clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST)
    moment = _date(text)
    if moment is None:
        return None
    reference = _date(headers.get("date", "")) or now or datetime.now(UTC)
    return min(max(0.0, (moment - reference).total_seconds()), LONGEST)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
