"""The check itself. Apart from `check.py`, since it needs FastMCP and the help does not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration
from seawall.cli.check import CheckedTool, CheckedToolset, CheckResult, Finding
from seawall.cli.loading import load_source
from seawall.cli.source import Flags
from seawall.errors import BlueprintError, SeawallError, StartError, UnsafeError
from seawall.runtime.assemble import Assembly, build
from seawall.runtime.http import http_app, require_loopback
from seawall.runtime.surface import Surface, surface
from seawall.toolsets.registry import installed_kinds

__all__ = ["check"]


def check(blueprint: Path, *, environment: Mapping[str, str]) -> CheckResult:
    """Load the blueprint, start each of its toolsets for a moment, and measure what it offers."""
    source = str(blueprint)
    try:
        kinds = installed_kinds()
        loaded = load_source(blueprint, kinds=kinds, flags=Flags(), environment=environment)
        assembly = build(loaded, kinds)
    except BlueprintError as error:
        return CheckResult(source, problems=error.problems)
    except StartError as error:
        return CheckResult(source, findings=(_of(error, source),))
    try:
        described, findings = asyncio.run(_examined(assembly))
    finally:
        assembly.workers.close()
    tools = tuple(CheckedTool(tool.name, tool.toolset, tool.tokens) for tool in described.tools)
    toolsets = tuple(_toolset(item, tools) for item in loaded.blueprint.toolset)
    findings += _not_writable(loaded)
    findings += [_over_budget(toolset) for toolset in toolsets if toolset.tokens > toolset.budget]
    return CheckResult(source, findings=tuple(findings), toolsets=toolsets, tools=tools)


async def _examined(assembly: Assembly) -> tuple[Surface, list[Finding]]:
    return await surface(assembly), [*await _unusable(assembly), *await _address(assembly)]


async def _unusable(assembly: Assembly) -> list[Finding]:
    """What keeps a toolset's source from being used now, such as a missing root: every toolset is started once."""
    findings = []
    for name, life in assembly.lives.items():
        try:
            async with life.held():
                faults = assembly.toolsets[name].faults()
                findings += [Finding("error", StartError.code, name, fault, None) for fault in faults]
        except StartError as error:
            findings.append(_of(error, name))
    return findings


async def _address(assembly: Assembly) -> list[Finding]:
    """Whether `--transport http` would be refused; the runtime's own rules, asked without listening."""
    try:
        await require_loopback(assembly.loaded.blueprint.http.host)
        http_app(assembly)
    except (UnsafeError, StartError) as error:
        return [_of(error, "http")]
    return []


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


def _of(error: SeawallError, subject: str) -> Finding:
    return Finding("error", error.code, subject, error.message, error.hint)


def _over_budget(toolset: CheckedToolset) -> Finding:
    return Finding(
        "warning",
        "token_budget",
        toolset.name,
        f"its tools cost about {toolset.tokens} tokens, more than its token_budget of {toolset.budget}.",
        "Offer fewer `operations`, or raise `token_budget`.",
    )


def _toolset(declaration: ToolsetDeclaration, tools: tuple[CheckedTool, ...]) -> CheckedToolset:
    name = declaration.name or declaration.kind
    return CheckedToolset(
        name=name,
        kind=declaration.kind,
        access=declaration.access,
        tokens=sum(tool.tokens for tool in tools if tool.toolset == name),
        budget=declaration.token_budget,
        denied=tuple(getattr(declaration, "deny", ())),  # a setting of those kinds that have paths
    )
