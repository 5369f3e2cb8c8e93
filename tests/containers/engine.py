"""podman for tests: an own store, no registry, and settings that work where systemd and some capabilities are missing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["GUARD", "HARDENED", "Container", "Engine", "EngineError", "cache"]

GUARD = 600.0
"""Seconds after which a command that does not end is a failed test, however slow the machine is."""

HARDENED = (
    "--read-only",
    "--read-only-tmpfs=false",  # else podman gives more writable places than Docker and Kubernetes do
    "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=512m",
    "--memory-swap=512m",
    "--cpus=1",
    "--pids-limit=128",
)
"""What compose.yaml and the Kubernetes files give a server, as flags."""

_CONF = """\
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=32768:32768"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class EngineError(Exception):
    """A command of the engine failed; says what it wrote."""


def cache() -> Path:
    """Where base images and wheels are kept from run to run."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(home) / "seawall-ci" / "containers"
    path.mkdir(parents=True, exist_ok=True)
    return path


@dataclass(frozen=True)
class Container:
    """A running or ended container."""

    engine: Engine
    name: str

    def inspect(self) -> dict[str, Any]:
        (found,) = json.loads(self.engine.run("inspect", self.name))
        assert isinstance(found, dict)
        return found

    @property
    def pid(self) -> int:
        return int(self.inspect()["State"]["Pid"])

    def status(self) -> dict[str, str]:
        """The kernel's view of the container's first process."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def execute(self, *command: str) -> str:
        return self.engine.run("exec", self.name, *command)

    def healthy(self) -> bool:
        """What one run of the image's HEALTHCHECK says."""
        return self.engine.ended("healthcheck", "run", self.name).returncode == 0

    def logs(self) -> str:
        ended = self.engine.ended("logs", self.name)
        return ended.stdout + ended.stderr

    def wait(self) -> int:
        """The exit status, once it has ended."""
        return int(self.engine.run("wait", self.name).split()[-1])


class Engine:
    """podman with a store of its own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        configuration = directory / "containers.conf"
        configuration.write_text(_CONF)
        self._directory = directory  # where conmon leaves a file named oom when the kernel ends a container
        self.program = ("podman", f"--root={directory / 'root'}", f"--runroot={directory / 'run'}")
        self.environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}

    def ended(
        self, *arguments: str | Path, stdin: int | None = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """A command after its end, whatever that was."""
        return subprocess.run(
            [*self.program, *map(str, arguments)],
            cwd=self._directory,
            env=self.environment,
            stdin=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=GUARD,
            check=False,
        )

    def run(self, *arguments: str | Path) -> str:
        """The output of a command that must succeed."""
        ended = self.ended(*arguments)
        if ended.returncode != 0:
            raise EngineError(
                f"podman {' '.join(map(str, arguments))}\n{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}"
            )
        return ended.stdout

    def has(self, image: str) -> bool:
        return self.ended("image", "exists", image).returncode == 0

    def image(self, name: str) -> dict[str, Any]:
        (found,) = json.loads(self.run("image", "inspect", name))
        assert isinstance(found, dict)
        return found

    def over_stdio(self, image: str, *flags: str, network: str = "none") -> tuple[str, ...]:
        """The command by which a client starts a server in a container, as `docker run --rm -i IMAGE`."""
        return (
            *self.program,
            "run",
            "--rm",
            "-i",
            "--pull=never",
            f"--network={network}",
            *HARDENED,
            *flags,
            image,
        )

    @contextmanager
    def started(self, image: str, *flags: str, name: str) -> Iterator[Container]:
        """A container in the background, removed at the end."""
        self.run("run", "-d", "--replace", f"--name={name}", "--pull=never", *HARDENED, *flags, image)
        try:
            yield Container(self, name)
        finally:
            self.ended("rm", "--force", "--time=0", name)
