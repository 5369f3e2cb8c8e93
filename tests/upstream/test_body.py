"""How much memory a body may take, whatever it unpacks to."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from seawall.upstream.body import read_body

pytestmark = pytest.mark.anyio


async def test_what_is_compressed_never_unpacks_to_more_than_may_be_kept() -> None:
    bomb = gzip.compress(bytes(100_000_000))

    async def whole() -> AsyncIterator[bytes]:
        yield bomb

    tracemalloc.start()
    try:
        content, complete = await read_body(whole(), coding="gzip", most=1000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(content), complete) == (1000, False)
    assert peak < 1_000_000
