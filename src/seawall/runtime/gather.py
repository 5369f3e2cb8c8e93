"""The toolsets of a blueprint and what each offers, or every problem that they have together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration
from seawall.errors import BlueprintError, Problem
from seawall.toolsets.interface import Host, LeavesOut, LeftOut, Operation, Toolset, ToolsetKind
from seawall.toolsets.selection import clashes, select

__all__ = ["Gathered", "effective_name", "gather"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """One toolset, built.

    Attributes:
        toolset: the toolset, not started.
        offered: its operations that become tools, their names with prefix.
        left_out: what it has beside them.
    """

    toolset: Toolset
    offered: tuple[Operation, ...]
    left_out: tuple[LeftOut, ...]


def gather(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind], host: Host) -> Mapping[str, Gathered]:
    """Build every toolset, and decide what it offers; by the name that each has in the blueprint.

    Raises:
        BlueprintError: with the problems of all toolsets, each with its place in the blueprint or elsewhere.
        StartError: something that a declaration names cannot be used.
    """
    gathered: dict[str, Gathered] = {}
    problems: list[Problem] = []
    for index, declaration in enumerate(loaded.blueprint.toolset):
        key = f"toolset[{index}]"
        try:
            toolset = kinds[declaration.kind].build(declaration, host)
        except BlueprintError as error:
            problems += [_completed(problem, key) for problem in error.problems]
            continue
        own = tuple(toolset.left_out()) if isinstance(toolset, LeavesOut) else ()
        withheld = [each.name for each in own]
        chosen = select(toolset.operations, declaration, source=loaded.source, key=key, withheld=withheld)
        problems += chosen.problems
        gathered[effective_name(declaration)] = Gathered(toolset, chosen.offered, chosen.left_out + own)
    problems += clashes(_tool_names(loaded, gathered), source=loaded.source)
    if problems:
        raise BlueprintError([loaded.placed(problem) for problem in problems])
    return gathered


def effective_name(declaration: ToolsetDeclaration) -> str:
    """The name of a toolset: its `name`, or else its kind."""
    return declaration.name or declaration.kind


def _tool_names(loaded: LoadedBlueprint, gathered: Mapping[str, Gathered]) -> dict[str, list[str]]:
    """The tools of every toolset, in the blueprint's order; none of one that could not be built."""
    names = [effective_name(declaration) for declaration in loaded.blueprint.toolset]
    return {
        name: [item.name for item in gathered[name].offered] if name in gathered else [] for name in names
    }


def _completed(problem: Problem, key: str) -> Problem:
    """The problem of a declaration with its key in the blueprint; any other as it is."""
    return problem if problem.source else replace(problem, key=f"{key}.{problem.key}")
