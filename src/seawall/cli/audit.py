"""`seawall audit verify`: proves that the record of calls is as the server wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import RenderableType
from rich.text import Text

from seawall.cli.output import plain, show, show_json
from seawall.errors import StartError, UsageError
from seawall.security.audit import AuditVerdict, verify
from seawall.security.secrets import resolve
from seawall.types import JsonObject

__all__ = ["command", "render", "verdict_as_json"]


def command(  # noqa: PLR0913  each is an option
    action: Annotated[
        Literal["verify"], Parameter(help="verify: the only thing that can be done.", show_choices=False)
    ],
    files: Annotated[
        tuple[Path, ...],
        Parameter(help="The files of one chain, the oldest first.", metavar="FILE", negative=()),
    ],
    /,
    *,
    key: Annotated[
        str | None,
        Parameter(
            help="Where the server's audit.key is: env:NAME or file:/path. Finds a file that was written anew.",
            metavar="REFERENCE",
        ),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        Parameter(help="The file of audit.checkpoints. Finds an end that was cut.", metavar="FILE"),
    ] = None,
    partial: Annotated[bool, Parameter(help="The files before the first one are not given.")] = False,
    stopped: Annotated[
        bool,
        Parameter(help="The server was stopped in order: an end that does not say so was cut.", negative=()),
    ] = False,
    json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False,
) -> int:
    """Verify an audit; help.py has the words for people."""
    del action
    if not files:
        raise StartError("no file is named.", hint="seawall audit verify audit.jsonl")
    if key is not None and not key.startswith(("env:", "file:", "secret:")):
        raise UsageError("--key is no reference.", hint="Write env:NAME, file:/absolute/path or secret:NAME.")
    secret = None if key is None else resolve(key).encode()
    verdict = verify(files, secret=secret, checkpoints=checkpoints, partial=partial, stopped=stopped)
    if json:
        show_json(verdict_as_json(verdict))
    else:
        show(*render(verdict, keyed=secret is not None, kept=checkpoints is not None))
    return 0 if verdict.whole else 1


def verdict_as_json(verdict: AuditVerdict) -> JsonObject:
    """The stable form for programs."""
    return {
        "ok": verdict.whole,
        "faults": [
            {"file": each.file, "line": each.line, "message": each.message} for each in verdict.faults
        ],
        "records": verdict.records,
        "calls": verdict.calls,
        "first": verdict.first,
        "last": verdict.last,
        "marked": verdict.marked,
        "kept": verdict.kept,
        "lost": verdict.lost,
        "ended": verdict.ended,
        "continues": verdict.continues,
    }


def render(verdict: AuditVerdict, *, keyed: bool, kept: bool) -> Iterator[RenderableType]:
    """The result for a person."""
    for fault in verdict.faults:
        place = fault.file if fault.line is None else f"{fault.file}:{fault.line}"
        yield Text.assemble((f"{plain(place)}: ", "bold red"), plain(fault.message))
    if verdict.lost:
        yield Text(f"The server says itself that it could not record {verdict.lost} calls.")
    if not verdict.ended and verdict.records:
        yield Text(
            "It does not end as a server does that is stopped in order: it runs, was killed, or the end was cut."
        )
    word = Text(
        "whole" if verdict.whole else "not whole", style="bold green" if verdict.whole else "bold red"
    )
    yield Text.assemble(word, f": records {verdict.first} to {verdict.last}, {verdict.calls} of them calls.")
    if verdict.whole:
        yield Text("\n".join(_limits(verdict, keyed=keyed, kept=kept)), style="dim")


def _limits(verdict: AuditVerdict, *, keyed: bool, kept: bool) -> Iterator[str]:
    """What that proves, and what it does not."""
    yield "Proven: no record between the first and the last was changed, removed or moved by itself."
    if not keyed:
        yield "Not proven without --key: that nobody wrote the whole file anew."
    elif verdict.marked is not None and verdict.marked < verdict.last:
        yield f"With the key: all up to record {verdict.marked}, the last checkpoint, is the server's own."
    else:
        yield "With the key: all of it is the server's own."
    if not kept:
        yield "Not proven without --checkpoints: that nothing is missing at the end."
    elif verdict.kept is None:
        yield "Not proven: that nothing is missing at the end, since the checkpoints tell of no record of this chain."
    else:
        yield f"With the checkpoints: nothing is missing up to record {verdict.kept}."
