"""Paths of a contract lead nowhere but below the roots, whatever a caller writes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from seawall.errors import PathDeniedError, PathError, PathEscapeError, PathInvalidError, PathNotFoundError
from toolsets.contract.studio import Studio

pytestmark = pytest.mark.anyio

SHOP = """
seen = []

class Shop(Protocol):
    def get_text(self, file: Path) -> str: ...
    async def get_later(self, files: dict[str, Path | None]) -> list[str]: ...
    def change(self, file: Path, text: str) -> Path: ...
    def get_outside(self) -> Path: ...

class Own:
    def get_text(self, file):
        seen.append(file)
        return file.read_text()
    async def get_later(self, files):
        return sorted(name for name, path in files.items() if path is not None and path.is_file())
    def change(self, file, text):
        file.write_text(text)
        return file
    def get_outside(self):
        return Path("/etc/passwd")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    (root / "inner").mkdir(parents=True)
    (root / "a.txt").write_text("hello")
    (root / ".env").write_text("secret")
    (tmp_path / "outside.txt").write_text("outside")
    (root / "out").symlink_to("../outside.txt")
    (root / "nowhere").symlink_to("../made.txt")
    (root / "link").symlink_to("a.txt")
    return root


async def test_a_path_that_is_inside_can_be_opened(tmp_path: Path, root: Path) -> None:
    async with Studio.of(tmp_path, SHOP, roots="./data") as studio:
        for name in ("a.txt", "./a.txt", "inner/../a.txt", "link"):
            assert await studio.text("get_text", file=name) == "hello"
        files = {"a": "a.txt", "b": None, "c": "inner"}
        assert await studio.data("get_later", files=files) == {"result": ["a"]}
        assert await studio.data("change", file="inner/new.txt", text="new") == {"result": "inner/new.txt"}
    assert (root / "inner" / "new.txt").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("../outside.txt", PathEscapeError),
        ("/etc/passwd", PathEscapeError),
        ("out", PathEscapeError),
        ("inner/../../outside.txt", PathEscapeError),
        (".env", PathDeniedError),
        (".ENV", PathDeniedError),
        ("missing.txt", PathNotFoundError),
        ("a\x00b", PathInvalidError),
    ],
)
async def test_a_path_that_leads_out_reaches_no_method(
    tmp_path: Path, root: Path, name: str, error: type[PathError]
) -> None:
    del root
    async with Studio.of(tmp_path, SHOP, roots="./data") as studio:
        with pytest.raises(error):
            await studio.call("get_text", file=name)
        with pytest.raises(error):
            await studio.call("get_later", files={"x": name})


@pytest.mark.parametrize(
    "name", ["nowhere", "out", "../new.txt", "no/such/new.txt", ".env.local", "/tmp/new.txt"]
)
async def test_what_is_to_be_made_lies_inside_too(tmp_path: Path, root: Path, name: str) -> None:
    async with Studio.of(tmp_path, SHOP, roots="./data") as studio:
        with pytest.raises(PathError):
            await studio.call("change", file=name, text="x")
    assert (tmp_path / "outside.txt").read_text() == "outside"
    assert not (tmp_path / "made.txt").exists()
    assert sorted(await asyncio.to_thread(os.listdir, root)) == [
        ".env",
        "a.txt",
        "inner",
        "link",
        "nowhere",
        "out",
    ]


async def test_a_path_outside_never_goes_out(tmp_path: Path, root: Path) -> None:
    del root
    async with Studio.of(tmp_path, SHOP, roots="./data") as studio:
        with pytest.raises(Exception, match="not below the roots"):
            await studio.call("get_outside")


async def test_named_roots_are_the_first_part_of_a_path(tmp_path: Path, root: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.txt").write_text("other")
    async with Studio.of(tmp_path, SHOP, roots={"one": str(root), "two": "./other"}) as studio:
        assert await studio.text("get_text", file="one/a.txt") == "hello"
        assert await studio.text("get_text", file="two/b.txt") == "other"
        assert await studio.data("change", file="two/c.txt", text="c") == {"result": "two/c.txt"}
        for name in ("a.txt", "three/a.txt", "two/../one/a.txt", "."):
            with pytest.raises(PathError):
                await studio.call("get_text", file=name)
