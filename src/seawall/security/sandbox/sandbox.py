"""The guard of processes: an execution in, its output and ending out; nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Final, Self

from seawall.errors import (
    SandboxLostError,
    SandboxReachError,
    SandboxStartError,
    StartError,
    UnsafeError,
)
from seawall.security.egress import Egress, EgressPolicy, Network
from seawall.security.sandbox.clearing import remove_directory
from seawall.security.sandbox.link import PAUSE, ForkServer, busy, frame
from seawall.security.sandbox.machine import Examination, examine, means_of, network_fault, own_threads
from seawall.security.sandbox.orders import PRIVATE_PORT, Means, order, preparation
from seawall.security.sandbox.proxy import Proxy
from seawall.security.sandbox.running import Running
from seawall.security.sandbox.spares import Prepared, Spares
from seawall.security.sandbox.values import Execution, Finished, Stream, Tier

__all__ = ["Sandbox"]

_END_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3  # fork servers that one run may find dead


@dataclass(frozen=True, slots=True)
class _Started:
    """A fork server, and by what its runs are held."""

    server: ForkServer
    means: Means


@dataclass(frozen=True, slots=True)
class _Proxied:
    """The proxy of one run: its port, 0 when there is none, what the environment says of it, and who listens inside."""

    port: int
    environment: dict[str, str]
    listening: Callable[[socket.socket], None] = socket.socket.close


class Sandbox:
    """Runs programs, each held by the same tier. An async context manager: entering starts the fork server."""

    def __init__(
        self,
        *,
        tier: Tier | None = None,
        minimum: Tier = Tier.LANDLOCK,
        user: int | None = None,
        grace: float = 0.5,
        networks: tuple[Network, ...] = (),
        egress: Callable[[EgressPolicy], Egress] = Egress,
    ) -> None:
        """Try what the machine offers (a tenth of a second, blocking); nothing is left running.

        Args:
            tier: the one to use; the best by default.
            minimum: refuse anything weaker.
            user: numeric user and group of the processes when the server runs as root; its own by default.
            grace: seconds between SIGTERM and SIGKILL.
            networks: addresses that commands with a list of hosts may reach beside public ones.
            egress: makes the guard for the connections of the proxy.

        Raises:
            UnsafeError: nothing as strong as `minimum` works here, or `tier` does not.
        """
        self._user = user if os.geteuid() == 0 else None
        self.examination = examine(user=self._user)
        self._tier = _chosen(self.examination, tier, minimum)
        self._grace = grace
        self._proxy = Proxy(networks, egress)
        self._spares = Spares(self._prepare)
        self._started: _Started | None = None
        self._starting: asyncio.Future[_Started] | None = None
        self._directories: list[str] = []  # one of each fork server that there was
        self._runs: set[Running] = set()
        self._closed = True

    @property
    def tier(self) -> Tier:
        """How processes are held."""
        return self._tier

    @property
    def fork_server(self) -> int | None:
        """The process of the fork server, while there is one."""
        return None if self._started is None else self._started.server.pid

    async def __aenter__(self) -> Self:
        """Start the fork server.

        Raises:
            StartError: it cannot be started.
        """
        self._closed = False
        self._spares = Spares(self._prepare)
        await self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every process that runs, and the fork server."""
        self._closed = True
        for run in self._runs:
            run.stop(now=False)
        ends = [asyncio.ensure_future(run.wait()) for run in self._runs]
        await _all(ends)  # but for one that a fork server never heard of, which ends with it
        if self._starting is not None:
            await asyncio.wait([self._starting])
        started, self._started = self._started, None
        if started is not None:
            started.server.link.close()
        await self._spares.close()
        await self._proxy.close()
        if started is not None:
            await asyncio.to_thread(started.server.wait, _END_SECONDS)
        await _all(ends)
        while self._directories:  # they are there still when a fork server was killed
            await asyncio.to_thread(remove_directory, self._directories.pop(), seconds=_END_SECONDS)

    async def run(
        self, execution: Execution, *, heard: Callable[[Stream, bytes], None] | None = None
    ) -> Finished:
        """Run one program to its end.

        Cancelling ends all of its processes (SIGTERM, grace, SIGKILL) before this returns, unless the kernel keeps one, or what
        supervises them stands still: then this returns half a minute later, and they end as soon as they can.

        Args:
            execution: what to run.
            heard: is told what the program writes, as it writes, up to the limit of the output.

        Raises:
            SandboxStartError: the program cannot be started, or the machine has no more of something that it takes.
            SandboxLostError: the fork server or the run's own supervisor died, or half a minute after its time still stood still.
            SandboxReachError: this machine cannot hold what the reach asks for (a list of hosts).
        """
        try:
            return await self._run(execution, heard)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise SandboxStartError(program=execution.argv[0], reason=reason) from error

    async def _run(self, execution: Execution, heard: Callable[[Stream, bytes], None] | None) -> Finished:
        token = secrets.token_urlsafe(24)
        async with contextlib.AsyncExitStack() as stack:
            proxy = await self._network(execution, token, stack)
            for number in range(_ATTEMPTS):
                prepared = self._spares.take(execution) if number == 0 else None
                run = await self._attempt(execution, heard, proxy, prepared)
                if run.begun or (run.told and prepared is None):
                    return run.finished(self._tier)
        raise SandboxLostError(program=execution.argv[0])

    async def _attempt(
        self,
        execution: Execution,
        heard: Callable[[Stream, bytes], None] | None,
        proxy: _Proxied,
        prepared: Prepared | None,
    ) -> Running:
        """One run to its end; it has not begun when its supervisor died before, or was prepared for what is no more.

        Raises:
            OSError: something of the machine does not suffice for one run more.
        """
        started, run, data = await self._ordered(execution, heard, proxy, prepared)
        self._runs.add(run)
        try:
            try:
                await run.begin(data)
            except BaseException:
                run.stop(now=True)
                await run.end()
                raise
            if self._tier is Tier.BUBBLEWRAP:
                self._spares.restock(execution)
            await run.end()
        finally:
            self._runs.discard(run)
            if run.abandoned and run.begun:
                started.server.end(run.supervisor)
            elif run.abandoned:
                started.server.kill()  # it stands still, for all that is known; the next run has another one
        return run

    async def _ordered(
        self,
        execution: Execution,
        heard: Callable[[Stream, bytes], None] | None,
        proxy: _Proxied,
        prepared: Prepared | None,
    ) -> tuple[_Started, Running, bytes]:
        """The fork server, a run, and the order to be sent for it. What was prepared ends if it comes to nothing."""
        with contextlib.ExitStack() as unused:
            if prepared is not None:
                unused.callback(prepared.control.close)
            started = await self._start()
            means = started.means
            if means.names_protected:
                threads = await asyncio.to_thread(own_threads)
                means = replace(means, protected=(*means.protected, *threads))
            if prepared is None:
                prepared = await self._prepare(execution)
                unused.callback(prepared.control.close)
            data = order(
                execution,
                means,
                private=prepared.private,
                grace=self._grace,
                port=proxy.port,
                proxy=proxy.environment,
            )
            run = Running(prepared.control, execution, heard, proxy.listening, grace=self._grace)
            unused.pop_all()
            return started, run, data

    async def _network(self, execution: Execution, token: str, stack: contextlib.AsyncExitStack) -> _Proxied:
        """The proxy's port for this run, and what the environment says of it."""
        hosts = execution.reach.network
        if not hosts:
            return _Proxied(0, {})
        fault = network_fault(self._tier, self.examination.landlock_abi)
        if fault:
            raise SandboxReachError(program=execution.argv[0], reason=fault)
        port = PRIVATE_PORT if self._tier is Tier.BUBBLEWRAP else await self._proxy.port()
        self._proxy.admit(token, hosts)
        stack.callback(self._proxy.dismiss, token)
        address = f"http://run:{token}@127.0.0.1:{port}"
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")
        environment = dict.fromkeys(names, address) | {"no_proxy": "", "NO_PROXY": ""}
        return _Proxied(port, environment, partial(self._proxy.listen, token))

    async def _prepare(self, execution: Execution) -> Prepared:
        """A supervisor that prepares for such an execution; if the fork server has died, another one is started."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003  the interface of socket
        try:
            with theirs:
                started = await self._fork(theirs.fileno(), execution)
            private = f"{started.server.directory}/{secrets.token_hex(8)}"
            data = frame(preparation(execution, started.means, private=private))
            with contextlib.suppress(ConnectionError):  # it has died: the run finds the end of the connection
                await asyncio.get_running_loop().sock_sendall(ours, data)
        except BaseException:
            ours.close()
            raise
        return Prepared(ours, private)

    async def _fork(self, control: int, execution: Execution) -> _Started:
        for _ in range(_ATTEMPTS):
            started = await self._start()
            while True:
                try:
                    started.server.send(control)
                except OSError as error:
                    if not busy(error):
                        await self._lose(started)
                        break
                    await asyncio.sleep(PAUSE)
                else:
                    return started
        raise SandboxLostError(program=execution.argv[0])

    async def _start(self) -> _Started:
        """The fork server, started if there is none. Whoever is cancelled meanwhile leaves it to the others."""
        if self._closed:
            message = "The sandbox is closed."
            raise StartError(message)
        if self._started is not None and self._started.server.ended():
            await self._lose(self._started)
        if self._started is not None:
            return self._started
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._launch())
        return await asyncio.shield(self._starting)

    async def _launch(self) -> _Started:
        """Start a fork server."""
        try:
            self._started = await asyncio.to_thread(self._launched)
        finally:
            self._starting = None
        return self._started

    def _launched(self) -> _Started:
        """A fork server; none has the directory of another one, which may be about to remove it."""
        directory = tempfile.mkdtemp(prefix="seawall-run-")
        self._directories.append(directory)
        if self._user is not None:
            os.chmod(directory, 0o711)  # noqa: PTH101, S103  its user passes through, and cannot list it
        server = ForkServer(directory)
        return _Started(server, means_of(self._tier, user=self._user, protected=(server.pid,)))

    async def _lose(self, started: _Started) -> None:
        """The fork server has died: runs under way go on with their supervisors, the next one starts another."""
        if self._started is started:
            self._started = None
            started.server.link.close()
            await asyncio.to_thread(started.server.wait, 0.0)


async def _all(ends: Iterable[asyncio.Future[None]]) -> None:
    """Wait for them, within bounds."""
    if waiting := [end for end in ends if not end.done()]:
        await asyncio.wait(waiting, timeout=_END_SECONDS)


def _chosen(found: Examination, tier: Tier | None, minimum: Tier) -> Tier:
    wanted = tier or found.best
    if wanted is None or not wanted.at_least(minimum):
        reasons = "; ".join(
            f"{name}: {reason}" for name, reason in found.lacking.items() if name.at_least(minimum)
        )
        message = (
            f"Commands need a sandbox of the tier {minimum}, which this machine does not offer ({reasons})."
        )
        raise UnsafeError(message, hint="`seawall doctor` shows what it offers.")
    if wanted in found.lacking:
        message = f"The sandbox tier {wanted} does not work here: {found.lacking[wanted]}."
        raise UnsafeError(message, hint="`seawall doctor` shows what the machine offers.")
    return wanted
