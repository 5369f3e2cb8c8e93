"""How long it takes from nothing to a verified tool call over HTTP, by the README's own sequence of commands.

    .venv/bin/python benchmarks/first_project.py [--runs 3] [--limit 10]

Runs the README's block in an empty folder, as printed, and prints the seconds of each run; with `--limit` it fails when
the fastest is longer. Port 8000 must be free.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

README = Path(__file__).absolute().parent.parent / "README.md"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float)
    options = parser.parse_args()
    block = re.search(r"^```sh\n(seawall new .*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    if block is None:
        sys.exit("the README has no block that begins with `seawall new`")
    times = [timed(block[1]) for _ in range(options.runs)]
    print(", ".join(f"{seconds:.1f} s" for seconds in times))
    return int(options.limit is not None and min(times) > options.limit)


def timed(commands: str) -> float:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        ended = subprocess.run(
            ["bash", "-euc", commands],
            cwd=folder,
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - begin
    if ended.returncode or "what the assistant can reach" not in ended.stdout:
        sys.exit(f"it failed:\n{ended.stdout}\n{ended.stderr}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
