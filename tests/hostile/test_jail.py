"""The jail's hostile table: nothing leads out, nothing hangs, nothing outside changes, no message names the host.

Every case runs on each backend that this machine has, in a fresh world with the same traps.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from hostile.jail_world import BACKENDS, World, build
from seawall.errors import (
    CrossRootError,
    HardLinkError,
    NotDirectoryError,
    NotRegularFileError,
    PathDeniedError,
    PathError,
    PathEscapeError,
    PathExistsError,
    PathInvalidError,
    PathNotFoundError,
)
from seawall.security.jail import Jail, JailPolicy, Roots, WriteMode
from seawall.security.jail._locate import Backend

pytestmark = pytest.mark.timeout(30)  # an open that waits for a FIFO's writer would never end

Act: TypeAlias = Callable[[Jail, str], object]


@dataclass(frozen=True)
class Case:
    """One attempt: `path` may contain {base} and {ws}, the host's paths."""

    act: Act
    path: str
    refusal: type[PathError]

    @property
    def id(self) -> str:
        shown = self.path if len(self.path) < 60 else f"{self.path[:20]}…({len(self.path)})"
        return f"{self.act.__name__} {shown!a}"


def read(jail: Jail, path: str) -> bytes:
    with jail.open_file(path) as file:
        return os.read(file.fd, 100)


def status(jail: Jail, path: str) -> object:
    return jail.status(path)


def scan(jail: Jail, path: str) -> object:
    return list(jail.scan(path, detailed=True))


def create(jail: Jail, path: str) -> object:
    return jail.write_file(path, b"pwned", mode=WriteMode.CREATE)


def replace(jail: Jail, path: str) -> object:
    return jail.write_file(path, b"pwned", mode=WriteMode.REPLACE)


def make_directory(jail: Jail, path: str) -> None:
    jail.make_directory(path)


def make_directories(jail: Jail, path: str) -> None:
    jail.make_directory(path, parents=True)


def remove_file(jail: Jail, path: str) -> None:
    jail.remove_file(path)


def remove_directory(jail: Jail, path: str) -> None:
    jail.remove_directory(path)


def rename_from(jail: Jail, path: str) -> None:
    jail.rename(path, "taken-out")


def rename_to(jail: Jail, path: str) -> None:
    jail.rename("a.txt", path)


def rename_over(jail: Jail, path: str) -> None:
    jail.rename("a.txt", path, replace=True)


def rename_directory_to(jail: Jail, path: str) -> None:
    jail.rename("d", path)


def lock(jail: Jail, path: str) -> None:
    with jail.locked(path):
        pass


CHANGES: tuple[Act, ...] = (
    create,
    replace,
    make_directory,
    make_directories,
    remove_file,
    remove_directory,
    rename_from,
    rename_to,
    rename_over,
    rename_directory_to,
)
EVERYTHING: tuple[Act, ...] = (read, status, scan, lock, *CHANGES)

# Paths that lead out at a directory on the way: every operation refuses them as an escape.
LEADS_OUT = (
    "../outside/secret.txt",
    "../ws-evil/secret.txt",  # a sibling whose name begins with the root's
    "d/../../outside/secret.txt",
    "{base}/outside/secret.txt",
    "to_directory_out/secret.txt",
    "to_directory_out_absolute/secret.txt",
    "to_proc_root{base}/outside/secret.txt",
)

READS = {
    PathEscapeError: (
        # traversal by dots
        "..",
        "../",
        "../..",
        "../../../../../../../../../../etc/passwd",
        "./../outside/secret.txt",
        "d/./.././../outside/secret.txt",
        "d//..//..//outside//secret.txt",
        "d/sub/../../../outside/secret.txt",
        "d/to_up/../../outside/secret.txt",
        "to_here/../outside/secret.txt",
        "../ws/a.txt",  # out and in again
        "d/../../ws/a.txt",
        # absolute
        "/",
        "//",
        "/etc/passwd",
        "//etc/passwd",
        "/dev/null",
        "/proc/self/environ",
        "{ws}/a.txt",
        "{ws}/../outside/secret.txt",
        # links
        "to_file_out",
        "to_file_out_absolute",
        "to_directory_out/dir/secret.txt",
        "to_dangling_out",
        "to_dangling_out_absolute",
        "to_root_absolute/a.txt",
        "to_file_in_absolute",
        "to_parent/outside/secret.txt",
        "to_winding",
        "to_chain",
        "d/chain_2",
        # links of /proc that lead anywhere without a name
        "to_proc_root/etc/passwd",
        "to_proc_cwd/secret.txt",
        "to_proc_fd",
        "to_dev_zero",
    ),
    PathNotFoundError: (
        # spellings that some decoder would take for dots, slashes or a home: here they are plain names
        "%2e%2e/outside/secret.txt",
        "%2e%2e%2foutside%2fsecret.txt",
        "..%2foutside%2fsecret.txt",
        "..%c0%afoutside%c0%afsecret.txt",
        "%252e%252e/outside/secret.txt",
        "..\\outside\\secret.txt",
        "d\\..\\..\\outside\\secret.txt",
        ".../outside/secret.txt",
        "....//outside/secret.txt",
        "..;/outside/secret.txt",
        ".. /outside/secret.txt",
        " ../outside/secret.txt",
        "..\t/outside/secret.txt",
        "..\n/outside/secret.txt",
        '"../outside/secret.txt"',
        "'../outside/secret.txt'",
        "\uff0e\uff0e/outside/secret.txt",
        "\u2024\u2024/outside/secret.txt",
        "..\u2215outside\u2215secret.txt",
        "..\uff0foutside\uff0fsecret.txt",
        "~/secret.txt",
        "~root/secret.txt",
        "$HOME/secret.txt",
        "${{HOME}}/secret.txt",
        "file:///etc/passwd",
        "C:\\Windows\\win.ini",
        "\\\\host\\share\\secret.txt",
        "\\\\?\\C:\\secret.txt",
        "a.txt::$DATA",
        "CON",
        "a.txt  ",
        "A.TXT",
        "nowhere/../../outside/secret.txt",
        "to_dangling_in",
        "to_dangling_directory",
    ),
    NotDirectoryError: (
        "a.txt/",
        "a.txt/.",
        "a.txt/..",
        "a.txt/b",
        "a.txt/../../outside/secret.txt",
        "fifo/x",
    ),
    NotRegularFileError: (
        "",
        ".",
        "./",
        "././/",
        "d",
        "d/",
        "d/..",
        "to_here",
        "to_directory_in",
        "fifo",
        "to_fifo",
        "socket",
        "d/../fifo",
    ),
    PathInvalidError: (
        "a.txt\0",
        "\0",
        "a.txt\0.png",
        "../outside/secret.txt\0.txt",
        "d\0/../b.txt",
        "\udcff",
        "a\ud800b",
        "d/\udc80.txt",
        "x" * 4096,
        "d/" * 2100,
        "é" * 2048,
        "x" * 256,
        "d/" + "é" * 128,
        "to_itself",
        "to_loop_a",
        "to_loop_a/x",
        "long_0",
    ),
    PathDeniedError: (
        ".ENV",
        "./.env",
        "d/../.env",
        ".env/",
        ".env/x",
        ".env.local",  # not there: the answer is the same
        "nowhere/.env",
        "server.pem",
        ".ssh",
        ".ssh/id_ed25519",
        ".ssh/not-there",
        ".SSH/id_ed25519",
        "to_env",
        "to_env_through",
        "to_ssh",
        "to_ssh/id_ed25519",
        "to_ssh/not-there",
        "d/to_up/.env",
        "d/.Seawall-x.TMP",
        ".seawall-x.tmp/b",
    ),
}

# Operations on a name that only they get wrong.
SINGLE = (
    *(Case(act, path, PathEscapeError) for act in EVERYTHING for path in LEADS_OUT),
    *(Case(act, ".env", PathDeniedError) for act in EVERYTHING),
    *(Case(act, ".ssh/new", PathDeniedError) for act in EVERYTHING),
    *(Case(act, "to_ssh/new", PathDeniedError) for act in EVERYTHING),
    *(Case(act, ".seawall-0123456789abcdef.tmp", PathDeniedError) for act in EVERYTHING),
    *(Case(act, "new\0", PathInvalidError) for act in EVERYTHING),
    *(Case(act, "new\udcff", PathInvalidError) for act in EVERYTHING),
    *(Case(act, "n" * 256, PathInvalidError) for act in EVERYTHING),
    # the root, in every spelling
    *(
        Case(act, path, PathDeniedError)
        for act in (remove_file, remove_directory, rename_from, rename_to, rename_over, rename_directory_to)
        for path in ("", ".", "./", "././", ".//")
    ),
    *(
        Case(act, path, PathInvalidError)
        for act in (remove_file, remove_directory, rename_from, rename_to, rename_over, rename_directory_to)
        for path in ("d/..", "d/../", "d/sub/../..", "to_here/..")
    ),
    *(
        Case(act, path, PathEscapeError)
        for act in (remove_directory, rename_from, rename_directory_to)
        for path in ("../ws", "{ws}", "to_parent/ws", "to_here/../ws")
    ),
    Case(remove_directory, "to_here", NotDirectoryError),
    Case(remove_directory, "to_here/", NotDirectoryError),
    Case(rename_from, "to_here/", NotDirectoryError),
    Case(remove_directory, "to_directory_out", NotDirectoryError),
    Case(remove_directory, "to_directory_out/", NotDirectoryError),
    Case(replace, "to_here", NotRegularFileError),
    Case(replace, "", NotRegularFileError),
    Case(create, "d/..", NotRegularFileError),
    Case(make_directory, "", PathExistsError),
    Case(make_directory, "d/..", PathExistsError),
    # links as the target of a write
    Case(replace, "to_file_out", PathEscapeError),
    Case(replace, "to_file_out_absolute", PathEscapeError),
    Case(replace, "to_dangling_out", PathEscapeError),
    Case(replace, "to_dangling_out_absolute", PathEscapeError),
    Case(replace, "to_chain", PathEscapeError),
    Case(replace, "to_loop_a", PathInvalidError),
    Case(replace, "to_env", PathDeniedError),
    Case(replace, "to_dangling_directory", PathNotFoundError),
    Case(create, "to_dangling_out", PathExistsError),
    Case(create, "to_dangling_in", PathExistsError),
    Case(create, "to_file_out", PathExistsError),
    Case(make_directory, "to_dangling_out", PathExistsError),
    Case(make_directories, "to_dangling_out", PathExistsError),
    Case(make_directories, "to_dangling_out/x", PathEscapeError),
    Case(rename_to, "to_dangling_out", PathExistsError),
    Case(rename_to, "to_directory_out", PathExistsError),
    # hard links, and what is no regular file
    Case(replace, "hard", HardLinkError),
    Case(replace, "to_hard", HardLinkError),
    Case(replace, "fifo", NotRegularFileError),
    Case(replace, "socket", NotRegularFileError),
    Case(replace, "to_fifo", NotRegularFileError),
    Case(rename_over, "fifo", NotRegularFileError),
    Case(rename_over, "socket", NotRegularFileError),
    Case(scan, "fifo", NotDirectoryError),
    Case(scan, "to_directory_out", PathEscapeError),
    Case(scan, "to_proc_root", PathEscapeError),
    # a directory into itself
    Case(rename_directory_to, "d/sub/d", PathInvalidError),
    Case(rename_directory_to, "to_directory_in/sub/d", PathInvalidError),
    Case(rename_directory_to, "d/d", PathInvalidError),
)

CASES = (*(Case(read, path, refusal) for refusal, paths in READS.items() for path in paths), *SINGLE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return build(tmp_path)


@pytest.fixture(params=BACKENDS)
def jail(world: World, request: pytest.FixtureRequest) -> Iterator[Jail]:
    backend: Backend = request.param
    opened = Jail.open(world.workspace, JailPolicy(writable=True), backend=backend)
    yield opened
    opened.close()


def test_the_table_is_as_large_as_it_claims() -> None:
    """No case is there twice, and there are many."""
    assert len({case.id for case in CASES}) == len(CASES) > 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_is_refused(world: World, jail: Jail, case: Case) -> None:
    """The attempt is refused for the right reason; nothing changes; the message is free of the host's paths."""
    path = case.path.format(base=world.base, ws=world.workspace)
    outside, inside = world.outside_state(), _tree(world.workspace)
    with pytest.raises(case.refusal) as caught:
        case.act(jail, path)
    assert type(caught.value) is case.refusal
    assert world.outside_state() == outside
    assert _tree(world.workspace) == inside
    if str(world.base) not in path:
        assert str(world.base) not in str(caught.value)
    assert caught.value.path == path.encode("utf-8", "backslashreplace").decode()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.txt", b"a.txt"),
        ("./a.txt", b"a.txt"),
        ("a.txt ", b"a.txt "),
        (" a.txt", b" a.txt"),
        ("'a.txt'", b"'a.txt'"),
        ('"a.txt"', b'"a.txt"'),
        ("-rf", b"-rf"),
        ("d//b.txt", b"d/b.txt"),
        ("d/./sub/../b.txt", b"d/b.txt"),
        ("d/sub/../../a.txt", b"a.txt"),
        ("to_file_in", b"d/b.txt"),
        ("to_directory_in/b.txt", b"d/b.txt"),
        ("to_directory_in/../a.txt", b"a.txt"),
        ("d/to_up/d/to_up/a.txt", b"a.txt"),
        ("d/to_root_file", b"a.txt"),
        ("to_here/to_here/a.txt", b"a.txt"),
        ("long_2", b"at the end of 41 links"),
        ("d/" + "./" * 2000 + "b.txt", b"d/b.txt"),
        ("d/../" * 800 + "a.txt", b"a.txt"),
    ],
    ids=ascii,
)
def test_exactly_that_file_is_read(jail: Jail, path: str, content: bytes) -> None:
    """What stays inside is reachable in every spelling, and no spelling is mistaken for another."""
    assert read(jail, path) == content


def test_the_work_for_one_path_is_bounded(world: World, jail: Jail) -> None:
    """Dots and links cannot make thousands of steps out of one path."""
    deep = "to_here/" + "d/" * 100 + "../d/" * 700 + "x"
    world.workspace.joinpath(*["d"] * 100).mkdir(parents=True)
    with pytest.raises(PathInvalidError, match="too many steps"):
        read(jail, deep)
    for number in range(35):
        (world.workspace / f"wide_{number}").symlink_to("./" + "d/../" * 600 + f"wide_{number + 1}")
    with pytest.raises(PathInvalidError, match="too many steps"):
        read(jail, "wide_0")


def test_a_hard_link_is_read_only_by_option(world: World, jail: Jail) -> None:
    """The jail cannot see where the other names of a file lie, so the policy says whether it may be read."""
    assert read(jail, "hard").startswith(b"SECRET")
    strict = Jail.open(world.workspace, JailPolicy(read_hard_links=False), backend=jail.backend)
    for path in ("hard", "to_hard"):
        with pytest.raises(HardLinkError):
            read(strict, path)
    assert read(strict, "a.txt") == b"a.txt"


@pytest.mark.parametrize("name", ["null", "zero", "full", "tty", "./random"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_devices_are_refused(backend: Backend, name: str) -> None:
    """Even with all devices inside of the root none is opened, for reading or writing."""
    jail = Jail.open(Path("/dev"), JailPolicy(writable=True), backend=backend)
    assert jail.status(name).kind == "device"
    for act in (read, replace):
        with pytest.raises(NotRegularFileError, match="is a device"):
            act(jail, name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_magic_links_inside_the_root_lead_nowhere(backend: Backend) -> None:
    """A root that contains /proc does not hand out what its links lead to."""
    jail = Jail.open(Path("/proc"), JailPolicy(), backend=backend)
    assert read(jail, "self/comm")
    for path in ("self/root/etc/passwd", "self/cwd", "self/exe", "self/fd/0", "thread-self/root/etc/passwd"):
        with pytest.raises((PathEscapeError, PathNotFoundError)):
            read(jail, path)


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_mounts_are_refused_by_policy(backend: Backend) -> None:
    """With `cross_mounts` off, what is mounted beneath the root is out of bounds, however it is asked for."""
    jail = Jail.open(Path("/"), JailPolicy(cross_mounts=False), backend=backend)
    assert jail.status("usr").kind == "directory"
    attempts: tuple[tuple[Act, str], ...] = (
        (read, "proc/version"),
        (status, "proc"),
        (scan, "proc"),
        (status, "proc/sys/kernel"),
        (status, "usr/../proc"),
    )
    for act, path in attempts:
        with pytest.raises(PathDeniedError, match="another file system"):
            act(jail, path)


def test_links_can_be_refused_altogether(world: World, jail: Jail) -> None:
    """With `follow_symlinks` off, no link is followed; it can still be looked at and removed itself."""
    strict = Jail.open(
        world.workspace, JailPolicy(writable=True, follow_symlinks=False), backend=jail.backend
    )
    attempts: tuple[tuple[Act, str], ...] = (
        (read, "to_file_in"),
        (read, "to_directory_in/b.txt"),
        (read, "to_file_out"),
        (scan, "to_directory_in"),
        (replace, "to_file_in"),
        (create, "to_directory_in/new"),
        (remove_file, "to_directory_in/b.txt"),
    )
    for act, path in attempts:
        with pytest.raises(PathDeniedError, match="symbolic link"):
            act(strict, path)
    assert strict.status("to_file_in", follow=False).kind == "symlink"
    strict.remove_file("to_file_in")
    assert read(strict, "d/b.txt") == b"d/b.txt"


def test_a_link_is_renamed_and_removed_itself(world: World, jail: Jail) -> None:
    """Removing and renaming touch a link, never what it leads to; a link that comes to lead out is refused."""
    before = world.outside_state()
    jail.remove_file("to_file_out")
    jail.rename("to_directory_out", "d/still_out")
    jail.rename("d/to_root_file", "moved_link")
    with pytest.raises(PathEscapeError):
        read(jail, "moved_link")
    with pytest.raises(PathNotFoundError):
        read(jail, "d/still_out/secret.txt")  # ../outside, seen from d, is not there
    assert world.outside_state() == before


def test_a_replaced_link_never_reaches_its_target(world: World, jail: Jail) -> None:
    """Renaming over a link that leads out replaces the link."""
    before = world.outside_state()
    jail.rename("a.txt", "to_file_out", replace=True)
    assert read(jail, "to_file_out") == b"a.txt"
    assert world.outside_state() == before


def test_set_user_id_does_not_survive_new_content(world: World, jail: Jail) -> None:
    """Permission bits are kept on overwriting; privileges are not."""
    program = world.workspace / "a.txt"
    program.chmod(0o6755)
    replace(jail, "a.txt")
    assert stat.S_IMODE(program.stat().st_mode) == 0o755


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("source", "target", "refusal"),
    [
        ("one/a.txt", "two/a.txt", CrossRootError),
        ("one/a.txt", "two/to_directory_in/x", CrossRootError),
        ("one/a.txt", "one/../two/x", PathEscapeError),
        ("one/../two/a.txt", "one/x", PathEscapeError),
        ("one/d", "two/d2", CrossRootError),
        ("one", "two/x", PathDeniedError),
        ("one", "three", PathDeniedError),
        ("one/", "one/d/one", PathDeniedError),
        ("one/a.txt", "two", PathDeniedError),
        ("one/a.txt", "a.txt", PathDeniedError),
        ("one/a.txt", "../x", PathEscapeError),
        ("one/a.txt", "", PathDeniedError),
        ("one/.", "one/x", PathDeniedError),
        ("one/d/..", "one/x", PathInvalidError),
    ],
)
def test_nothing_is_renamed_across_roots(
    tmp_path: Path, backend: Backend, source: str, target: str, refusal: type[PathError]
) -> None:
    """A rename stays within its root, and the roots themselves stay where they are."""
    worlds = {name: build(_made(tmp_path / name)) for name in ("one", "two")}
    roots = Roots.open(
        {name: world.workspace for name, world in worlds.items()}, JailPolicy(writable=True), backend=backend
    )
    before = _tree(tmp_path)
    with pytest.raises(refusal):
        roots.rename(source, target)
    with pytest.raises(refusal):
        roots.rename(source, target, replace=True)
    assert _tree(tmp_path) == before


@pytest.mark.parametrize("path", ["one", "one/", "./one", "", ".", "one/.", "one/d/.."])
def test_roots_cannot_be_removed(tmp_path: Path, path: str) -> None:
    """Neither a root nor the top above several is removed, written or made anew."""
    world = build(_made(tmp_path / "one"))
    roots = Roots.open({"one": world.workspace}, JailPolicy(writable=True))
    before = _tree(tmp_path)
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: roots.remove_directory(path),
        lambda: roots.remove_file(path),
        lambda: roots.write_file(path, b"", mode=WriteMode.REPLACE),
        lambda: roots.make_directory(path),
    )
    for attempt in attempts:
        with pytest.raises(PathError):
            attempt()
    assert _tree(tmp_path) == before


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _tree(directory: Path) -> list[str]:
    return sorted(str(path) for path in directory.rglob("*"))
