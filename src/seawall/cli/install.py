"""`seawall install`: puts a server into the configuration of an MCP client, or takes it out again."""

from __future__ import annotations

import difflib
import json as json_module
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import RenderableType
from rich.text import Text

from seawall.cli.clients import safe_name
from seawall.cli.config_file import ConfigFile
from seawall.cli.install_clients import CLIENTS, Client, Place, Scope, entry_of, place_of
from seawall.cli.jsonc import Document, JsonFault
from seawall.cli.output import plain, show, show_json
from seawall.cli.source import DEFAULT_BLUEPRINT, Flags, ProfileOption, choose_blueprint
from seawall.errors import StartError, UsageError
from seawall.types import JsonObject, JsonValue

__all__ = ["InstallOptions", "InstallResult", "Planned", "command", "plan", "render"]

_MASKED = ("env", "headers")  # members of an entry that hold secrets when somebody wrote them there


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """The flags of `install`."""

    url: Annotated[
        str | None,
        Parameter(help="Enter this URL of a server that runs, instead of a command.", metavar="URL"),
    ] = None
    name: Annotated[
        str | None, Parameter(help="What the client calls it. Default: the server's name.", metavar="NAME")
    ] = None
    scope: Annotated[
        Scope,
        Parameter(
            help="user (the default): everywhere. project: in this directory.",
            metavar="user|project",
            show_choices=False,
        ),
    ] = "user"
    file: Annotated[
        Path | None, Parameter(help="The client's file, when it is not where it mostly is.", metavar="FILE")
    ] = None
    remove: Annotated[bool, Parameter(help="Take the server out again.")] = False
    dry_run: Annotated[bool, Parameter(help="Show the change, and make none.")] = False
    yes: Annotated[bool, Parameter(alias="-y", help="Make the change without asking.")] = False
    follow_link: Annotated[bool, Parameter(help="Change what a link leads to, if there is one.")] = False
    profile: ProfileOption = None
    json: Annotated[
        bool, Parameter(help="Print the result as one JSON object; needs --yes or --dry-run.")
    ] = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A change, not made yet.

    Attributes:
        client: whose file it is.
        name: of the entry.
        file: as it was read.
        text: the new content; None when nothing has to change.
        old: the entry that is there, or None.
        new: the entry that will be there, or None.
        notices: what the operator should know besides.
    """

    client: Client
    name: str
    file: ConfigFile
    text: str | None
    old: JsonValue
    new: JsonValue
    notices: tuple[str, ...] = ()

    def diff(self) -> Iterator[str]:
        """What changes, without what stands around it: entries of other servers may hold secrets."""
        before, after = (
            [] if entry is None else _lines({self.client.table: {self.name: _shown(entry)}})
            for entry in (self.old, self.new)
        )
        if self.old is not None and self.new is not None and before == after:
            yield " (only values that are not shown)"
        yield from difflib.unified_diff(before, after, "now", "then", n=99, lineterm="")


@dataclass(frozen=True, slots=True)
class InstallResult:
    """What was done: `changed` says whether the file was, `backup` where its old content is."""

    planned: Planned
    changed: bool
    backup: Path | None


@dataclass(frozen=True, slots=True)
class _Server:
    """What goes into the entry, as far as it does not depend on the client."""

    name: str
    command: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    overriding: tuple[str, ...] = ()


def command(
    client: Annotated[
        Literal["claude-code", "claude-desktop", "cursor", "vscode", "gemini-cli"],
        Parameter(help=f"One of {', '.join(CLIENTS)}.", show_choices=False),
    ],
    blueprint: Annotated[Path | None, Parameter(help="The blueprint. Default: ./seawall.toml.")] = None,
    /,
    *,
    options: InstallOptions | None = None,
) -> int:
    """Show the change, ask, and make it; help.py has the words for people."""
    options = options or InstallOptions()
    _refuse_contradictions(options)
    planned = plan(client, blueprint, options, environment=os.environ)
    if not options.json:
        show(*render(planned))
    agreed = planned.text is not None and not options.dry_run and (options.yes or _agreed())
    backup = planned.file.replace(_bytes(planned.text)) if agreed and planned.text is not None else None
    result = InstallResult(planned, agreed, backup)
    if options.json:
        show_json(result_as_json(result))
    else:
        show(*_told(result, options))
    return int(planned.text is not None and not agreed and not options.dry_run)


def plan(
    client: str, blueprint: Path | None, options: InstallOptions, *, environment: Mapping[str, str]
) -> Planned:
    """Decide what to change. Reads, and writes nothing.

    Raises:
        UsageError: the client cannot have such a server, or flags contradict each other.
        UnsafeError: a link leads elsewhere.
        StartError: the file cannot be read, or is not what the client could have written.
        BlueprintError: the blueprint's problems.
    """
    known = CLIENTS[client]
    server = _server(blueprint, options, environment)
    place = _place(client, options, environment)
    name = _named(server.name, known)
    entry = None if options.remove else _entry(known, server, options)
    file = ConfigFile.read(place.file, base=place.base, follow=options.follow_link)
    document = _document(file, known)
    try:
        old = document.get(known.table, name)
        if old is not None and old != entry and document.has_comment(known.table, name):
            raise StartError(
                f"{file.path}: the entry {name!r} holds comments, which would be lost.",
                hint=f"Change it by hand to: {json_module.dumps(entry)}" if entry else "Remove it by hand.",
            )
        text = (
            document.removed(known.table, name) if entry is None else document.set(known.table, name, entry)
        )
    except JsonFault as fault:
        raise _broken(file, fault) from fault
    changed = old != entry
    if changed:
        _make_sure(text, known, name, entry)
    return Planned(
        known, name, file, text if changed else None, old, entry, tuple(_notices(known, server, options))
    )


def render(planned: Planned) -> Iterator[RenderableType]:
    """The change for a person."""
    yield Text(f"{plain(str(planned.file.path))}, {planned.client.title}", style="bold")
    if planned.text is None:
        yield "Nothing has to change." if planned.new is not None else "It has no such server."
    else:
        yield from (_coloured(line) for line in planned.diff())
    for notice in planned.notices:
        yield Text(f"Note: {plain(notice)}", style="yellow")


def result_as_json(result: InstallResult) -> JsonObject:
    """The stable form for programs: client, name, file, entry, needed, changed, backup."""
    planned = result.planned
    return {
        "client": planned.client.title,
        "name": planned.name,
        "file": str(planned.file.path),
        "entry": planned.new,
        "needed": planned.text is not None,
        "changed": result.changed,
        "backup": None if result.backup is None else str(result.backup),
        "notices": list(planned.notices),
    }


def _refuse_contradictions(options: InstallOptions) -> None:
    if options.yes and options.dry_run:
        raise UsageError("--yes and --dry-run cannot be used together.", hint="Leave out one of the two.")
    if options.json and not (options.yes or options.dry_run):
        raise UsageError("--json cannot ask.", hint="Add --yes or --dry-run.")
    if options.url is not None and options.profile is not None:
        raise UsageError("--profile belongs to a command, not to a URL.", hint="Leave out one of the two.")


def _server(blueprint: Path | None, options: InstallOptions, environment: Mapping[str, str]) -> _Server:
    if options.url is not None:
        _refuse_url(options.url)
    if options.name is not None and (options.url is not None or options.remove):
        return _Server(options.name)
    if blueprint is None and options.url is not None and not DEFAULT_BLUEPRINT.exists():
        raise UsageError("the server has no name.", hint="Give it one with --name.")
    from seawall.blueprint.variables import variables  # noqa: PLC0415  the help needs none of this
    from seawall.cli.loading import load_source  # noqa: PLC0415  see above
    from seawall.cli.program import server_command  # noqa: PLC0415  see above
    from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see above

    chosen = choose_blueprint(blueprint, command="install " + "CLIENT")
    loaded = load_source(
        chosen, kinds=installed_kinds(), flags=Flags(profile=options.profile), environment=environment
    )
    needed = variables(loaded)
    return _Server(
        options.name or loaded.blueprint.server.name,
        server_command(chosen, loaded.profile),
        tuple(
            each.name for each in needed if not each.overrides and (each.required or each.name in environment)
        ),
        tuple(each.name for each in needed if each.required),
        tuple(each.name for each in needed if each.overrides),
    )


def _refuse_url(url: str) -> None:
    from seawall.blueprint.auth import web_url  # noqa: PLC0415  the help does not need it

    try:
        web_url(url)
    except ValueError as error:
        raise UsageError(f"--url must be {error}.", hint="A token does not belong into it.") from error


def _place(client: str, options: InstallOptions, environment: Mapping[str, str]) -> Place:
    if options.file is None:
        return place_of(client, options.scope, environment)
    file = Path(os.path.abspath(options.file))  # noqa: PTH100  lexical: a link shall be seen
    return Place(file, file.parent)


def _named(name: str, client: Client) -> str:
    safe = safe_name(name)
    return re.sub(f"[{re.escape(client.names)}]", "-", safe) if client.names else safe


def _entry(client: Client, server: _Server, options: InstallOptions) -> JsonObject:
    if client.variable is None and server.required and options.url is None:
        raise UsageError(
            f"{client.title} hands no variables to a server, and this one needs {', '.join(server.required)}.",
            hint="Give each a default, ${NAME:-default}, or keep the secret in a file: file:/path.",
        )
    return entry_of(client, command=server.command, url=options.url, variables=server.variables)


def _notices(client: Client, server: _Server, options: InstallOptions) -> Iterator[str]:
    if options.remove or options.url is not None:
        return
    if server.overriding:
        yield f"{', '.join(server.overriding)} changes a setting here, and is not written into the entry."
    if server.variables and client.variable is not None:
        yield f"{client.title} must know {', '.join(server.variables)} when it starts; only the names are written."
    elif server.variables:
        yield f"{client.title} hands no variables on: {', '.join(server.variables)} has its default there."


def _document(file: ConfigFile, client: Client) -> Document:
    try:
        text = (file.data or b"").decode()
    except UnicodeDecodeError as error:
        raise StartError(f"{file.path} is not UTF-8, so nothing was changed.") from error
    try:
        return Document(text, comments=client.comments, trailing_commas=client.commas)
    except JsonFault as fault:
        raise _broken(file, fault) from fault


def _broken(file: ConfigFile, fault: JsonFault) -> StartError:
    return StartError(
        f"{file.path}:{fault.line}:{fault.column}: {fault.reason}; nothing was changed.",
        hint="Correct the file, then try again.",
    )


def _make_sure(text: str, client: Client, name: str, entry: JsonValue) -> None:
    """Read the new text as the client will: a mistake of ours must not reach its file."""
    document = Document(text, comments=client.comments, trailing_commas=client.commas)
    if document.get(client.table, name) != entry:
        raise StartError("The file has a form that cannot be changed safely.", hint="Change it by hand.")


def _bytes(text: str) -> bytes:
    return text.encode()


def _agreed() -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked: standard input is no terminal.", hint="Add --yes to agree beforehand."
        )
    sys.stdout.write("Make this change? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _told(result: InstallResult, options: InstallOptions) -> Iterator[RenderableType]:
    if result.changed:
        kept = f" The old content is in {result.backup}." if result.backup is not None else ""
        yield plain(f"Done.{kept}")
        yield f"Restart {result.planned.client.title} if it does not see it by itself."
    elif result.planned.text is not None:
        yield "Nothing was changed." if not options.dry_run else "--dry-run: nothing was changed."


def _shown(entry: JsonValue) -> JsonValue:
    """The entry as it may be shown: of what holds secrets, names and references alone; others may have written it."""
    if not isinstance(entry, dict):
        return entry
    return {key: _member(key, value) for key, value in entry.items()}


def _member(key: str, value: JsonValue) -> JsonValue:
    from seawall.blueprint.masking import (  # noqa: PLC0415  the help does not need it
        HIDDEN,
        cleared,
        cleared_words,
        is_secret_by_name,
    )

    if key in _MASKED and isinstance(value, dict):
        return {name: _reference(inner) for name, inner in value.items()}
    if is_secret_by_name((key,), value):
        return HIDDEN
    if isinstance(value, str):
        return cleared_words([value])[0]
    words = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return [*cleared_words(words)] if isinstance(value, list) and len(words) == len(value) else cleared(value)


def _reference(value: JsonValue) -> JsonValue:
    """A reference as it is, anything else hidden."""
    return value if isinstance(value, str) and re.fullmatch(r"\$\{[^}]+\}|\$\w+", value) else "…"


def _lines(value: JsonValue) -> Sequence[str]:
    return json_module.dumps(value, indent=2, ensure_ascii=False).split("\n")


def _coloured(line: str) -> Text:
    style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
    return Text(plain(line), style=style)
