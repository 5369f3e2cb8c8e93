"""The questions of `seawall new` on a terminal: few, each with a default that is right for most."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TextIO, cast

from rich.prompt import Confirm, Prompt
from rich.text import Text

from seawall.cli.interrupt import Interruptions
from seawall.cli.output import console_for, show
from seawall.scaffold.request import OfferRequest, ProjectRequest, ToolsetRequest, clean_text
from seawall.toolsets.starter import Begins

__all__ = ["ask"]


def ask(
    request: ProjectRequest,
    known: Mapping[str, Begins],
    offers: Collection[str],
    answers: Interruptions,
    *,
    writable: bool,
) -> ProjectRequest:
    """The request with what only a person can know.

    Args:
        request: what is known already.
        known: what a project can begin with, by its word.
        offers: those of the words that are no kind of toolset.
        answers: gives the lines that are typed.
        writable: whether tools may change things, as the call says.

    Raises:
        UsageError: an answer that cannot be used, or none.
        KeyboardInterrupt: Ctrl-C.
    """
    typed = cast("TextIO", answers)  # of a stream, rich reads lines and nothing else
    purpose = request.purpose or _line("What is the server for, in one sentence (may be empty)", "", typed)
    kinds = _kinds(known, typed)
    given = {kind: _answer(known[kind], typed) for kind in kinds}
    toolsets = [kind for kind in kinds if kind not in offers]
    writable = writable or (
        bool(toolsets)
        and Confirm.ask(
            Text("May its tools change anything"),
            console=console_for(sys.stdout),
            default=False,
            stream=typed,
        )
    )
    return replace(
        request,
        purpose=clean_text(purpose, what="The purpose", lines=True),
        toolsets=tuple(ToolsetRequest(kind, given[kind], writable=writable) for kind in toolsets),
        offers=tuple(OfferRequest(kind, given[kind]) for kind in kinds if kind in offers),
    )


def _kinds(known: Mapping[str, Begins], typed: TextIO) -> list[str]:
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


def _answer(starter: Begins, typed: TextIO) -> str:
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
