"""What the sandbox promises to whoever runs programs in it, on each tier that this machine offers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from seawall.errors import SandboxLostError, SandboxReachError, SandboxStartError, StartError, UnsafeError
from seawall.security.sandbox import (
    Exited,
    Killed,
    LimitReached,
    OutputFull,
    Reach,
    Sandbox,
    Stream,
    Tier,
    TimedOut,
    find_program,
)
from support.sandboxes import CEILING, MARK, TIERS, alive, execution, marked, shell

pytestmark = pytest.mark.anyio


@pytest.fixture(params=TIERS)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    async with Sandbox(tier=request.param, minimum=Tier.LIMITS) as opened:
        yield opened


@pytest.fixture
async def strong() -> AsyncIterator[Sandbox]:
    async with Sandbox(tier=Tier.LANDLOCK) as opened:
        yield opened


async def until_marked(mark: str, number: int) -> list[int]:
    """The processes with the mark, as soon as there are so many."""
    async with asyncio.timeout(60):
        while len(found := await asyncio.to_thread(marked, mark)) < number:  # noqa: ASYNC110  the kernel tells nobody
            await asyncio.sleep(0.02)
    return found


async def until_gone(mark: str, directory: Path) -> None:
    """Returns when no process has the mark and nothing is in the directory."""

    def left() -> bool:
        return bool(marked(mark)) or any(directory.iterdir())

    async with asyncio.timeout(30):
        while await asyncio.to_thread(left):  # noqa: ASYNC110  likewise
            await asyncio.sleep(0.02)


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[1])


def children_of(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def below(process: int) -> list[int]:
    """Its children, theirs, and so on, as far as they are there."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for child in children_of(process):
            found += [child, *below(child)]
    return found


class TestRunning:
    async def test_output_status_and_tier_come_back(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(shell("echo out; echo err >&2; exit 3"))
        assert (finished.stdout, finished.stderr) == (b"out\n", b"err\n")
        assert finished.ending == Exited(3)
        assert (finished.left_out, finished.tier) == (0, sandbox.tier)

    async def test_input_is_read_to_its_end(self, sandbox: Sandbox) -> None:
        data = os.urandom(200_000)
        finished = await sandbox.run(execution("/bin/cat", stdin=data))
        assert finished.stdout == data

    async def test_without_input_the_program_sees_that_there_is_none(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(shell("[ -c /dev/stdin ] || [ ! -e /dev/stdin ] && wc -c"))
        assert finished.stdout.strip() == b"0"

    async def test_the_environment_is_what_was_given(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(execution("/usr/bin/env", environment={"GIVEN": "yes"}))
        names = {line.partition(b"=")[0] for line in finished.stdout.splitlines()}
        assert names == {b"PATH", b"HOME", b"TMPDIR", b"GIVEN"}

    async def test_bytes_that_are_no_text_pass_as_they_are(self, sandbox: Sandbox) -> None:
        strange = os.fsdecode(b"a\xff\xfeb")
        finished = await sandbox.run(execution("/bin/echo", strange, environment={"V": strange}))
        assert finished.stdout == b"a\xff\xfeb\n"

    async def test_what_is_written_is_heard_at_once(self, sandbox: Sandbox) -> None:
        heard: list[tuple[Stream, bytes]] = []
        first = asyncio.Event()

        def hear(stream: Stream, data: bytes) -> None:
            heard.append((stream, data))
            first.set()

        run = asyncio.ensure_future(sandbox.run(shell("echo one; sleep 300"), heard=hear))
        async with asyncio.timeout(30):
            await first.wait()
        assert not run.done()
        assert heard == [(Stream.STDOUT, b"one\n")]
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    async def test_the_directory_is_the_descriptor(self, sandbox: Sandbox, tmp_path: Path) -> None:
        (tmp_path / "here").write_text("found")
        descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            finished = await sandbox.run(
                execution("/bin/cat", "here", directory=descriptor, reach=Reach(reads=(tmp_path,)))
            )
            assert finished.stdout == b"found"
            os.fstat(descriptor)  # it stayed ours
        finally:
            os.close(descriptor)

    async def test_writes_are_possible_where_they_are_allowed(self, sandbox: Sandbox, tmp_path: Path) -> None:
        reach = Reach(writes=(tmp_path,))
        script = "mkdir d && echo text > d/f && mv d/f g && rm -r d && ln -s g link && cat link"
        finished = await sandbox.run(shell(script, directory=tmp_path, reach=reach))
        assert (finished.stdout, finished.stderr) == (b"text\n", b"")
        assert (tmp_path / "g").read_text() == "text\n"

    async def test_each_run_has_a_private_directory_that_goes_with_it(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(shell('echo x > "$TMPDIR/file"; ls "$HOME"; echo "$TMPDIR"'))
        listed, path = finished.stdout.decode().splitlines()
        assert listed == "file"
        assert not await asyncio.to_thread(os.path.lexists, path)

    async def test_many_at_once_keep_apart(self, sandbox: Sandbox) -> None:
        finished = await asyncio.gather(*(sandbox.run(execution("/bin/echo", str(n))) for n in range(20)))
        assert [one.stdout for one in finished] == [f"{n}\n".encode() for n in range(20)]


class TestEnding:
    async def test_a_signal_of_its_own_is_told(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(shell("kill -SEGV $$"))
        assert finished.ending == Killed(signal.SIGSEGV)

    async def test_time_is_up_and_what_was_written_is_kept(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(shell("echo begun; sleep 300", seconds=0.5))
        assert finished.ending == TimedOut()
        assert finished.stdout == b"begun\n"

    async def test_it_is_asked_to_end_before_it_is_made_to(self, sandbox: Sandbox) -> None:
        script = "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        finished = await sandbox.run(shell(script, seconds=1.0))
        assert finished.ending == TimedOut()
        assert finished.stdout == b"ready\nasked\n"

    async def test_output_over_the_limit_ends_it_and_the_rest_is_kept(self, sandbox: Sandbox) -> None:
        ceiling = replace(CEILING, output=1000)
        finished = await sandbox.run(shell("yes; sleep 300", ceiling=ceiling))
        assert finished.ending == OutputFull()
        assert finished.stdout == b"y\n" * 500
        assert finished.left_out > 0

    async def test_output_that_just_fits_is_no_fault(self, sandbox: Sandbox) -> None:
        finished = await sandbox.run(execution("/bin/echo", "123", ceiling=replace(CEILING, output=4)))
        assert (finished.ending, finished.stdout, finished.left_out) == (Exited(0), b"123\n", 0)

    async def test_the_limits_that_the_kernel_holds_are_named(self, sandbox: Sandbox, tmp_path: Path) -> None:
        large = shell(
            "exec head -c 3000000 /dev/zero > large",
            directory=tmp_path,
            reach=Reach(writes=(tmp_path,)),
            ceiling=replace(CEILING, file_size=1_000_000),
        )
        finished = await sandbox.run(large)
        assert finished.ending == LimitReached("file_size")
        assert (tmp_path / "large").stat().st_size <= 1_000_000

    async def test_cancelling_returns_when_nothing_is_left(self, sandbox: Sandbox, tmp_path: Path) -> None:
        mark = f"{sandbox.tier}-{tmp_path.name}"
        script = "sleep 300 & (sleep 300 &) ; trap '' TERM; sleep 300; sleep 300"
        run = asyncio.ensure_future(sandbox.run(shell(script, environment={MARK: mark})))
        await until_marked(mark, 4)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert marked(mark) == []

    async def test_cancelling_at_any_moment_leaves_nothing(self, sandbox: Sandbox, tmp_path: Path) -> None:
        mark = f"early-{sandbox.tier}-{tmp_path.name}"
        large = {
            f"V{number}": "x" * 100_000 for number in range(12)
        }  # does not fit into the connection at once
        for step in range(16):
            environment = {MARK: mark, **(large if step % 2 else {})}
            run = asyncio.ensure_future(sandbox.run(shell("sleep 300", environment=environment)))
            await asyncio.sleep(step * 0.002)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
        assert marked(mark) == []

    async def test_leaving_ends_what_runs(self, tmp_path: Path) -> None:
        for tier in TIERS:
            mark = f"leave-{tier}-{tmp_path.name}"
            async with Sandbox(tier=tier, minimum=Tier.LIMITS) as opened:
                running = [
                    asyncio.ensure_future(opened.run(shell("sleep 300", environment={MARK: mark})))
                    for _ in range(3)
                ]
                await until_marked(mark, 3)
                server = opened.fork_server
            assert server is not None
            assert not alive(server)
            assert marked(mark) == []
            endings = await asyncio.gather(*running, return_exceptions=True)
            assert len(endings) == 3
            with pytest.raises(StartError):
                await opened.run(shell("true"))


class TestFaults:
    async def test_a_program_that_is_not_there(self, sandbox: Sandbox) -> None:
        with pytest.raises(SandboxStartError, match="does not exist"):
            await sandbox.run(execution("/usr/bin/no-such-program"))

    async def test_a_program_that_may_not_be_executed(self, strong: Sandbox, tmp_path: Path) -> None:
        program = tmp_path / "own"
        program.write_text("#!/bin/sh\necho run\n")
        program.chmod(0o755)
        with pytest.raises(SandboxStartError, match="Permission denied"):
            await strong.run(execution(str(program), reach=Reach(reads=(tmp_path,))))
        finished = await strong.run(execution(str(program), reach=Reach(executes=(tmp_path,))))
        assert finished.stdout == b"run\n"

    async def test_a_path_of_the_reach_that_is_gone(self, strong: Sandbox, tmp_path: Path) -> None:
        with pytest.raises(SandboxStartError, match="No such file"):
            await strong.run(execution("/bin/true", reach=Reach(reads=(tmp_path / "gone",))))

    async def test_a_run_that_left_very_many_files_is_over_before_they_are(self, strong: Sandbox) -> None:
        """Removing them takes about as long as making them did: nobody waits for that, and none is left in the end."""
        code = "import os\nos.chdir(os.environ['TMPDIR'])\nn = 0\nwhile n := n + 1: os.close(os.open(str(n), 65))"
        program = str(find_program("python3"))
        finished = await strong.run(execution(program, "-I", "-S", "-c", code, seconds=4.0))
        assert finished.ending == TimedOut()
        directory = strong._directories[-1]
        async with asyncio.timeout(60):
            while any(await asyncio.to_thread(os.listdir, directory)):  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.05)

    async def test_a_directory_that_is_gone(self, sandbox: Sandbox, tmp_path: Path) -> None:
        with pytest.raises(SandboxStartError, match="working directory"):
            await sandbox.run(execution("/bin/true", directory=tmp_path / "gone"))

    async def test_a_directory_that_became_another_one(self, tmp_path: Path) -> None:
        """In namespaces the path is walked again: what lies there now has to be what was meant."""
        if Tier.BUBBLEWRAP not in TIERS:
            return
        place = tmp_path / "place"
        place.mkdir()
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        place.rename(tmp_path / "moved")
        place.mkdir()
        try:
            async with Sandbox(tier=Tier.BUBBLEWRAP) as opened:
                with pytest.raises(SandboxStartError):
                    await opened.run(execution("/bin/pwd", directory=descriptor, reach=Reach(reads=(place,))))
        finally:
            os.close(descriptor)

    async def test_a_fork_server_that_died_is_replaced(self, sandbox: Sandbox) -> None:
        first = sandbox.fork_server
        assert first is not None
        os.kill(first, signal.SIGKILL)
        finished = await asyncio.gather(*(sandbox.run(execution("/bin/echo", str(n))) for n in range(5)))
        assert [one.stdout for one in finished] == [f"{n}\n".encode() for n in range(5)]
        assert sandbox.fork_server not in {None, first}

    async def test_no_directory_is_left_when_a_fork_server_was_killed(self) -> None:
        async with Sandbox() as opened:
            await opened.run(shell("true"))
            directory = opened._directories[-1]
            assert opened.fork_server is not None
            os.kill(opened.fork_server, signal.SIGKILL)
        assert not await asyncio.to_thread(os.path.lexists, directory)

    async def test_a_run_outlives_its_fork_server(self, sandbox: Sandbox, tmp_path: Path) -> None:
        mark = f"outlive-{sandbox.tier}-{tmp_path.name}"
        run = asyncio.ensure_future(sandbox.run(shell("sleep 1; echo done", environment={MARK: mark})))
        await until_marked(mark, 1)
        assert sandbox.fork_server is not None
        os.kill(sandbox.fork_server, signal.SIGKILL)
        assert (await run).stdout == b"done\n"

    async def test_with_its_supervisor_a_run_ends_whole(self, sandbox: Sandbox, tmp_path: Path) -> None:
        mark = f"supervisor-{sandbox.tier}-{tmp_path.name}"
        script = "sleep 300 & (sleep 300 &); sleep 300; sleep 300"
        run = asyncio.ensure_future(sandbox.run(shell(script, environment={MARK: mark})))
        await until_marked(mark, 4)
        assert sandbox.fork_server is not None
        process = (await until_marked(mark, 4))[0]
        while (parent := parent_of(process)) != sandbox.fork_server:
            process = parent
        os.kill(process, signal.SIGKILL)
        with pytest.raises(SandboxLostError):
            await run
        await until_gone(mark, tmp_path)

    def test_a_minimum_that_is_not_reached_is_refused(self) -> None:
        with pytest.raises(UnsafeError):
            Sandbox(tier=Tier.LIMITS, minimum=Tier.LANDLOCK)

    async def test_a_list_of_hosts_that_cannot_be_held_is_refused(self) -> None:
        async with Sandbox(tier=Tier.LIMITS, minimum=Tier.LIMITS) as opened:
            with pytest.raises(SandboxReachError):
                await opened.run(execution("/bin/true", reach=Reach(network=frozenset({"example.com"}))))


_HOST = """
import asyncio, os, signal, sys
from support.sandboxes import MARK, shell
from seawall.security.sandbox import Sandbox, Tier

async def main():
    async with Sandbox(tier=Tier(sys.argv[1]), minimum=Tier.LIMITS) as sandbox:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
        script = "trap '' TERM; sleep 300 & (sleep 300 &); sleep 300; sleep 300"
        run = shell(script, environment={MARK: sys.argv[2]})
        await asyncio.gather(*(sandbox.run(run) for _ in range(5)))

asyncio.run(main())
"""


@pytest.mark.parametrize("tier", [tier for tier in TIERS if tier is Tier.BUBBLEWRAP])
class TestSpares:
    """Namespaces that were made before they were needed."""

    async def test_one_that_was_prepared_is_used(self, tier: Tier) -> None:
        async with Sandbox(tier=tier) as opened:
            run = shell("echo $TMPDIR")
            await opened.run(run)
            await opened._spares.settle()
            (waiting,) = opened._spares._waiting.values()
            prepared = [one.private for one in waiting]
            finished = await opened.run(run)
            assert finished.stdout.decode().strip() in prepared

    async def test_one_that_shows_what_is_no_more_is_not(self, tier: Tier, tmp_path: Path) -> None:
        place = tmp_path / "place"
        place.mkdir()
        (place / "file").write_text("old")
        run = execution("/bin/cat", f"{place}/file", reach=Reach(reads=(place,)))
        async with Sandbox(tier=tier) as opened:
            assert (await opened.run(run)).stdout == b"old"
            await opened._spares.settle()
            place.rename(tmp_path / "former")
            place.mkdir()
            (place / "file").write_text("new")
            assert (await opened.run(run)).stdout == b"new"

    async def test_one_that_died_is_not_missed(self, tier: Tier) -> None:
        async with Sandbox(tier=tier) as opened:
            await opened.run(shell("true"))
            await opened._spares.settle()
            for supervisor in await asyncio.to_thread(children_of, opened.fork_server or 0):
                os.kill(supervisor, signal.SIGKILL)
            assert (await opened.run(execution("/bin/echo", "here"))).stdout == b"here\n"

    async def test_all_that_supervises_a_run_may_die_in_any_order(self, tier: Tier, tmp_path: Path) -> None:
        """The first process of a namespace ends only after the others in it were waited for: nobody waits for it alone."""
        mark, order = f"order-{tmp_path.name}", random.Random(7)  # noqa: S311  no secret
        async with Sandbox(tier=tier) as opened:
            for _ in range(15):
                run = asyncio.ensure_future(opened.run(shell("exec sleep 300", environment={MARK: mark})))
                (program,) = await until_marked(mark, 1)
                others = [each for each in below(opened.fork_server or 0) if each != program]
                for each in order.sample(others, len(others)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(each, signal.SIGKILL)
                async with asyncio.timeout(30):
                    with contextlib.suppress(SandboxLostError):
                        assert (await run).ending == Killed(
                            signal.SIGKILL
                        )  # its namespace ended before its supervisor
                    assert (await opened.run(execution("/bin/echo", "here"))).stdout == b"here\n"

    async def test_one_that_nobody_needs_goes(self, tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("seawall.security.sandbox.spares._SECONDS", 0.1)
        async with Sandbox(tier=tier) as opened:
            await opened.run(shell("true"))
            await opened._spares.settle()
            async with asyncio.timeout(30):
                while await asyncio.to_thread(children_of, opened.fork_server or 0):  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.02)


class TestTheServer:
    @pytest.mark.parametrize("tier", TIERS)
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
    async def test_nothing_survives_it(self, tier: Tier, number: signal.Signals, tmp_path: Path) -> None:
        """Neither its end by the book nor its sudden death leaves a process or a directory."""
        mark = f"server-{tier}-{tmp_path.name}"
        command = [sys.executable, "-c", _HOST, tier, mark]
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TMPDIR": str(tmp_path),
        }
        with subprocess.Popen(  # noqa: ASYNC220  one, at the beginning
            command, env=environment, stderr=subprocess.DEVNULL
        ) as host:
            await until_marked(mark, 20)
            host.send_signal(number)
            await asyncio.to_thread(host.wait, 60)
        await until_gone(mark, tmp_path)

    async def test_it_answers_while_a_hundred_hang(self, strong: Sandbox, tmp_path: Path) -> None:
        mark = f"hundred-{tmp_path.name}"
        hanging = [
            asyncio.ensure_future(strong.run(execution("/bin/sleep", "300", environment={MARK: mark})))
            for _ in range(100)
        ]
        await until_marked(mark, 100)
        worst = 0.0
        for _ in range(50):
            began = time.monotonic()
            await asyncio.sleep(0.01)
            worst = max(worst, time.monotonic() - began)
        assert (await strong.run(execution("/bin/echo", "here"))).stdout == b"here\n"
        for run in hanging:
            run.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        assert marked(mark) == []
        assert worst < 5.0  # a hang guard: the loop was never taken for long

    async def test_no_descriptor_and_no_child_is_left(self, sandbox: Sandbox) -> None:
        before = len(descriptors())
        for script in ("true", "sleep 300", "yes", "exit 4"):
            await sandbox.run(shell(script, seconds=0.3))
        with contextlib.suppress(SandboxStartError):
            await sandbox.run(execution("/no/such/program"))
        await sandbox._spares.close()
        assert len(descriptors()) == before
