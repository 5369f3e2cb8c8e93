"""The guard of processes: an execution in, its output and ending out; nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from seawall.security.egress import Egress, EgressPolicy, Network
from seawall.security.sandbox.values import Execution, Finished, Stream, Tier

__all__ = ["Sandbox"]


class Sandbox:
    """Runs programs, each held by the same tier. An async context manager: entering starts the fork server."""

    def __init__(
        self,
        *,
        tier: Tier | None = None,
        minimum: Tier = Tier.LANDLOCK,
        user: int | None = None,
        grace: float = 2.0,
        networks: tuple[Network, ...] = (),
        egress: Callable[[EgressPolicy], Egress] = Egress,
    ) -> None:
        """Look at the machine; nothing is started yet.

        Args:
            tier: the one to use; the best by default.
            minimum: refuse anything weaker.
            user: numeric user and group of the processes when the server runs as root; its own by default.
            grace: seconds between SIGTERM and SIGKILL.
            networks: addresses that commands with a list of hosts may reach beside public ones.
            egress: makes the guard for the connections of the proxy.

        Raises:
            UnsafeError: nothing as strong as `minimum` works here.
        """
        raise NotImplementedError

    @property
    def tier(self) -> Tier:
        """How processes are held."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Start the fork server.

        Raises:
            StartError: it cannot be started.
        """
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the fork server, and every process that it started."""
        raise NotImplementedError

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
        raise NotImplementedError
