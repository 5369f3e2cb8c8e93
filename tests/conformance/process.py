"""The fixture server as a process of its own."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["serving"]

_START_SECONDS = 60
"""A guard against a server that never comes up, not a promise."""

_STOP_SECONDS = 15


@contextmanager
def serving(log: Path, *, bare: bool) -> Iterator[str]:
    """Serve the fixture for the time of the block and hand out its URL; what it writes to stderr goes to `log`."""
    command = [sys.executable, "-m", "conformance.serve", "--port", "0", *(["--bare"] if bare else [])]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=environment) as process,
    ):
        try:
            yield _first_line(process, log)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _first_line(process: "subprocess.Popen[bytes]", log: Path) -> str:
    if process.stdout is None:
        raise RuntimeError("the server has no standard output")
    deadline = time.monotonic() + _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if selector.select(timeout=1):
                break
    line = process.stdout.readline() if process.poll() is None else b""
    if not line.endswith(b"\n"):
        raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
    return line.decode().strip()
