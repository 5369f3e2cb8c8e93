"""Runs one tool, and shows how that ended. Apart from `run.py`, since it needs FastMCP and the help does not."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rich.table import Table
from rich.text import Text

from seawall.blueprint import LoadedBlueprint
from seawall.cli.output import plain, show, show_bytes, show_on_stderr, show_text
from seawall.errors import OperationError, UsageError
from seawall.runtime.assemble import Assembly, build
from seawall.runtime.logs import LogLevel, configure_logging
from seawall.runtime.once import BinaryPiece, CallEnd, TextPiece, local_client
from seawall.runtime.pipeline.call import Report
from seawall.toolsets.interface import ToolsetKind
from seawall.types import JsonObject

__all__ = ["Called", "Ending", "Listed", "called", "listed", "prepare"]

_NEAR: Final = 3  # names that are proposed
_ALL: Final = 12  # names that are listed when none is near
_LEVELS: Final[Mapping[LogLevel, LogLevel]] = {"debug": "debug", "error": "error"}


class Ending(Protocol):
    """What the command found out, whichever of its two tasks it had."""

    @property
    def status(self) -> int:
        """The exit status."""

    def as_json(self) -> JsonObject:
        """The stable form for programs."""

    def show(self) -> None:
        """The form for a person."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The tools that a local caller sees, as the protocol lists them."""

    tools: Sequence[JsonObject]
    status: int = 0

    def as_json(self) -> JsonObject:
        """`tools`: name, title, description and inputSchema of each, and what else the protocol has."""
        return {"tools": list(self.tools)}

    def show(self) -> None:
        """Name, arguments and purpose of each; an argument that must be there has a star."""
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for tool in self.tools:
            words = " ".join(str(tool.get("description", "")).split()).partition(". ")[0]
            table.add_row(plain(str(tool["name"])), f"{plain(words)}\n{plain(_arguments(tool))}".strip())
        show(table) if self.tools else show("The server offers no tools to a local caller.")


@dataclass(frozen=True, slots=True)
class Called:
    """How the call of a tool ended."""

    tool: str
    end: CallEnd

    @property
    def status(self) -> int:
        """0, or what the error's class says."""
        return 0 if self.end.error is None else _status(self.end.error.code)

    def as_json(self) -> JsonObject:
        """`ok`, `tool`, `content` and `data` as the protocol has them, and `error`."""
        error = self.end.error
        return {
            "ok": error is None,
            "tool": self.tool,
            "content": list(self.end.content) if error is None else [],
            "data": self.end.data,
            "error": None if error is None else _error_as_json(error),
        }

    def show(self) -> None:
        """The result on standard output; an error, with what to do, on standard error."""
        if self.end.error is not None:
            _show_error(self.end.error)
        elif self.end.data is not None:
            _show_lines(json.dumps(self.end.data, indent=2, ensure_ascii=False))
        elif len(self.end.pieces) == 1 and isinstance(self.end.pieces[0], BinaryPiece) and not _on_terminal():
            show_bytes(self.end.pieces[0].data)
        else:
            for piece in self.end.pieces:
                _show_lines(piece.text if isinstance(piece, TextPiece) else _described(piece))


def prepare(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Assembly:
    """The server that the blueprint describes, with a log that tells a person only what is wrong.

    Raises:
        BlueprintError: operations, prefixes or tool names do not fit together.
        StartError: something that the blueprint names cannot be used.
    """
    log = loaded.blueprint.log
    configure_logging(log.format, _LEVELS.get(log.level, "warning"))
    return build(loaded, kinds)


async def listed(assembly: Assembly) -> Ending:
    """The tools that a local caller sees."""
    async with local_client(assembly.served) as client:
        return Listed(await client.tools())


async def called(assembly: Assembly, tool: str, arguments: JsonObject) -> Ending:
    """Call a tool.

    Raises:
        UsageError: there is none of that name for a local caller.
        StartError: the source of a toolset is not there.
    """
    async with local_client(assembly.served) as client:
        names = [str(each["name"]) for each in await client.tools()]
        if tool not in names:
            raise UsageError(f"there is no tool {plain(repr(tool[:80]))}.", hint=_near(tool, names))
        return Called(tool, await client.call(tool, arguments))


def _near(tool: str, names: Sequence[str]) -> str:
    if close := difflib.get_close_matches(tool[:80], names, n=_NEAR):
        return f"Did you mean {' or '.join(close)}?"
    shown = ", ".join(names[:_ALL])
    return f"There are: {shown}{', …' if len(names) > _ALL else ''}." if names else "The server offers none."


def _arguments(tool: JsonObject) -> str:
    schema = tool.get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    needed = required if isinstance(required, list) else []
    names = properties if isinstance(properties, dict) else {}
    return ", ".join(f"{name}*" if name in needed else name for name in names)


def _status(code: str) -> int:
    """The exit status of an error by its code, those of other people's kinds included."""
    return next(
        (each.exit_code for each in _classes(OperationError) if each.code == code), OperationError.exit_code
    )


def _classes(base: type[OperationError]) -> Iterator[type[OperationError]]:
    yield base
    for each in base.__subclasses__():
        yield from _classes(each)


def _error_as_json(error: Report) -> JsonObject:
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
        "reference": error.reference,
    }


def _show_error(error: Report) -> None:
    line = Text("seawall: ", style="bold red")
    said = " ".join(part for part in (error.message, error.hint, f"[{error.code}]") if part)
    line.append("\n".join(plain(each.strip()) for each in said.splitlines()), style="default")
    line.overflow = "fold"
    show_on_stderr(line)


def _show_lines(text: str) -> None:
    """Text as it is; on a terminal without power over it."""
    if _on_terminal():
        text = "\n".join(map(plain, text.split("\n")))
    show_text(text if text.endswith("\n") else f"{text}\n")


def _described(piece: BinaryPiece) -> str:
    return f"[{piece.media_type}, {len(piece.data)} bytes; --json has them in base64]"


def _on_terminal() -> bool:
    return sys.stdout.isatty()
