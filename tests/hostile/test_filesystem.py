"""What files, names and arguments can do to wedge, fool or empty the filesystem toolset: nothing.

Each case is answered within the time limit of a test, and by a result or a typed error; nothing unexpected is raised.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import resource
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import (
    DeadlineExceededError,
    EncodingError,
    InvalidArgumentsError,
    NotRegularFileError,
    OperationError,
    PathDeniedError,
    PathError,
    PathPermissionError,
)
from seawall.toolsets.filesystem.cursor import encode
from toolsets.filesystem.workbench import Json, Workbench, context, workbench

pytestmark = pytest.mark.anyio

BIG = 200 * 1024**2


@pytest.fixture
async def bench(tmp_path: Path) -> Any:
    async with workbench(tmp_path) as found:
        yield found


def names(answer: Json) -> list[str]:
    listed: list[Json] = answer["entries"] if "entries" in answer else answer["matches"]
    return [one["path"] for one in listed]


# --- what must not hang


async def test_four_fifos_stop_nobody(bench: Workbench) -> None:
    for number in range(4):
        os.mkfifo(bench.directory / f"pipe{number}")
    (bench.directory / "a").write_text("x")
    calls = [bench.refused("read_file", NotRegularFileError, path=f"pipe{number}") for number in range(4)]
    await asyncio.gather(*calls)
    assert (await bench.read("a")).text == "x"
    assert names(await bench.search(content="x")) == ["a"]
    assert names(await bench.listing()) == ["a", "pipe0", "pipe1", "pipe2", "pipe3"]
    for mode in ("overwrite", "append"):
        await bench.refused("write_file", NotRegularFileError, path="pipe0", content="x", mode=mode)


@pytest.mark.parametrize(
    "glob", ["*a" * 40 + "z", "{*a," * 10 + "z" + "}" * 10, "**/" * 100 + "z", "[a-z]*" * 60 + "Z", "?" * 900]
)
async def test_a_costly_glob_costs_little(bench: Workbench, glob: str) -> None:
    for number in range(200):
        (bench.directory / ("a" * 240 + str(number))).write_text("")
    assert names(await bench.search(name=glob)) == []


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*a){12}b", "a?" * 60 + "a" * 60 + "b", "((a*)*)*b", "(x+x+)+y"]
)
async def test_a_costly_expression_costs_little(bench: Workbench, pattern: str) -> None:
    (bench.directory / "a").write_text(("a" * 50_000 + "!\n") * 4 + "x" * 100_000)
    assert names(await bench.search(content=pattern)) == []


async def test_the_slowest_expression_is_stopped_by_the_deadline(bench: Workbench) -> None:
    """A pattern that leaves RE2 only its slow way, on ten megabytes: the answer is partial, or says that time is up."""
    (bench.directory / "a").write_text("abcdefghij" * 900_000)
    with contextlib.suppress(DeadlineExceededError):
        answer = await bench.search(content="(?i)([a-z].{0,450}){2}[0-9]", seconds=0.5)
        assert answer.get("reason") in {None, "time"}


@pytest.fixture(scope="module")
def giants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """200 MB in one line, in a million lines, and without any byte on disk."""
    directory = tmp_path_factory.mktemp("giants")
    with (directory / "one_line").open("wb") as file:
        for _ in range(200):
            file.write(b"0123456789abcdef" * 65_536)
    with (directory / "lines").open("wb") as file:
        for number in range(200):
            file.write(b"%06d %s\n" % (number, b"x" * 200) * 5000)
    with (directory / "sparse").open("wb") as file:
        file.truncate(BIG)
    yield directory
    shutil.rmtree(directory)


async def test_a_giant_is_read_in_little_memory(giants: Path) -> None:
    async with workbench(giants) as bench:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for name in ("one_line", "lines"):
            for window in (
                {},
                {"head": 1},
                {"tail": 1},
                {"tail": 20_000},
                {"offset": BIG - 500},
                {"start_line": 900_000},
            ):
                result = await bench.read(name, **window)
                assert len(result.text) <= 1024 * 1024
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024  # KiB


async def test_the_first_line_of_a_giant_goes_on_by_next(giants: Path) -> None:
    async with workbench(giants) as bench:
        first = await bench.read("one_line", head=1)
        second = await bench.read("one_line", next=first.details["next"])
    both = first.text + second.text
    assert len(both) > 2_000_000
    assert both == ("0123456789abcdef" * (len(both) // 16 + 1))[: len(both)]


async def test_a_sparse_giant_is_binary_and_skipped_by_search(giants: Path) -> None:
    async with workbench(giants) as bench:
        assert (await bench.read("sparse", offset=BIG - 3)).text == "AAAA"
        await bench.refused("read_file", EncodingError, path="sparse", tail=1)
        assert (await bench.search(content="x"))["skipped"] == {"too_large": 3}


async def test_a_file_that_grows_while_it_is_read_has_an_end(bench: Workbench) -> None:
    path = bench.directory / "log"
    path.write_text("start\n")
    done = threading.Event()

    def grow() -> None:
        with path.open("a") as log:
            while not done.is_set():
                log.write("another line\n" * 1000)
                log.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for window in ({}, {"tail": 5}, {"start_line": 1_000_000_000}, {"hash": True, "head": 1}):
            await bench.read("log", **window)
        await bench.search(content="another")
    finally:
        done.set()
        writer.join()


# --- trees


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,000 directories, one in the other: the deepest has no path that the system accepts."""
    root = tmp_path / "deep"
    root.mkdir()
    here = os.open(root, os.O_RDONLY)
    for level in range(1000):
        name = f"level{level}"
        os.mkdir(name, dir_fd=here)
        if level in {3, 900}:
            os.close(os.open(f"needle{level}", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    yield root
    _fell(root)


def _fell(root: Path) -> None:
    """Remove a tree whose paths are too long for shutil: bring what is below the first level up, again and again."""
    while any(path.is_dir() for path in root.iterdir()):
        for path in list(root.iterdir()):
            if not path.is_dir():
                path.unlink()
                continue
            lifted = path.rename(root / "lifted")
            for below in list(lifted.iterdir()):
                below.rename(root / below.name)
            lifted.rmdir()
    root.rmdir()


async def test_a_tree_of_a_thousand_levels(deep: Path) -> None:
    async with workbench(deep) as bench:
        assert [Path(path).name for path in names(await bench.search(name="needle*"))] == ["needle3"]
        assert (await bench.search(name="needle*"))["skipped"] == {"too_deep": 1}
        listed = await bench.listing(depth=64)
        assert listed["not_opened"] == 1


async def test_a_directory_that_vanishes_during_a_walk(bench: Workbench) -> None:
    """Listing and searching while somebody else makes and removes what is there."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for number in range(20):
                place = bench.directory / f"d{number}" / "e"
                place.mkdir(parents=True, exist_ok=True)
                (place / "f").write_text("needle")
            for number in range(20):
                shutil.rmtree(bench.directory / f"d{number}", ignore_errors=True)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(60):
            await bench.listing(depth=5)
            await bench.search(content="needle")
            await bench.search(name="f", gitignore=True)
    finally:
        stop.set()
        thread.join()


async def test_links_make_no_cycles(bench: Workbench) -> None:
    (bench.directory / "d").mkdir()
    (bench.directory / "d" / "self").symlink_to(".")
    (bench.directory / "d" / "up").symlink_to("..")
    (bench.directory / "d" / "a").write_text("needle")
    assert names(await bench.listing(depth=64)) == ["d", "d/a", "d/self", "d/up"]
    assert names(await bench.search(content="needle")) == ["d/a"]
    assert names(await bench.search(content="needle", path="d/self/self/up/d")) == ["d/self/self/up/d/a"]


@contextlib.contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may read everything; so the process is somebody else for a moment."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(before)


async def test_what_may_not_be_read_is_counted(bench: Workbench) -> None:
    bench.directory.chmod(0o755)
    for path in ("a", "closed", "d/e", "shut/f"):
        (bench.directory / path).parent.mkdir(exist_ok=True)
        (bench.directory / path).write_text("needle")
    (bench.directory / "closed").chmod(0)
    (bench.directory / "shut").chmod(0)
    with _as_nobody():
        found = await bench.search(content="needle")
        listed = await bench.listing(depth=2)
        error = await bench.refused("read_file", PathPermissionError, path="closed")
    assert (names(found), found["skipped"]) == (["a", "d/e"], {"unreadable": 2})
    assert (names(listed), listed["skipped"]) == (["a", "closed", "d", "d/e", "shut"], {"unreadable": 1})
    assert str(bench.directory) not in str(error)


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "new\nline",
        "bell\x07",
        "\x1b[31mred",
        "\u202egnp.exe",
        " blank ",
        "'quotes\"",
        "a\\b",
        "-rf",
        "~",
        "*",
        "%2e%2e",
    ],
)
async def test_a_name_is_only_a_name(bench: Workbench, name: str) -> None:
    (bench.directory / name).write_text("needle")
    assert names(await bench.listing()) == [name]
    assert names(await bench.search(content="needle")) == [name]
    assert (await bench.read(name)).text == "needle"
    assert "\n" not in (await bench.read(name)).note
    await bench.write(name, "x", mode="append")
    assert (bench.directory / name).read_text() == "needlex"


async def test_a_name_that_is_no_text_is_counted(bench: Workbench) -> None:
    (bench.directory / "a").write_text("needle")
    os.close(os.open(os.fsencode(bench.directory) + b"/b\xff", os.O_CREAT))
    for answer in (await bench.listing(), await bench.search(content="needle"), await bench.search(name="*")):
        assert names(answer) == ["a"]
        assert answer["skipped"] == {"unnameable": 1}


async def test_a_forged_position_is_refused(bench: Workbench) -> None:
    for name in ("a", "b"):
        (bench.directory / name).write_text("x\n")
    cursor = (await bench.search(content="x", limit=1))["next"]
    owner = json.loads(base64.urlsafe_b64decode(cursor + "=="))[0]
    for parts in (["..", "etc"], ["."], ["../etc"], ["/etc"], [""], ["a\0"], [5], [], "a", None):
        forged = encode([owner, None, parts])
        await bench.refused("search_files", InvalidArgumentsError, content="x", next=forged)
    assert names(await bench.search(content="x", next=encode([owner, None, ["..."]]))) == ["a", "b"]


# --- secrets


SECRET = "correct-horse-battery"  # noqa: S105  it guards nothing


@pytest.fixture
async def guarded(tmp_path: Path) -> Any:
    """A workspace with secrets under denied names, and ways to them under innocent ones."""
    for path in (".env", "id_rsa", "deploy/server.pem", "vault/notes.txt", "vault/deep/more.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(SECRET)
    (tmp_path / "open.txt").write_text("nothing here")
    for link, target in {
        "config.txt": ".env",
        "key.txt": "id_rsa",
        "notes": "vault",
        "chain": "config.txt",
        "deploy/up": "../vault/notes.txt",
    }.items():
        (tmp_path / link).symlink_to(target)
    async with workbench(tmp_path, deny=("vault/",)) as found:
        yield found


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_directory", {"depth": 64, "hidden": True}),
        ("search_files", {"content": ".", "hidden": True}),
        ("search_files", {"content": SECRET, "hidden": True, "context": 10}),
        ("search_files", {"name": "*", "hidden": True}),
        ("search_files", {"name": "**/*.txt", "content": "e"}),
        ("list_directory", {"path": "deploy"}),
    ],
)
async def test_denied_things_leave_no_trace(guarded: Workbench, tool: str, arguments: dict[str, Any]) -> None:
    """Neither a name nor a word nor a count tells that they exist."""
    answer = await guarded.data(tool, **arguments)
    assert set(names(answer)) <= {"open.txt", "deploy"}
    assert SECRET not in str(answer)
    assert "skipped" not in answer
    assert answer.get("files_searched", 1) <= 1


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "id_rsa",
        "config.txt",
        "chain",
        "key.txt",
        "vault/notes.txt",
        "notes/notes.txt",
        "notes/deep/more.txt",
        "deploy/up",
        "deploy/server.pem",
        "./.env",
        "deploy/../.env",
        ".ENV",
        ".env/",
        "vault",
        "notes",
        "absent/../.env",
    ],
)
async def test_denied_paths_are_refused_by_every_tool(guarded: Workbench, path: str) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("read_file", {}),
        ("read_file", {"encoding": "base64", "offset": 0}),
        ("write_file", {"content": "x", "mode": "overwrite"}),
        ("write_file", {"content": "x", "mode": "append", "expected_hash": "0" * 64}),
        ("list_directory", {}),
        ("search_files", {"content": "."}),
        ("search_files", {"name": "*"}),
    ]
    for tool, arguments in calls:
        error = await guarded.refused(tool, PathError, path=path, **arguments)
        assert SECRET not in str(error)
        if not path.startswith("absent"):
            assert isinstance(error, PathDeniedError), (tool, error)
    assert (guarded.directory / ".env").read_text() == SECRET
    assert (guarded.directory / "vault/notes.txt").read_text() == SECRET


@pytest.mark.parametrize(
    "path", ["..", "../x", "/etc/passwd", "a/../../x", "\0", "a\0b", "\ud800", "x" * 5000, "x" * 300]
)
async def test_paths_that_lead_nowhere(bench: Workbench, path: str) -> None:
    for tool, arguments in (("read_file", {}), ("list_directory", {}), ("search_files", {"name": "*"})):
        operation = bench.operations[tool]
        with pytest.raises(OperationError):
            await operation.handler({"path": path, **arguments}, context())
