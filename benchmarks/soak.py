"""Two hundred clients for a minute, honest and hostile ones together, and SIGTERM in the middle of their calls.

    python benchmarks/soak.py [--seconds 60] [--clients 200]

The exit status is 1 when a promise is broken (tests/endurance/run.py says what is promised).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from endurance.run import soak


def main() -> int:
    """Soak and print the table; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        outcome = soak(Path(directory), seconds=options.seconds, clients=options.clients)
    for name, value in outcome.rows.items():
        print(f"{name:60} {value}")
    for words in outcome.broken:
        print(f"BROKEN: {words}", file=sys.stderr)
    print("broken promises:" if outcome.broken else "all promises held", len(outcome.broken) or "")
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
