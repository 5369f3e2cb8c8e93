"""`seawall serve`: serves a blueprint, or one directory, until it is stopped."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, Token

from seawall.cli.failures import error_as_json
from seawall.cli.output import show_json_line_on_stderr
from seawall.cli.source import (
    DEFAULT_BLUEPRINT,
    BuiltIn,
    Flags,
    ProfileOption,
    Transport,
    choose_served,
    transport_of,
)
from seawall.cli.startup import collect_less_often, without_collection
from seawall.errors import SeawallError, UsageError
from seawall.runtime.hangup import await_hang_ups
from seawall.runtime.wire.claim import Claim

__all__ = ["ServeOptions", "ServePlan", "command", "plan"]


def _named_directory(type_: object, tokens: Sequence[Token]) -> Path:
    del type_
    if not tokens[0].value:  # such as an unset variable; Path would read it as this directory
        raise UsageError("--root is empty.", hint="Name the directory; `.` is the current one.")
    return Path(tokens[0].value)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The flags of `serve`; None where the default depends on something else."""

    root: Annotated[
        Path | None,
        Parameter(
            help="Serve this directory with the built-in workspace server.",
            metavar="DIR",
            converter=_named_directory,
        ),
    ] = None
    profile: ProfileOption = None
    write: Annotated[bool, Parameter(help="With --root: offer the tools that change files, too.")] = False
    transport: Annotated[
        Transport | None,
        Parameter(
            help="stdio (the default): the client starts this command. http: clients connect to a URL "
            "(also SEAWALL_TRANSPORT).",
            metavar="stdio|http",
            show_choices=False,
        ),
    ] = None
    host: Annotated[
        str | None,
        Parameter(
            help="With http: listen on this address instead of the blueprint's (127.0.0.1). Anything but loopback needs "
            "a blueprint with `[http.auth]`, or with `http.allow_unauthenticated = true`.",
            metavar="HOST",
        ),
    ] = None
    port: Annotated[
        str | None,
        Parameter(
            help="With http: listen on this port instead of the blueprint's (8000). 0 takes a free one.",
            metavar="N",
        ),
    ] = None
    quiet: Annotated[bool, Parameter(alias="-q", help="Show no banner on the terminal.")] = False
    json: Annotated[
        bool, Parameter(help="Tell in one line of JSON on standard error that it is ready, or why not.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServePlan:
    """What the call asks for, free of contradictions.

    Attributes:
        source: a blueprint's path, or the built-in server.
        transport: how clients reach it.
        flags: what stands above the blueprint.
        report: how readiness is told on standard error.
        interactive: a person's terminal is on standard input.
        notice: something worth a line in the banner, or None.
    """

    source: Path | BuiltIn
    transport: Transport
    flags: Flags
    report: Literal["banner", "json", "nothing"]
    interactive: bool
    notice: str | None


def plan(blueprint: Path | None, options: ServeOptions) -> ServePlan:
    """Decide what to serve and how to tell it.

    Raises:
        UsageError: flags that contradict each other, or nothing to serve.
    """
    source = choose_served(blueprint, root=options.root, writable=options.write, profile=options.profile)
    chosen = options.transport or transport_of(os.environ)
    transport: Transport = chosen or "stdio"
    flags = Flags(profile=options.profile, host=options.host, port=options.port)
    # Beside an explicit stdio they are unused; alone they show that the person expects a URL.
    if chosen is None and (given := sorted(flags.settings())):
        raise UsageError(
            f"{' and '.join(given)} {'need' if len(given) > 1 else 'needs'} `--transport http`.",
            hint="stdio listens on no address.",
        )
    return ServePlan(
        source=source,
        transport=transport,
        flags=flags,
        report=_report(options),
        interactive=sys.stdin is not None and sys.stdin.isatty(),
        notice=_notice(source),
    )


def command(
    blueprint: Annotated[Path | None, Parameter(help="The file to serve. Default: ./seawall.toml.")] = None,
    /,
    *,
    options: ServeOptions | None = None,
) -> int:
    """Serve until the client or a signal ends it; help.py has the words for people."""
    options = options or ServeOptions()
    try:
        _serve(plan(blueprint, options))
    except SeawallError as error:
        if not options.json:
            raise
        show_json_line_on_stderr({"ready": False, "error": error_as_json(error)})
        return error.exit_code
    return 0


def _serve(asked: ServePlan) -> None:
    await_hang_ups()
    # Before a module of anybody else is imported, since importing may print; kept until the process ends.
    claim = Claim.take() if asked.transport == "stdio" else None
    # Each import when it is needed: the help needs none, and a blueprint's problems need no FastMCP (0.5 s).
    with without_collection():
        from seawall.cli.loading import load_source  # noqa: PLC0415  see above
        from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see above

        kinds = installed_kinds()
        loaded = load_source(asked.source, kinds=kinds, flags=asked.flags, environment=os.environ)
        from seawall.cli.running import prepare, serve  # noqa: PLC0415  see above

        assembly = prepare(loaded, kinds)
    collect_less_often()
    serve(
        asked,
        assembly,
        claim,
        partial(load_source, asked.source, kinds=kinds, flags=asked.flags, environment=os.environ),
    )


def _report(options: ServeOptions) -> Literal["banner", "json", "nothing"]:
    if options.json:
        return "json"
    return "banner" if sys.stderr.isatty() and not options.quiet else "nothing"


def _notice(source: Path | BuiltIn) -> str | None:
    if isinstance(source, BuiltIn) and DEFAULT_BLUEPRINT.exists():
        return "there is a seawall.toml here; --root serves without it."
    return None
