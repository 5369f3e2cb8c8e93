"""Tools that do everything a tool on stdio should not: print, write to descriptor 1, read the client's messages."""

import asyncio
import ctypes
import os
import subprocess
import sys

print("printed while it was imported")  # noqa: T201  what this file is for
os.write(1, b"written while it was imported\n")


def echo(text: str) -> str:
    """Gives it back."""
    return text


def say(text: str) -> str:
    """Prints it."""
    print(text)  # noqa: T201  what this file is for
    return "said"


def say_open(text: str) -> str:
    """Prints it without an end of line."""
    print(text, end="")  # noqa: T201  what this file is for
    return "said"


def write_descriptor(text: str) -> str:
    """Writes it to descriptor 1."""
    os.write(1, f"{text}\n".encode())
    return "written"


def c_library(text: str) -> str:
    """Leaves it in the C library's own buffer of standard output."""
    ctypes.CDLL(None).printf(b"%s\n", text.encode())
    return "buffered"


def child(text: str) -> str:
    """Has a child process print it, which also tries to read the client's messages."""
    script = f"import sys; print({text!r}); sys.stdin.read()"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    return "printed"


def read_input() -> str:
    """Reads standard input."""
    return f"[{sys.stdin.read()}{os.read(0, 100).decode()}]"


def letters(count: int) -> str:
    """That many letters."""
    return "a" * count


def surrogate() -> str:
    """A text that no UTF-8 can carry."""
    return "\ud800"


async def wait(seconds: float) -> str:
    """Waits."""
    await asyncio.sleep(seconds)
    return "waited"
