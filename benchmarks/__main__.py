"""Seawall beside bare FastMCP: speed, processor time, start and memory, each as a ratio measured in one run.

    make bench
    python -m benchmarks [--rounds 5] [--quick] [--output docs/benchmarks.md]

Takes some minutes and writes docs/benchmarks.md, which also says how it is measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.compare.machine import Watch
from benchmarks.compare.report import document
from benchmarks.compare.rounds import Effort, measure
from benchmarks.compare.servers import Site

_DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_QUICK = Effort(rounds=1, calls=2, pieces=2, warm=1, width=4, starts=0, settled=1)


def main() -> None:
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=Effort.rounds)
    parser.add_argument("--quick", action="store_true", help="next to nothing, to see that it works")
    parser.add_argument("--output", type=Path, default=_DOCUMENT)
    options = parser.parse_args()
    effort = _QUICK if options.quick else Effort(rounds=options.rounds)
    watch = Watch.begin()
    with tempfile.TemporaryDirectory(prefix="seawall-benchmarks-") as directory:
        ledger = measure(Site(Path(directory)), effort, lambda line: print(line, file=sys.stderr, flush=True))
    options.output.write_text(document(ledger, effort, others=watch.others()))
    print(options.output)


if __name__ == "__main__":
    main()
