"""The toolsets of a blueprint and what each offers, or every problem that they have together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration
from seawall.errors import BlueprintError, Problem
from seawall.toolsets.discovery import Catalogue, Discovery
from seawall.toolsets.interface import Host, LeavesOut, LeftOut, Operation, Toolset, ToolsetKind
from seawall.toolsets.outline import OffersOnDemand, Outline, Ready
from seawall.toolsets.readables import Readable, readables_of, uri_clashes
from seawall.toolsets.selection import Choice, choose, clashes

__all__ = ["Gathered", "effective_name", "gather"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """One toolset, built.

    Attributes:
        toolset: the toolset, not started.
        offered: the operations that become tools, their names with prefix; with `discovery = "search"` the three
            that stand for them.
        left_out: what it has beside them.
        chosen: the outlines of the operations that it offers, listed or not, without prefix.
        known: the keys of all that its source has, where that gives operations keys.
        catalogue: with `discovery = "search"`, the operations themselves.
        discovery: the three tools of the catalogue.
    """

    toolset: Toolset
    offered: tuple[Operation, ...]
    left_out: tuple[LeftOut, ...]
    chosen: tuple[Outline, ...] = ()
    known: frozenset[str] = frozenset()
    catalogue: Catalogue | None = None
    discovery: Discovery | None = None

    @property
    def names(self) -> Sequence[str]:
        """Every name by which something of it can be called."""
        listed = tuple(item.name for item in self.offered)
        return listed if self.catalogue is None else (*listed, *self.catalogue.names)


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
        source = _source(toolset)
        choice = choose(
            source.outlines(),
            declaration,
            source=loaded.source,
            key=key,
            unservable=source.unservable(),
            withheld=[each.name for each in _own(toolset)],
        )
        problems += choice.problems
        gathered[effective_name(declaration)] = _gathered(toolset, source, choice, declaration)
    problems += clashes(_tool_names(loaded, gathered), source=loaded.source)
    problems += uri_clashes(_readables(loaded, gathered), source=loaded.source)
    if problems:
        raise BlueprintError([loaded.placed(problem) for problem in problems])
    return gathered


def _source(toolset: Toolset) -> OffersOnDemand:
    """The toolset as one that makes its operations one by one, whether it does or has them all."""
    return toolset if isinstance(toolset, OffersOnDemand) else Ready(toolset.operations)


def _own(toolset: Toolset) -> tuple[LeftOut, ...]:
    """What the toolset itself makes no operation of."""
    return tuple(toolset.left_out()) if isinstance(toolset, LeavesOut) else ()


def _gathered(
    toolset: Toolset, source: OffersOnDemand, choice: Choice, declaration: ToolsetDeclaration
) -> Gathered:
    left_out, prefix = choice.left_out + _own(toolset), declaration.prefix
    known = frozenset(each.key for each in source.outlines() if each.key)
    if declaration.discovery == "search" and choice.chosen:
        catalogue = Catalogue(choice.chosen, source.operation, prefix=prefix, scopes=declaration.scopes)
        discovery = Discovery(catalogue, prefix=prefix, subject=f"`{effective_name(declaration)}`")
        return Gathered(toolset, discovery.operations(), left_out, choice.chosen, known, catalogue, discovery)
    offered = (
        replace(source.operation(each.name), name=prefix + each.name, scopes=each.scopes)
        for each in choice.chosen
    )
    return Gathered(toolset, tuple(offered), left_out, choice.chosen, known)


def effective_name(declaration: ToolsetDeclaration) -> str:
    """The name of a toolset: its `name`, or else its kind."""
    return declaration.name or declaration.kind


def _tool_names(loaded: LoadedBlueprint, gathered: Mapping[str, Gathered]) -> dict[str, list[str]]:
    """The tools of every toolset, in the blueprint's order; none of one that could not be built."""
    names = [effective_name(declaration) for declaration in loaded.blueprint.toolset]
    return {name: list(gathered[name].names) if name in gathered else [] for name in names}


def _readables(loaded: LoadedBlueprint, gathered: Mapping[str, Gathered]) -> dict[str, Sequence[Readable]]:
    """What every toolset offers to read, in the blueprint's order; nothing of one that could not be built."""
    names = [effective_name(declaration) for declaration in loaded.blueprint.toolset]
    return {name: readables_of(gathered[name].toolset) if name in gathered else () for name in names}


def _completed(problem: Problem, key: str) -> Problem:
    """The problem of a declaration with its key in the blueprint; any other as it is."""
    return problem if problem.source else replace(problem, key=f"{key}.{problem.key}")
