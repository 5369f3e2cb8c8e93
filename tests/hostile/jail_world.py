"""The world of the jail's hostile tests: a workspace full of traps, and things outside that must stay untouched."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from seawall.security.jail._locate import Backend
from seawall.security.jail._openat2 import available

BACKENDS: tuple[Backend, ...] = ("openat2", "walk") if available() else ("walk",)
SECRET = b"SECRET: this lies outside of the workspace"

Snapshot: TypeAlias = dict[str, tuple[int, int, bytes]]


@dataclass(frozen=True)
class World:
    """`base` holds everything; `workspace` is the root, and all else in `base` lies outside of it."""

    base: Path
    workspace: Path
    outside: Path

    def outside_state(self) -> Snapshot:
        """Every name outside with its mode, links and content, however it may have been changed."""
        state: Snapshot = {}
        for directory, names, files in os.walk(self.base):
            here = Path(directory)
            if here == self.base:
                names.remove(self.workspace.name)
            for name in [*names, *files]:
                path = here / name
                status = path.lstat()
                content = path.read_bytes() if path.is_file() else b""
                state[str(path.relative_to(self.base))] = (status.st_mode, status.st_nlink, content)
        return state

    def inside_inodes(self) -> set[tuple[int, int]]:
        """What a descriptor may lead to."""
        found = {self.workspace.stat()}
        for directory, names, files in os.walk(self.workspace):
            found.update((Path(directory) / name).lstat() for name in [*names, *files])
        return {(status.st_dev, status.st_ino) for status in found}


def build(base: Path) -> World:
    """A fresh world in the empty directory `base`."""
    workspace, outside, sibling = base / "ws", base / "outside", base / "ws-evil"
    for directory in (workspace / "d" / "sub", outside / "dir", sibling, workspace / ".ssh"):
        directory.mkdir(parents=True)
    for secret in (outside / "secret.txt", outside / "dir" / "secret.txt", sibling / "secret.txt"):
        secret.write_bytes(SECRET)
    for name in ("a.txt", "a.txt ", " a.txt", "'a.txt'", '"a.txt"', "-rf", "d/b.txt", "d/sub/c.txt"):
        (workspace / name).write_bytes(name.encode())
    for name in (".env", "server.pem", ".ssh/id_ed25519"):
        (workspace / name).write_bytes(b"inside, but secret")
    _make_links(workspace, outside)
    _make_specials(workspace, outside)
    return World(base, workspace, outside)


def _make_links(workspace: Path, outside: Path) -> None:
    links = {
        "to_file_out": "../outside/secret.txt",
        "to_file_out_absolute": str(outside / "secret.txt"),
        "to_directory_out": "../outside",
        "to_directory_out_absolute": str(outside),
        "to_dangling_out": "../outside/new.txt",
        "to_dangling_out_absolute": str(outside / "new.txt"),
        "to_dangling_in": "d/new.txt",
        "to_dangling_directory": "nowhere/new.txt",
        "to_root_absolute": str(workspace),
        "to_file_in_absolute": str(workspace / "a.txt"),
        "to_parent": "..",
        "to_here": ".",
        "to_winding": "d/../../outside/secret.txt",
        "to_chain": "chain_1",
        "chain_1": "d/chain_2",
        "d/chain_2": "../../outside/secret.txt",
        "to_itself": "to_itself",
        "to_loop_a": "to_loop_b",
        "to_loop_b": "to_loop_a",
        "to_file_in": "d/b.txt",
        "to_directory_in": "d",
        "d/to_up": "..",
        "d/to_root_file": "../a.txt",
        "to_env": ".env",
        "to_ssh": ".ssh",
        "to_env_through": "d/../.env",
        "to_proc_root": "/proc/self/root",
        "to_proc_cwd": "/proc/self/cwd",
        "to_proc_fd": "/proc/self/fd/0",
        "to_dev_zero": "/dev/zero",
        "to_fifo": "fifo",
        "to_hard": "hard",
    }
    for name, target in links.items():
        (workspace / name).symlink_to(target)
    for number in range(41):
        (workspace / f"long_{number}").symlink_to(f"long_{number + 1}")
    (workspace / "long_41").write_bytes(b"at the end of 41 links")


def _make_specials(workspace: Path, outside: Path) -> None:
    os.mkfifo(workspace / "fifo")
    (workspace / "hard").hardlink_to(outside / "dir" / "secret.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(workspace)  # the address of a socket has room for 107 bytes only
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
