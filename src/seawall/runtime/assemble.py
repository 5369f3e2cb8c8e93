"""The composition root: the one place where declarations become policies, toolsets and a FastMCP server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from fastmcp import FastMCP

from seawall.blueprint import Blueprint, Invocation, LoadedBlueprint, ToolsetDeclaration, load
from seawall.errors import BlueprintError, Problem, StartError
from seawall.prompts.model import Prompt
from seawall.prompts.provider import OfferedPrompt, PromptProvider
from seawall.resources.provider import Offered, OfferedResource, OfferedTemplate, ResourceProvider, offered
from seawall.resources.shelf import Shelf, shelf_of
from seawall.resources.watch import Watch
from seawall.runtime.access import AccessRules
from seawall.runtime.caller import ALONE
from seawall.runtime.completion import completing
from seawall.runtime.enforcement import Enforcement, worker_pool
from seawall.runtime.gather import Gathered, effective_name, gather
from seawall.runtime.harden import fortify
from seawall.runtime.metrics import Metrics
from seawall.runtime.policy import Policy
from seawall.runtime.prompting import always_asked, file_tools, offered_prompts, prompts_of
from seawall.runtime.reaching import ServerReaching
from seawall.runtime.recording import audit_of
from seawall.runtime.sandboxes import SharedSandboxes
from seawall.runtime.served import Served
from seawall.runtime.server import AssembledServer
from seawall.runtime.state import SessionState
from seawall.runtime.subscriptions import Subscriptions
from seawall.runtime.tasks import offer_tasks
from seawall.security.audit import AuditLog
from seawall.security.budget import WorkerPool
from seawall.security.rate import Rate
from seawall.security.secrets import SECRET_DIRECTORIES
from seawall.toolsets.discovery import Catalogue
from seawall.toolsets.interface import Host, LeftOut, Operation, Toolset, ToolsetKind
from seawall.toolsets.life import ToolsetLife
from seawall.toolsets.outline import Outline
from seawall.toolsets.readables import readables_of, same_uri
from seawall.toolsets.registry import declarations, installed_kinds
from seawall.toolsets.serving import OperationTool, Redirect, ToolsetProvider
from seawall.types import JsonObject

__all__ = ["RESOURCES", "Assembly", "assemble", "build"]

RESOURCES: Final = "[[resource]]"
"""What the blueprint's own resources are called among the toolsets: no toolset can have that name."""

_log = logging.getLogger("seawall.assemble")


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
        parameters: the input schemas of all listed tools.
        recording: who opens and closes the audit; None where nothing is recorded.
        prompts: those of the blueprint's directory.
        shelf: the blueprint's own resources.
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
    prompts: tuple[Prompt, ...] = ()
    shelf: Shelf = field(default_factory=lambda: Shelf(()))

    @property
    def sources(self) -> Mapping[str, Toolset]:
        """All that must be there for the server to be ready: the toolsets, and the blueprint's own resources."""
        return {**self.toolsets, RESOURCES: self.shelf} if self.shelf.readables else self.toolsets

    @property
    def served(self) -> Served:
        """The server as a transport sees it."""
        return Served(
            self.mcp,
            self.workers,
            self.metrics,
            http=self.loaded.blueprint.http,
            directory=self.loaded.directory,
            toolsets=self.sources,
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


def build(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind], *, recorded: bool = True) -> Assembly:
    """Put the server together. Nothing is opened yet: `started` does that.

    One that is only tried, perhaps beside the one that serves and has the file of records, is not `recorded`.

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
    gathered, shelf, prompts = _parts(loaded, kinds, host)
    lives = {name: ToolsetLife(each.toolset) for name, each in gathered.items()}
    if shelf.readables:
        lives[RESOURCES] = ToolsetLife(shelf)
    owners = {item.name: name for name, each in gathered.items() for item in each.offered}
    metrics = Metrics(name for each in gathered.values() for name in each.names)
    state = SessionState()
    tools = [
        _tool(item, declaration, limits.response_size)
        for declaration in blueprint.toolset
        for item in gathered[effective_name(declaration)].offered
    ]
    audit = audit_of(loaded) if recorded else None
    recording = None if audit is None else ToolsetLife(audit)
    provider = ToolsetProvider(
        lives if recording is None else {"[audit]": recording, **lives},
        tools,
        unlisted=_unlisted(blueprint, gathered),
        redirects=_redirects(gathered),
    )
    mcp, enforcement = _server(blueprint, workers, metrics, state, audit)
    reaching = ServerReaching(mcp, enforcement.scopes, blueprint.server, file_tools(blueprint, gathered))
    readables = list(_readables(blueprint, gathered, shelf))
    offers = list(offered_prompts(prompts, blueprint.prompts, reaching))
    _fill(enforcement.rules, gathered, tools, readables, offers)
    for prompt in prompts:
        enforcement.rules.include(prompt.name, always_asked(prompt, file_tools(blueprint, gathered)))
    _offer(mcp, readables, offers, enforcement)
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
        prompts=prompts,
        shelf=shelf,
    )


def _redirects(gathered: Mapping[str, Gathered]) -> dict[str, Redirect]:
    """For each tool that calls others by their names, how it finds which one."""
    found = (each.discovery for each in gathered.values() if each.discovery is not None)
    return {each.call_name: each.redirected for each in found}


def _operations(blueprint: Blueprint, gathered: Mapping[str, Gathered]) -> Iterator[Operation]:
    """All that are listed."""
    for declaration in blueprint.toolset:
        yield from gathered[effective_name(declaration)].offered


def _parts(
    loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind], host: Host
) -> tuple[Mapping[str, Gathered], Shelf, tuple[Prompt, ...]]:
    """Toolsets, resources and prompts.

    Raises:
        BlueprintError: with the problems of all three.
    """
    problems: list[Problem] = []
    gathered: Mapping[str, Gathered] = {}
    shelf, prompts = Shelf(()), tuple[Prompt, ...]()
    try:
        gathered = gather(loaded, kinds, host)
    except BlueprintError as error:
        problems += error.problems
    try:
        shelf = shelf_of(loaded.blueprint.resource, host)
    except BlueprintError as error:
        problems += error.problems
    try:
        prompts = prompts_of(loaded, None if problems else gathered)
    except BlueprintError as error:
        problems += error.problems
    problems += _equal_uris(gathered, shelf)
    if problems:
        raise BlueprintError([loaded.placed(problem) for problem in problems])
    return gathered, shelf, prompts


def _equal_uris(gathered: Mapping[str, Gathered], shelf: Shelf) -> Iterator[Problem]:
    """A resource of the blueprint under a URI that could be a toolset's as well."""
    taken = [(each.uri, name) for name, one in gathered.items() for each in readables_of(one.toolset)]
    for index, each in enumerate(shelf.readables):
        owner = next((name for uri, name in taken if same_uri(uri, each.uri)), None)
        if owner is not None:
            message = (
                f"the toolset {owner!r} offers the resource {each.uri!r} already; give this one another URI."
            )
            allowed, key = "a URI that nothing else has", f"resource[{index}].uri"
            yield Problem("", None, None, key, each.uri, allowed, None, message)


def _offer(
    mcp: AssembledServer, readables: list[Offered], prompts: list[OfferedPrompt], enforcement: Enforcement
) -> None:
    """Put what is no tool on the server: before the tools, whose provider comes last."""
    if any(each.readable.state is not None for each in readables):
        watch = Watch(enforcement.workers, alone=ALONE)
        enforcement.metrics.subscriptions = watch.__len__
        mcp.add_provider(ResourceProvider(readables, watch))
        mcp.offer_subscriptions(Subscriptions(mcp, enforcement, watch))
    elif readables:
        mcp.add_provider(ResourceProvider(readables))
    if prompts:
        mcp.add_provider(PromptProvider(prompts))
    if prompts or any(isinstance(each, OfferedTemplate) for each in readables):
        mcp.offer_completions(completing(mcp))


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
        list_page_size=blueprint.limits.page_size,
        dereference_schemas=False,  # our schemas hold no references, and FastMCP would copy them at every list
    )
    if blueprint.server.title:
        mcp._mcp_server.title = blueprint.server.title  # noqa: SLF001  FastMCP has no door to the SDK's `title`
    return mcp, fortify(mcp, _policy(blueprint), workers, metrics, audit)


def _fill(
    rules: AccessRules,
    gathered: Mapping[str, Gathered],
    tools: Iterable[OperationTool],
    readables: Iterable[Offered],
    prompts: Iterable[OfferedPrompt],
) -> None:
    """Write down the scopes of all that the blueprint offers, also of what needs none."""
    for tool in tools:
        rules.require("tool", tool.name, tool.scopes)
    for each in gathered.values():
        for outline in () if each.catalogue is None else each.catalogue.outlines:
            rules.require("tool", outline.name, outline.scopes)
    for readable in readables:
        if isinstance(readable, OfferedResource):
            rules.require("resource", str(readable.uri), readable.scopes)
        else:
            rules.require("template", readable.uri_template, readable.scopes)
    for prompt in prompts:
        rules.require("prompt", prompt.name, prompt.scopes)


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


def _readables(blueprint: Blueprint, gathered: Mapping[str, Gathered], shelf: Shelf) -> Iterator[Offered]:
    """What toolsets and the blueprint itself offer to read."""
    limit = blueprint.limits.response_size
    for declaration in blueprint.toolset:
        toolset = gathered[effective_name(declaration)].toolset
        for readable in readables_of(toolset):
            yield offered(readable, response_limit=limit, scopes=declaration.scopes)
    for readable in shelf.readables:
        yield offered(readable, response_limit=limit)


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
