"""The openapi toolset beside `FastMCP.from_openapi` with the same descriptions, each figure a ratio measured in one run.

    python -m benchmarks.apis [--rounds 3] [--quick] [--output docs/benchmarks-apis.md]

Takes some minutes for each round and writes docs/benchmarks-apis.md, which also says how it is measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.apis.descriptions import found
from benchmarks.apis.measuring import Effort, measure
from benchmarks.apis.report import document
from benchmarks.compare.machine import Watch

_DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks-apis.md"
_QUICK = Effort(rounds=1, lists=2, lists_over_http=3, calls=2, pieces=2, width=4)


def main() -> None:
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=Effort.rounds)
    parser.add_argument(
        "--quick", action="store_true", help="next to nothing, of one description, to see that it works"
    )
    parser.add_argument("--output", type=Path, default=_DOCUMENT)
    options = parser.parse_args()
    effort = _QUICK if options.quick else Effort(rounds=options.rounds)
    watch = Watch.begin()
    with tempfile.TemporaryDirectory(prefix="seawall-benchmarks-") as directory:
        apis = found(Path(directory), smallest=options.quick)
        ledger = measure(apis, Path(directory), effort, lambda line: print(line, file=sys.stderr, flush=True))
    options.output.write_text(document(ledger, apis, effort, others=watch.others()))
    print(options.output)


if __name__ == "__main__":
    main()
