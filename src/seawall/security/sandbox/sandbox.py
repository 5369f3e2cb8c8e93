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

from seawall.errors import SandboxLostError, SandboxReachError, StartError, UnsafeError
from seawall.security.egress import Egress, EgressPolicy, Network
from seawall.security.sandbox.clearing import remove_directory
from seawall.security.sandbox.link import ForkServer, frame
from seawall.security.sandbox.machine import Examination, examine, means_of, network_fault, own_threads
from seawall.security.sandbox.orders import PRIVATE_PORT, Means, order, preparation
from seawall.security.sandbox.proxy import Proxy
from seawall.security.sandbox.running import Running
from seawall.security.sandbox.spares import Prepared, Spares
from seawall.security.sandbox.values import Execution, Finished, Stream, Tier

__all__ = ["Sandbox"]

_END_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3  # fork servers that one run may find dead
_PAUSE: Final = 0.002  # seconds until a fork server that is busy is asked again


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
        self._means: Means | None = None
        self._server: ForkServer | None = None
        self._directory = ""
        self._starting = asyncio.Lock()
        self._runs: set[Running] = set()
        self._closed = True

    @property
    def tier(self) -> Tier:
        """How processes are held."""
        return self._tier

    @property
    def fork_server(self) -> int | None:
        """The process of the fork server, while there is one."""
        return None if self._server is None else self._server.pid

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
        await self._spares.close()
        await self._proxy.close()
        server, self._server = self._server, None
        if server is not None:
            server.link.close()
            await asyncio.to_thread(server.wait, _END_SECONDS)
        await _all(ends)
        await asyncio.to_thread(
            remove_directory, self._directory
        )  # is there still when a fork server was killed
        self._directory = ""

    async def run(
        self, execution: Execution, *, heard: Callable[[Stream, bytes], None] | None = None
    ) -> Finished:
        """Run one program to its end.

        Cancelling ends all of its processes (SIGTERM, grace, SIGKILL) before this returns.

        Args:
            execution: what to run.
            heard: is told what the program writes, as it writes, up to the limit of the output.

        Raises:
            SandboxStartError: the program cannot be started.
            SandboxLostError: the fork server or the run's own supervisor died.
            SandboxReachError: this machine cannot hold what the reach asks for (a list of hosts).
        """
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
        """One run to its end; it has not begun when its supervisor died before, or was prepared for what is no more."""
        means = await self._start()
        if means.names_protected:
            means = replace(means, protected=(*means.protected, *await asyncio.to_thread(own_threads)))
        if prepared is None:
            prepared = await self._prepare(execution)
        try:
            data = order(
                execution,
                means,
                private=prepared.private,
                grace=self._grace,
                port=proxy.port,
                proxy=proxy.environment,
            )
            run = Running(prepared.control, execution, heard, proxy.listening)
        except BaseException:
            prepared.control.close()
            raise
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
        return run

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
        private = f"{self._directory}/{secrets.token_hex(8)}"
        try:
            with theirs:
                means = await self._fork(theirs.fileno(), execution)
            data = frame(preparation(execution, means, private=private))
            with contextlib.suppress(ConnectionError):  # it has died: the run finds the end of the connection
                await asyncio.get_running_loop().sock_sendall(ours, data)
        except BaseException:
            ours.close()
            raise
        return Prepared(ours, private)

    async def _fork(self, control: int, execution: Execution) -> Means:
        for _ in range(_ATTEMPTS):
            means = await self._start()
            server = self._server
            while server is not None:
                try:
                    server.send(control)
                except BlockingIOError:
                    await asyncio.sleep(_PAUSE)
                except OSError:
                    await self._lose(server)
                    break
                else:
                    return means
        raise SandboxLostError(program=execution.argv[0])

    async def _start(self) -> Means:
        """The fork server, started if there is none."""
        async with self._starting:
            if self._closed:
                message = "The sandbox is closed."
                raise StartError(message)
            if self._server is not None and self._server.ended():
                await self._lose(self._server)
            if self._means is not None and self._server is not None:
                return self._means
            means, server = await asyncio.to_thread(self._launch)
            self._means, self._server = means, server
            return means

    def _launch(self) -> tuple[Means, ForkServer]:
        """Start a fork server. It removes the directory of the private directories when it ends, unless it is killed."""
        if not self._directory:
            self._directory = tempfile.mkdtemp(prefix="seawall-run-")
            if self._user is not None:
                os.chmod(self._directory, 0o711)  # noqa: PTH101, S103  its user passes through, and cannot list it
        server = ForkServer(self._directory)
        return means_of(self._tier, user=self._user, protected=(server.pid,)), server

    async def _lose(self, server: ForkServer) -> None:
        """The fork server has died: runs under way go on with their supervisors, the next one starts another."""
        if self._server is server:
            self._server = None
            server.link.close()
            await asyncio.to_thread(server.wait, 0.0)


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
