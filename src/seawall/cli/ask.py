"""The questions of `seawall new` on a terminal: few, each with a default that is right for most."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TextIO, cast

from rich.prompt import Confirm, Prompt
from rich.text import Text

from seawall.cli.interrupt import Interruptions
from seawall.cli.output import console_for, show
from seawall.scaffold.request import ProjectRequest, ToolsetRequest, clean_text
from seawall.toolsets.starter import Starter

__all__ = ["ask"]


def ask(
    request: ProjectRequest, known: Mapping[str, Starter], answers: Interruptions, *, writable: bool
) -> ProjectRequest:
    """The request with what only a person can know. `answers` gives the lines that are typed.

    Raises:
        UsageError: an answer that cannot be used, or none.
        KeyboardInterrupt: Ctrl-C.
    """
    typed = cast("TextIO", answers)  # of a stream, rich reads lines and nothing else
    purpose = request.purpose or _line("What is the server for, in one sentence (may be empty)", "", typed)
    kinds = _kinds(known, typed)
    given = {kind: _answer(known[kind], typed) for kind in kinds}
    writable = writable or Confirm.ask(
        Text("May its tools change anything"), console=console_for(sys.stdout), default=False, stream=typed
    )
    return replace(
        request,
        purpose=clean_text(purpose, what="The purpose", lines=True),
        toolsets=tuple(ToolsetRequest(kind, given[kind], writable=writable) for kind in kinds),
    )


def _kinds(known: Mapping[str, Starter], typed: TextIO) -> list[str]:
    show(Text("What does it serve? One, or several with commas:"))
    for name, starter in known.items():
        show(f"  {name}  {starter.summary}")
    default = next(iter(known))
    while True:
        given = _line("Kind", default, typed)
        kinds = list(dict.fromkeys(filter(None, (each.strip() for each in given.split(",")))))
        if kinds and all(each in known for each in kinds):
            return kinds
        show(f"Please choose among: {', '.join(known)}.")


def _answer(starter: Starter, typed: TextIO) -> str:
    question = starter.question
    return "" if question is None else _line(question.text, question.default, typed)


def _line(question: str, default: str, typed: TextIO) -> str:
    return Prompt.ask(
        Text(question),
        console=console_for(sys.stdout),
        default=default,
        show_default=bool(default),
        stream=typed,
    )
