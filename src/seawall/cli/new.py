"""`seawall new`: a project, from flags, from a blueprint, or by asking on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import fields, make_dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from seawall.blueprint.document import decode, read_file
from seawall.cli.app import installed_version
from seawall.cli.ask import ask
from seawall.cli.interrupt import Interruptions, interruptions
from seawall.cli.introduce import introduce
from seawall.cli.output import plain, show
from seawall.errors import UsageError
from seawall.scaffold.gather import gather
from seawall.scaffold.plan import EXTRAS, Maker, Plan
from seawall.scaffold.request import (
    OfferRequest,
    ProjectRequest,
    ToolsetRequest,
    clean_text,
    server_name,
)
from seawall.scaffold.sections import OFFERS, starters
from seawall.scaffold.target import look, write
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.registry import installed_kinds

__all__ = ["command", "kind_flags"]

_NEEDED = re.compile(r"^([A-Z][A-Z0-9_]*)=$", re.MULTILINE)
"""A variable of `.env.example` without a value: the server does not start before it has one."""


def kind_flags(kinds: Mapping[str, ToolsetKind]) -> type[Any]:
    """One flag for each kind with which a project can begin, whoever made it; their fields in the kinds' order."""
    found: list[tuple[str, Any, Any]] = []
    for number, (name, starter) in enumerate(starters(kinds).items()):
        question = starter.question
        value: Any = bool if question is None else str | None
        parameter = Parameter(
            name=f"--kind-{name}" if name in _OWN_FLAGS else f"--{name}",
            help=f"Serve {starter.summary}.",
            metavar=question.metavar if question else None,
        )
        default = False if question is None else None
        found.append((f"kind_{number}", Annotated[value, parameter], default))
    made = make_dataclass("KindFlags", found, frozen=True, kw_only=True)
    made.__module__ = __name__  # without one of ours, cyclopts takes it for a type of the standard library
    return made


_OWN_FLAGS = frozenset(
    {
        *OFFERS,
        "name",
        "title",
        "purpose",
        "write",
        "from",
        "with",
        "dry-run",
        "force",
        "debug",
        "help",
        "version",
    }
)
_KINDS = installed_kinds()
_KindFlags = kind_flags(_KINDS)
_NO_KIND: object = _KindFlags()


def command(  # noqa: PLR0913  each is an option of the command
    directory: Annotated[Path, Parameter(name="DIR", help="The directory to make.")],
    /,
    *,
    kinds: object = _NO_KIND,
    name: Annotated[str | None, Parameter(help="Name of the server. Default: that of DIR.")] = None,
    title: Annotated[str, Parameter(help="Name for people.")] = "",
    purpose: Annotated[str, Parameter(help="What it is for: the model reads it.", metavar="TEXT")] = "",
    prompts: Annotated[
        bool, Parameter(name="--prompts", negative=(), help=f"Offer {OFFERS['prompts'].summary}.")
    ] = False,
    resource: Annotated[
        tuple[str, ...],
        Parameter(
            name="--resource", negative=(), help=f"Offer {OFFERS['resource'].summary}.", metavar="WHAT"
        ),
    ] = (),
    write_access: Annotated[bool, Parameter(name="--write", help="Let the tools change things.")] = False,
    blueprint: Annotated[
        Path | None, Parameter(name="--from", help="Begin with this blueprint, as it is.", metavar="FILE")
    ] = None,
    extras: Annotated[
        str, Parameter(name="--with", help=f"Add what to run it with: {', '.join(EXTRAS)}.", metavar="NAME,…")
    ] = "",
    dry_run: Annotated[bool, Parameter(help="Print what would be written, and write nothing.")] = False,
    force: Annotated[bool, Parameter(help="Replace files that are there.")] = False,
) -> int:
    """Make a project; help.py has the words for people."""
    with interruptions() as interrupted:
        place = Path(os.path.abspath(directory))  # noqa: PTH100  lexical: a link is refused, not followed
        look(place)
        maker = Maker(_KINDS, installed_version(), os.environ)
        wanted = _extras(extras)
        if blueprint is not None:
            if any(_chosen(kinds)) or prompts or resource or name or title or purpose or write_access:
                raise UsageError(
                    "--from takes the blueprint as it is.",
                    hint="Leave out the other flags, and edit the copy.",
                )
            plan = _around(blueprint, maker, wanted)
        else:
            chosen = tuple(
                ToolsetRequest(kind, answer, writable=write_access) for kind, answer in _chosen(kinds)
            )
            request = ProjectRequest(
                name=server_name(place.name, what="the directory's name") if name is None else name,
                title=clean_text(title, what="--title"),
                purpose=clean_text(purpose, what="--purpose", lines=True),
                toolsets=chosen,
                offers=(
                    *((OfferRequest("prompts"),) if prompts else ()),
                    *(OfferRequest("resource", each) for each in resource),
                ),
                extras=wanted,
            )
            said = chosen or request.offers
            plan = maker.new(request if said else _asked(request, interrupted, writable=write_access))
        plan = plan.introduced(introduce(plan, _KINDS, os.environ, blueprint=blueprint))
        interrupted.check()
        replaced = () if dry_run else write(place, plan.files, force=force)
        _tell(plan, directory, replaced, dry_run=dry_run)
        return 0


command.__annotations__["kinds"] = Annotated[_KindFlags, Parameter(name="*")]


def _around(blueprint: Path, maker: Maker, extras: tuple[str, ...]) -> Plan:
    source = str(blueprint)
    text = decode(read_file(blueprint), source=source)
    code = gather(blueprint.absolute().parent, maker.sources(text, source=source))
    return maker.around(text, source=source, code=code, extras=extras)


def _chosen(flags: object) -> list[tuple[str, str]]:
    """The kinds that were asked for, each with the answer to its question."""
    values = (getattr(flags, each.name) for each in fields(flags))  # type: ignore[arg-type]
    given = zip(starters(_KINDS), values, strict=True)
    return [(kind, "" if value is True else value) for kind, value in given if value not in (None, False)]


def _asked(request: ProjectRequest, answers: Interruptions, *, writable: bool) -> ProjectRequest:
    known = starters(_KINDS)
    if sys.stdin.isatty() and sys.stdout.isatty():
        return ask(request, {**known, **OFFERS}, tuple(OFFERS), answers, writable=writable)
    flags = ", ".join(f"--{name}" for name in (*known, *OFFERS))
    raise UsageError(
        "nothing says what the server should serve, and there is no terminal to ask on.",
        hint=f"Give one of {flags}, or --from FILE.",
    )


def _extras(text: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(filter(None, (each.strip() for each in text.split(",")))))
    for each in wanted:
        if each not in EXTRAS:
            raise UsageError(
                f"there is nothing called {each!r} to add.", hint=f"There are {', '.join(EXTRAS)}."
            )
    return wanted


def _tell(plan: Plan, directory: Path, replaced: tuple[str, ...], *, dry_run: bool) -> None:
    lines = sum(text.count("\n") for text in plan.files.values())
    verb = "Would write" if dry_run else "Wrote"
    show(Text(plain(f"{verb} {len(plan.files)} files with {lines} lines to {directory}:"), style="bold"))
    for path, text in plan.files.items():
        mark = "  (replaced)" if path in replaced else ""
        show(f"  {path}  {text.count(chr(10))}{mark}")
    for note in plan.notes:
        show(Text(plain(f"- {note}")))
    if not dry_run:
        show(
            "",
            Text("Next:", style="bold"),
            f"  cd {plain(str(directory))}",
            *(f"  export {name}=…" for name in _NEEDED.findall(plan.files.get(".env.example", ""))),
            "  seawall check",
            "  seawall serve --transport http",
        )
