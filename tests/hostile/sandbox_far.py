"""A host in a network namespace of its own, joined to this machine by a pair of virtual interfaces: nothing else is reached."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LISTENER = """
import pathlib, select, socket, sys
tcp = socket.create_server((sys.argv[1], int(sys.argv[2])))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    for ready in select.select([tcp, udp], [], [])[0]:
        what = "tcp" if ready is tcp and ready.accept() else f"udp {udp.recv(100)!r}"
        with open(sys.argv[3], "a") as file:
            print(what, file=file, flush=True)
"""


_TURNS = itertools.count()


@dataclass(frozen=True)
class Far:
    """The host: its address, the port where it listens for TCP and UDP, and the file of who came."""

    address: str
    port: int
    seen: Path

    @property
    def hits(self) -> list[str]:
        return self.seen.read_text().splitlines()


def possible() -> bool:
    """Whether this process may make one."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    return subprocess.run(["ip", "netns", "list"], capture_output=True, check=False).returncode == 0 and (
        subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0
    )


@contextmanager
def far_host(directory: Path) -> Iterator[Far]:
    """The host, as long as it is needed. 203.0.113.0/24 is for documentation: no such network is anywhere."""
    turn = next(_TURNS)  # the kernel clears away the last one in its own time
    number = (os.getpid() + turn) % 60 * 4
    near, far = f"203.0.113.{number + 1}", f"203.0.113.{number + 2}"
    name, link = f"seawall-{os.getpid()}-{turn}", f"sw{os.getpid()}x{turn}"
    seen = directory / "seen"
    seen.touch()

    def ip(*arguments: str) -> None:
        ended = subprocess.run(["ip", *arguments], check=False, capture_output=True)
        assert ended.returncode == 0, ended.stderr

    ip("netns", "add", name)
    try:
        ip("link", "add", link, "type", "veth", "peer", "name", "far", "netns", name)
        ip("addr", "add", f"{near}/30", "dev", link)
        ip("link", "set", link, "up")
        for settings in (("addr", "add", f"{far}/30", "dev", "far"), ("link", "set", "far", "up")):
            ip("-netns", name, *settings)
        command = ["ip", "netns", "exec", name, "python3", "-c", _LISTENER, far, "4711", str(seen)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as listener:
            try:
                assert listener.stdout is not None
                assert listener.stdout.readline() == b"ready\n"
                yield Far(far, 4711, seen)
            finally:
                listener.kill()
    finally:
        ip("netns", "delete", name)
