"""From an assembled server to plain data, through the server's own listing and the blueprint that it came from."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from seawall.blueprint import Blueprint
from seawall.blueprint.auth import TokenAuth, host_is_loopback
from seawall.blueprint.http import HttpSection
from seawall.blueprint.settings import Concealer
from seawall.blueprint.variables import secret_files, variables
from seawall.prompts.provider import OfferedPrompt
from seawall.reference.answers import ANY_CALL, answers
from seawall.reference.examples import examples
from seawall.reference.schemas import fields, takes_more, usable
from seawall.reference.tables import setting_facts
from seawall.reference.values import (
    DeployFiles,
    Exposure,
    Metric,
    PromptArgument,
    PromptFacts,
    Reference,
    ResourceFacts,
    SearchedFacts,
    ServerFacts,
    ToolFacts,
    ToolsetFacts,
)
from seawall.resources.provider import OfferedResource, OfferedTemplate
from seawall.runtime.assemble import Assembly
from seawall.runtime.guard import operation_tool
from seawall.runtime.metrics import Metrics
from seawall.runtime.surface import estimated_tokens
from seawall.security.redact import KNOWN_SECRETS
from seawall.toolsets.interface import Operation, Reaches
from seawall.toolsets.readables import readables_of

if TYPE_CHECKING:
    from fastmcp.resources.base import Resource
    from fastmcp.resources.template import ResourceTemplate
    from fastmcp.tools.base import Tool

__all__ = ["collect"]

_SERVICES: Final = ("stdio", "http")
_LARGEST: Final = 1 << 20  # bytes of a compose file
_MOST_SEARCHED: Final = 1500  # operations of one toolset that a page lists, one line each
_MOST_ARGUMENTS: Final = 30  # of one of them

_Value = TypeVar("_Value")

_DEPLOY: Final = {
    "container": ("Dockerfile", "deploy/Dockerfile"),
    "compose": ("compose.yaml", "deploy/compose.yaml"),
    "kubernetes": (
        "kubernetes/overlays/prod",
        "deploy/kubernetes/overlays/prod",
        "kubernetes/base",
        "deploy/kubernetes/base",
    ),
    "systemd": ("systemd", "deploy/systemd"),
}
"""The first of these paths that there is beside the blueprint says that the server is deployed so."""


async def collect(assembly: Assembly, *, environment: Mapping[str, str] | None = None) -> Reference:
    """Everything that the server's documentation says. Starts no toolset and calls no tool.

    Args:
        assembly: the server.
        environment: the variables that the blueprint was filled in with, to keep their secrets out; those of the
            process when None.
    """
    variables_set = os.environ if environment is None else environment
    loaded, mcp = assembly.loaded, assembly.mcp
    reference = Reference(
        server=_server(assembly),
        toolsets=tuple(_toolsets(assembly)),
        tools=tuple([_tool(tool, assembly) for tool in await mcp.list_tools(run_middleware=False)]),
        resources=tuple([each async for each in _resources(assembly)]),
        prompts=tuple([each async for each in _prompts(assembly)]),
        settings=setting_facts(loaded, variables_set),
        variables=variables(loaded),
        secret_files=secret_files(loaded),
        errors=answers(ANY_CALL),
        exposure=_exposure(loaded.blueprint),
        deploy=await asyncio.to_thread(_deploy, loaded.directory),
        metrics=tuple(_metrics()),
    )
    return _without_secrets(reference, Concealer(loaded, variables_set))


def _server(assembly: Assembly) -> ServerFacts:
    loaded = assembly.loaded
    server = loaded.blueprint.server
    return ServerFacts(
        name=server.name,
        title=server.title or server.name,
        version=server.version,
        purpose=server.purpose,
        blueprint=Path(loaded.source).name,
        profile=loaded.profile,
        profiles=loaded.profiles,
    )


def _toolsets(assembly: Assembly) -> Iterator[ToolsetFacts]:
    for declaration in assembly.loaded.blueprint.toolset:
        name = declaration.name or declaration.kind
        toolset = assembly.toolsets[name]
        yield ToolsetFacts(
            name=name,
            kind=declaration.kind,
            access=declaration.access,
            scopes=tuple(declaration.scopes),
            timeout=declaration.timeout,
            tools=tuple(tool for tool, owner in assembly.owners.items() if owner == name),
            reach=tuple(toolset.reach()) if isinstance(toolset, Reaches) else None,
            left_out=assembly.left_out[name],
            searched=tuple(_searched(assembly, name, declaration.prefix)),
            searchable=len(assembly.chosen[name]) if name in assembly.catalogues else 0,
        )


def _searched(assembly: Assembly, toolset: str, prefix: str) -> Iterator[SearchedFacts]:
    for outline in assembly.chosen[toolset][:_MOST_SEARCHED] if toolset in assembly.catalogues else ():
        hints = outline.hints
        yield SearchedFacts(
            name=prefix + outline.name,
            title=outline.title,
            arguments=outline.arguments[:_MOST_ARGUMENTS],
            required=outline.required,
            read_only=hints.read_only,
            destructive=hints.destructive,
            idempotent=hints.idempotent,
            open_world=hints.open_world,
        )


def _form(output: object, operation: Operation | None) -> str:
    if output:
        return "data"
    if operation is None:
        return "content"
    return "any" if operation.varies else "text"


def _tool(tool: Tool, assembly: Assembly) -> ToolFacts:
    listed = tool.to_mcp_tool(name=tool.name)
    served = operation_tool(tool)
    operation = None if served is None else served.operation
    hints = listed.annotations
    inputs = usable(listed.input_schema)
    output = usable(listed.output_schema or {})
    return ToolFacts(
        name=listed.name,
        title=listed.title or listed.name,
        description=listed.description or "",
        toolset=assembly.owners.get(listed.name),
        tokens=estimated_tokens(listed.model_dump_json(by_alias=True, exclude_none=True)),
        parameters=fields(inputs),
        extra=takes_more(inputs),
        examples=examples(listed.input_schema, () if operation is None else operation.examples),
        output=fields(output),
        form=_form(listed.output_schema, operation),
        read_only=None if hints is None else hints.read_only_hint,
        destructive=None if hints is None else hints.destructive_hint,
        idempotent=None if hints is None else hints.idempotent_hint,
        open_world=None if hints is None else hints.open_world_hint,
        scopes=() if served is None else tuple(sorted(served.scopes)),
        timeout=tool.timeout,
        errors=answers(operation.errors if operation is not None else ()),
    )


async def _resources(assembly: Assembly) -> AsyncIterator[ResourceFacts]:
    owners = {each.uri: name for name, toolset in assembly.toolsets.items() for each in readables_of(toolset)}
    for resource in await assembly.mcp.list_resources(run_middleware=False):
        yield _resource(str(resource.uri), resource, assembly, owners)
    for template in await assembly.mcp.list_resource_templates(run_middleware=False):
        yield _resource(template.uri_template, template, assembly, owners)


def _resource(
    uri: str, found: Resource | ResourceTemplate, assembly: Assembly, owners: Mapping[str, str]
) -> ResourceFacts:
    ours = found if isinstance(found, OfferedResource | OfferedTemplate) else None
    cache = None if ours is None else ours.readable.cache
    return ResourceFacts(
        uri=uri,
        name=found.name,
        title=found.title or found.name,
        description=found.description or "",
        mime_type=found.mime_type if ours is None else ours.readable.media_type,
        template="{" in uri,
        scopes=() if ours is None else tuple(sorted(ours.scopes)),
        reach=None if ours is None else assembly.shelf.reach_of(uri),
        cache="" if cache is None else f"{cache.seconds:g} s, {cache.scope}",
        subscribable=ours is not None and ours.readable.state is not None,
        toolset=owners.get(uri),
    )


async def _prompts(assembly: Assembly) -> AsyncIterator[PromptFacts]:
    for prompt in await assembly.mcp.list_prompts(run_middleware=False):
        arguments = prompt.arguments or ()
        yield PromptFacts(
            name=prompt.name,
            title=prompt.title or prompt.name,
            description=prompt.description or "",
            arguments=tuple(
                PromptArgument(each.name, each.description or "", each.required) for each in arguments
            ),
            scopes=tuple(sorted(prompt.scopes)) if isinstance(prompt, OfferedPrompt) else (),
        )


def _exposure(blueprint: Blueprint) -> Exposure:
    http = blueprint.http
    host = f"[{http.host}]" if ":" in http.host else http.host
    return Exposure(
        url=f"{(http.public_url or f'http://{host}:{http.port}').rstrip('/')}/mcp",
        loopback=_is_local(http),
        authentication=None if http.auth is None else http.auth.kind,
        principals=tuple(http.auth.tokens) if isinstance(http.auth, TokenAuth) else (),
        metrics=_metrics_place(http),
        limits_callers=blueprint.limits.rate is not None,
    )


def _is_local(http: HttpSection) -> bool:
    return host_is_loopback(http.host.partition("%")[0])


def _metrics_place(http: HttpSection) -> str:
    if http.metrics_port is not None:
        return "own"
    reached_by_proxy = http.public_url is not None or http.trusted_proxies
    return "none" if reached_by_proxy or not _is_local(http) else "main"


def _deploy(directory: Path) -> DeployFiles:
    found = {
        name: next((path for path in paths if (directory / path).exists()), None)
        for name, paths in _DEPLOY.items()
    }
    compose = found["compose"]
    return DeployFiles(**found, services=() if compose is None else _services(directory / compose))


def _services(compose: Path) -> tuple[str, ...]:
    """Read by its indentation alone: a whole reader of YAML would be a dependency for two words."""
    try:
        with compose.open("rb") as file:
            text = file.read(_LARGEST).decode(errors="replace")
    except OSError:
        return ()
    return tuple(name for name in _SERVICES if re.search(rf"^  {name}:\s*$", text, re.MULTILINE))


def _metrics() -> Iterator[Metric]:
    """Read from the runtime's own text: a server that has served nothing names all of its metrics."""
    for line in Metrics().text().splitlines():
        mark, _, rest = line.partition(" HELP ")
        if mark == "#":
            name, _, words = rest.partition(" ")
            yield Metric(name, words)


def _without_secrets(value: _Value, concealer: Concealer) -> _Value:
    """The same data; in each of its texts no secret that the blueprint or the process knows."""
    clean: object = value
    if isinstance(value, str):
        clean = KNOWN_SECRETS.text(concealer.text(value))
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: _without_secrets(getattr(value, each.name), concealer) for each in fields_of(value)
        }
        clean = replace(value, **changed)
    elif isinstance(value, tuple | list):
        clean = type(value)(_without_secrets(each, concealer) for each in value)
    elif isinstance(value, dict):
        clean = {key: _without_secrets(each, concealer) for key, each in value.items()}
    return clean  # type: ignore[return-value]  # of the same type, as each branch shows
