"""`seawall add`: one more toolset, prompt or resource, or the files of one more place to run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from seawall.cli.app import installed_version
from seawall.cli.output import plain, show
from seawall.cli.upgrade import tell
from seawall.errors import UsageError
from seawall.scaffold.existing import Addition, Existing
from seawall.scaffold.plan import Maker
from seawall.scaffold.request import ToolsetRequest
from seawall.scaffold.sections import starters
from seawall.toolsets.registry import installed_kinds
from seawall.toolsets.starter import Question

__all__ = ["command"]

_OFFERS = {"prompt": "prompt NAME", "resource": "resource DIRECTORY|FILE|URL|MODULE:FUNCTION"}


def command(  # noqa: PLR0913  each is an option of the command
    what: Annotated[
        str,
        Parameter(name="WHAT", help="toolset, prompt, resource, kubernetes, systemd, ci, mcpb or registry."),
    ],
    kind: Annotated[
        str | None,
        Parameter(
            name="KIND", help="Of a toolset: its kind; of a prompt: its name; of a resource: what it is."
        ),
    ] = None,
    answer: Annotated[
        str | None, Parameter(name="VALUE", help="Of a toolset: what its kind asks for, such as a directory.")
    ] = None,
    /,
    *,
    name: Annotated[str, Parameter(help="Name of the toolset. Default: its kind.")] = "",
    prefix: Annotated[str, Parameter(help="Before the names of its tools.")] = "",
    write_access: Annotated[bool, Parameter(name="--write", help="Let its tools change things.")] = False,
    project: Annotated[Path, Parameter(help="The project. Default: here.", metavar="DIR")] = Path(),
    dry_run: Annotated[bool, Parameter(help="Print what would be done, and write nothing.")] = False,
) -> int:
    """Add to a project; help.py has the words for people."""
    existing = Existing(project, Maker(installed_kinds(), installed_version(), os.environ))
    if not dry_run:
        existing.recover()
    if what == "toolset":
        request = _toolset(existing, kind, answer)
        addition = existing.with_toolset(
            ToolsetRequest(request.kind, request.answer, name=name, prefix=prefix, writable=write_access)
        )
    elif what in _OFFERS and kind is not None and answer is None and not (name or prefix or write_access):
        addition = existing.with_prompt(kind) if what == "prompt" else existing.with_resource(kind)
    elif what in _OFFERS:
        raise UsageError(f"`seawall add {what}` needs one word more.", hint=f"`seawall add {_OFFERS[what]}`.")
    elif kind is not None or name or prefix or write_access:
        raise UsageError(f"{what} is added without anything else.", hint=f"`seawall add {what}`.")
    else:
        addition = existing.with_extra(what)
    if not dry_run:
        existing.apply(addition.upgrade)
    _tell(addition, dry_run=dry_run)
    return 1 if addition.upgrade.waiting else 0


def _toolset(existing: Existing, kind: str | None, answer: str | None) -> ToolsetRequest:
    known = starters(existing.maker.kinds)
    if kind is None or kind not in known:
        problem = (
            "`seawall add toolset` needs a kind"
            if kind is None
            else f"there is no kind {kind!r} to begin with"
        )
        raise UsageError(f"{problem}.", hint=f"There are {', '.join(known)}.")
    return ToolsetRequest(kind, _value(f"toolset {kind}", known[kind].question, answer))


def _value(what: str, question: Question | None, answer: str | None) -> str:
    """The answer, or else the one that is right for most."""
    if question is None and answer is not None:
        raise UsageError(f"{what} takes no value.", hint=f"`seawall add {what}`.")
    if question is not None and answer is None and not question.default:
        raise UsageError(f"{what} needs a value.", hint=f"`seawall add {what} {question.metavar}`.")
    return answer if answer is not None else question.default if question else ""


def _tell(addition: Addition, *, dry_run: bool) -> None:
    if addition.section:
        show(Text(f"{'Would add' if dry_run else 'Added'} to seawall.toml:", style="bold"))
        show(*(plain(f"  {line}") for line in addition.section.splitlines()))
    show(*(plain(f"{path}: {'would be written' if dry_run else 'written'}") for path in addition.files))
    tell(addition.upgrade, dry_run=dry_run, alone=not (addition.section or addition.files))
    show(*(Text(plain(f"- {note}")) for note in addition.notes))
