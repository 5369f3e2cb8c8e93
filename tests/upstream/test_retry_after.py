"""Both forms of `Retry-After`, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from seawall.upstream.retry_after import LONGEST, retry_after

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thursday, 01-Jan-26 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2099 12:00:00 GMT", LONGEST),
        ("999999999", LONGEST),
        ("9" * 40, None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("Thu, 99 Foo 2026 12:00:30 GMT", None),
        ("", None),
    ],
)
def test_both_forms(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, now=NOW) == seconds
