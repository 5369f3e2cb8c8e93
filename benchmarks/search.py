"""How fast the filesystem toolset lists and searches, beside `find` and `grep` on the same files in the same minute.

    python benchmarks/search.py [--files 100000] [--library DIRECTORY]

Makes a tree of empty files in a temporary directory, and searches the content of the Python standard library (without
site-packages, copied so that both programs see the same files). Each figure is the best of three, from the call of the
operation to its result, schema validation and transport not counted. The last column is our time in units of theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from seawall.security.budget import Deadline, WorkerPool
from seawall.toolsets.filesystem import KIND, FilesystemDeclaration
from seawall.toolsets.interface import CallContext, Caller, DataResult, Host, Operation
from seawall.types import JsonObject

ROUNDS = 3
LIMIT = 1024**2
PATTERNS = ("def main", r"class \w+\(.*Error\)", "zzqqxx[0-9]+", r"^import (os|sys)$", "[aeiou]{6,}")


class Bench:
    """The operations on one directory."""

    def __init__(self, directory: Path) -> None:
        declaration = FilesystemDeclaration(kind="filesystem", roots=str(directory))
        self.toolset = KIND.build(declaration, Host(directory, WorkerPool(size=4, queued=16), LIMIT))
        self._operations: dict[str, Operation] = {one.name: one for one in self.toolset.operations}

    async def call(self, tool: str, arguments: JsonObject) -> JsonObject:
        """The answer to one call."""

        async def progress(_done: float, _total: float | None, _message: str | None) -> None: ...

        context = CallContext("bench", Caller("local"), Deadline.after(600), LIMIT, progress)
        result = await self._operations[tool].handler(arguments, context)
        assert isinstance(result, DataResult)
        return result.data

    async def pages(self, tool: str, member: str, arguments: JsonObject) -> int:
        """How many results all pages have."""
        total, following = 0, arguments
        while True:
            answer = await self.call(tool, following)
            found = answer[member]
            assert isinstance(found, list)
            total += len(found)
            if "next" not in answer:
                return total
            following = {**arguments, "next": answer["next"]}


async def best(work: Callable[[], Awaitable[int]]) -> tuple[float, int]:
    times, count = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        count = await work()
        times.append(time.perf_counter() - started)
    return min(times), count


def program(*argv: str) -> tuple[float, int]:
    times, lines = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        output = subprocess.run(argv, capture_output=True, check=False).stdout
        times.append(time.perf_counter() - started)
        lines = output.count(b"\n")
    return min(times), lines


def report(name: str, ours: tuple[float, int], theirs: tuple[float, int] | None = None) -> None:
    line = f"{name:<44} {ours[0] * 1000:9.1f} ms {ours[1]:7d}"
    if theirs is not None:
        line += f" {theirs[0] * 1000:9.1f} ms {theirs[1]:7d} {ours[0] / theirs[0]:6.1f} x"
    print(line)


async def by_name(directory: Path, files: int) -> None:
    for number in range(files):
        if number % 1000 == 0:
            (directory / f"folder{number // 1000:04d}").mkdir()
        (directory / f"folder{number // 1000:04d}" / f"module_{number:07d}.py").touch()
    bench = Bench(directory)
    await bench.toolset.start()
    for glob in ("*99.py", "*.txt", "*"):
        search: JsonObject = {"name": glob, "limit": 5000}
        ours = await best(lambda search=search: bench.pages("search_files", "matches", search))  # type: ignore[misc]
        report(f"name {glob}", ours, program("find", str(directory), "-mindepth", "1", "-name", glob))
    first = await best(lambda: _count(bench, "search_files", "matches", {"name": "*", "limit": 100}))
    report("name *, the first 100", first)
    await bench.toolset.close()


async def _count(bench: Bench, tool: str, member: str, arguments: JsonObject) -> int:
    found = (await bench.call(tool, arguments))[member]
    assert isinstance(found, list)
    return len(found)


async def by_page(directory: Path, entries: int) -> None:
    for number in range(entries):
        (directory / f"entry_{number:07d}.txt").touch()
    bench = Bench(directory)
    await bench.toolset.start()
    listing = program("ls", "-l", str(directory))
    report(
        f"list {entries} entries, one page of 500",
        await best(lambda: _count(bench, "list_directory", "entries", {})),
    )
    for limit in (500, 5000):
        ours = await best(
            lambda limit=limit: bench.pages("list_directory", "entries", {"limit": limit})  # type: ignore[misc]
        )
        report(f"list {entries} entries, all pages of {limit}", ours, listing)
    await bench.toolset.close()


async def by_content(directory: Path) -> None:
    bench = Bench(directory)
    await bench.toolset.start()
    for pattern in PATTERNS:
        search: JsonObject = {"content": pattern, "limit": 5000, "hidden": True}
        ours = await best(lambda search=search: bench.pages("search_files", "matches", search))  # type: ignore[misc]
        report(f"content {pattern}", ours, program("grep", "-rnIE", pattern, str(directory)))
    await bench.toolset.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--library", type=Path, default=Path(sysconfig.get_path("stdlib")))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        tree, flat, library = (Path(temporary, name) for name in ("tree", "flat", "library"))
        tree.mkdir()
        flat.mkdir()
        shutil.copytree(
            arguments.library, library, ignore=shutil.ignore_patterns("site-packages"), symlinks=True
        )
        count = sum(1 for path in library.rglob("*") if path.is_file())
        print(f"{arguments.files} files in a tree, {count} files of {arguments.library.name}")
        print(f"{'':44} {'ours':>12} {'results':>7} {'theirs':>12} {'results':>7} {'ratio':>8}")
        await by_name(tree, arguments.files)
        await by_page(flat, arguments.files // 2)
        await by_content(library)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {peak:.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
