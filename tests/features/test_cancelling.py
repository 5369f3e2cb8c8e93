"""A caller who gives up costs the server nothing from then on."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.archives import ENDLESS, make_archive
from support.blueprints import filesystem_blueprint
from support.clients import connect
from support.servers import GUARD, HttpServer, serve_http, stdio, wait_for_record

pytestmark = pytest.mark.whole

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


STOPPABLE = """
import asyncio, pathlib, time
import seawall

def note(word: str) -> None:
    with pathlib.Path(__file__).with_name("record").open("a") as record:
        record.write(word + "\\n")

@seawall.operation(read_only=True)
def asks(context: seawall.Context) -> str:
    note("asks began")
    while not context.cancelled:
        context.progress(1)
        time.sleep(0.01)
    note("asks stopped")
    return "late"

@seawall.operation(read_only=True)
def checks(context: seawall.Context) -> str:
    note("checks began")
    try:
        while True:
            context.check()
            time.sleep(0.01)
    except seawall.OperationError:
        note("checks stopped")
        raise

@seawall.operation(read_only=True)
async def waits() -> str:
    note("waits began")
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        note("waits stopped")
        raise
    return "late"
"""


@pytest.mark.anyio
@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("client", ["raw-handshake", "raw-modern"])
async def test_functions_see_that_their_caller_has_gone(tmp_path: Path, client: str, transport: str) -> None:
    """A coroutine is cancelled; a function on a thread finds `cancelled` true, and `check` ends it."""
    (tmp_path / "stoppable.py").write_text(STOPPABLE)
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "test"\n[limits]\nrequest_timeout = "600s"\n[[toolset]]\nkind = "python"\nmodule = "stoppable"\n'
    )
    with contextlib.ExitStack() as stack:
        if transport == "http":
            running = stack.enter_context(serve_http(tmp_path / "log", tmp_path / "seawall.toml"))
            endpoint = running.endpoint
        else:
            endpoint = stdio(tmp_path / "log", tmp_path / "seawall.toml")
        async with connect(client, endpoint) as connection:
            assert (
                len(await connection.list_tools()) == 3
            )  # it is up: the cancel must not come before the call
            for name in ("asks", "checks", "waits"):
                answer = await connection.call(name, cancel_after=1.0)
                assert answer.kind == "cancelled"
                _wait_for_line(tmp_path / "record", f"{name} stopped")


def _wait_for_line(record: Path, line: str) -> None:
    end = time.monotonic() + GUARD
    while line not in record.read_text().splitlines():
        assert time.monotonic() < end, record.read_text()
        time.sleep(0.05)
