"""Run the suite against the fixture bare and hardened, and write the table of both.

`python -m conformance.comparison` (in tests/, after `make node-clients`) writes docs/reference/conformance.md.
"""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

from conformance.process import serving
from conformance.suite import Status, Suite, Table, counts, regressions
from support.programs import conformance_suite

__all__ = ["PAGE", "Comparison", "compare"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
_SUITE_VERSION: Final = "0.2.0-alpha.12"
_PARTS: Final = (Status.SUCCESS, Status.FAILURE, Status.WARNING, Status.SKIPPED)

_HEAD: Final = """\
# Conformance

The official suite (`@modelcontextprotocol/conformance` {suite}, `server --suite all`) against one FastMCP server that has
all the suite calls for, once bare and once as `seawall.http_app` serves it. Written by `python -m conformance.comparison` (in
`tests`) on {date}, with fastmcp {fastmcp} and mcp {mcp}. A test runs the same and fails when a check that passes bare does not
pass hardened.

A server of a blueprint is tried apart from this with all scenarios of prompts, resources, completion and caching, subscriptions to
resources included, and passes those of both protocol eras; nothing but Markdown files, a text file and functions stands behind it.

**{verdict}** Each cell: passed / failed / warned / skipped.

"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the suite found in the fixture, bare and hardened."""

    bare: Table
    hardened: Table

    def passed(self, which: Literal["bare", "hardened"]) -> int:
        """How many checks passed."""
        table = self.bare if which == "bare" else self.hardened
        return Counter(table.values())[Status.SUCCESS]

    def rows(self) -> str:
        """The table in Markdown: one row a scenario, then the total, then what does not pass hardened."""
        bare, hardened = counts(self.bare), counts(self.hardened)
        lines = ["| scenario | bare | hardened |", "|---|---|---|"]
        lines += [f"| {name} | {_cell(bare.get(name, {}))} | {_cell(of)} |" for name, of in hardened.items()]
        total = _cell(Counter(self.bare.values())), _cell(Counter(self.hardened.values()))
        lines += [f"| **all** | **{total[0]}** | **{total[1]}** |", ""]
        failed = [key for key, status in self.hardened.items() if status is Status.FAILURE]
        lines += [f"- fails: {name} / {check}{self._also_bare((name, check))}" for name, check in failed]
        return "\n".join(lines) + "\n"

    def page(self) -> str:
        """The whole page."""
        worse = regressions(self.bare, self.hardened)
        verdict = (
            f"{len(worse)} checks that pass bare fail hardened"
            if worse
            else "Every check that passes bare passes hardened"
        )
        head = _HEAD.format(
            suite=_SUITE_VERSION,
            date=datetime.now(UTC).date(),
            fastmcp=version("fastmcp"),
            mcp=version("mcp"),
            verdict=f"{verdict}: {self.passed('bare')} bare, {self.passed('hardened')} hardened.",
        )
        return head + self.rows()

    def _also_bare(self, key: tuple[str, str]) -> str:
        return " (bare, too)" if self.bare.get(key) is Status.FAILURE else ""


def compare(suite: Suite, directory: Path) -> Comparison:
    """Run the suite twice; `directory` keeps the raw results and the servers' logs."""
    tables = []
    for name in ("bare", "hardened"):
        with serving(directory / f"{name}.log", bare=name == "bare") as url:
            tables.append(suite.run(url, directory / name))
    return Comparison(*tables)


def _cell(of: Mapping[Status, int]) -> str:
    return " / ".join(str(of.get(status, 0)) for status in _PARTS)


def main() -> None:
    """Write the page."""
    comparison = compare(conformance_suite(os.environ), Path(tempfile.mkdtemp(prefix="conformance-")))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(comparison.page())
    sys.exit(bool(regressions(comparison.bare, comparison.hardened)))


if __name__ == "__main__":
    main()
