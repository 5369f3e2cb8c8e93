"""Bytes, cursors and storage that lie: nothing is lost in writing back what was read, and nothing fails unexpectedly."""

from __future__ import annotations

import encodings
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import InvalidArgumentsError, PathError
from seawall.security.jail import FileStatus
from seawall.toolsets.filesystem.cursor import encode
from seawall.toolsets.filesystem.windows import Position
from toolsets.filesystem.workbench import Workbench, workbench

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path) -> Any:
    async with workbench(tmp_path) as found:
        yield found


# --- what is read and written back


@pytest.mark.parametrize(
    "data",
    [
        "試中 ybzz 中測bc\n".encode("big5"),
        "y bba b中ybzy 中中十y a十十c文中 y c測中 z".encode("big5"),
        b"ab \xfa\xa4\xb1\xb2\xb3 \x8a\xbf\x8e\x9a\n",
        "\ufeff\ufeffabc\n".encode(),
        "\ufeff\ufeff\ufeffabc\r\n".encode(),
        "\ufeff\ufeffäbc\n".encode("utf-16-le"),
        "\ufeff\ufeffäbc\n".encode("utf-16-be"),
        "\ufeff\ufeffäbc\n".encode("utf-32-le"),
    ],
)
async def test_text_written_back_is_the_same_bytes(bench: Workbench, data: bytes) -> None:
    (bench.directory / "f").write_bytes(data)
    read = await bench.read("f")
    assert "damaged" not in read.details
    await bench.write("f", read.text, mode="overwrite", expected_hash=read.details["sha256"])
    assert (bench.directory / "f").read_bytes() == data


async def test_text_that_would_come_back_as_other_bytes_is_flagged(bench: Workbench) -> None:
    """The head of a large file is plain Shift JIS; far behind it stands a character with two codes."""
    plain = ("日本語のテキスト" * 9 + "\n").encode("cp932")
    (bench.directory / "f").write_bytes(plain * 600 + b"\xfa\xa4\n")  # IBM's code; NEC's is the other one
    pages = await bench.pages("f", limit=100_000)
    assert pages[0].details["encoding"] == "cp932"
    assert [page.details.get("damaged", False) for page in pages] == [False] * (len(pages) - 1) + [True]
    assert "do not write it back" in pages[-1].note


# --- cursors


_CURSOR = Position(0, 1, 3, None, "utf-8", "lf")


@pytest.mark.parametrize(
    "forged",
    [
        {"lines": 0},
        {"lines": -1},
        {"line": 0},
        {"encoding": "z" * 17},
        {"encoding": "z" * 11_900},
        {"encoding": "UTF-8"},
        {"encoding": ""},
        {"lines": 1 << 63},
    ],
)
async def test_a_forged_part_of_a_file_is_refused(bench: Workbench, forged: dict[str, Any]) -> None:
    path = bench.directory / "a.txt"
    path.write_text("l1\nl2\nl3\n")
    status = FileStatus.of(path.stat())
    assert (await bench.read("a.txt", next=_CURSOR.cursor(status))).text == "l1\nl2\nl3\n"
    cursor = replace(_CURSOR, **forged).cursor(status)
    await bench.refused("read_file", InvalidArgumentsError, path="a.txt", next=cursor)


async def test_unknown_encodings_leave_nothing_behind(bench: Workbench) -> None:
    """Python's codec registry remembers every name that it is ever asked for."""
    (bench.directory / "a").write_text("x")
    await bench.read("a", encoding="utf-8")
    before = len(encodings._cache)
    for number in range(50):
        name = f"unheard-of-{number}"
        await bench.refused("read_file", InvalidArgumentsError, path="a", encoding=name)
        await bench.refused("write_file", InvalidArgumentsError, path="b", content="x", encoding=name)
        cursor = encode((0, 1, None, None, name[-16:], "lf", "", 0, 0))
        await bench.refused("read_file", InvalidArgumentsError, path="a", next=cursor)
    assert len(encodings._cache) == before


async def test_the_longest_path_goes_on_by_next(tmp_path: Path) -> None:
    """3,500 control characters, each of which takes six in JSON."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(14):
        os.mkdir("\x01" * 250, dir_fd=here)
        below = os.open("\x01" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    for number in range(3):
        os.close(os.open(f"f{number}", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    async with workbench(tmp_path) as bench:
        found = await bench.all("search_files", "matches", name="f*", limit=1)
        assert [one["path"][-2:] for one in found] == ["f0", "f1", "f2"]
        listed = await bench.all("list_directory", "entries", depth=64, limit=15)
        assert len(listed) == 17


# --- storage


def _failing() -> Iterator[Path]:
    """Regular files with a size that can be opened but not read."""
    for directory, _, files in os.walk("/sys/devices/virtual"):
        for name in files:
            path = Path(directory, name)
            try:
                readable = bool(path.stat().st_mode & 0o444) and path.stat().st_size
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            except OSError:
                continue
            try:
                with path.open("rb", buffering=0) as file:
                    file.read(10) if readable else b""
            except OSError:
                yield path


async def test_a_file_that_fails_to_be_read_does_not_end_a_search() -> None:
    path = next(_failing(), None)
    if path is None:
        pytest.skip("this system has no such file")
    async with workbench(path.parent, access="read") as bench:
        answer = await bench.search(content="zzz")
        assert answer["skipped"]["unreadable"] >= 1
        error = await bench.refused("read_file", PathError, path=path.name)
    assert str(path.parent) not in str(error)
