"""Random paths over a workspace of traps: the two backends and the kernel itself must agree on each."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.jail_world import BACKENDS, World, build
from seawall.errors import PathDeniedError, PathError
from seawall.security.jail import Jail, JailPolicy, PathRules

_NAMES = (
    *("..", "..", "..", ".", "", "d", "sub", "a.txt", "a.txt ", "b.txt", "c.txt", "nope", "fifo", "hard"),
    *("outside", "ws", "ws-evil", "secret.txt", "dir", ".env", ".ssh", "id_ed25519"),
    *("to_file_out", "to_directory_out", "to_directory_out_absolute", "to_dangling_in", "to_root_absolute"),
    *("to_parent", "to_here", "to_winding", "to_chain", "to_itself", "to_loop_a", "to_file_in", "to_up"),
    *(
        "to_directory_in",
        "to_root_file",
        "to_env",
        "to_ssh",
        "to_proc_root",
        "to_proc_cwd",
        "long_3",
        "long_1",
    ),
)
PATHS = st.lists(st.sampled_from(_NAMES), max_size=9).map("/".join)
NO_RULES = PathRules.only()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("agreement"))


@pytest.fixture(scope="module")
def jails(world: World) -> Iterator[list[Jail]]:
    opened = [Jail.open(world.workspace, JailPolicy(rules=NO_RULES), backend=name) for name in BACKENDS]
    yield opened
    for jail in opened:
        jail.close()


@pytest.fixture(scope="module")
def root(world: World) -> Iterator[int]:
    descriptor = os.open(world.workspace, os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def _answer(jail: Jail, path: str) -> object:
    """What the caller learns: which file, or which refusal."""
    try:
        status = jail.status(path)
    except PathError as error:
        return error.code
    return status.device, status.inode


def _kernel(root: int, path: str) -> tuple[int, int] | None:
    """Linux's own word: openat2 with links followed, beneath the root, no magic links. None for any refusal."""
    how = (ctypes.c_uint64 * 3)(os.O_PATH | os.O_CLOEXEC, 0, 0x08 | 0x02)
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    descriptor = syscall(437, root, os.fsencode(path or "."), ctypes.byref(how), ctypes.sizeof(how))
    if descriptor < 0:
        return None
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return status.st_dev, status.st_ino


@pytest.mark.skipif("openat2" not in BACKENDS, reason="this kernel has no openat2 to compare with")
@given(path=PATHS)
@settings(max_examples=1500, deadline=None)
def test_both_backends_answer_as_the_kernel_does(root: int, jails: list[Jail], path: str) -> None:
    """Whatever the path, both backends find what the kernel finds beneath the root, and else refuse alike."""
    answers = {jail.backend: _answer(jail, path) for jail in jails}
    assert answers["openat2"] == answers["walk"]
    found = answers["walk"]
    assert (found if isinstance(found, tuple) else None) == _kernel(root, path)


@pytest.fixture(scope="module")
def inside(world: World) -> set[tuple[int, int]]:
    return world.inside_inodes()


@given(path=PATHS)
@settings(max_examples=500, deadline=None)
def test_what_is_opened_lies_inside(
    world: World, jails: list[Jail], inside: set[tuple[int, int]], path: str
) -> None:
    """Whatever is opened is one of the workspace's own files, and lies where it is said to lie."""
    for jail in jails:
        try:
            file = jail.open_file(path)
        except PathError:
            continue
        with file:
            there = (world.workspace / file.path).lstat()
            assert (file.status.device, file.status.inode) in inside
            assert (file.status.device, file.status.inode) == (there.st_dev, there.st_ino)


@pytest.fixture(scope="module")
def guarded(world: World) -> list[Jail]:
    policy = JailPolicy()
    return [Jail.open(world.workspace, policy, backend=name) for name in BACKENDS]


@pytest.fixture(scope="module")
def denied(world: World) -> set[object]:
    names = (".env", "server.pem", ".ssh", ".ssh/id_ed25519")
    return {(status.st_dev, status.st_ino) for status in ((world.workspace / name).stat() for name in names)}


@given(path=PATHS)
@settings(max_examples=1000, deadline=None)
def test_the_deny_list_is_never_talked_around(guarded: list[Jail], denied: set[object], path: str) -> None:
    """No spelling and no link reaches a denied file; one that spells a denied name is always told so."""
    answers = [_answer(jail, path) for jail in guarded]
    assert denied.isdisjoint(answers)
    assert len(set(answers)) == 1
    spelled_out = {".env", ".ssh"} & set(path.split("/"))
    if spelled_out and ".." not in path and not path.startswith("/"):
        assert answers[0] == PathDeniedError.code
