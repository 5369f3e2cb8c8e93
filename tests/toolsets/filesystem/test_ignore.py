"""What .gitignore files exclude; the verdicts are those of git 2.39 (`git status --ignored`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolsets.filesystem.workbench import Workbench, workbench

pytestmark = pytest.mark.anyio


def plant(directory: Path, *paths: str) -> None:
    for path in paths:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text("x")


@pytest.mark.parametrize(
    ("lines", "excluded", "kept"),
    [
        ("*.o", {"a.o", "d/b.o"}, {"a.c"}),
        ("/a.o", {"a.o"}, {"d/a.o"}),
        ("build/", {"build/x", "d/build/y"}, {"d2/build"}),
        ("d/*.o", {"d/a.o"}, {"a.o", "x/d/a.o"}),
        ("**/d/a.o", {"d/a.o", "x/d/a.o"}, {"a.o"}),
        ("d/**", {"d/a", "d/x/y"}, {"d2"}),
        ("d/**/z", {"d/z", "d/x/z", "d/x/y/z"}, {"z"}),
        ("*.o\n!keep.o", {"a.o"}, {"keep.o", "d/keep.o"}),
        ("!keep.o\n*.o", {"a.o", "keep.o"}, {"b"}),
        ("d/\n!d/keep", {"d/keep", "d/x"}, {"b"}),
        ("d/*\n!d/keep", {"d/x"}, {"d/keep"}),
        ("# comment\n\n  \n\\#file\n\\!file", {"#file", "!file"}, {"file"}),
        ("trailing  \nkept\\ ", {"trailing", "kept "}, {"kept"}),
        ("{a,b}", {"{a,b}"}, {"a", "b"}),
        ("[ab]?", {"ax", "bx"}, {"cx", "a"}),
        ("[!ab]x", {"cx"}, {"ax"}),
        ("*.O", set(), {"a.o"}),
        ("\n".join(f"pattern{number}*x" for number in range(1500)), {"pattern7_x"}, {"other"}),
    ],
)
async def test_a_pattern(bench: Workbench, lines: str, excluded: set[str], kept: set[str]) -> None:
    plant(bench.directory, *excluded, *kept)
    (bench.directory / ".gitignore").write_text(lines)
    matches = await bench.all("search_files", "matches", content="^x$", gitignore=True, hidden=True)
    assert {match["path"] for match in matches} - {".gitignore"} == kept


async def test_an_inner_file_decides_before_an_outer_one(bench: Workbench) -> None:
    plant(bench.directory, "a.o", "d/a.o", "d/e/a.o", "d/e/b.tmp", "d/b.tmp")
    (bench.directory / ".gitignore").write_text("*.o\n")
    (bench.directory / "d/.gitignore").write_text("!*.o\n/b.tmp\n")
    (bench.directory / "d/e/.gitignore").write_text("a.*\n")
    for path in (".", "d", "d/e"):
        matches = await bench.all("search_files", "matches", path=path, content="^x$", gitignore=True)
        expected = {"d/a.o", "d/e/b.tmp"}
        assert {match["path"] for match in matches} == {
            one for one in expected if one.startswith(path.strip("."))
        }


async def test_a_hostile_file_costs_no_time_and_no_noise(
    bench: Workbench, capfd: pytest.CaptureFixture[str]
) -> None:
    plant(bench.directory, "a" * 200, "b")
    hostile = ["*a" * 40 + "z", "[", "[z-a]", "!", "\\", "/", "a" * 5000, "(?=x)", "\udcff"]
    (bench.directory / ".gitignore").write_text("\n".join([*hostile, "b"]), errors="surrogateescape")
    answer = await bench.listing(gitignore=True)
    assert [entry["path"] for entry in answer["entries"]] == ["a" * 200]
    (bench.directory / ".gitignore").write_text("b\n" * 100_000)
    assert len((await bench.listing(gitignore=True))["entries"]) == 2
    assert capfd.readouterr() == ("", "")


async def test_a_denied_file_has_no_say(tmp_path: Path) -> None:
    plant(tmp_path, "a", "b")
    (tmp_path / ".gitignore").write_text("a\n")
    async with workbench(tmp_path, deny=(".gitignore",)) as bench:
        answer = await bench.listing(gitignore=True)
    assert [entry["path"] for entry in answer["entries"]] == ["a", "b"]
