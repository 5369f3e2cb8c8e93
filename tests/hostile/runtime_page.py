"""The runtime table as a page: `python -m hostile.runtime_page` (in tests/) writes docs/reference/hostile.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from hostile.runtime_callers import CALLERS
from hostile.runtime_cancelling import CANCELLING
from hostile.runtime_cases import SAME, Case, Wire
from hostile.runtime_ending import ENDING
from hostile.runtime_hanging import HANGING
from hostile.runtime_messages import IDS, MESSAGES
from hostile.runtime_secrets import SECRETS

__all__ = ["PAGE", "SECTIONS", "page"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "hostile.md"

SECTIONS: Final[Mapping[str, Sequence[Case]]] = {
    "Who calls, from where, and how slowly": CALLERS,
    "Ids": IDS,
    "Messages": MESSAGES,
    "Secrets and sizes": SECRETS,
    "Equal ids and cancellation": CANCELLING,
    "Tools that hang": HANGING,
    "The end": ENDING,
}

_HEAD: Final = """\
# Hostile calls

One FastMCP server with tools that fail, hang and say too much, served by Seawall (guarded) and by FastMCP itself (bare), as
real processes over HTTP and stdio in both protocol eras. Each row says what is sent, which answer is promised and where, and
what the two servers answer. Written by `python -m hostile.runtime_page` (in `tests`) from the table that
`tests/hostile/test_runtime.py` sends row by row; what the bare server answers was observed with fastmcp 4.1.2 and mcp 2.3.0,
with tokens but otherwise as it comes, and is no promise of anybody.

An answer is the status of HTTP unless it is 200, then what the message is: `result`, a code of JSON-RPC, or a tool error with
Seawall's code. FastMCP's own checks of Host and Origin are off unless they are asked for; here nobody asked.
"2026" and "2025" are the protocol versions 2026-07-28 and 2025-11-25. Promises name JSON-RPC 2.0, RFCs, the MCP
specification, SEPs of it, or this repository's [SECURITY.md](../../SECURITY.md).
"""

_TABLE: Final = "| sent | over | promised | guarded | bare |\n|---|---|---|---|---|\n"


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(title, cases) for title, cases in SECTIONS.items())])


def _section(title: str, cases: Sequence[Case]) -> str:
    return f"## {title}\n\n{_TABLE}" + "".join(_rows(cases))


def _rows(cases: Sequence[Case]) -> list[str]:
    """One line for the wires on which everything but the status of HTTP is the same."""
    lines = []
    for (name, promise, guarded, bare), group in groupby(cases, key=_without_wire):
        cells = (name, _wires([case.wire for case in group]), promise, guarded, bare)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return lines


def _without_wire(case: Case) -> tuple[str, str, str, str]:
    guarded, bare = (case.expected(which).replace("200 ", "") for which in ("guarded", "bare"))
    return case.name, case.promise, guarded, SAME if bare == guarded else bare


def _wires(wires: Sequence[Wire]) -> str:
    by_transport: dict[str, list[str]] = {}
    for wire in wires:
        transport, _, era = wire.partition(" ")
        by_transport.setdefault(transport, []).append(era)
    whole = {name: f"{name} {' and '.join(eras)}" for name, eras in by_transport.items()}
    return ", ".join(
        name if eras in (["2026", "2025"], [""]) else whole[name] for name, eras in by_transport.items()
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
