"""Serves what a plan says. Apart from `serve.py`, since it needs FastMCP and the help does not."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from seawall.blueprint import LoadedBlueprint
from seawall.cli.app import installed_version
from seawall.cli.banner import Offer, ToolCost, banner, offer_as_json
from seawall.cli.check_unused import about_format, about_variables
from seawall.cli.clients import Endpoint
from seawall.cli.output import show_json_line_on_stderr, show_on_stderr
from seawall.cli.program import server_command
from seawall.cli.serve import ServePlan
from seawall.errors import StartError, UnsafeError
from seawall.runtime.assemble import Assembly, build
from seawall.runtime.ending import run_to_end
from seawall.runtime.hangup import ignore_hang_ups
from seawall.runtime.http.health import confinement
from seawall.runtime.logs import configure_logging, spare_records
from seawall.runtime.reload import Reloader
from seawall.runtime.served import started
from seawall.runtime.stdio import serve_stdio
from seawall.runtime.surface import surface
from seawall.runtime.tracing import spare_spans
from seawall.runtime.wire.claim import Claim
from seawall.security.jail import jail_tier
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.readables import readables_of

__all__ = ["prepare", "serve"]

_log = logging.getLogger("seawall.serve")

_JAIL = {
    "kernel": "the kernel (openat2) keeps every path beneath its root",
    "descriptors": "the server walks every path itself, without openat2: see `seawall doctor`",
}


def prepare(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Assembly:
    """The server that the blueprint describes, not started yet; from here on the log has the blueprint's form.

    Raises:
        BlueprintError: operations, prefixes or tool names do not fit together.
        StartError: something that the blueprint names cannot be used.
    """
    configure_logging(loaded.blueprint.log.format, loaded.blueprint.log.level)
    spare_records()
    for finding in about_variables(loaded, kinds, os.environ):
        _log.warning(
            "variable sets nothing", extra={"seawall": {"name": finding.subject, "hint": finding.hint}}
        )
    for finding in about_format(loaded):
        _log.warning("older format", extra={"seawall": {"message": finding.message, "hint": finding.hint}})
    assembly = build(loaded, kinds)
    spare_spans()  # now that every module is imported
    return assembly


def serve(
    plan: ServePlan, assembly: Assembly, claim: Claim | None, read: Callable[[], LoadedBlueprint]
) -> None:
    """Serve until the client or a signal ends it; with a claim, on the streams that it holds.

    At SIGHUP the blueprint is read again.

    Raises:
        StartError: a root, a port or a file cannot be used.
        UnsafeError: the address is not on this machine alone.
    """
    # The runtime ends in order at a signal; one that comes just before it listens for them means the same.
    with suppress(KeyboardInterrupt):
        run_to_end(_serve(plan, assembly, claim, read))
    ignore_hang_ups()
    _log.info("stopped")


async def _serve(
    plan: ServePlan, assembly: Assembly, claim: Claim | None, read: Callable[[], LoadedBlueprint]
) -> None:
    reloader = Reloader(assembly.loaded, assembly.enforcement, assembly.mcp, read, assembly.prompts)
    served = replace(assembly.served, reloader=reloader)
    offer = await _offer(plan, assembly)
    if claim is None:
        from seawall.runtime.http.serving import serve_http  # noqa: PLC0415  stdio needs nothing of it

        try:
            await serve_http(served, ready=lambda url: _announce(plan, _confined(_at(offer, url), assembly)))
        except (StartError, UnsafeError) as error:
            raise plan.flags.blamed(error) from error
        return
    # stdio tells nobody that it is ready: started here, a missing root ends it before the banner.
    async with started(served):
        _announce(plan, _confined(offer, assembly))
        await serve_stdio(served, claim)


async def _offer(plan: ServePlan, assembly: Assembly) -> Offer:
    described = await surface(assembly)
    name, profile = assembly.loaded.blueprint.server.name, assembly.loaded.profile
    by_environment = (
        f"SEAWALL_PROFILE chose the profile {profile}." if profile and not plan.flags.profile else None
    )
    return Offer(
        version=installed_version(),
        endpoint=Endpoint(name, command=server_command(plan.source, profile)),
        tools=tuple(ToolCost(tool.name, tool.tokens) for tool in described.tools),
        writable=not all(tool.read_only for tool in described.tools),
        jail=_JAIL.get(jail_tier().name, "no tier that this version knows"),
        interactive=plan.interactive,
        notice=plan.notice or by_environment,
        prompts=len(assembly.prompts),
        resources=sum(len(readables_of(each)) for each in assembly.sources.values()),
        searched=sum(len(catalogue.names) for catalogue in assembly.catalogues.values()),
    )


def _at(offer: Offer, url: str) -> Offer:
    return replace(offer, endpoint=Endpoint(offer.endpoint.name, url=url))


def _confined(offer: Offer, assembly: Assembly) -> Offer:
    """The offer with what is known only now that the toolsets are started."""
    return replace(offer, sandbox=confinement(assembly.toolsets))


def _announce(plan: ServePlan, offer: Offer) -> None:
    if plan.report == "json":
        show_json_line_on_stderr({"ready": True, **offer_as_json(offer), "pid": os.getpid()})
    elif plan.report == "banner":
        show_on_stderr(*banner(offer))
    else:
        _log.info("ready", extra={"seawall": {**offer_as_json(offer), "pid": os.getpid()}})
