"""The document: every figure, its target, and how it was measured."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.compare.cases import BODIES, ERAS, MODES, TRANSPORTS, Transport
from benchmarks.compare.machine import description
from benchmarks.compare.rounds import Case, Effort, Ledger, Series
from benchmarks.compare.targets import REASONS, START, THROUGHPUT, TIMES, Target

__all__ = ["document"]

_NAMES = {"stdio": "stdio", "http": "HTTP"}
_MEGABYTE = 1e6
_TO = "\N{EN DASH}"


@dataclass(frozen=True)
class Headline:
    """One line of the first table.

    Attributes:
        name: the figure.
        target: its bound, or None.
        cases: the figures that it is the mean of.
        inverse: whether bare FastMCP stands above the line.
    """

    name: str
    target: Target | None
    cases: tuple[Case, ...]
    inverse: bool = False

    def rounds(self, ledger: Ledger) -> list[float]:
        """The geometric mean of the ratios in each round."""
        columns = zip(*(_ratios(ledger[case], inverse=self.inverse) for case in self.cases), strict=True)
        return [statistics.geometric_mean(column) for column in columns]


def document(ledger: Ledger, effort: Effort, *, others: float) -> str:
    """The whole document.

    Args:
        ledger: what was measured.
        effort: how much.
        others: the share of the processors that other programs had meanwhile.
    """
    sections = [
        _head(effort, others),
        _summary(ledger),
        *(_throughput(ledger, transport) for transport in TRANSPORTS),
        _start(ledger),
        _memory(ledger, effort),
        _method(effort),
    ]
    return "\n".join(sections)


def _head(effort: Effort, others: float) -> str:
    items = [
        *description(),
        f"{datetime.now(UTC):%Y-%m-%d}; {effort.rounds} rounds; other programs had {others:.0%} of the processors",
    ]
    listed = "\n".join(f"- {item}" for item in items)
    return f"""# Benchmarks

What the guards cost, and what the transport of our own gains: Seawall beside bare FastMCP with the same functions, both measured in the
same minutes. `make bench` measures everything again and writes this file.

{listed}

Each figure is a ratio: the median of the rounds, in brackets the lowest and the highest of them.
"""


def headlines() -> list[Headline]:
    """The lines of the first table, in their order."""
    lines = []
    for transport in TRANSPORTS:
        rows = [(era, body, mode) for era in ERAS for body in BODIES for mode in MODES]
        name, target = _NAMES[transport], THROUGHPUT[transport]
        rates = tuple(Case("rate", transport, *row) for row in rows)
        costs = tuple(Case("cpu", transport, *row) for row in rows)
        lines.append(Headline(f"{name}: calls per second, more", target, rates))
        lines.append(Headline(f"{name}: server CPU per call, less", target, costs, inverse=True))
    for transport in TRANSPORTS:
        cases = tuple(Case("start", transport, era) for era in ERAS)
        lines.append(Headline(f"{_NAMES[transport]}: time from start to first answer", START, cases))
    for transport in TRANSPORTS:
        cases = tuple(Case("rss after calls", transport, era) for era in ERAS)
        lines.append(Headline(f"{_NAMES[transport]}: resident memory", None, cases))
    return lines


def _summary(ledger: Ledger) -> str:
    lines, reasons = [], []
    for headline in headlines():
        rounds = headline.rounds(ledger)
        ratio, target = statistics.median(rounds), headline.target
        single = [
            statistics.median(_ratios(ledger[case], inverse=headline.inverse)) for case in headline.cases
        ]
        verdict = each = ""
        if target is not None:
            verdict = "met" if target.met(ratio) else "**missed**"
            each = f"{sum(map(target.met, single))} of {len(single)}"
            if each != f"{len(single)} of {len(single)}" and headline.name in REASONS:
                reasons.append(f"- {headline.name}: {REASONS[headline.name]}")
        lines.append(
            f"| {headline.name} | {target or 'none'} | **{ratio:.2f} {TIMES}** ({min(rounds):.2f} {_TO} {max(rounds):.2f}) "
            f"| {min(single):.2f} {_TO} {max(single):.2f} {TIMES} | {verdict} | {each} |"
        )
    table = "\n".join(lines)
    missed = "\nWhere not every row meets its target:\n\n" + "\n".join(reasons) + "\n" if reasons else ""
    return f"""## In short

| figure | target | mean of its rows | its rows | target | rows that meet it |
|---|---|---|---|---|---|
{table}

The mean is the geometric one. The rows are in the tables below.
{missed}"""


def _throughput(ledger: Ledger, transport: Transport) -> str:
    target = THROUGHPUT[transport]
    lines = []
    for era in ERAS:
        for body in BODIES:
            for mode in MODES:
                rate = ledger[Case("rate", transport, era, body, mode)]
                cost = ledger[Case("cpu", transport, era, body, mode)]
                lines.append(
                    f"| {era} | {body.label} | {mode} "
                    f"| {rate.bare:,.0f} | {rate.seawall:,.0f} | {_ranged(rate, target)} "
                    f"| {cost.bare * 1e6:,.0f} | {cost.seawall * 1e6:,.0f} | {_ranged(cost, target, inverse=True)} |"
                )
    table = "\n".join(lines)
    return f"""## {_NAMES[transport]}: calls per second, and server CPU per call in microseconds

Target for both: {target}. A figure in italics misses it.

| protocol | tool | calls | bare: per second | Seawall | more | bare: CPU µs | Seawall | less |
|---|---|---|---|---|---|---|---|---|
{table}
"""


def _start(ledger: Ledger) -> str:
    lines = []
    for transport in TRANSPORTS:
        for era in ERAS:
            wall, cpu = (ledger[Case(name, transport, era)] for name in ("start", "start cpu"))
            lines.append(
                f"| {_NAMES[transport]} | {era} | {wall.bare * 1e3:,.0f} | {wall.seawall * 1e3:,.0f} "
                f"| {_ranged(wall, START)} | {cpu.bare * 1e3:,.0f} | {cpu.seawall * 1e3:,.0f} | {_ranged(cpu, None)} |"
            )
    table = "\n".join(lines)
    return f"""## From start to first answer, in milliseconds

From the start of the process to the answer of the first tool call, with compiled modules. Target: {START}.

| transport | protocol | bare | Seawall | ratio | bare: CPU | Seawall: CPU | ratio |
|---|---|---|---|---|---|---|---|
{table}
"""


def _memory(ledger: Ledger, effort: Effort) -> str:
    lines = []
    moments: tuple[tuple[str, str], ...] = (
        ("after the start", "after the first answer"),
        ("after calls", f"after {effort.settled:,} calls"),
    )
    for transport in TRANSPORTS:
        for era in ERAS:
            for moment, words in moments:
                rss, pss = (ledger[Case(f"{name} {moment}", transport, era)] for name in ("rss", "pss"))
                lines.append(
                    f"| {_NAMES[transport]} | {era} | {words} | {rss.bare / _MEGABYTE:.1f} "
                    f"| {rss.seawall / _MEGABYTE:.1f} | {_ranged(rss, None)} | {pss.bare / _MEGABYTE:.1f} "
                    f"| {pss.seawall / _MEGABYTE:.1f} | {_ranged(pss, None)} |"
                )
    table = "\n".join(lines)
    return f"""## Memory, in megabytes

RSS is what is resident; PSS counts a page that several processes share in parts. The calls are those of the tables above, and more of
`add` up to that number.

| transport | protocol | when | bare: RSS | Seawall: RSS | ratio | bare: PSS | Seawall: PSS | ratio |
|---|---|---|---|---|---|---|---|---|
{table}
"""


def _method(effort: Effort) -> str:
    return f"""## What is measured, and how

- **The same functions.** [functions.py](../benchmarks/compare/served/functions.py) is offered by both. Bare is
  [a FastMCP server](../benchmarks/compare/served/bare.py) as its documentation shows it (`mcp.run("stdio")`, `mcp.run("http")`, without its
  banner, which asks the network for newer versions). Seawall is `seawall serve` with a blueprint of kind `python`: every guard as it is by
  default, the log of every call included, and beside that a rate limit that the client does not reach and a token in `[http.auth]`, which
  is also a secret that every answer is searched for. Bare has no authentication and logs requests over HTTP only.
- **A lean client.** It writes requests that were made beforehand and reads bytes until the last answer has come; only then it parses the
  answers, all of them, and one that is wrong ends the measuring. *One by one*: the next call when the answer is there. *Together*:
  {effort.width} calls under way, on stdio in one pipe, over HTTP on as many connections that are kept alive.
- **Both eras of the protocol.** 2025-11-25 begins with a handshake, and over HTTP with a session whose answers are event streams;
  in 2026-07-28 each request stands alone.
- **Pairs.** In each round both servers are started anew and measured in turn, bare, Seawall, Seawall, bare, {effort.calls} calls each time,
  {effort.pieces} times each; every second round the other way round. What counts is the median of those pieces, and a ratio is made within one
  round: so a machine that is busy is so for both.
- **Server CPU** is what the kernel counts for the server's process, all its threads, those that ended and its children included; the
  client's is not in it. It depends less on what else the machine does than calls per second do.
- The answers differ in one thing: bare FastMCP sends what a function of type `str` returns twice, as text and as structured content,
  and Seawall once, as text. A number is sent twice by both.

Once more: `make bench`, or `python -m benchmarks --rounds {effort.rounds}`; `--quick` measures next to nothing and only shows that it works.
"""


def _ranged(series: Series, target: Target | None, *, inverse: bool = False) -> str:
    ratios = _ratios(series, inverse=inverse)
    ratio = statistics.median(ratios)
    mark = "_" if target is not None and not target.met(ratio) else "**"
    return f"{mark}{ratio:.2f} {TIMES}{mark} ({min(ratios):.2f} {_TO} {max(ratios):.2f})"


def _ratios(series: Series, *, inverse: bool) -> list[float]:
    return [1 / ratio for ratio in series.ratios] if inverse else series.ratios
