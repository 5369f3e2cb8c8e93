"""The tools that both servers offer: the very same functions."""

from __future__ import annotations

from pathlib import Path

NOTE = Path(__file__).with_name("note.txt")
LONG = ("The tide comes in, and the wall holds it.\n" * 2000)[: 64 * 1024]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def add_async(a: int, b: int) -> int:
    """Add two numbers on the event loop."""
    return a + b


def read_note() -> str:
    """Read a small file."""
    return NOTE.read_text()


async def long_text() -> str:
    """Give 64 KiB of text."""
    return LONG
