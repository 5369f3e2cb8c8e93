"""The one door to standard output and standard error: colours, widths, harmless text, closed pipes.

Colours: none when NO_COLOR is set and not empty (https://no-color.org), also beside FORCE_COLOR; none when the
stream is no terminal, unless FORCE_COLOR is set; then as rich decides. "None" means no escape codes at all.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from contextlib import suppress
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from seawall.errors import StartError
from seawall.types import JsonObject

__all__ = [
    "console_for",
    "discard_output",
    "plain",
    "prepare_streams",
    "show",
    "show_bytes",
    "show_json",
    "show_json_line_on_stderr",
    "show_on_stderr",
    "show_text",
]

_LEAST_WIDTH = 40  # narrower terminals wrap by themselves; columns below this would only be noise


def prepare_streams() -> None:
    """Make both streams safe to write to: never a missing stream, never an encoding error.

    A file name may hold bytes that are no text, and a terminal may speak ASCII only: such characters are
    shown as backslash escapes instead of ending the command.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  lives as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  lives as long as the process
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # replaced by a capturing stream, or closed already
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def console_for(stream: TextIO) -> Console:
    """A console on that stream which keeps the promises about colours that this module's docstring makes."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if os.environ.get("NO_COLOR"):
        # rich's own reading of NO_COLOR keeps bold and dim, which are escape codes too.
        console = Console(
            file=stream, highlight=False, markup=False, emoji=False, no_color=True, color_system=None
        )
    console.width = max(console.width, _LEAST_WIDTH)
    return console


def show(*renderables: RenderableType) -> None:
    """Print to standard output.

    A `str` is never broken into lines, so that it can be copied whole; a `Text` is broken at words on a
    terminal and never in a file or pipe, so that one message stays one line there.

    Raises:
        BrokenPipeError: nobody reads any more.
        StartError: the output cannot be written, for instance because the disk is full.
    """
    _write(sys.stdout, _rendered(sys.stdout, renderables))


def show_on_stderr(*renderables: RenderableType) -> None:
    """Print to standard error; what cannot be written there is dropped, for nobody is left to be told."""
    with suppress(OSError, StartError):
        _write(sys.stderr, _rendered(sys.stderr, renderables))


def show_json(value: JsonObject) -> None:
    """Print one JSON object to standard output, indented, as pure ASCII: valid whatever the terminal speaks.

    Raises:
        BrokenPipeError, StartError: as `show`.
    """
    show_text(json.dumps(value, indent=2) + "\n")


def show_text(text: str) -> None:
    """Print text to standard output exactly as it is.

    Raises:
        BrokenPipeError, StartError: as `show`.
    """
    _write(sys.stdout, text)


def show_json_line_on_stderr(value: JsonObject) -> None:
    """Print one JSON object as one line to standard error, where programs that start us read it."""
    with suppress(OSError, StartError):
        _write(sys.stderr, json.dumps(value, separators=(",", ":")) + "\n")


def show_bytes(data: bytes) -> None:
    """Write bytes to standard output exactly as they are.

    Raises:
        BrokenPipeError, StartError: as `show`.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def plain(text: str) -> str:
    """The text without power over the terminal: control and format characters become visible escapes.

    A blueprint, a path or a tool's name may hold escape sequences that recolour, overwrite or retitle a
    terminal, or bidirectional marks that reorder a line (CVE-2021-42574).
    """
    return "".join(_visible(character) for character in text)


def discard_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush of a broken pipe stays quiet.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character


def _rendered(stream: TextIO, renderables: tuple[RenderableType, ...]) -> str:
    console = console_for(stream)
    unbroken = (str,) if stream.isatty() else (str, Text)
    with console.capture() as capture:
        for renderable in renderables:
            console.print(renderable, soft_wrap=isinstance(renderable, unbroken))
    return "\n".join(line.rstrip(" ") for line in capture.get().split("\n"))  # tables pad their last column


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> StartError:
    return StartError(
        f"The output cannot be written: {error.strerror or error}.", hint="Free space or write elsewhere."
    )
