"""Fork servers and supervisors that die, stop, or lack something: each caller has an answer, the next run works."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.errors import SandboxLostError, SandboxStartError
from seawall.security.sandbox import Reach, Sandbox, Tier, find_program
from seawall.security.sandbox.counting import children
from seawall.security.sandbox.spares import Prepared, Spares
from seawall.security.sandbox.values import Execution
from support.sandboxes import MARK, TIERS, alive, execution, marked, shell
from support.watching import come, descendants

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("tier", TIERS), pytest.mark.whole]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  these are no paths


def here() -> Execution:
    return execution("/bin/echo", "here")


@contextlib.contextmanager
def stopped(process: int) -> Iterator[None]:
    """It does nothing meanwhile; it may be gone afterwards."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


@contextlib.contextmanager
def descriptors_of(process: int, most: int) -> Iterator[None]:
    """A process has no more than these."""
    before = resource.prlimit(process, resource.RLIMIT_NOFILE)
    resource.prlimit(process, resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_NOFILE, before)


async def killed(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    while alive(process):  # noqa: ASYNC110  the kernel tells nobody
        await asyncio.sleep(0.01)


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less long for those that stand still."""
    monkeypatch.setattr("seawall.security.sandbox.running._PATIENCE", 0.5)
    monkeypatch.setattr("seawall.security.sandbox.running._LINGER", 0.1)


def server_of(sandbox: Sandbox) -> int:
    assert sandbox.fork_server is not None
    return sandbox.fork_server


class TestReplacing:
    async def test_who_is_cancelled_while_one_starts_spoils_it_for_nobody(self, tier: Tier) -> None:
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            for seconds in (0.0, 0.01, 0.02, 0.04):
                await killed(server_of(opened))
                run = asyncio.ensure_future(opened.run(here()))
                await asyncio.sleep(seconds)
                run.cancel()
                await asyncio.gather(run, return_exceptions=True)
                assert (await opened.run(here())).stdout == b"here\n"
            last = server_of(opened)
        assert not alive(last)

    async def test_one_that_stands_still_keeps_nobody_and_is_replaced(
        self, tier: Tier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """What was not begun by the end of its time is never begun."""
        impatient(monkeypatch)
        async with Sandbox(tier=tier, minimum=Tier.LIMITS, grace=0.1) as opened:
            with stopped(server_of(opened)):
                late = shell(f"touch {tmp_path}/late", seconds=0.2)
                async with asyncio.timeout(20):
                    with pytest.raises(SandboxLostError):
                        await opened.run(late)
                    assert (await opened.run(here())).stdout == b"here\n"

    async def test_cancelling_returns_though_it_stands_still(
        self, tier: Tier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        impatient(monkeypatch)
        async with Sandbox(tier=tier, minimum=Tier.LIMITS, grace=0.1) as opened:
            with stopped(server_of(opened)):
                run = asyncio.ensure_future(opened.run(shell("sleep 300", seconds=300)))
                await asyncio.sleep(0.1)
                run.cancel()
                done, _ = await asyncio.wait([run], timeout=20)
                assert done
                async with asyncio.timeout(20):
                    assert (await opened.run(here())).stdout == b"here\n"

    async def test_a_supervisor_that_stands_still_keeps_nobody(
        self, tier: Tier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """It is killed, and all of its run with it."""
        impatient(monkeypatch)
        mark = f"still-{tier}-{tmp_path.name}"
        async with Sandbox(tier=tier, minimum=Tier.LIMITS, grace=0.1) as opened:
            run = asyncio.ensure_future(opened.run(shell("sleep 300", environment={MARK: mark}, seconds=1.0)))
            await come(lambda: marked(mark))
            supervisors = [each for each in descendants(server_of(opened)) if each not in marked(mark)]
            with contextlib.ExitStack() as stack:
                for each in supervisors:
                    stack.enter_context(stopped(each))
                async with asyncio.timeout(20):
                    with pytest.raises(SandboxLostError):
                        await run
                await come(lambda: not marked(mark))

    async def test_a_supervisor_that_stands_still_ends_with_the_server(
        self, tier: Tier, tmp_path: Path
    ) -> None:
        mark = f"last-{tier}-{tmp_path.name}"
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            run = asyncio.ensure_future(opened.run(shell("sleep 300", environment={MARK: mark})))
            await come(lambda: marked(mark))
            supervisors = await asyncio.to_thread(children, server_of(opened))
            for each in supervisors:
                os.kill(each, signal.SIGSTOP)
            started = await opened._start()
            started.server.link.close()
            await come(lambda: not marked(mark))
        await asyncio.gather(run, return_exceptions=True)
        assert not [each for each in supervisors if alive(each)]

    async def test_what_ended_before_it_began_is_never_begun(self, tier: Tier, tmp_path: Path) -> None:
        reach = Reach(writes=(tmp_path,))
        for _ in range(5):
            async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
                with stopped(server_of(opened)):
                    run = asyncio.ensure_future(opened.run(shell(f"touch {tmp_path}/begun", reach=reach)))
                    await asyncio.sleep(0.05)
                    run.cancel()
                    await asyncio.sleep(0.05)
                await asyncio.gather(run, return_exceptions=True)
            assert run.cancelled()
        assert not await asyncio.to_thread(os.listdir, tmp_path)


class TestLacking:
    async def test_descriptors_of_the_fork_server(self, tier: Tier) -> None:
        """It takes runs again as soon as it has some, and the same one does."""
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            before = server_of(opened)
            with descriptors_of(before, 10):
                many = [opened.run(shell("sleep 0.5")) for _ in range(20)]
                endings = await asyncio.gather(*many, return_exceptions=True)
            assert {type(each) for each in endings if isinstance(each, BaseException)} <= {
                SandboxLostError,
                SandboxStartError,
            }
            assert (await opened.run(here())).stdout == b"here\n"
            assert server_of(opened) == before

    async def test_descriptors_of_the_server(self, tier: Tier) -> None:
        """An answer that says so, and nothing that stays open."""
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            await opened.run(here())
            await opened._spares.close()
            open_ = descriptors()
            for more in range(4):
                with descriptors_of(0, open_ + more), pytest.raises(SandboxStartError, match="Too many open"):
                    await opened.run(here())
            assert descriptors() == open_

    async def test_a_supervisor_that_dies_while_it_is_sent_a_long_order(self, tier: Tier) -> None:
        """It has begun nothing: another one does it."""
        long = execution("/bin/echo", "here", environment={f"V{each}": "x" * 100_000 for each in range(12)})
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            for _ in range(3):
                await opened._start()
                first = server_of(opened)
                with stopped(first):
                    run = asyncio.ensure_future(opened.run(long))
                    await asyncio.sleep(0.05)
                    await killed(first)
                    assert (await run).stdout == b"here\n"


IN_FLIGHT = """
import asyncio, os, resource, signal, sys
from support.sandboxes import execution
from seawall.security.sandbox import Sandbox, Tier

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    async with Sandbox(tier=Tier(sys.argv[1]), minimum=Tier.LIMITS) as sandbox:
        for number in (65, 67):
            server = sandbox.fork_server
            os.kill(server, signal.SIGSTOP)
            runs = [asyncio.ensure_future(sandbox.run(execution("/bin/true"))) for _ in range(number)]
            await asyncio.sleep(0.5)
            os.kill(server, signal.SIGCONT)
            await asyncio.wait(runs, timeout=20)
            print(number, sum(run.done() and run.exception() is None for run in runs), sandbox.fork_server == server)
            sys.stdout.flush()
            os._exit(1) if not all(run.done() for run in runs) else None

asyncio.run(main())
"""
PRIVILEGED = "-sys_resource,-sys_admin"


async def test_descriptors_on_their_way(tier: Tier) -> None:
    """For an ordinary user the kernel counts those that are sent and not received: whoever meets the limit waits."""
    plain = ["setpriv", f"--bounding-set={PRIVILEGED}", f"--inh-caps={PRIVILEGED}"]
    command = [*(plain if os.geteuid() == 0 else []), sys.executable, "-c", IN_FLIGHT, tier]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.stdout.splitlines() == ["65 65 True", "67 67 True"], ended.stderr[-2000:]


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM], ids=str)
    async def test_to_all_processes_of_a_service_leave_none(
        self, tier: Tier, number: signal.Signals, tmp_path: Path
    ) -> None:
        """Service managers send them to each process at once; what does not go by them must go with the server."""
        mark = f"service-{tier}-{tmp_path.name}"
        script = "trap '' HUP INT TERM; sleep 300 & sleep 300; sleep 300"
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            run = asyncio.ensure_future(opened.run(shell(script, environment={MARK: mark})))
            await come(lambda: len(marked(mark)) == 3)
            for each in (server_of(opened), *descendants(server_of(opened))):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, number)
            await asyncio.sleep(0.2)
        await asyncio.gather(run, return_exceptions=True)
        assert not marked(mark)

    async def test_a_program_has_them_as_they_are_by_default(self, tier: Tier) -> None:
        async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
            code = (
                "import _signal; print([_signal.getsignal(each) is _signal.SIG_IGN for each in (1, 2, 15)])"
            )
            finished = await opened.run(execution(str(find_program("python3")), "-I", "-S", "-c", code))
            assert finished.stdout == b"[False, False, False]\n"


async def test_a_burst_asks_for_no_more_spares_than_are_kept(tier: Tier) -> None:
    made: list[socket.socket] = []

    async def make(_: Execution) -> Prepared:
        ours, theirs = socket.socketpair()
        made.append(theirs)
        return Prepared(ours, "")

    spares = Spares(make)
    for _ in range(50):
        spares.restock(shell("true"))
    await spares.settle()
    await spares.close()
    for theirs in made:
        theirs.close()
    assert len(made) == 2
