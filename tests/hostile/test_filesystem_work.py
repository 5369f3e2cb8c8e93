"""Patterns, names and ignore files that ask for more work than their size tells.

None may hold up the event loop, outlast the deadline by far, or fill the memory. The guards are generous: without the
limits behind them these take 10 to 60 times as long.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import DeadlineExceededError, InvalidArgumentsError
from seawall.security.jail import JailPolicy, PathRules, Roots
from seawall.toolsets.filesystem.ignore import IgnoreRules
from seawall.toolsets.filesystem.patterns import compile_glob
from toolsets.filesystem.workbench import Json, Workbench, workbench

pytestmark = pytest.mark.anyio

LOOP_GUARD = 2.0  # seconds without a turn of the event loop
CALL_GUARD = 8.0  # seconds for a call that has one


@pytest.fixture
async def bench(tmp_path: Path) -> Any:
    async with workbench(tmp_path) as found:
        yield found


@contextlib.asynccontextmanager
async def turning() -> AsyncIterator[None]:
    """The event loop gets its turns meanwhile, and all is over in time."""
    gaps: list[float] = []

    async def tick() -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            gaps.append(now - before)
            before = now

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0.03)
    started = time.monotonic()
    try:
        yield
    finally:
        await asyncio.sleep(0.03)
        ticker.cancel()
    assert max(gaps) < LOOP_GUARD
    assert time.monotonic() - started < CALL_GUARD


def names(answer: Json) -> list[str]:
    listed: list[Json] = answer["entries"] if "entries" in answer else answer["matches"]
    return [one["path"] for one in listed]


def ask_until(number: int) -> Callable[[], bool]:
    """Says so many times that the work may go on, then no."""
    left = iter(range(number))
    return lambda: next(left, None) is not None


# --- compiling


@pytest.mark.parametrize(
    "pattern",
    [
        "x{1,999}" * 125,
        "x{1,999}" * 20,
        "x{0,999}|" * 110,
        "[^x]{1,1000}" * 80,
        r"(\pL{0,1000}){0,1}" * 20,
        r"\pL{1000}",
    ],
)
async def test_an_expression_that_expands_is_refused_at_once(bench: Workbench, pattern: str) -> None:
    (bench.directory / "a").write_text("x")
    async with turning():
        await bench.refused("search_files", InvalidArgumentsError, content=pattern, seconds=1)


@pytest.mark.parametrize(
    "pattern",
    [r"(?i)\w{200}\pL{3}", r"(\w{1,50}\.){1,9}", "(?i)([a-z].{0,450}){2}[0-9]", "x{1,999}" * 3, ".{0,450}x"],
)
async def test_large_but_sensible_repetitions_are_accepted(bench: Workbench, pattern: str) -> None:
    (bench.directory / "a").write_text("-")
    async with turning():
        assert (await bench.search(content=pattern))["files_searched"] == 1


# --- names


SLOW = "{" + ",".join(["*a" + "?" * 240, "*b" + "?" * 240, "*[ab]" + "?" * 235, "*?a" + "?" * 235]) + "}"


def long_names(number: int) -> list[str]:
    letters = random.Random(1)  # noqa: S311  no secret
    return ["".join(letters.choices("ab", k=250)) for _ in range(number)]


async def test_the_slowest_glob_on_long_names_is_stopped_by_the_deadline(bench: Workbench) -> None:
    for name in long_names(2000):
        (bench.directory / name).touch()
    async with turning():
        await bench.refused("search_files", DeadlineExceededError, name=SLOW, ignore_case=True, seconds=1)


def test_a_slow_glob_asks_often_whether_to_go_on() -> None:
    selector = compile_glob(SLOW, ignore_case=True, tool="search_files").selector
    assert selector.select(long_names(40), ask_until(1)) is None
    assert selector.select(long_names(40), ask_until(3)) is None
    assert selector.select(["x"], ask_until(1)) == set()


def test_a_fast_glob_looks_at_thousands_of_names_at_once() -> None:
    selector = compile_glob("*7", ignore_case=False, tool="search_files").selector
    names = [f"file{number}" for number in range(4000)]
    assert selector.select(names, ask_until(1)) == {name for name in names if name.endswith("7")}


@pytest.mark.parametrize("length", [1, 8, 250])
def test_names_are_found_whatever_piece_they_fall_into(length: int) -> None:
    """A large pattern takes the names in small pieces; none is lost or cut at their limits."""
    selector = compile_glob("{*7,*" + "?" * 600 + "}", ignore_case=False, tool="search_files").selector
    names = [f"{'ä' * (length // 2)}{number}" for number in range(3000)]
    assert selector.select(names) == {name for name in names if name.endswith("7")}
    assert selector.select(names[:10], prefix="p/" * 2000) == {names[7]}


def test_the_path_of_a_deep_directory_is_not_multiplied_by_all_its_names() -> None:
    selector = compile_glob("**/*7", ignore_case=False, tool="search_files").selector
    names = [f"file{number}" for number in range(20_000)]
    tracemalloc.start()
    try:
        found = selector.select(names, prefix="directory/" * 400)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == {name for name in names if name.endswith("7")}
    assert peak < 16 * 1024**2


# --- .gitignore


@pytest.mark.parametrize("line", [" " * 60_000 + "x", "\t \\" * 20_000 + " x", "a" + " " * 60_000 + "\\ x"])
async def test_spaces_in_an_ignore_file_cost_nothing(bench: Workbench, line: str) -> None:
    (bench.directory / ".gitignore").write_text(f"{line}\nb\n")
    for name in ("a", "b"):
        (bench.directory / name).touch()
    async with turning():
        assert names(await bench.listing(gitignore=True)) == ["a"]


async def test_ignore_files_on_the_way_down_cost_nothing(bench: Workbench) -> None:
    here = bench.directory
    for _ in range(8):
        (here / ".gitignore").write_text(" " * 16_384 + "x\n" + "?" * 900 + "\n")
        here /= "d"
        here.mkdir()
    async with turning():
        assert names(await bench.listing("d/" * 8, gitignore=True, seconds=5)) == []


async def test_an_ignore_file_that_changes_its_mind_all_the_time_has_no_say(bench: Workbench) -> None:
    lines = [("!" if number % 2 else "") + f"zz{number}*q" for number in range(2000)]
    (bench.directory / ".gitignore").write_text("\n".join([*lines, "kept"]))
    for number in range(4000):
        (bench.directory / f"file-with-a-longish-name-{number:06d}.txt").touch()
    (bench.directory / "kept").touch()
    async with turning():
        assert names(await bench.search(name="kept", gitignore=True, seconds=1)) == ["kept"]


@pytest.fixture
def roots(tmp_path: Path) -> Any:
    found = Roots.open({"": tmp_path}, JailPolicy(rules=PathRules.compile(())))
    yield found
    found.close()


def test_ignore_rules_ask_before_each_of_their_patterns(tmp_path: Path, roots: Roots) -> None:
    """Reading them and following them both end soon after the caller has gone."""
    lines = [("!" if number % 2 else "") + f"zz{number}*q" for number in range(90)]
    (tmp_path / ".gitignore").write_text("\n".join(lines))
    for allowed in (0, 1, 50):
        assert IgnoreRules().within(roots, "", ask_until(allowed)) is None
    rules = IgnoreRules().within(roots, "", lambda: True)
    assert rules is not None
    for allowed in (0, 1, 50):
        assert rules.excluded("", ["a", "b"], (), ask_until(allowed)) is None
    assert rules.excluded("", ["a", "zz88q", "zz89q"], (), lambda: True) == {"zz88q"}


def test_rules_of_all_levels_together_have_a_bound(tmp_path: Path, roots: Roots) -> None:
    """A tree of a thousand levels with an ignore file in each does not pile up compiled patterns."""
    rules: IgnoreRules | None = IgnoreRules()
    prefix = ""
    for _ in range(100):
        (tmp_path / prefix / ".gitignore").write_text("a\n!b\nc/\n!d/e\n")
        assert rules is not None
        rules = rules.within(roots, prefix, lambda: True)
        prefix += "d/"
        (tmp_path / prefix).mkdir()
    assert rules is not None
    assert 0 < rules.selectors <= 128


def test_alternating_kinds_of_patterns_are_compiled_together(tmp_path: Path, roots: Roots) -> None:
    """Directories and files, names and paths: only taking back makes the order count."""
    lines = [f"build{number}/\n*.x{number}\n/a/b{number}\nc/d{number}/" for number in range(300)]
    (tmp_path / ".gitignore").write_text("\n".join(lines))
    rules = IgnoreRules().within(roots, "", lambda: True)
    assert rules is not None
    assert 4 <= rules.selectors < 16
    assert rules.excluded("", ["build7", "build8", "f.x299", "a"], {"build7"}, lambda: True) == {
        "build7",
        "f.x299",
    }


# --- pages


async def test_a_listing_that_got_nowhere_says_so_instead_of_going_in_circles(bench: Workbench) -> None:
    for number in range(5000):
        os.close(os.open(bench.directory / f"f{number}", os.O_CREAT))
    await bench.refused("list_directory", DeadlineExceededError, seconds=0)
    cursor = (await bench.listing(limit=1))["next"]
    await bench.refused("list_directory", DeadlineExceededError, seconds=0, next=cursor)
