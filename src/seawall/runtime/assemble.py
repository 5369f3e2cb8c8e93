"""The composition root: the one place where declarations become policies, toolsets and a FastMCP server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from fastmcp import FastMCP

from seawall.blueprint import Blueprint, Invocation, LoadedBlueprint, ToolsetDeclaration, load
from seawall.errors import StartError
from seawall.runtime.access import AccessRules
from seawall.runtime.enforcement import Enforcement, worker_pool
from seawall.runtime.gather import Gathered, effective_name, gather
from seawall.runtime.harden import fortify
from seawall.runtime.metrics import Metrics
from seawall.runtime.policy import Policy
from seawall.runtime.sandboxes import SharedSandboxes
from seawall.runtime.served import Served
from seawall.runtime.server import AssembledServer
from seawall.runtime.state import SessionState
from seawall.runtime.tasks import offer_tasks
from seawall.security.audit import AuditLog, AuditPolicy
from seawall.security.budget import WorkerPool
from seawall.security.rate import Rate
from seawall.security.secrets import SECRET_DIRECTORIES, resolve
from seawall.toolsets.discovery import Catalogue
from seawall.toolsets.interface import Host, LeftOut, Operation, Toolset, ToolsetKind
from seawall.toolsets.outline import Outline
from seawall.toolsets.readables import readables_of
from seawall.toolsets.registry import declarations, installed_kinds
from seawall.toolsets.serving import OperationTool, ToolsetLife, ToolsetProvider
from seawall.toolsets.serving_resources import Offered, OfferedResource, offered
from seawall.types import JsonObject

__all__ = ["Assembly", "assemble", "build"]

_log = logging.getLogger("seawall.assemble")
_SHORTEST_KEY: Final = 32  # characters of the audit's secret


@dataclass(frozen=True, slots=True)
class Assembly:
    """A server with the parts that it was made of.

    Attributes:
        mcp: the server; tools that are added to it later are guarded like all others.
        loaded: the blueprint.
        toolsets: by the name that each has in the blueprint.
        lives: the same names; who starts and closes each toolset.
        owners: the toolset's name for each tool that comes from one.
        left_out: by the toolset's name, what it has and does not offer.
        catalogues: by the toolset's name, the operations that are searched for instead of listed.
        chosen: by the toolset's name, what it offers in outline, listed or not, without prefix.
        known: by the toolset's name, the keys of all operations that its source has.
        workers: the pool on which every blocking function runs.
        metrics: what is counted.
        enforcement: the guards.
        recording: who opens and closes the audit; None where nothing is recorded.
    """

    mcp: FastMCP
    loaded: LoadedBlueprint
    toolsets: Mapping[str, Toolset]
    lives: Mapping[str, ToolsetLife]
    owners: Mapping[str, str]
    left_out: Mapping[str, tuple[LeftOut, ...]]
    catalogues: Mapping[str, Catalogue]
    chosen: Mapping[str, tuple[Outline, ...]]
    known: Mapping[str, frozenset[str]]
    workers: WorkerPool
    metrics: Metrics
    enforcement: Enforcement
    parameters: tuple[JsonObject, ...]
    recording: ToolsetLife | None = None

    @property
    def served(self) -> Served:
        """The server as a transport sees it."""
        return Served(
            self.mcp,
            self.workers,
            self.metrics,
            http=self.loaded.blueprint.http,
            directory=self.loaded.directory,
            toolsets=self.toolsets,
            lives=self.lives,
            parameters=self.parameters,
            recording=self.recording,
        )


def assemble(source: str | Path, *, profile: str | None = None) -> FastMCP:
    """The hardened server that the blueprint at `source` describes, as a plain FastMCP server.

    Tools that are added to it afterwards (`@mcp.tool`) run inside of the same guards. `profile` names the profile
    of the blueprint to lay over it; None leaves the choice to the variable `SEAWALL_PROFILE`.

    Raises:
        BlueprintError: the blueprint has problems; the error holds all of them.
        StartError: the file, or something that it names, cannot be used.
    """
    kinds = installed_kinds()
    invocation = Invocation(profile=profile, chosen_by="profile")
    loaded = load(Path(source), kinds=declarations(kinds), environment=os.environ, invocation=invocation)
    if (migrated := loaded.migrated) is not None:
        hint = "`seawall upgrade` writes it anew."
        _log.warning("older format", extra={"seawall": {"message": " ".join(migrated.notes), "hint": hint}})
    return build(loaded, kinds).mcp


def build(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Assembly:
    """Put the server together. Nothing is opened yet: `started` does that.

    Raises:
        BlueprintError: what a declaration names has faults, or operations, prefixes or tool names of the
            blueprint do not fit together.
        StartError: something that a declaration names cannot be used.
    """
    blueprint = loaded.blueprint
    SECRET_DIRECTORIES.use(blueprint.secrets.directories)
    limits = blueprint.limits
    workers = worker_pool(limits.workers)
    host = Host(
        directory=loaded.directory,
        workers=workers,
        response_limit=limits.response_size,
        sandbox=SharedSandboxes(workers).held,
    )
    gathered = gather(loaded, kinds, host)
    lives = {name: ToolsetLife(each.toolset) for name, each in gathered.items()}
    owners = {item.name: name for name, each in gathered.items() for item in each.offered}
    metrics = Metrics(name for each in gathered.values() for name in each.names)
    state = SessionState()
    tools = [
        _tool(item, declaration, limits.response_size)
        for declaration in blueprint.toolset
        for item in gathered[effective_name(declaration)].offered
    ]
    resources = [
        each
        for declaration in blueprint.toolset
        for each in _resources(gathered, declaration, limits.response_size)
    ]
    audit = _audit(loaded)
    recording = None if audit is None else ToolsetLife(audit)
    provider = ToolsetProvider(
        lives if recording is None else {"[audit]": recording, **lives},
        tools,
        resources=resources,
        unlisted=_unlisted(blueprint, gathered),
        redirects={
            each.discovery.call_name: each.discovery.redirected
            for each in gathered.values()
            if each.discovery is not None
        },
    )
    mcp, enforcement = _server(blueprint, workers, metrics, state, audit)
    _fill(enforcement.rules, tools, resources, gathered)
    mcp.offer(provider, state)
    offer_tasks(mcp, _operations(blueprint, gathered), blueprint.state.url)
    return Assembly(
        mcp,
        loaded,
        toolsets={name: each.toolset for name, each in gathered.items()},
        lives=lives,
        owners=owners,
        left_out={name: each.left_out for name, each in gathered.items()},
        catalogues={name: each.catalogue for name, each in gathered.items() if each.catalogue is not None},
        chosen={name: each.chosen for name, each in gathered.items()},
        known={name: each.known for name, each in gathered.items()},
        workers=workers,
        metrics=metrics,
        enforcement=enforcement,
        recording=recording,
        parameters=tuple(tool.parameters for tool in tools),
    )


def _operations(blueprint: Blueprint, gathered: Mapping[str, Gathered]) -> Iterator[Operation]:
    """All that are listed."""
    for declaration in blueprint.toolset:
        yield from gathered[effective_name(declaration)].offered


def _audit(loaded: LoadedBlueprint) -> AuditLog | None:
    """What records calls, not opened yet.

    Raises:
        StartError: its key cannot be had, or is too short.
    """
    section = loaded.blueprint.audit
    if section.file is None:
        return None
    secret = None
    if section.key is not None:
        try:
            secret = resolve(section.key)
        except StartError as error:
            raise StartError(f"audit.key: {error.message}", hint=error.hint) from None
        if len(secret) < _SHORTEST_KEY:
            raise StartError(
                f"audit.key: the secret has fewer than {_SHORTEST_KEY} characters.",
                hint="`openssl rand -hex 32` makes a good one.",
            )
    place = loaded.directory / Path(section.file).expanduser()
    checkpoints = section.checkpoints
    return AuditLog(
        AuditPolicy(
            file=place,
            checkpoints=None if checkpoints is None else loaded.directory / Path(checkpoints).expanduser(),
            secret=None if secret is None else secret.encode(),
            every=section.checkpoint_records,
            seconds=section.checkpoint_interval,
            on_failure=section.on_failure,
            durable=section.durable,
        )
    )


def _policy(blueprint: Blueprint) -> Policy:
    limits = blueprint.limits
    return Policy(
        request_timeout=limits.request_timeout,
        response_size=limits.response_size,
        workers=limits.workers,
        concurrency=limits.concurrency,
        queue=limits.queue,
        rate=None if limits.rate is None else replace(Rate.parse(limits.rate), burst=limits.burst),
        local_scopes=tuple(blueprint.stdio.scopes),
        on_missing_scope=blueprint.http.on_missing_scope,
    )


def _server(
    blueprint: Blueprint,
    workers: WorkerPool,
    metrics: Metrics,
    state: SessionState,
    audit: AuditLog | None,
) -> tuple[AssembledServer, Enforcement]:
    mcp = AssembledServer(
        name=blueprint.server.name,
        version=blueprint.server.version,
        instructions=blueprint.server.purpose or None,
        mask_error_details=True,
        session_state_store=state,
        dereference_schemas=False,  # our schemas hold no references, and FastMCP would copy them at every list
    )
    if blueprint.server.title:
        mcp._mcp_server.title = blueprint.server.title  # noqa: SLF001  FastMCP has no door to the SDK's `title`
    return mcp, fortify(mcp, _policy(blueprint), workers, metrics, audit)


def _fill(
    rules: AccessRules,
    tools: Iterable[OperationTool],
    resources: Iterable[Offered],
    gathered: Mapping[str, Gathered],
) -> None:
    """Write down the scopes of all that the blueprint offers."""
    for tool in tools:
        rules.require("tool", tool.name, tool.scopes)
    for each in gathered.values():
        for outline in () if each.catalogue is None else each.catalogue.outlines:
            rules.require("tool", outline.name, outline.scopes)
    for offer in resources:
        if isinstance(offer, OfferedResource):
            rules.require("resource", str(offer.uri), offer.scopes)
        else:
            rules.require("template", offer.uri_template, offer.scopes)


def _unlisted(
    blueprint: Blueprint, gathered: Mapping[str, Gathered]
) -> Mapping[str, Callable[[], OperationTool]]:
    """How the tools are made that are searched for, by their names."""
    made: dict[str, Callable[[], OperationTool]] = {}
    for declaration in blueprint.toolset:
        catalogue = gathered[effective_name(declaration)].catalogue
        if catalogue is None:
            continue
        for name in catalogue.names:
            made[name] = partial(_found, catalogue, name, declaration, blueprint.limits.response_size)
    return made


def _found(
    catalogue: Catalogue, name: str, declaration: ToolsetDeclaration, response_size: int
) -> OperationTool:
    return _tool(catalogue.operation(name), declaration, response_size)


def _resources(
    gathered: Mapping[str, Gathered], declaration: ToolsetDeclaration, response_size: int
) -> Iterator[Offered]:
    toolset = gathered[effective_name(declaration)].toolset
    for readable in readables_of(toolset):
        yield offered(readable, response_limit=response_size, scopes=declaration.scopes)


def _tool(operation: Operation, declaration: ToolsetDeclaration, response_size: int) -> OperationTool:
    try:
        return OperationTool.of(
            operation,
            response_limit=response_size,
            results=declaration.results,
            timeout=declaration.timeout,
            scopes=declaration.scopes,
        )
    except ValueError as error:
        raise StartError(
            f"{effective_name(declaration)}: the operation {operation.name!r} has a schema that is not valid: {error}."
        ) from error
