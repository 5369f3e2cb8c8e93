"""Finding files by name and by content."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import DeadlineExceededError, InvalidArgumentsError, PathDeniedError, PathNotFoundError
from toolsets.filesystem.workbench import Json, Workbench, workbench

pytestmark = pytest.mark.anyio


def plant(directory: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def places(answer: Json) -> list[tuple[str, int]]:
    return [(match["path"], match["line"]) for match in answer["matches"]]


def paths(answer: Json) -> list[str]:
    return [match["path"] for match in answer["matches"]]


async def test_by_name(bench: Workbench) -> None:
    plant(bench.directory, {"a.py": "12345", "d/b.py": "", "d/c.txt": "", ".hidden/x.py": "", "py": ""})
    answer = await bench.search(name="*.py")
    assert answer == {
        "matches": [
            {"path": "a.py", "type": "file", "size": 5},
            {"path": "d/b.py", "type": "file", "size": 0},
        ],
        "skipped": {"hidden": 1},
    }
    assert paths(await bench.search(name="*.py", hidden=True)) == [".hidden/x.py", "a.py", "d/b.py"]
    assert paths(await bench.search(name="b*", path="d")) == ["d/b.py"]
    assert paths(await bench.search(name="d/*")) == ["d/b.py", "d/c.txt"]
    assert paths(await bench.search(name="*.py", path="d")) == ["d/b.py"]


async def test_directories_are_found_by_name_too(bench: Workbench) -> None:
    plant(bench.directory, {"test/a": "", "x/test/b": "", "x/test.txt": ""})
    assert paths(await bench.search(name="test*")) == ["test", "x/test", "x/test.txt"]
    assert paths(await bench.search(name="test*/")) == ["test", "x/test"]


async def test_by_content(bench: Workbench) -> None:
    plant(
        bench.directory, {"a.txt": "one\ntwo\nthree two\n", "d/b.txt": "no\n  twofold\n", "c.txt": "none\n"}
    )
    answer = await bench.search(content=r"two\b|twof")
    assert answer == {
        "matches": [
            {"path": "a.txt", "line": 2, "column": 1, "text": "two"},
            {"path": "a.txt", "line": 3, "column": 7, "text": "three two"},
            {"path": "d/b.txt", "line": 2, "column": 3, "text": "  twofold"},
        ],
        "files_searched": 3,
    }
    assert places(await bench.search(content="TWO", ignore_case=True, name="b.*")) == [("d/b.txt", 2)]


async def test_context(bench: Workbench) -> None:
    plant(bench.directory, {"a": "1\n2\n3\n4\n5\n"})
    match = (await bench.search(content="3", context=1))["matches"][0]
    assert (match["before"], match["text"], match["after"]) == (["2"], "3", ["4"])
    first = (await bench.search(content="1", context=10))["matches"][0]
    assert (first["before"], first["after"]) == ([], ["2", "3", "4", "5"])
    last = (await bench.search(content="5", context=2))["matches"][0]
    assert (last["before"], last["after"]) == (["3", "4"], [])


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Größe\n"),
        ("utf-16", "Größe\n"),
        ("utf-16-be", "Größe, and quite some more text\n"),
        ("utf-32", "Größe\n"),
        ("latin-1", "eine Größe in Köln, für später\n"),
    ],
)
async def test_other_encodings_are_searched(bench: Workbench, encoding: str, text: str) -> None:
    (bench.directory / "a").write_bytes(("erste\r\n" + text).encode(encoding))
    answer = await bench.search(content="Gr..e")
    assert places(answer) == [("a", 2)]
    assert answer["matches"][0]["text"] == text.strip()
    assert places(await bench.search(content="^erste$")) == [("a", 1)]


async def test_binary_files_are_skipped_and_counted(bench: Workbench) -> None:
    plant(
        bench.directory,
        {"a.bin": b"needle\0" * 20, "b.png": b"\x89PNG\r\n\x1a\n" + bytes(50) + b"needle", "c": "needle"},
    )
    answer = await bench.search(content="needle")
    assert paths(answer) == ["c"]
    assert (answer["files_searched"], answer["skipped"]) == (1, {"binary": 2})


async def test_large_files_are_skipped_and_counted(tmp_path: Path) -> None:
    plant(tmp_path, {"large": "needle\n" * 1000, "small": "needle\n"})
    async with workbench(tmp_path, max_file_size=1000) as bench:
        answer = await bench.search(content="needle")
    assert (paths(answer), answer["skipped"]) == (["small"], {"too_large": 1})


async def test_a_match_lies_in_one_line(bench: Workbench) -> None:
    plant(bench.directory, {"a": "foo\nbar\n\nfoo  bar\n"})
    assert places(await bench.search(content=r"foo\s+bar")) == [("a", 4)]
    assert places(await bench.search(content=r"foo\s*")) == [("a", 1), ("a", 4)]
    assert places(await bench.search(content=r"^$")) == [("a", 3)]
    assert places(await bench.search(content=r"[^x]+r$")) == [("a", 2), ("a", 4)]
    assert places(await bench.search(content=r"(?s)o.*r")) == [("a", 4)]
    assert places(await bench.search(content=r"foo\nbar")) == []


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_line_ends_of_every_style(bench: Workbench, newline: str) -> None:
    (bench.directory / "a").write_bytes(newline.join(["one", "two", "", "two"]).encode())
    answer = await bench.search(content="^two$")
    assert places(answer) == [("a", 2), ("a", 4)]
    assert {match["text"] for match in answer["matches"]} == {"two"}


async def test_a_long_line_is_cut_around_its_match(bench: Workbench) -> None:
    plant(bench.directory, {"a": "x" * 100_000 + "ä needle " + "y" * 100_000})
    match = (await bench.search(content="needle", context=1))["matches"][0]
    assert match["column"] == 100_003
    assert "needle" in match["text"]
    assert len(match["text"]) <= 400
    assert match["cut"] is True


@pytest.mark.parametrize("place", [0, 8190, 16_384, 1_048_570, 1_048_573, 1_048_576, 1_500_000, 2_999_990])
async def test_a_match_is_found_wherever_a_block_ends(bench: Workbench, place: int) -> None:
    line = "x" * 3_000_000
    plant(bench.directory, {"a": line[:place] + "needle" + line[place:]})
    match = (await bench.search(content="need[l]e"))["matches"][0]
    assert match["column"] == place + 1


async def test_only_the_first_match_of_a_line_counts(bench: Workbench) -> None:
    plant(bench.directory, {"a": "ab ab ab\nab\n"})
    assert [(m["line"], m["column"]) for m in (await bench.search(content="ab"))["matches"]] == [
        (1, 1),
        (2, 1),
    ]


contents = st.lists(st.text("ab \tö", max_size=6), max_size=12)
PATTERNS = (
    "a",
    "ab",
    "b+",
    "a*",
    "^a",
    "b$",
    "^$",
    r"\s",
    r"\S\s\S",
    "a.b",
    "[^a]",
    r"\bö|a\b",
    "(a|b)(a|b)",
    "ö",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(contents, min_size=1, max_size=4),
    pattern=st.sampled_from(PATTERNS),
    newline=st.sampled_from(("\n", "\r\n")),
    last=st.booleans(),
    limit=st.integers(1, 5),
)
async def test_a_search_equals_reading_line_by_line(  # noqa: PLR0917  hypothesis gives them by name
    tmp_path_factory: pytest.TempPathFactory,
    files: list[list[str]],
    pattern: str,
    newline: str,
    last: bool,
    limit: int,
) -> None:
    """And its pages, however short, join to the same."""
    directory = tmp_path_factory.mktemp("search")
    expected = []
    for number, lines in enumerate(files):
        ended = newline if last and lines else ""
        (directory / f"f{number}").write_bytes((newline.join(lines) + ended).encode())
        counted = lines if last or not lines or lines[-1] else lines[:-1]
        if newline.join(lines) + ended == "":
            counted = []
        for position, line in enumerate(counted, 1):
            found = re.search(pattern, line, re.ASCII)
            if found:
                expected.append((f"f{number}", position, found.start() + 1))
    async with workbench(directory) as bench:
        matches = await bench.all("search_files", "matches", content=pattern, limit=limit)
    assert [(match["path"], match["line"], match["column"]) for match in matches] == expected


async def test_pages_of_names_cover_every_file_exactly_once(bench: Workbench) -> None:
    plant(bench.directory, {f"d{number % 7}/f{number}": "" for number in range(100)})
    matches = await bench.all("search_files", "matches", name="f*", limit=9)
    assert [match["path"] for match in matches] == sorted(f"d{n % 7}/f{n}" for n in range(100))


async def test_an_answer_is_cut_at_its_size(bench: Workbench) -> None:
    plant(bench.directory, {f"f{number:03d}": "needle " * 20 + "\n" for number in range(200)})
    first = await bench.search(content="needle", response_limit=16_384, limit=1000)
    assert first["reason"] == "size"
    rest = await bench.search(content="needle", limit=1000, next=first["next"])
    assert paths(first) + paths(rest) == [f"f{number:03d}" for number in range(200)]


async def test_a_search_that_runs_out_of_time_gives_what_it_found(bench: Workbench) -> None:
    plant(bench.directory, {f"f{number:05d}": "needle\n" + "hay\n" * 5000 for number in range(3000)})
    first: Json = {}
    seconds = 0.05
    while "reason" not in first:  # a slow machine needs more time to find anything at all
        seconds *= 1.5
        with contextlib.suppress(DeadlineExceededError):
            first = await bench.search(content="needle", limit=5000, seconds=seconds)
    assert first["reason"] == "time"
    found = paths(first)
    assert 0 < len(found) < 3000
    while "next" in first:
        first = await bench.search(content="needle", limit=5000, next=first["next"])
        found += paths(first)
    assert found == [f"f{number:05d}" for number in range(3000)]


async def test_no_time_at_all_is_an_error_and_no_empty_answer(bench: Workbench) -> None:
    plant(bench.directory, {"a": "needle"})
    await bench.refused("search_files", DeadlineExceededError, seconds=0, content="needle")


async def test_denied_files_are_not_searched_nor_counted(tmp_path: Path) -> None:
    plant(tmp_path, {".env": "SECRET", "d/key.pem": "SECRET", "private/x": "SECRET", "open": "SECRET"})
    (tmp_path / "link").symlink_to(".env")
    (tmp_path / "folder").symlink_to("private")
    async with workbench(tmp_path, deny=("private",)) as bench:
        by_content = await bench.search(content="SECRET", hidden=True)
        assert (paths(by_content), by_content["files_searched"]) == (["open"], 1)
        assert "skipped" not in by_content
        by_name = await bench.search(name="*", hidden=True)
        assert paths(by_name) == ["d", "open"]
        assert "skipped" not in by_name


async def test_links_are_not_followed(bench: Workbench) -> None:
    plant(bench.directory, {"d/a.txt": "needle"})
    (bench.directory / "d" / "up").symlink_to("..")
    (bench.directory / "way").symlink_to("d")
    assert paths(await bench.search(content="needle")) == ["d/a.txt"]
    assert paths(await bench.search(name="*")) == ["d", "d/a.txt", "d/up", "way"]
    assert paths(await bench.search(content="needle", path="way")) == ["way/a.txt"]


async def test_gitignore_on_request(bench: Workbench) -> None:
    plant(
        bench.directory, {".gitignore": "out/\n*.log\n", "out/a": "x", "b.log": "x", "c": "x", ".git/d": "x"}
    )
    assert paths(await bench.search(content="x", gitignore=True, hidden=True, name="[!.]*")) == ["c"]
    assert paths(await bench.search(content="x")) == ["b.log", "c", "out/a"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"name": ""},
        {"content": ""},
        {"content": "("},
        {"content": "(?=x)"},
        {"name": "{a"},
        {"content": "a", "next": "AAAA"},
    ],
)
async def test_arguments_that_make_no_sense(bench: Workbench, arguments: dict[str, Any]) -> None:
    await bench.refused("search_files", InvalidArgumentsError, **arguments)


async def test_a_cursor_belongs_to_its_call(bench: Workbench) -> None:
    plant(bench.directory, {"a": "x\nx\n", "b": "x"})
    cursor = (await bench.search(content="x", limit=1))["next"]
    for other in ({"content": "y"}, {"content": "x", "name": "*"}, {"content": "x", "ignore_case": True}):
        await bench.refused("search_files", InvalidArgumentsError, next=cursor, **other)
    assert places(await bench.search(content="x", next=cursor)) == [("a", 2), ("b", 1)]


async def test_a_search_may_be_of_one_file(bench: Workbench) -> None:
    plant(bench.directory, {"d/a": "x\nx\n", "d/b": "x"})
    assert places(await bench.search(path="d/a", content="x")) == [("d/a", 1), ("d/a", 2)]
    matches = await bench.all("search_files", "matches", path="d/a", content="x", limit=1)
    assert [match["line"] for match in matches] == [1, 2]
    assert paths(await bench.search(path="d/a", content="x", name="b*")) == []
    await bench.refused("search_files", PathNotFoundError, path="d/c", content="x")
    await bench.refused("search_files", PathDeniedError, path="d/.env", content="x")


async def test_unreadable_and_vanishing_things_are_counted(bench: Workbench) -> None:
    plant(bench.directory, {"a": "needle"})
    os.mkfifo(bench.directory / "pipe")
    assert paths(await bench.search(content="needle")) == ["a"]
