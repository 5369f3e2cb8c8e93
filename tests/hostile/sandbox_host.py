"""A small server that runs every attack of the table in one sandbox, and says what came of each: started by the table.

`python sandbox_host.py` reads one line of JSON (see `Setting`), writes one line of JSON for each attack. It has a secret in
its environment, a child that can be killed, listeners that nobody may reach, and around each workspace a world to break.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from hostile.sandbox_attacks import ATTACKS, PREAMBLE, PROVABLE, Attack
from hostile.sandbox_on_others import CONNECTING
from seawall.security.budget import Deadline
from seawall.security.egress import Egress
from seawall.security.sandbox import (
    Execution,
    Exited,
    Finished,
    LimitReached,
    Reach,
    Sandbox,
    Tier,
    find_program,
)

AT_ONCE = 3
SPARE = 16  # private directories of supervisors that wait for a run
SHARED = ("/tmp", "/var/tmp", "/run", "/run/lock", "/dev/mqueue", "/dev/shm")


@dataclass(frozen=True)
class Setting:
    """What the table asks for.

    Attributes:
        tier: of the sandbox; empty for none at all, and those attacks alone that do no harm then.
        user: whose the processes are to be, when this program runs as root.
        base: a directory of its own.
        host: an address beside 127.0.0.1 where something listens, and its port; none when the port is 0.
        port: see host.
        connecting: only those attacks that connect.
    """

    tier: str
    user: int | None
    base: str
    host: str = "127.0.0.2"
    port: int = 0
    connecting: bool = False


class Listeners:
    """Everything that an attack may reach when it should not; counts who comes."""

    def __init__(self, base: Path) -> None:
        self.hits: list[str] = []
        self.path, self.log = base / "engine.sock", base / "log.sock"
        self.abstract = f"seawall-{os.getpid()}"
        self.tcp = self.udp = self.other = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for name in ("tcp", "other"):
            host = "127.0.0.1" if name == "tcp" else "127.0.0.2"
            server = await asyncio.start_server(self._came(name), host, 0)
            setattr(self, name, server.sockets[0].getsockname()[1])
        for path in (self.path, self.log):
            path.unlink(missing_ok=True)  # those of the last time
        await asyncio.start_unix_server(self._came("unix"), self.path)
        await asyncio.start_unix_server(self._came("abstract"), sock=self._abstract())
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        self.udp = udp.getsockname()[1]
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(str(self.log))
        for one, name in ((udp, "udp"), (log, "log")):
            one.setblocking(False)
            loop.add_reader(one, self._heard, one, name)
        for path in (self.path, self.log):
            path.chmod(0o777)

    def _heard(self, one: socket.socket, name: str) -> None:
        self.hits.append(f"{name} {one.recv(100)!r}")

    def _abstract(self) -> socket.socket:
        one = socket.socket(socket.AF_UNIX)
        one.bind("\0" + self.abstract)
        return one

    def _came(self, name: str) -> Any:
        def came(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.hits.append(name)
            writer.close()

        return came


def build(base: Path) -> Path:
    """The world of one attack; everything in it can be written by everybody, so that the sandbox alone stands between."""
    workspace = base / "workspace"
    for name in ("workspace", "workspace_evil", "outside/empty", "readable"):
        (base / name).mkdir(parents=True)
    for name in ("secret", "workspace_evil/secret", "readable/file"):
        (base / name).write_text("CANARY of a file")
    (workspace / "planted").symlink_to(base / "secret")
    (workspace / "planted_up").symlink_to("..")
    for path in (base, *base.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777 if path.is_dir() else 0o666)
    return workspace


def state(base: Path) -> dict[str, tuple[int, int, int, int, bytes]]:
    """All that is around the workspace: what it is, whose, since when, and what is in it."""
    found = {}
    for path in sorted(base.rglob("*")):
        if path == base / "workspace" or base / "workspace" in path.parents:
            continue
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_nlink, int(status.st_mtime), content)
    return found


def survivors(case: str) -> list[int]:
    """Processes that still carry the attack's mark in their environment."""
    mark = f"CASE={case}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # it has ended, or is not ours
    return found


def leftovers(case: str) -> Iterator[str]:
    for directory in SHARED:
        path = Path(directory, f"seawall-{case}")
        if path.exists():
            path.unlink()
            yield str(path)


def command(attack: Attack) -> tuple[str, ...]:
    program = str(find_program(attack.program))
    if attack.program == "python3":
        return (program, "-I", "-S", "-c", PREAMBLE + attack.text)
    return (program, "-c" if attack.program == "sh" else "-e", attack.text)


class Host:
    """The sandbox, and what surrounds it."""

    def __init__(self, setting: Setting, sandbox: Sandbox | None, listeners: Listeners, victim: int) -> None:
        self.setting = setting
        self.sandbox = sandbox
        self.listeners = listeners
        self.victim = victim
        self.places = asyncio.Semaphore(AT_ONCE)

    def environment(self, base: Path, case: str) -> dict[str, str]:
        seen = self.listeners
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "CASE": case,
            "WORKSPACE": str(base / "workspace"),
            "SECRET": str(base / "secret"),
            "OUTSIDE": str(base / "outside"),
            "READABLE": str(base / "readable"),
            "SERVER": str(os.getpid()),
            "VICTIM": str(self.victim),
            "FORK_SERVER": str(self.sandbox.fork_server if self.sandbox else self.victim),
            "THREADS": ",".join(sorted(task.name for task in Path("/proc/self/task").iterdir())),
            "TCP": str(seen.tcp),
            "UDP": str(seen.udp),
            "HOST": self.setting.host,
            "HOST_PORT": str(self.setting.port or seen.other),
            "SOCKET": str(seen.path),
            "LOG": str(seen.log),
            "ABSTRACT": seen.abstract,
        }

    async def run(self, attack: Attack, base: Path, case: str) -> Finished:
        environment, workspace = self.environment(base, case), base / "workspace"
        if self.sandbox is None:
            ended = await asyncio.to_thread(
                subprocess.run,
                command(attack),
                cwd=workspace,
                env={**os.environ, **environment, "TMPDIR": str(workspace)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=attack.seconds,
                check=False,
            )
            return Finished(Exited(ended.returncode), ended.stdout, ended.stderr, 0, Tier.LIMITS)
        descriptor = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY)
        try:
            reach = Reach((base / "readable",), (workspace,), (), attack.network)
            deadline = Deadline.after(attack.seconds)
            return await self.sandbox.run(
                Execution(command(attack), descriptor, environment, reach, attack.ceiling, deadline)
            )
        finally:
            os.close(descriptor)

    async def attack(self, number: int, attack: Attack) -> dict[str, Any]:
        async with self.places:
            case = f"{os.getpid()}-{number}"
            base = Path(self.setting.base, f"case{number}")
            workspace = build(base)
            if self.setting.user is not None:
                os.chown(workspace, self.setting.user, self.setting.user)
            before, began, hits = state(base), time.monotonic(), len(self.listeners.hits)
            finished = await self.run(attack, base, case)
            seconds = time.monotonic() - began
            left = survivors(case)
            for process in left:
                os.kill(process, signal.SIGKILL)
            after = state(base)
            shutil.rmtree(base, ignore_errors=True)
            return {
                "name": attack.name,
                "ending": type(finished.ending).__name__,
                "limit": finished.ending.limit if isinstance(finished.ending, LimitReached) else "",
                "said": (finished.stdout[:3000] + finished.stderr[-1500:]).decode("utf-8", "replace"),
                "escaped": b"ESCAPED" in finished.stdout + finished.stderr,
                "changed": sorted(name for name in {*before, *after} if before.get(name) != after.get(name)),
                "hits": self.listeners.hits[hits:],
                "survivors": len(left),
                "leftovers": list(leftovers(case)),
                "seconds": seconds,
            }


def tried(tier: str, *, connecting: bool) -> Iterator[tuple[int, Attack]]:
    for number, attack in enumerate(ATTACKS):
        if connecting and attack not in CONNECTING:
            continue
        if Tier(tier).at_least(attack.tier) if tier else (attack in PROVABLE and not attack.network):
            yield number, attack


@contextlib.asynccontextmanager
async def opened(setting: Setting) -> AsyncIterator[Sandbox | None]:
    if not setting.tier:
        yield None
        return
    async with Sandbox(
        tier=Tier(setting.tier),
        minimum=Tier.LIMITS,
        user=setting.user,
        networks=(ip_network("203.0.113.0/24"),),
        egress=lambda policy: Egress(policy, resolver=_nowhere),
    ) as sandbox:
        began = sandbox.fork_server
        yield sandbox
        assert sandbox.fork_server == began, "the fork server died"
        directories = await asyncio.to_thread(lambda: list(Path(sandbox._directories[-1]).iterdir()))
        left = [one for one in directories if await asyncio.to_thread(os.listdir, one)]
        assert not left, "something is left in a private directory"
        assert len(directories) <= SPARE, "a private directory is left"


async def main() -> None:
    setting = Setting(**json.loads(sys.stdin.readline()))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # as many services have it: no limit may be raised
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (500, 500))
    listeners = Listeners(Path(setting.base))
    await listeners.open()
    user = setting.user if os.geteuid() == 0 else None
    with subprocess.Popen(  # noqa: ASYNC220  before anything else runs
        ["sleep", "600"], user=user, group=user, extra_groups=None if user is None else []
    ) as victim:
        try:
            async with opened(setting) as sandbox:
                host = Host(setting, sandbox, listeners, victim.pid)
                jobs = [
                    asyncio.ensure_future(host.attack(number, attack))
                    for number, attack in tried(setting.tier, connecting=setting.connecting)
                ]
                for job in asyncio.as_completed(jobs):
                    sys.stdout.write(json.dumps(await job) + "\n")
            assert victim.poll() is None, "another process of the user was ended"
        finally:
            victim.kill()


async def _nowhere(host: str, port: int) -> list[str]:
    """No name is looked up outside of this machine."""
    message = f"{host} has no address"
    raise OSError(message)


if __name__ == "__main__":
    asyncio.run(main())
