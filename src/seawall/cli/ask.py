"""The questions of `seawall new` on a terminal: few, each with a default that is right for most."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from rich.prompt import Confirm, Prompt
from rich.text import Text

from seawall.cli.output import console_for, show
from seawall.scaffold.request import ProjectRequest, ToolsetRequest, clean_text
from seawall.toolsets.starter import Starter

__all__ = ["ask"]


def ask(request: ProjectRequest, known: Mapping[str, Starter], *, writable: bool) -> ProjectRequest:
    """The request with what only a person can know.

    Raises:
        UsageError: an answer that cannot be used.
    """
    purpose = request.purpose or _line("What is the server for, in one sentence (may be empty)", "")
    kinds = _kinds(known)
    answers = {kind: _answer(known[kind]) for kind in kinds}
    writable = writable or Confirm.ask(
        Text("May its tools change anything"), console=console_for(sys.stdout), default=False
    )
    return replace(
        request,
        purpose=clean_text(purpose, what="The purpose", lines=True),
        toolsets=tuple(ToolsetRequest(kind, answers[kind], writable=writable) for kind in kinds),
    )


def _kinds(known: Mapping[str, Starter]) -> list[str]:
    show(Text("What does it serve? One, or several with commas:"))
    for name, starter in known.items():
        show(f"  {name}  {starter.summary}")
    default = next(iter(known))
    while True:
        given = _line("Kind", default)
        kinds = list(dict.fromkeys(filter(None, (each.strip() for each in given.split(",")))))
        if kinds and all(each in known for each in kinds):
            return kinds
        show(f"Please choose among: {', '.join(known)}.")


def _answer(starter: Starter) -> str:
    question = starter.question
    return "" if question is None else _line(question.text, question.default)


def _line(question: str, default: str) -> str:
    return Prompt.ask(
        Text(question), console=console_for(sys.stdout), default=default, show_default=bool(default)
    )
