"""Commands as `seawall serve` offers them: listed, called, cancelled, refused to start, and run as background tasks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp_tasks.client import ToolTask, call_tool_task

from support.clients import PYTHON_CLIENTS, Endpoint, connect
from support.servers import (
    GUARD,
    HttpServer,
    command,
    environment,
    free_port,
    run,
    serve_http,
    stdio,
    wait_for_record,
)

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

BLUEPRINT = """\
[server]
name = "yard"

[[toolset]]
kind = "command"
roots = "./ws"

[[toolset.command]]
name = "count_lines"
description = "Lines of a file."
argv = ["wc", "-l", "--", "{file}"]
params = { file = { type = "path", must = "file" } }
reads = ["."]

[[toolset.command]]
name = "nap"
argv = ["sleep", "{seconds}"]
params = { seconds = { type = "number", minimum = 0 } }
timeout = "60s"
task = "optional"

[[toolset.command]]
name = "greet"
argv = ["printf", "hello %s", "{name}"]
params = { name = { pattern = "[a-z]+" } }
environment = { TOKEN = "env:YARD_TOKEN" }

[[toolset.command]]
name = "touch_file"
argv = ["tee", "--", "new.txt"]
stdin = "text"
params = { text = { type = "string" } }
writes = ["."]
"""

ENVIRONMENT = {"YARD_TOKEN": "s3cr3t-of-the-yard"}


def laid_out(directory: Path) -> Path:
    (directory / "ws").mkdir()
    (directory / "ws" / "notes.txt").write_text("one\ntwo\n")
    blueprint = directory / "seawall.toml"
    blueprint.write_text(BLUEPRINT)
    return blueprint


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    return laid_out(tmp_path)


@pytest.fixture(scope="module", params=["stdio", "http"])
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One server over HTTP for all tests of the module: none of them changes anything that another could see."""
    directory = tmp_path_factory.mktemp("yard")
    log, blueprint = directory / "log", laid_out(directory)
    if request.param == "stdio":
        yield stdio(log, blueprint, extra=ENVIRONMENT)
        return
    with serve_http(log, blueprint, extra=ENVIRONMENT) as server:
        yield server.endpoint


@pytest.mark.parametrize("client", PYTHON_CLIENTS)
async def test_commands_are_listed_and_called(endpoint: Endpoint, client: str) -> None:
    async with connect(client, endpoint) as connection:
        tools = {tool["name"]: tool for tool in await connection.list_tools()}
        assert sorted(tools) == ["count_lines", "greet", "nap"]  # access = "read": nothing that writes
        assert tools["count_lines"]["annotations"]["readOnlyHint"]
        assert "outputSchema" not in tools["count_lines"]
        answer = await connection.call("count_lines", {"file": "notes.txt"})
        assert answer.text == "2 ./notes.txt\n\n\nExit code 0."
        assert answer.own_meta("result") == {"exit_code": 0, "complete": True}
        refused = await connection.call("count_lines", {"file": "../seawall.toml"})
        assert refused.own_meta("error")["code"] == "path_escapes"
        refused = await connection.call("greet", {"name": "a; id"})
        assert refused.own_meta("error")["code"] == "invalid_arguments"
        refused = await connection.call("greet", {"name": "a", "more": 1})
        assert refused.own_meta("error")["code"] == "invalid_arguments"


def test_the_tier_is_told_by_the_log_and_by_readyz(yard: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serve_http(log, yard, extra=ENVIRONMENT) as server:
        told = json.loads(server.get("/readyz")[1])
        assert told["status"] == "ok"
        assert told["sandbox"] in {"landlock", "bwrap"}
        ready = wait_for_record(log, event="ready")
        assert ready["sandbox"] == told["sandbox"]
        assert "sandbox" not in json.loads(server.get("/livez")[1])


def test_a_sandbox_that_is_too_weak_keeps_the_server_from_starting(yard: Path) -> None:
    """On a machine that is made to offer no more than limits: a program that the sandbox needs refuses to do it."""
    program = (
        "import sys; import seawall.security.sandbox.machine as machine; from seawall.security.sandbox import Tier;"
        "real = machine.examine;"
        "import dataclasses, seawall.security.sandbox.sandbox as sandbox;"
        "sandbox.examine = lambda **k: dataclasses.replace(real(**k), best=Tier.LIMITS, "
        "lacking={Tier.LANDLOCK: 'not here', Tier.BUBBLEWRAP: 'not here'});"
        "from seawall.cli import main; sys.exit(main())"
    )
    for arguments, status in ((["serve", str(yard), "--transport", "stdio"], 3), (["check", str(yard)], 1)):
        ended = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=environment(ENVIRONMENT),
            input="",
            capture_output=True,
            text=True,
            timeout=GUARD,
            check=False,
        )
        assert ended.returncode == status, ended.stderr
        assert "a sandbox of the tier landlock" in ended.stderr + ended.stdout


def test_check_tells_what_is_missing_and_what_a_program_may_do(yard: Path) -> None:
    yard.write_text(BLUEPRINT.replace('"wc"', '"no-such-program"'))
    ended = run("check", yard, extra=ENVIRONMENT)
    assert ended.returncode == 1
    assert "there is no program 'no-such-program'" in ended.stdout
    yard.write_text(BLUEPRINT.replace('"wc", "-l", "--"', '"vim"'))
    found = json.loads(run("check", yard, "--json", extra=ENVIRONMENT).stdout)["findings"]
    assert {each["code"] for each in found} >= {"runs_programs"}
    yard.write_text(BLUEPRINT.replace('"wc", "-l", "--"', '"sh", "-c"'))
    ended = run("check", yard, extra=ENVIRONMENT)
    assert ended.returncode == 2
    assert "text that a shell runs" in ended.stdout


def test_documentation_says_what_each_program_may_touch(yard: Path, tmp_path: Path) -> None:
    ended = run("docs", yard, "--output", tmp_path / "docs", extra=ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    text = "".join(page.read_text() for page in sorted((tmp_path / "docs").rglob("*.md")))
    assert "count_lines" in text
    assert "wc -l -- {file}" in text
    assert "no network" in text
    assert "s3cr3t" not in text


def test_a_signal_to_the_server_leaves_no_process_behind(yard: Path, tmp_path: Path) -> None:
    with serve_http(tmp_path / "log", yard, extra=ENVIRONMENT) as server:
        calling = subprocess.Popen(
            [*command("run", yard, "nap", "--args", '{"seconds": 86397.5}')],
            env=environment(ENVIRONMENT),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _until(lambda: _sleeping("86397.5"))
            calling.send_signal(signal.SIGTERM)
            calling.wait(GUARD)
            _until(lambda: not _sleeping("86397.5"))
        finally:
            calling.kill()
            calling.wait()
        assert server.process.poll() is None


# --- background tasks


@contextlib.asynccontextmanager
async def modern(endpoint: Endpoint) -> AsyncIterator[Client[Any]]:
    """A client that knows background tasks."""
    transport: Any
    if endpoint.url:
        transport = StreamableHttpTransport(endpoint.url)
    else:
        head, *rest = endpoint.command
        transport = StdioTransport(head, list(rest), env=dict(endpoint.environment), keep_alive=False)
    async with Client(transport) as client:
        yield client


async def test_a_long_run_is_a_task_that_is_started_asked_for_and_done(endpoint: Endpoint) -> None:
    async with asyncio.timeout(GUARD), modern(endpoint) as client:
        task = await call_tool_task(client, "nap", {"seconds": 0.5})
        assert (await task.status()).status == "working"
        result = await task.result()
        assert "Exit code 0." in str(result.content)


async def test_a_task_that_is_cancelled_leaves_no_process(endpoint: Endpoint) -> None:
    async with asyncio.timeout(GUARD), modern(endpoint) as client:
        task = await call_tool_task(client, "nap", {"seconds": 86396.5})
        await _come(lambda: _sleeping("86396.5"))
        await task.cancel()
        await _come(lambda: not _sleeping("86396.5"))
        assert (await task.status()).status == "cancelled"


async def test_what_is_no_task_answers_at_once_whoever_asks(endpoint: Endpoint) -> None:
    async with asyncio.timeout(GUARD), modern(endpoint) as client:
        with pytest.raises(Exception, match="did not run as a task"):
            await call_tool_task(client, "greet", {"name": "ada"})
        assert "hello ada" in str((await client.call_tool("greet", {"name": "ada"})).content)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[int]:
    """Debian's Redis, on a port of its own."""
    port = free_port()
    line = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(GUARD)


@pytest.fixture
def kept(yard: Path, redis: int) -> Path:
    """The blueprint, with tasks in Redis and little time for each."""
    short = BLUEPRINT.replace('timeout = "60s"', 'timeout = "3s"')
    yard.write_text(f'{short}\n[state]\nurl = "redis://127.0.0.1:{redis}/0"\n')
    return yard


@pytest.mark.redis
async def test_tasks_survive_the_server_with_redis(kept: Path, tmp_path: Path) -> None:
    """What had ended is told by the next server, and what had not is run to its end by it."""
    with serve_http(tmp_path / "first", kept, extra=ENVIRONMENT) as server:
        ended = await _begun(server, 0.1, finished=True)
        cut_off = await _begun(server, 2.5, finished=False)
    assert not _sleeping("2.5")
    with serve_http(tmp_path / "second", kept, extra=ENVIRONMENT) as server:
        async with asyncio.timeout(2 * GUARD), modern(server.endpoint) as client:
            for before in (ended, cut_off):
                result = await ToolTask(client, "nap", before.create_result).result()
                assert "Exit code 0." in str(result.content)


async def _begun(server: HttpServer, seconds: float, *, finished: bool) -> ToolTask:
    async with asyncio.timeout(GUARD), modern(server.endpoint) as client:
        task = await call_tool_task(client, "nap", {"seconds": seconds})
        if finished:
            await task.result()
        else:
            await _come(lambda: _sleeping(str(seconds)))
        return task


async def _come(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110  what other processes do
        await asyncio.sleep(0.05)


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + GUARD
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _sleeping(seconds: str) -> list[str]:
    """The processes that sleep for so long."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with contextlib.suppress(OSError):
                if (each / "cmdline").read_bytes().endswith(f"sleep\0{seconds}\0".encode()):
                    found.append(each.name)
    return found
