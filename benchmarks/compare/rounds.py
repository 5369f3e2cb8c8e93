"""The rounds: who is measured when, and what is kept of it.

In each round both servers are started afresh, and every case is measured in many short pieces, in the order bare,
Seawall, Seawall, bare (the other way round in every second round). A machine that grows slower or faster is unfair to
nobody then, and the median of the pieces leaves out those in which another program took the processor.
"""

from __future__ import annotations

import contextlib
import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from benchmarks.compare.cases import BODIES, ERAS, MODES, TRANSPORTS, Body, Era, Mode, Side, Transport
from benchmarks.compare.servers import Server, Site, serving

__all__ = ["Case", "Effort", "Ledger", "Series", "measure"]


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        rounds: how often everything is.
        calls: in one piece.
        pieces: pieces of each server in a round, for each case; an even number.
        warm: calls before the first sample of a tool.
        width: calls under way at a time, where they are made together.
        starts: pairs of starts in a round, beside the one that it begins with.
        settled: calls in all after which the memory is measured again, at least.
    """

    rounds: int = 5
    calls: int = 50
    pieces: int = 12
    warm: int = 50
    width: int = 16
    starts: int = 2
    settled: int = 10_000


@dataclass(frozen=True)
class Case:
    """What one figure is of."""

    measure: str
    transport: Transport
    era: Era
    body: Body | None = None
    mode: Mode | None = None

    def __hash__(self) -> int:
        return hash((self.measure, self.transport, self.era, self.body and self.body.tool, self.mode))


@dataclass
class Series:
    """The pairs of one figure, one a round: what it was for bare FastMCP, and for Seawall."""

    pairs: list[tuple[float, float]] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Seawall in units of bare FastMCP, each pair for itself."""
        return [seawall / bare for bare, seawall in self.pairs]

    @property
    def ratio(self) -> float:
        """Their median."""
        return statistics.median(self.ratios)

    @property
    def bare(self) -> float:
        """The median of bare FastMCP."""
        return statistics.median(bare for bare, _ in self.pairs)

    @property
    def seawall(self) -> float:
        """The median of Seawall."""
        return statistics.median(seawall for _, seawall in self.pairs)


Ledger = dict[Case, Series]

_LEAST: Final = 1e-4
"""Seconds of processor that any piece counts for: some kernels move the clock by a tick, and between ticks it stands."""


def measure(site: Site, effort: Effort, told: Callable[[str], None]) -> Ledger:
    """Measure everything.

    Args:
        site: what is served.
        effort: how much.
        told: gets one line for each part of the work, before it begins.
    """
    ledger: Ledger = defaultdict(Series)
    for number in range(effort.rounds):
        order: tuple[Side, Side] = ("bare", "seawall") if number % 2 == 0 else ("seawall", "bare")
        for transport in TRANSPORTS:
            for era in ERAS:
                told(f"round {number + 1} of {effort.rounds}: {transport}, {era}")
                for _ in range(effort.starts):
                    _start(site, transport, era, order, ledger)
                    order = (order[1], order[0])
                _round(site, transport, era, order, effort, ledger)
    return ledger


def _start(site: Site, transport: Transport, era: Era, order: tuple[Side, Side], ledger: Ledger) -> None:
    servers = {}
    for side in order:
        with serving(site, side, transport, era) as server:
            servers[side] = server
    _note_start(transport, era, servers, ledger)


def _note_start(transport: Transport, era: Era, servers: dict[Side, Server], ledger: Ledger) -> None:
    bare, seawall = servers["bare"], servers["seawall"]
    ledger[Case("start", transport, era)].pairs.append((bare.to_first_answer, seawall.to_first_answer))
    ledger[Case("start cpu", transport, era)].pairs.append((bare.start_cpu, seawall.start_cpu))


def _round(  # noqa: PLR0917  one round needs them all
    site: Site, transport: Transport, era: Era, order: tuple[Side, Side], effort: Effort, ledger: Ledger
) -> None:
    with contextlib.ExitStack() as stack:
        servers = {side: stack.enter_context(serving(site, side, transport, era)) for side in order}
        _note_start(transport, era, servers, ledger)
        _note_memory("after the start", transport, era, servers, ledger)
        for body in BODIES:
            for server in servers.values():
                server.call(body, effort.warm, effort.width)
            for mode in MODES:
                _sample(Case("calls", transport, era, body, mode), order, servers, effort, ledger)
        for server in servers.values():
            server.call(BODIES[0], max(1, effort.settled - server.calls), effort.width)
        _note_memory("after calls", transport, era, servers, ledger)


def _sample(
    case: Case, order: tuple[Side, Side], servers: dict[Side, Server], effort: Effort, ledger: Ledger
) -> None:
    """One pair: the medians of the pieces."""
    if case.body is None:
        raise ValueError("a case of calls has a body")
    width = 1 if case.mode == "one by one" else effort.width
    seconds: dict[Side, list[float]] = {side: [] for side in order}
    cpu: dict[Side, list[float]] = {side: [] for side in order}
    for _ in range(effort.pieces // 2):
        for side in (*order, *reversed(order)):
            taken, used = servers[side].call(case.body, effort.calls, width)
            seconds[side].append(taken / effort.calls)
            cpu[side].append(max(used, _LEAST) / effort.calls)
    time, cost = (
        {side: statistics.median(values) for side, values in each.items()} for each in (seconds, cpu)
    )
    where = (case.transport, case.era, case.body, case.mode)
    ledger[Case("rate", *where)].pairs.append((1 / time["bare"], 1 / time["seawall"]))
    ledger[Case("cpu", *where)].pairs.append((cost["bare"], cost["seawall"]))


def _note_memory(
    moment: str, transport: Transport, era: Era, servers: dict[Side, Server], ledger: Ledger
) -> None:
    bare, seawall = (servers[side].memory() for side in ("bare", "seawall"))
    for name, before, after in zip(("rss", "pss"), bare, seawall, strict=True):
        ledger[Case(f"{name} {moment}", transport, era)].pairs.append((before, after))
