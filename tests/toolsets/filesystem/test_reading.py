"""Windows and parts of files."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import ConflictError, EncodingError, InvalidArgumentsError, NotRegularFileError
from seawall.toolsets.filesystem.cursor import encode
from seawall.toolsets.filesystem.windows import ReadRequest
from toolsets.filesystem.workbench import Workbench, workbench

pytestmark = pytest.mark.anyio

TEN = "".join(f"line {number}\n" for number in range(1, 11))


async def test_a_small_file_comes_whole_with_all_that_is_known_of_it(bench: Workbench) -> None:
    data = b"\xef\xbb\xbfone\r\ntwo\r\n"
    (bench.directory / "a.txt").write_bytes(data)
    os.utime(bench.directory / "a.txt", (1_700_000_000, 1_700_000_000))
    result = await bench.read("a.txt")
    assert result.text == "one\r\ntwo\r\n"
    assert result.details == {
        "path": "a.txt",
        "encoding": "utf-8",
        "bom": True,
        "newline": "crlf",
        "size": 13,
        "modified": "2023-11-14T22:13:20Z",
        "range": {"offset": 0, "length": 13, "start_line": 1, "end_line": 2},
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert "\n" not in result.note


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ({"head": 3}, 1, 3),
        ({"head": 100}, 1, 10),
        ({"tail": 1}, 10, 10),
        ({"tail": 4}, 7, 10),
        ({"tail": 100}, 1, 10),
        ({"start_line": 4, "end_line": 6}, 4, 6),
        ({"start_line": 9}, 9, 10),
        ({"end_line": 2}, 1, 2),
        ({"start_line": 10, "end_line": 10}, 10, 10),
        ({"start_line": 5, "end_line": 500}, 5, 10),
        ({"offset": 0, "length": 0}, 2, 3),  # the second and third line, wherever they lie
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_a_window_of_lines(  # noqa: PLR0917  one argument a dimension
    tmp_path: Path, window: dict[str, int], first: int, last: int, encoding: str, newline: str
) -> None:
    lines = [f"Öl {number % 10}{newline}" for number in range(1, 11)]
    (tmp_path / "a").write_bytes("".join(lines).encode(encoding))
    if "offset" in window:
        width = len(lines[0].encode(encoding)) - len("".encode(encoding))
        window = {"offset": len("".encode(encoding)) + width, "length": 2 * width}
    async with workbench(tmp_path) as bench:
        result = await bench.read("a", **window)
    expected = "".join(lines[first - 1 : last])
    assert result.text == expected
    span = result.details["range"]
    assert isinstance(span, dict)
    assert span["start_line"] == first
    assert "next" not in result.details


async def test_a_window_behind_the_end_is_empty(bench: Workbench) -> None:
    (bench.directory / "a").write_text(TEN)
    for window in ({"start_line": 50}, {"offset": 5000}, {"start_line": 11, "end_line": 12}):
        result = await bench.read("a", **window)
        assert result.text == ""
        assert "next" not in result.details
        assert "The file ends before this window." in result.note


async def test_an_empty_file(bench: Workbench) -> None:
    (bench.directory / "a").write_bytes(b"")
    for window in ({}, {"head": 1}, {"tail": 1}, {"start_line": 1}, {"offset": 0, "length": 9}):
        result = await bench.read("a", **window)
        assert (result.text, result.details["newline"]) == ("", "none")


async def test_a_last_line_without_an_end_counts(bench: Workbench) -> None:
    (bench.directory / "a").write_text("one\ntwo\nthree")
    assert (await bench.read("a", tail=1)).text == "three"
    assert (await bench.read("a", tail=2)).text == "two\nthree"
    assert (await bench.read("a", head=3)).text == "one\ntwo\nthree"
    assert (await bench.read("a", start_line=3)).text == "three"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "aä€😀z"),
        ("utf-16-le", "aä€😀z"),
        ("utf-32", "aä€😀z"),
        ("gb18030", "a中文é😀z"),
        ("cp932", "aあ漢ｱz"),
    ],
)
async def test_a_byte_window_never_cuts_a_character(bench: Workbench, encoding: str, text: str) -> None:
    body = (text + "\n") * 3
    data = ("\ufeff" + body).encode(encoding) if encoding == "utf-16-le" else body.encode(encoding)
    (bench.directory / "a").write_bytes(data)
    named: dict[str, Any] = {} if encoding in {"utf-16-le", "utf-32"} else {"encoding": encoding}
    for offset in range(len(data)):
        for length in (1, 2, 5):
            result = await bench.read("a", offset=offset, length=length, **named)
            span = result.details["range"]
            assert isinstance(span, dict)
            start = int(str(span["offset"]))
            end = start + int(str(span["length"]))
            assert start <= offset < end
            assert result.text
            assert data[start:end].decode(encoding).removeprefix("\ufeff") == result.text
            assert result.text in body


async def test_binary_comes_as_base64_in_parts_that_join(bench: Workbench) -> None:
    data = bytes(range(256)) * 100
    (bench.directory / "a.bin").write_bytes(data)
    pages = await bench.pages("a.bin", limit=4096)
    assert len(pages) > 5
    assert base64.b64decode("".join(page.text for page in pages)) == data
    assert {page.details["encoding"] for page in pages} == {"base64"}
    window = await bench.read("a.bin", offset=256, length=3)
    assert window.text == base64.b64encode(b"\0\1\2").decode()
    assert window.details["range"] == {"offset": 256, "length": 3}


async def test_a_binary_file_has_no_lines(bench: Workbench) -> None:
    (bench.directory / "a.bin").write_bytes(bytes(100))
    for window in ({"head": 1}, {"tail": 1}, {"start_line": 1}):
        error = await bench.refused("read_file", EncodingError, path="a.bin", **window)
        assert "offset" in str(error.hint)


async def test_the_bytes_of_a_text_file_can_be_asked_for(bench: Workbench) -> None:
    (bench.directory / "a").write_bytes(b"\xef\xbb\xbfabc")
    result = await bench.read("a", encoding="base64")
    assert base64.b64decode(result.text) == b"\xef\xbb\xbfabc"


async def test_an_encoding_that_does_not_fit_is_said(bench: Workbench) -> None:
    (bench.directory / "a").write_bytes("größer".encode("latin-1"))
    assert (await bench.read("a")).text == "größer"
    assert (await bench.read("a", encoding="cp437")).text == "gr÷▀er"
    await bench.refused("read_file", EncodingError, path="a", encoding="utf-8")
    await bench.refused("read_file", InvalidArgumentsError, path="a", encoding="utf-7")


async def test_damaged_text_is_shown_and_flagged(bench: Workbench) -> None:
    (bench.directory / "a").write_bytes("schön ".encode() * 20_000 + b"\xff\xfe!\n")
    pages = await bench.pages("a", limit=20_000)
    assert pages[-1].details.get("damaged") is True
    assert "do not write it back" in pages[-1].note
    assert not any("damaged" in page.details for page in pages[:-1])
    assert "".join(page.text for page in pages) == "schön " * 20_000 + "\ufffd\ufffd!\n"


async def test_an_encoding_that_shows_up_late_is_found(bench: Workbench) -> None:
    data = b"only ascii here\n" * 10_000 + "schließlich Köln, für später\n".encode("latin-1") * 10
    (bench.directory / "a").write_bytes(data)
    pages = await bench.pages("a", limit=30_000)
    assert "".join(page.text for page in pages) == data.decode("latin-1")
    assert not any("damaged" in page.details for page in pages)


@pytest.mark.parametrize("results", ["text", "json"])
@pytest.mark.parametrize("filler", ['"', "\\", "\x01", "é", "😀", "\n", "x"])
async def test_a_part_fits_however_much_json_makes_of_it(tmp_path: Path, results: str, filler: str) -> None:
    text = ("some plain words here and there " + filler * 2) * 3000
    (tmp_path / "a").write_text(text, newline="")
    async with workbench(tmp_path, results=results) as bench:
        pages = await bench.pages("a", limit=16_384)  # the workbench measures each answer
    assert "".join(page.text for page in pages) == text
    assert len(pages) > 3


async def test_a_smallest_answer_still_goes_forward(bench: Workbench) -> None:
    (bench.directory / "a").write_text("\x01" * 3 + "word " * 2000)
    pages = await bench.pages("a", limit=1200)
    assert "".join(page.text for page in pages) == "\x01" * 3 + "word " * 2000


texts = st.text(st.sampled_from('aZ \té€中😀"\\\x01\n\r'), max_size=400).map(lambda text: text * 5)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, encoding=st.sampled_from(ENCODINGS), limit=st.integers(1100, 3000))
async def test_the_parts_of_a_text_are_the_text(
    bench: Workbench, text: str, encoding: str, limit: int
) -> None:
    """No byte lost or doubled, no character cut, for every encoding and any size of an answer."""
    data = text.encode(encoding)
    (bench.directory / "a").write_bytes(data)
    named = {"encoding": encoding} if encoding == "gb18030" else {}
    pages = await bench.pages("a", limit=limit, **named)
    if pages[0].details["encoding"] == "base64":
        assert base64.b64decode("".join(page.text for page in pages)) == data
        return
    assert "".join(page.text for page in pages) == text
    position = 0
    for page in pages:
        span = page.details["range"]
        assert isinstance(span, dict)
        assert span["offset"] == position
        position += int(str(span["length"]))
    assert position == len(data)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=texts,
    encoding=st.sampled_from(("utf-8", "utf-16", "utf-32")),
    count=st.integers(1, 30),
    first=st.integers(1, 30),
)
async def test_windows_are_what_counting_lines_says(
    bench: Workbench, text: str, encoding: str, count: int, first: int
) -> None:
    text = text.replace("\r", "").replace("\x01", "")
    (bench.directory / "a").write_bytes(text.encode(encoding))
    lines = text.splitlines(keepends=True) if text else []
    assert (await bench.read("a", head=count)).text == "".join(lines[:count])
    assert (await bench.read("a", tail=count)).text == "".join(lines[-count:])
    window = await bench.read("a", start_line=first, end_line=first + count)
    assert window.text == "".join(lines[first - 1 : first + count])


async def test_a_line_window_that_is_too_long_goes_on_by_next(bench: Workbench) -> None:
    lines = [f"{number} {'x' * 100}\n" for number in range(1000)]
    (bench.directory / "a").write_text("".join(lines))
    pages = await bench.pages("a", limit=8192, start_line=101, end_line=500)
    assert "".join(page.text for page in pages) == "".join(lines[100:500])
    spans = [page.details["range"] for page in pages]
    assert isinstance(spans[0], dict)
    assert isinstance(spans[-1], dict)
    assert (spans[0]["start_line"], spans[-1]["end_line"]) == (101, 500)


async def test_a_byte_window_that_is_too_long_goes_on_by_next(bench: Workbench) -> None:
    text = "äöü word\n" * 5000
    (bench.directory / "a").write_text(text)
    pages = await bench.pages("a", limit=8192, offset=12, length=30_000)
    assert "".join(page.text for page in pages) == text.encode()[12:30_012].decode()


async def test_a_tail_that_is_too_long_gives_its_end(bench: Workbench) -> None:
    lines = [f"{number} {'x' * 100}\n" for number in range(10_000)]
    (bench.directory / "a").write_text("".join(lines))
    result = await bench.read("a", limit=8192, tail=5000)
    kept = result.text.splitlines(keepends=True)
    assert len(kept) > 50
    assert kept == lines[-len(kept) :]
    assert result.details["earlier"] is True
    assert "did not fit" in result.note


async def test_a_hash_is_told_on_request_and_within_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(TEN)
    async with workbench(tmp_path) as bench:
        assert "sha256" not in (await bench.read("a", head=1)).details
        told = (await bench.read("a", head=1, hash=True)).details["sha256"]
    assert told == hashlib.sha256(TEN.encode()).hexdigest()
    async with workbench(tmp_path, max_file_size=10) as bench:
        assert "sha256" not in (await bench.read("a", hash=True)).details


async def test_a_part_ends_at_the_end_of_a_line(bench: Workbench) -> None:
    (bench.directory / "a").write_text("".join(f"{number} {'x' * (number % 90)}\n" for number in range(2000)))
    pages = await bench.pages("a", limit=4096)
    assert len(pages) > 20
    assert all(page.text.endswith("\n") for page in pages)


@pytest.mark.parametrize("copies", [5000, 9000])
async def test_a_file_that_is_replaced_between_two_parts_is_a_conflict(bench: Workbench, copies: int) -> None:
    path = bench.directory / "a"
    path.write_text("old\n" * 5000)
    first = await bench.read("a", limit=4096)
    (bench.directory / "b").write_text("new\n" * copies)
    (bench.directory / "b").replace(path)
    await bench.refused("read_file", ConflictError, path="a", next=first.details["next"])


async def test_a_file_that_is_cut_between_two_parts_is_a_conflict(bench: Workbench) -> None:
    path = bench.directory / "a"
    path.write_text("old\n" * 5000)
    first = await bench.read("a", limit=4096)
    os.truncate(path, 100)
    await bench.refused("read_file", ConflictError, path="a", next=first.details["next"])


async def test_a_log_that_grows_goes_on_and_says_so(bench: Workbench) -> None:
    path = bench.directory / "log"
    path.write_text("old\n" * 2000)
    first = await bench.read("log", limit=4096)
    with path.open("a") as log:
        log.write("new\n" * 10)
    rest = await bench.pages("log", limit=100_000, next=first.details["next"])
    assert first.text + rest[0].text == "old\n" * 2000 + "new\n" * 10
    assert rest[0].details["changed"] is True
    assert "changed" in rest[0].note


async def test_a_file_that_is_being_changed_has_no_hash_to_trust(bench: Workbench) -> None:
    """Else somebody could overwrite, by that hash, what they never saw."""
    path = bench.directory / "log"
    path.write_text("line\n" * 100_000)
    done = threading.Event()

    def grow() -> None:
        with path.open("a") as log:
            while not done.is_set():
                log.write("more\n")
                log.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(50):
            result = await bench.read("log", head=1, hash=True)
            assert ("sha256" in result.details) is not ("changed" in result.details)
    finally:
        done.set()
        writer.join()
    settled = (await bench.read("log", head=1, hash=True)).details["sha256"]
    assert settled == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_hard_links_are_told(bench: Workbench) -> None:
    (bench.directory / "a").write_text("x")
    (bench.directory / "b").hardlink_to(bench.directory / "a")
    assert (await bench.read("a")).details["hard_links"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"head": 1, "tail": 1},
        {"head": 1, "start_line": 1},
        {"tail": 1, "offset": 0},
        {"start_line": 1, "offset": 0},
        {"start_line": 5, "end_line": 4},
        {"next": "AAAA", "head": 1},
        {"next": "AAAA", "encoding": "utf-8"},
    ],
)
async def test_windows_exclude_each_other(bench: Workbench, arguments: dict[str, Any]) -> None:
    (bench.directory / "a").write_text(TEN)
    await bench.refused("read_file", InvalidArgumentsError, path="a", **arguments)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!!",
        "näxt",
        "AAAA",
        "W10",
        encode({"r": 1}),
        encode(["a"]),
        encode([0, 1, None, None, "utf-7", "lf", "x", 0, 0]),
        encode([0, 1, None, None, "utf-8", "no", "x", 0, 0]),
        encode([-1, 1, None, None, "utf-8", "lf", "x", 0, 0]),
        encode([True, 1, None, None, "utf-8", "lf", "x", 0, 0]),
        encode([1 << 70, 1, None, None, "utf-8", "lf", "x", 0, 0]),
        encode([0, 1, None, None, "utf-8", "lf", "x", 0, 0]) + "=",
        encode([0, 1, None, None, "utf-8", "lf", "x", 0, 0, 0]),
        "Wz" * 8000,
    ],
)
async def test_a_cursor_that_is_none_is_refused(bench: Workbench, cursor: str) -> None:
    (bench.directory / "a").write_text(TEN)
    await bench.refused("read_file", InvalidArgumentsError, path="a", next=cursor)


async def test_a_cursor_of_another_file_is_a_conflict(bench: Workbench) -> None:
    for name in ("a", "b"):
        (bench.directory / name).write_text("line\n" * 5000)
    first = await bench.read("a", limit=4096)
    await bench.refused("read_file", ConflictError, path="b", next=first.details["next"])


async def test_a_directory_is_not_read(bench: Workbench) -> None:
    (bench.directory / "d").mkdir()
    await bench.refused("read_file", NotRegularFileError, path="d")


def test_an_integer_may_be_written_as_a_real_number() -> None:
    """JSON Schema counts 3.0 among the integers."""
    assert ReadRequest.of({"path": "a", "head": 3.0}).head == 3
