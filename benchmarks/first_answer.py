"""How long a newcomer waits: from typing `make serve` in a fresh clone to the answer of the first tool call.

    python3 benchmarks/first_answer.py [--limits 90 5]

Clones the committed state of this repository into an empty folder, types `make serve` there twice, and each time asks
the server for a tool call until it answers. Prints both times in seconds; with `--limits` it fails when one is longer.
Needs nothing but Python and make. Time depends on the network and on what pip has cached: the first line says it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).absolute().parent.parent
GIVE_UP = 600.0
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {
        "name": "list_directory",
        "arguments": {},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "first-answer", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}
HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "list_directory",
}


def answers(port: int) -> bool:
    """Whether a real tool call comes back with a result."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        try:
            connection.request("POST", "/mcp", body=json.dumps(CALL), headers=HEADERS)
            response = connection.getresponse()
            body = response.read()
        except OSError:
            return False
    if response.status != http.HTTPStatus.OK:
        raise SystemExit(f"the call was refused: {response.status} {body.decode()}")
    result = json.loads(body)["result"]
    if result.get("isError"):
        raise SystemExit(f"the call failed: {result}")
    return True


def seconds_to_first_answer(clone: Path) -> float:
    """Type `make serve`, wait for an answer, stop the server, and tell how long the wait was."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begin = time.monotonic()
    # A session of its own: the server is a grandchild, and ends together with make.
    process = subprocess.Popen(["make", "serve", f"PORT={port}"], cwd=clone, start_new_session=True)
    try:
        while not answers(port):
            if process.poll() is not None or time.monotonic() - begin > GIVE_UP:
                raise SystemExit("`make serve` ended, or never answered")
            time.sleep(0.02)
        return time.monotonic() - begin
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--limits", nargs=2, type=float, metavar=("FIRST", "SECOND"))
    limits = parser.parse_args().limits
    with tempfile.TemporaryDirectory(prefix="seawall-first-answer-") as folder:
        clone = Path(folder, "seawall")
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        times = [seconds_to_first_answer(clone), seconds_to_first_answer(clone)]
    print(f"first answer after `make serve` in a fresh clone: {times[0]:.1f} s")
    print(f"first answer the second time:                     {times[1]:.1f} s", flush=True)
    if limits and any(taken > limit for taken, limit in zip(times, limits, strict=True)):
        sys.exit(f"longer than {limits[0]:.0f} s or {limits[1]:.0f} s")


if __name__ == "__main__":
    main()
