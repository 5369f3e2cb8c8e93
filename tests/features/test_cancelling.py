"""A caller who gives up costs the server nothing from then on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.archives import ENDLESS, make_archive
from support.blueprints import filesystem_blueprint
from support.clients import connect
from support.servers import GUARD, HttpServer, serve_http, wait_for_record

LONG_SEARCH = {"content": ENDLESS}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpServer]:
    make_archive(tmp_path / "archive")
    limits = 'request_timeout = "600s"\nworkers = 1'
    blueprint = filesystem_blueprint(tmp_path, tmp_path / "archive", limits=limits)
    with serve_http(tmp_path / "log", blueprint) as running:
        yield running


@pytest.mark.skipif(sys.platform != "linux", reason="reads the CPU time of another process from /proc")
@pytest.mark.anyio
@pytest.mark.parametrize("client", ["raw-handshake", "raw-modern"])
async def test_a_cancelled_search_stops_its_worker(server: HttpServer, client: str) -> None:
    """The only worker is free for the next call, and the server's processor time stands still."""
    async with connect(client, server.endpoint) as connection:
        answer = await connection.call("search_files", LONG_SEARCH, cancel_after=1.0)
        assert answer.kind == "cancelled"
        wait_for_record(server.log, name="search_files", outcome="cancelled")
        listing = await connection.call("list_directory", {"limit": 1})
        assert listing.data["entries"]
    _wait_until_idle(server.process.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the CPU time of another process from /proc")
@pytest.mark.anyio
async def test_a_search_that_nobody_cancels_goes_on(server: HttpServer) -> None:
    """The control of the test above: without a cancel, this search keeps the processor busy."""
    async with connect("raw-modern", server.endpoint) as connection:
        begin = _processor_seconds(server.process.pid)
        answer = await connection.call("search_files", LONG_SEARCH | {"limit": 1}, cancel_after=3.0)
        assert answer.kind == "cancelled"
        assert _processor_seconds(server.process.pid) - begin > 0.5
    _wait_until_idle(server.process.pid)


def _wait_until_idle(pid: int) -> None:
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        before = _processor_seconds(pid)
        time.sleep(1)
        if _processor_seconds(pid) - before < 0.05:
            return
    raise AssertionError("the server went on working for a caller who had gone")


def _processor_seconds(pid: int) -> float:
    """User and system time of a process: fields 14 and 15 of /proc/PID/stat (proc(5)), in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
