"""The document: every figure, its target, and how it was measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from benchmarks.apis.descriptions import Api
from benchmarks.apis.measuring import CALLS, HIGHEST, LIST_ERA, Effort, Figure, Ledger
from benchmarks.compare.cases import ERAS, MODES
from benchmarks.compare.machine import description
from benchmarks.compare.rounds import Series
from benchmarks.compare.targets import TIMES

__all__ = ["document"]

_TO: Final = "\N{EN DASH}"
_MEGABYTE: Final = 1e6
_LISTS: Final = (
    *(f"{when} list, {what}" for when in ("first", "later") for what in ("server", "client", "HTTP", "CPU")),
    HIGHEST,
)


@dataclass(frozen=True)
class _Target:
    """One line of the first table: what is wanted, and of which rows."""

    name: str
    wanted: str
    value: str
    met: bool | None


def document(ledger: Ledger, apis: list[Api], effort: Effort, *, others: float) -> str:
    """The whole document.

    Args:
        ledger: what was measured.
        apis: what was served.
        effort: how much.
        others: the share of the processors that other programs had meanwhile.
    """
    both = [api for api in apis if api.other is not None]
    sections = [
        _head(apis, effort, others),
        _summary(ledger, both),
        _table(
            "Loading, in seconds",
            "From the description's file to the server.",
            ledger,
            both,
            [("load", _seconds)],
        ),
        _table(
            "`tools/list`, in milliseconds",
            f"*Server*: processor time within the process, from the request to the answer as data. *HTTP*: until a lean client has the last byte. "
            f"*CPU*: of the server's process for the latter; *at most*: of the later lists the one that took most. "
            f"Every list is whole: where a server gives it in pages, all of them. Protocol {LIST_ERA}.",
            ledger,
            both,
            [(measure, _milliseconds) for measure in _LISTS],
            faster=True,
        ),
        _table(
            "Size of `tools/list`",
            "Tokens are estimated for both alike: a quarter of the bytes of the tools as compact JSON.",
            ledger,
            both,
            [("tools", _whole), ("tokens", _whole)],
        ),
        _table(
            "Resident memory after the lists, in megabytes",
            "Of the HTTP server. PSS counts a page that several processes share in parts.",
            ledger,
            both,
            [("rss", _megabytes), ("pss", _megabytes)],
        ),
        _calls(ledger),
        _method(effort),
    ]
    return "\n".join(sections)


def _head(apis: list[Api], effort: Effort, others: float) -> str:
    items = [
        *description(),
        f"{datetime.now(UTC):%Y-%m-%d}; {effort.rounds} rounds; other programs had {others:.0%} of the processors",
    ]
    listed = "\n".join(f"- {item}" for item in items)
    alone = [api.name for api in apis if api.other is None]
    without = (
        f"\nWithout a converter to OpenAPI 3 and therefore not compared: {', '.join(alone)}.\n"
        if alone
        else ""
    )
    return f"""# Benchmarks of APIs

The toolset `openapi` beside `FastMCP.from_openapi` with the same description and the same service behind both, measured in the same minutes.
`python -m benchmarks.apis` measures everything again and writes this file.

{listed}

A figure in bold is a ratio: the median of the rounds, in brackets the lowest and the highest of them.
{without}"""


def _summary(ledger: Ledger, apis: list[Api]) -> str:
    rows = []
    for target in [*_list_targets(ledger, apis), *_load_targets(ledger, apis), _call_target(ledger)]:
        verdict = {True: "met", False: "**missed**", None: ""}[target.met]
        rows.append(f"| {target.name} | {target.wanted} | {target.value} | {verdict} |")
    table = "\n".join(rows)
    return f"""## In short

| figure | target | measured | target |
|---|---|---|---|
{table}
"""


def _list_targets(ledger: Ledger, apis: list[Api]) -> list[_Target]:
    found = []
    for api in apis:
        later = ledger[Figure("later list, server", (api.name,))]
        cost = ledger[Figure("later list, CPU", (api.name,))]
        name = f"later `tools/list` of {api.name}"
        for what, series in (("server", later), ("HTTP, server CPU", cost)):
            milliseconds = series.seawall * 1e3
            found.append(
                _Target(f"{name}: {what}", "< 50 ms", f"{milliseconds:,.1f} ms", met=milliseconds < 50)
            )
        if api.name != "petstore":  # of twenty tools nothing is to be gained
            for what, series in (("server", later), ("HTTP, server CPU", cost)):
                met = 1 / series.ratio >= 20
                found.append(
                    _Target(f"{name}: {what}, less", f"≥ 20 {TIMES}", _ranged(series, faster=True), met=met)
                )
    return found


def _load_targets(ledger: Ledger, apis: list[Api]) -> list[_Target]:
    found = []
    for api in apis:
        seconds = ledger[Figure("load", (api.name,))].seawall
        aimed = api.name == "openai"
        wanted = "< 3 s" if aimed else "none"
        met = seconds < 3 if aimed else None
        found.append(_Target(f"loading {api.name}", wanted, f"{seconds:.2f} s", met=met))
    return found


def _call_target(ledger: Ledger) -> _Target:
    columns = zip(
        *(series.ratios for figure, series in ledger.items() if figure.measure == "rate"), strict=True
    )
    rounds = [statistics.geometric_mean(column) for column in columns]
    ratio = statistics.median(rounds)
    value = f"**{ratio:.2f} {TIMES}** ({min(rounds):.2f} {_TO} {max(rounds):.2f})"
    return _Target(
        "calls per second, geometric mean of the rows, more", f"≥ 1 {TIMES}", value, met=round(ratio, 2) >= 1
    )


def _table(
    heading: str,
    text: str,
    ledger: Ledger,
    apis: list[Api],
    measures: list[tuple[str, Callable[[float], str]]],
    *,
    faster: bool = False,
) -> str:
    lines = []
    for api in apis:
        for measure, form in measures:
            series = ledger[Figure(measure, (api.name,))]
            ratio = _ranged(series, faster=faster)
            lines.append(
                f"| {api.name} | {measure} | {form(series.bare)} | {form(series.seawall)} | {ratio} |"
            )
    table = "\n".join(lines)
    return f"""## {heading}

{text}

| API | figure | `from_openapi` | Seawall | {"less" if faster else "ratio"} |
|---|---|---|---|---|
{table}
"""


def _calls(ledger: Ledger) -> str:
    lines = []
    for era in ERAS:
        for body in CALLS:
            for mode in MODES:
                rate, cost = (ledger[Figure(name, (era, body.label, mode))] for name in ("rate", "cpu"))
                lines.append(
                    f"| {era} | `{body.label}` | {mode} | {rate.bare:,.0f} | {rate.seawall:,.0f} | {_ranged(rate)} "
                    f"| {cost.bare * 1e6:,.0f} | {cost.seawall * 1e6:,.0f} | {_ranged(cost, faster=True)} |"
                )
    table = "\n".join(lines)
    return f"""## Calls of petstore over HTTP: calls per second, and server CPU per call in microseconds

| protocol | operation | calls | `from_openapi`: per second | Seawall | more | `from_openapi`: CPU µs | Seawall | less |
|---|---|---|---|---|---|---|---|---|
{table}
"""


def _method(effort: Effort) -> str:
    return f"""## What is measured, and how

- **The same description.** petstore and openai as they are published; kubernetes is Swagger 2.0, which Seawall reads as it is, and
  which `swagger2openapi` converts for FastMCP before anything is measured. Seawall offers every operation that it can serve (`access = "write"`)
  and lists all of them (`discovery = "list"`; by default a list beyond `token_budget` is replaced by three tools that search). FastMCP is used
  [as its documentation shows it](../benchmarks/apis/served/bare.py).
- **Loading and lists inside of a process**: [one process for each side](../benchmarks/apis/served/inside.py), in turn, every second round the
  other way round; a FastMCP client asks {effort.lists} times, the first is *first*, the median of the others *later*. *Server* is the processor time of the
  SDK's outermost middleware and all behind it; *client* is the time until the client has the tools, which it reads and checks in the same process.
- **Over HTTP** the client writes bytes and reads bytes, and asks {effort.lists_over_http} times for the list. Server CPU is what the kernel counts for the server's process; it depends less on what
  else the machine does.
- **Calls**: one operation by GET and one by POST of petstore, against [a service of our own](../benchmarks/apis/upstream.py) on loopback, the same
  for both. Both servers run at once and are measured in turn, {effort.calls} calls each time, {effort.pieces} times each; the median of those
  pieces counts. *Together*: {effort.width} calls under way.
- What the lists say differs: Seawall adds hints and two arguments (`fields`, `next`) where they apply, FastMCP output schemas.

Once more: `python -m benchmarks.apis --rounds {effort.rounds}`; `--quick` measures next to nothing and only shows that it works. The larger
descriptions are found where `SEAWALL_TEST_SPECS` says; without them petstore alone is measured.
"""


def _ranged(series: Series, *, faster: bool = False) -> str:
    """The ratio; with `faster` how many times less Seawall has."""
    ratios = [1 / ratio for ratio in series.ratios] if faster else series.ratios
    return f"**{statistics.median(ratios):.2f} {TIMES}** ({min(ratios):.2f} {_TO} {max(ratios):.2f})"


def _seconds(value: float) -> str:
    return f"{value:,.2f}"


def _milliseconds(value: float) -> str:
    return f"{value * 1e3:,.1f}"


def _megabytes(value: float) -> str:
    return f"{value / _MEGABYTE:,.1f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"
