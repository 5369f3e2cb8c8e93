"""The part of the check that needs FastMCP. Apart from `check.py`, since a blueprint's problems do not."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration
from seawall.blueprint.locate import path_of
from seawall.blueprint.origin import Default
from seawall.cli.check import (
    CheckedPrompt,
    CheckedResource,
    CheckedTool,
    CheckedToolset,
    CheckResult,
    Finding,
    finding_of,
)
from seawall.cli.check_credentials import about_credentials
from seawall.cli.check_files import about_files
from seawall.cli.check_http import about_http
from seawall.cli.check_scopes import about_scopes
from seawall.cli.check_unused import about_format, about_unused, about_variables
from seawall.cli.locking import Comparison, compare
from seawall.errors import StartError, UnsafeError
from seawall.prompts.model import Prompt
from seawall.runtime.assemble import Assembly, build
from seawall.runtime.ending import run_to_end
from seawall.runtime.http.addresses import permitted
from seawall.runtime.http.serving import http_app
from seawall.runtime.surface import Surface, surface
from seawall.toolsets.interface import Remarks, Reports, Toolset, ToolsetKind
from seawall.toolsets.readables import readables_of

__all__ = ["examine"]

_HTTP_SETTING = re.compile(r"http(\.[a-z_]+)+")


def examine(
    loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind], environment: Mapping[str, str]
) -> CheckResult:
    """Put the server together, start each of its toolsets for a moment, and measure what it offers.

    Raises:
        BlueprintError: operations, prefixes or tool names do not fit together.
        StartError: something that a declaration names cannot be used.
    """
    assembly = build(loaded, kinds)
    try:
        described, findings = run_to_end(_examined(assembly))
    finally:
        assembly.workers.close()
    tools = tuple(CheckedTool(tool.name, tool.toolset, tool.tokens, tool.risk) for tool in described.tools)
    compared = compare(assembly)
    toolsets = tuple(_toolset(item, tools, assembly, compared) for item in loaded.blueprint.toolset)
    findings += _not_writable(loaded)
    findings += about_http(loaded.blueprint.http)
    findings += about_credentials(loaded)
    findings += about_scopes(loaded.blueprint, assembly.enforcement.rules.all)
    findings += about_files(loaded, kinds)
    findings += about_format(loaded)
    findings += about_unused(loaded)
    findings += about_variables(loaded, kinds, environment)
    findings += [_over_budget(toolset) for toolset in toolsets if toolset.tokens > toolset.budget]
    findings += [_unservable(toolset) for toolset in toolsets if toolset.report and toolset.report.unservable]
    findings += compared.findings
    findings += _undescribed(assembly)
    findings += _placeholders(loaded)
    findings += _empty(toolsets, assembly)
    placed = tuple(_placed(finding, loaded) for finding in findings)
    return CheckResult(
        loaded.source,
        loaded.profile,
        findings=placed,
        toolsets=toolsets,
        tools=tools,
        prompts=tuple(_prompt(each) for each in assembly.prompts),
        resources=tuple(_resources(assembly)),
    )


def _prompt(prompt: Prompt) -> CheckedPrompt:
    arguments = tuple(f"{each.name}{'' if each.required else '?'}" for each in prompt.arguments)
    return CheckedPrompt(prompt.name, prompt.source, arguments, tuple(sorted(prompt.scopes)))


def _resources(assembly: Assembly) -> Iterator[CheckedResource]:
    """What toolsets offer to read, then what the blueprint itself does."""
    for name, toolset in assembly.toolsets.items():
        for each in readables_of(toolset):
            yield CheckedResource(each.uri, each.name, name, each.media_type, scopes=each.scopes)
    for each, declared in zip(assembly.shelf.readables, assembly.loaded.blueprint.resource, strict=True):
        yield CheckedResource(each.uri, each.name, None, each.media_type, declared.source, declared.scopes)


def _undescribed(assembly: Assembly) -> Iterator[Finding]:
    """What people and models would have to choose by its name alone."""
    for prompt in assembly.prompts:
        if not prompt.description:
            message = "it has no `description`: clients show nothing but its name."
            yield Finding("note", "no_description", prompt.source, message, "Say what it is for.")


def _placeholders(loaded: LoadedBlueprint) -> Iterator[Finding]:
    """Services whose address is still the one that `seawall new` wrote, for want of a better one."""
    for declaration in loaded.blueprint.toolset:
        for setting in ("base_url", "endpoint"):  # settings of those kinds that have a service
            url = getattr(declaration, setting, None)
            host = None if url is None else urlsplit(str(url)).hostname
            if host is not None and host.endswith(".invalid"):  # RFC 6761: nobody ever has such a name
                name = declaration.name or declaration.kind
                message = f"{setting} is {url}, a placeholder: every call fails."
                yield Finding("note", "placeholder", name, message, "Write where the service is.")


def _empty(toolsets: Sequence[CheckedToolset], assembly: Assembly) -> Iterator[Finding]:
    """Toolsets of which callers see nothing at all."""
    for each in toolsets:
        if each.tokens or each.searched or readables_of(assembly.toolsets[each.name]):
            continue
        hint = "What is left out stands above, with the reason." if each.left_out else None
        yield Finding("note", "offers_nothing", each.name, "it offers nothing to callers.", hint)


async def _examined(assembly: Assembly) -> tuple[Surface, list[Finding]]:
    return await surface(assembly), [*await _unusable(assembly), *await _address(assembly)]


async def _unusable(assembly: Assembly) -> list[Finding]:
    """What keeps a toolset's source from being used now, such as a missing root: every toolset is started once."""
    findings = []
    for name, life in assembly.lives.items():
        try:
            async with life.held():
                faults = assembly.sources[name].faults()
                findings += [Finding("error", StartError.code, name, fault, None) for fault in faults]
        except (StartError, UnsafeError) as error:
            findings.append(finding_of(error, name))
        findings += _remarks(name, assembly.sources[name])
    return [*findings, *await asyncio.to_thread(_audit, assembly)]


def _audit(assembly: Assembly) -> list[Finding]:
    """What keeps calls from being recorded; nothing is made or written."""
    audit = assembly.enforcement.audit
    if audit is None:
        return []
    try:
        audit.check()
    except StartError as error:
        return [finding_of(error, "audit")]
    return []


def _remarks(name: str, toolset: Toolset) -> Iterator[Finding]:
    """What the toolset says of itself, now that it was started and closed."""
    for remark in toolset.remarks() if isinstance(toolset, Remarks) else ():
        yield Finding(remark.level, remark.code, name, remark.message, remark.hint)


async def _address(assembly: Assembly) -> list[Finding]:
    """Whether `--transport http` would be refused; the runtime's own rules, asked without listening."""
    try:
        await permitted(assembly.loaded.blueprint.http)
        await asyncio.to_thread(http_app, assembly.served)  # it reads files: tokens and keys
    except (UnsafeError, StartError) as error:
        # The runtime's words begin with the setting that they are about.
        named = _HTTP_SETTING.match(error.message)
        return [finding_of(error, named[0] if named else "http")]
    return []


def _placed(finding: Finding, loaded: LoadedBlueprint) -> Finding:
    """The finding with what gave its setting the value, or the nearest table around it; a toolset's as it is."""
    path = path_of(finding.subject)
    if path[:1] not in {("http",), ("limits",)}:
        return finding
    origins = (loaded.provenance.origin(path[:length]) for length in range(len(path), 0, -1))
    origin = next((each for each in origins if not isinstance(each, Default)), Default())
    return replace(finding, origin=origin)


def _not_writable(loaded: LoadedBlueprint) -> Iterator[Finding]:
    """Roots into which nothing can be written although `access` allows it.

    A warning only: directories below may be writable all the same. A missing root is told by `_unusable`.
    """
    for declaration in loaded.blueprint.toolset:
        roots = getattr(declaration, "roots", ())  # a setting of those kinds that have files
        for path in roots.values() if isinstance(roots, Mapping) else filter(None, (roots,)):
            directory = loaded.directory / Path(path).expanduser()
            if (
                declaration.access != "write"
                or not directory.is_dir()
                or os.access(directory, os.W_OK | os.X_OK)
            ):
                continue
            yield Finding(
                "warning",
                "not_writable",
                declaration.name or declaration.kind,
                f'access = "write", but this user may not write into {path}.',
                "Give the server's user the right, or take back the access.",
            )


def _over_budget(toolset: CheckedToolset) -> Finding:
    return Finding(
        "warning",
        "token_budget",
        toolset.name,
        f"its tools cost about {toolset.tokens} tokens, more than its token_budget of {toolset.budget}.",
        "Offer fewer `operations`, raise `token_budget`, or set "
        'discovery = "search": three tools, by which a model finds and calls the others.',
    )


def _unservable(toolset: CheckedToolset) -> Finding:
    count = len(toolset.report.unservable) if toolset.report else 0
    return Finding(
        "note",
        "unservable",
        toolset.name,
        f"{count} of the operations of its source cannot be served; each is named above with its reason.",
        None,
    )


def _toolset(
    declaration: ToolsetDeclaration,
    tools: tuple[CheckedTool, ...],
    assembly: Assembly,
    compared: Comparison,
) -> CheckedToolset:
    name = declaration.name or declaration.kind
    toolset, catalogue = assembly.toolsets[name], assembly.catalogues.get(name)
    return CheckedToolset(
        name=name,
        kind=declaration.kind,
        access=declaration.access,
        tokens=sum(tool.tokens for tool in tools if tool.toolset == name),
        budget=declaration.token_budget,
        denied=tuple(getattr(declaration, "deny", ())),  # a setting of those kinds that have paths
        left_out=assembly.left_out[name],
        searched=0 if catalogue is None else len(catalogue.names),
        report=toolset.report() if isinstance(toolset, Reports) else None,
        changes=compared.changes.get(name, ()),
    )
