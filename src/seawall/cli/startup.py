"""Starting fast, for a client that waits for its first answer."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collect_less_often", "output_kept", "without_collection"]

_YOUNG = 10_000  # new objects after which the collector looks at them; Python's own number is 700 or 2,000


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage in the block, and never look at what it made again.

    Loading a thousand modules makes objects that live as long as the process. The collector walks through them
    hundreds of times meanwhile, which is a tenth of the start (measured), and again and again while the server
    serves. The little garbage among them (one part in a hundred) stays.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


@contextmanager
def output_kept() -> Iterator[None]:
    """Keep standard output for the result of the command: what modules and tools print goes to standard error."""
    if sys.__stdin__ is None or sys.__stdout__ is None:
        yield
        return
    from seawall.runtime.wire.claim import Claim  # noqa: PLC0415  the help does not need it

    claim = Claim.take()
    try:
        yield
    finally:
        claim.release()


def collect_less_often() -> None:
    """Look for garbage among new objects less often: a call makes thousands, and nearly all of them go by themselves.

    That is a twentieth of a call (measured). What waits meanwhile are a few megabytes at most.
    """
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
