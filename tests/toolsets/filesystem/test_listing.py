"""What a directory holds, a page at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import InvalidArgumentsError, NotDirectoryError, PathEscapeError, PathNotFoundError
from toolsets.filesystem.workbench import Workbench, workbench

pytestmark = pytest.mark.anyio


def plant(directory: Path, *paths: str) -> None:
    """Make files, and directories where a path ends with a slash."""
    for path in paths:
        place = directory / path
        (place if path.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        if not path.endswith("/"):
            place.write_text(path)


def paths(answer: dict[str, object]) -> list[str]:
    entries = answer["entries"]
    assert isinstance(entries, list)
    return [entry["path"] for entry in entries]


async def test_an_entry_says_what_it_is(bench: Workbench) -> None:
    plant(bench.directory, "a.txt", "d/")
    os.mkfifo(bench.directory / "f")
    for name in ("a.txt", "d", "f"):
        os.utime(bench.directory / name, (1_700_000_000, 1_700_000_000))
    when = "2023-11-14T22:13:20Z"
    assert await bench.listing() == {
        "entries": [
            {"path": "a.txt", "type": "file", "size": 5, "modified": when},
            {"path": "d", "type": "directory", "modified": when},
            {"path": "f", "type": "fifo", "modified": when},
        ]
    }


async def test_depth_first_in_the_order_of_names(bench: Workbench) -> None:
    plant(bench.directory, "b/y/deep.txt", "b/x.txt", "a.txt", "c.txt", "b.txt")
    assert paths(await bench.listing()) == ["a.txt", "b", "b.txt", "c.txt"]
    two = await bench.listing(depth=2)
    assert paths(two) == ["a.txt", "b", "b/x.txt", "b/y", "b.txt", "c.txt"]
    assert two["not_opened"] == 1
    three = await bench.listing(depth=3)
    assert "b/y/deep.txt" in paths(three)
    assert "not_opened" not in three
    assert paths(await bench.listing("b")) == ["b/x.txt", "b/y"]
    assert paths(await bench.listing("./b//")) == ["b/x.txt", "b/y"]
    assert paths(await bench.listing("b/../b/y")) == ["b/../b/y/deep.txt"]


async def test_hidden_names_are_counted_or_shown(bench: Workbench) -> None:
    plant(bench.directory, ".github/ci.yml", "a")
    short = await bench.listing(depth=2)
    assert (paths(short), short["skipped"]) == (["a"], {"hidden": 1})
    full = await bench.listing(depth=2, hidden=True)
    assert paths(full) == [".github", ".github/ci.yml", "a"]
    assert "skipped" not in full


async def test_gitignore_on_request(bench: Workbench) -> None:
    plant(
        bench.directory,
        ".git/config",
        "build/x.o",
        "src/a.c",
        "src/a.o",
        "src/keep.o",
        "src/sub/z.tmp",
        "top.o",
    )
    (bench.directory / ".gitignore").write_text("*.o\n/build/\n")
    (bench.directory / "src/.gitignore").write_text("!keep.o\n*.tmp\n")
    assert "build/x.o" in paths(await bench.listing(depth=3))
    ignoring = await bench.listing(depth=3, gitignore=True, hidden=True)
    assert paths(ignoring) == [".gitignore", "src", "src/.gitignore", "src/a.c", "src/keep.o", "src/sub"]
    assert ignoring["skipped"] == {"ignored": 5}
    assert paths(await bench.listing("src", gitignore=True)) == ["src/a.c", "src/keep.o", "src/sub"]


async def test_links_are_named_and_not_followed(
    bench: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    plant(bench.directory, "d/a.txt")
    targets = {
        "to_file": ("d/a.txt", "file"),
        "to_directory": ("d", "directory"),
        "to_nothing": ("nowhere", "missing"),
        "to_outside": (str(outside), "outside"),
        "to_above": ("../..", "outside"),
        "to_itself": ("to_itself", "refused"),
        "to_fifo": ("pipe", "special"),
    }
    os.mkfifo(bench.directory / "pipe")
    for name, (target, _) in targets.items():
        (bench.directory / name).symlink_to(target)
    answer = await bench.listing(depth=5)
    found = {entry["path"]: entry.get("target") for entry in answer["entries"] if entry["type"] == "symlink"}
    assert found == {name: word for name, (_, word) in targets.items()}
    assert [path for path in paths(answer) if path.startswith("to_directory/")] == []
    assert paths(await bench.listing("to_directory")) == ["to_directory/a.txt"]
    async with workbench(bench.directory, symlinks="refuse") as strict:
        assert {
            entry["target"] for entry in (await strict.listing())["entries"] if entry["type"] == "symlink"
        } == {"refused"}


async def test_denied_names_never_appear(tmp_path: Path) -> None:
    plant(tmp_path, ".env", "id_rsa", "private/x.txt", "a.txt", "d/secret.txt")
    (tmp_path / "innocent").symlink_to(".env")
    (tmp_path / "hidden_way").symlink_to("private")
    async with workbench(tmp_path, deny=("private", "secret.txt")) as bench:
        answer = await bench.listing(depth=9, hidden=True)
        assert paths(answer) == ["a.txt", "d"]
        assert "skipped" not in answer


async def test_several_roots_are_top_directories(tmp_path: Path) -> None:
    plant(tmp_path, "one/a.txt", "two/b/c.txt")
    roots = {"first": str(tmp_path / "one"), "second": str(tmp_path / "two")}
    async with workbench(tmp_path, roots=roots) as bench:
        assert paths(await bench.listing()) == ["first", "second"]
        assert paths(await bench.listing(depth=3)) == [
            "first",
            "first/a.txt",
            "second",
            "second/b",
            "second/b/c.txt",
        ]


names = st.text(st.sampled_from("ab.Ü \n-_0"), min_size=1, max_size=3).filter(
    lambda name: name not in {".", ".."}
)
trees = st.recursive(
    st.none(), lambda below: st.dictionaries(names, below, max_size=5), max_leaves=25
).filter(lambda tree: tree is not None)


def grow(directory: Path, tree: dict[str, object]) -> list[str]:
    """Make the tree; its paths in the order of the listing."""
    found = []
    for name in sorted(tree):
        place, below = directory / name, tree[name]
        found.append(name)
        if isinstance(below, dict):
            place.mkdir()
            found += [f"{name}/{path}" for path in grow(place, below)]
        else:
            place.write_text("")
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees, limit=st.integers(1, 4))
async def test_pages_cover_every_entry_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object], limit: int
) -> None:
    directory = tmp_path_factory.mktemp("tree")
    expected = grow(directory, tree)
    async with workbench(directory, deny=("!*",)) as bench:
        entries = await bench.all("list_directory", "entries", depth=64, limit=limit, hidden=True)
    assert [entry["path"] for entry in entries] == expected


async def test_a_page_goes_on_behind_what_was_removed(bench: Workbench) -> None:
    plant(bench.directory, *(f"d{number}/f{letter}" for number in range(3) for letter in "abc"))
    first = await bench.listing(depth=2, limit=6)
    assert paths(first)[-1] == "d1/fa"
    assert first["reason"] == "limit"
    for name in ("fa", "fb"):
        (bench.directory / "d1" / name).unlink()
    plant(bench.directory, "d0/later", "d1/fbb", "d1a")
    rest = await bench.listing(depth=2, next=first["next"])
    assert paths(rest) == ["d1/fbb", "d1/fc", "d1a", "d2", "d2/fa", "d2/fb", "d2/fc"]


async def test_a_page_goes_on_when_its_directory_has_gone(bench: Workbench) -> None:
    plant(bench.directory, "a/x", "b/x", "b/y", "c/x")
    first = await bench.listing(depth=2, limit=4)
    assert paths(first)[-1] == "b/x"
    (bench.directory / "b/x").unlink()
    (bench.directory / "b/y").unlink()
    (bench.directory / "b").rmdir()
    assert paths(await bench.listing(depth=2, next=first["next"])) == ["c", "c/x"]


async def test_an_answer_is_cut_at_its_size(bench: Workbench) -> None:
    plant(bench.directory, *(f"{'n' * 50}{number:04d}" for number in range(300)))
    first = await bench.listing(response_limit=16_384)
    assert first["reason"] == "size"
    assert 20 < len(first["entries"]) < 300


async def test_a_name_that_no_answer_can_hold_is_counted(bench: Workbench) -> None:
    plant(bench.directory, "a" * 250, "b")
    answer = await bench.listing(response_limit=1400)
    assert paths(answer) == ["b"]
    assert answer["skipped"] == {"too_long": 1}


async def test_a_cursor_belongs_to_its_call(bench: Workbench) -> None:
    plant(bench.directory, "a", "b", "d/x")
    cursor = (await bench.listing(limit=1))["next"]
    for other in ({"depth": 2}, {"hidden": True}, {"gitignore": True}, {"path": "d"}):
        await bench.refused("list_directory", InvalidArgumentsError, next=cursor, **other)
    search = (await bench.search(name="*", limit=1))["next"]
    for token in (search, "AAAA", cursor + "A", cursor[:-1], ""):
        await bench.refused("list_directory", InvalidArgumentsError, next=token)
    assert paths(await bench.listing(limit=5, next=cursor)) == ["b", "d"]


async def test_what_is_no_directory(bench: Workbench) -> None:
    plant(bench.directory, "a")
    await bench.refused("list_directory", NotDirectoryError, path="a")
    await bench.refused("list_directory", PathNotFoundError, path="absent")
    await bench.refused("list_directory", PathEscapeError, path="..")
    await bench.refused("list_directory", PathEscapeError, path="/etc")


async def test_a_large_directory_is_seen_as_it_is(bench: Workbench) -> None:
    """Its entries are remembered between two pages, but never when it has changed."""
    expected = [f"f{number:05d}" for number in range(2500)]
    plant(bench.directory, *expected)
    os.utime(bench.directory, (1_700_000_000, 1_700_000_000))
    for _ in range(2):
        entries = await bench.all("list_directory", "entries", limit=600)
        assert [entry["path"] for entry in entries] == expected
    first = await bench.listing(limit=1000)
    (bench.directory / "f01500").unlink()
    plant(bench.directory, "f01500b")
    rest = await bench.listing(limit=2000, next=first["next"])
    assert paths(first) + paths(rest) == [*expected[:1500], "f01500b", *expected[1501:]]
    plant(bench.directory, "later")
    assert paths(await bench.listing(limit=5000))[-1] == "later"
    (bench.directory / "f00000").unlink()
    (bench.directory / "f00000").mkdir()
    assert (await bench.listing(limit=1))["entries"][0]["type"] == "directory"
