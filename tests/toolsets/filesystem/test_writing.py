"""Creating, replacing and extending files."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import (
    ConflictError,
    EncodingError,
    FileTooLargeError,
    InvalidArgumentsError,
    NotRegularFileError,
    OperationError,
    PathDeniedError,
    PathEscapeError,
    PathExistsError,
    PathNotFoundError,
)
from seawall.security.budget import Deadline, StopSignal
from seawall.security.jail import JailPolicy, Roots
from seawall.toolsets.filesystem.writing import FileWriter, WriteRequest
from toolsets.filesystem.workbench import Workbench, workbench

pytestmark = pytest.mark.anyio


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def test_a_new_file(bench: Workbench) -> None:
    result = await bench.write("a.txt", "one\ntwo ä\n")
    data = "one\ntwo ä\n".encode()
    assert (bench.directory / "a.txt").read_bytes() == data
    assert result == {
        "path": "a.txt",
        "bytes": len(data),
        "sha256": sha256(data),
        "encoding": "utf-8",
        "newline": "lf",
        "created": True,
    }


async def test_create_never_replaces(bench: Workbench) -> None:
    (bench.directory / "a").write_text("mine")
    await bench.refused("write_file", PathExistsError, path="a", content="yours")
    assert (bench.directory / "a").read_text() == "mine"


@pytest.mark.parametrize("mode", ["overwrite", "append"])
async def test_overwrite_and_append_create_what_is_missing(bench: Workbench, mode: str) -> None:
    assert (await bench.write("a", "x\n", mode=mode))["created"] is True
    assert (bench.directory / "a").read_text() == "x\n"


async def test_parents_are_made_only_when_asked(bench: Workbench) -> None:
    await bench.refused("write_file", PathNotFoundError, path="a/b/c.txt", content="x")
    await bench.write("a/b/c.txt", "x", make_parents=True)
    await bench.write("a/b/d.txt", "x", make_parents=True)
    await bench.write("./e.txt", "x", make_parents=True)
    assert sorted(path.name for path in bench.directory.rglob("*.txt")) == ["c.txt", "d.txt", "e.txt"]


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
        ("windows-1252", b""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mode", ["overwrite", "append"])
async def test_a_file_stays_written_as_it_is(
    bench: Workbench, encoding: str, bom: bytes, newline: str, mode: str
) -> None:
    """Encoding, byte order mark and line endings survive a caller who knows nothing of them."""
    old = f"“Grüße”{newline}aus Köln{newline}"
    (bench.directory / "a").write_bytes(bom + old.encode(encoding))
    result = await bench.write("a", "neue Zeile\r\nnoch eine — ä\n", mode=mode)
    new = f"neue Zeile{newline}noch eine — ä{newline}"
    expected = bom + (old + new if mode == "append" else new).encode(encoding)
    assert (bench.directory / "a").read_bytes() == expected
    assert (result["encoding"], result["created"]) == (encoding, False)
    assert result["newline"] == {"\n": "lf", "\r\n": "crlf", "\r": "cr"}[newline]
    assert result["sha256"] == sha256(expected)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=st.text(st.sampled_from("abc äöü\n"), min_size=1, max_size=60),
    new=st.text(st.sampled_from("abc äöü\n"), max_size=60),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1")),
    newline=st.sampled_from(("\n", "\r\n")),
    mode=st.sampled_from(("overwrite", "append")),
)
async def test_what_was_written_is_read_back(  # noqa: PLR0917  hypothesis gives them by name
    bench: Workbench, old: str, new: str, encoding: str, newline: str, mode: str
) -> None:
    data = (old + "\nÄpfel für Köln, schöne Grüße\n").replace("\n", newline).encode(encoding)
    (bench.directory / "a").write_bytes(data)
    before = await bench.read("a")
    new += "Größe für Übermut\n"  # so much that a legacy encoding can be told
    await bench.write("a", new, mode=mode, expected_hash=before.details["sha256"])
    after = await bench.read("a")
    kept = new.replace("\n", newline)
    assert after.text == (before.text + kept if mode == "append" else kept)
    for fact in ("encoding", "bom"):
        assert after.details[fact] == before.details[fact]


async def test_new_line_endings_can_be_asked_for(bench: Workbench) -> None:
    await bench.write("a", "x\r\ny\n", newline="crlf")
    assert (bench.directory / "a").read_bytes() == b"x\r\ny\r\n"
    await bench.write("a", "x\ny\n", newline="lf", mode="overwrite")
    assert (bench.directory / "a").read_bytes() == b"x\ny\n"
    await bench.write("b", "as\r\ngiven\n")
    assert (bench.directory / "b").read_bytes() == b"as\r\ngiven\n"


async def test_a_new_encoding_can_be_asked_for(bench: Workbench) -> None:
    await bench.write("a", "ä", encoding="utf-16")
    assert (bench.directory / "a").read_bytes() == "ä".encode("utf-16")
    await bench.write("a", "ä", encoding="latin-1", mode="overwrite")
    assert (bench.directory / "a").read_bytes() == b"\xe4"
    await bench.write("a", "ä", encoding="utf-8-sig", mode="overwrite")
    assert (bench.directory / "a").read_bytes() == b"\xef\xbb\xbf\xc3\xa4"
    await bench.write("a", "\ufeffö", mode="overwrite")
    assert (bench.directory / "a").read_bytes() == b"\xef\xbb\xbf\xc3\xb6"


async def test_what_an_encoding_cannot_hold_is_not_written(bench: Workbench) -> None:
    old = "schöne Grüße aus Köln\n".encode("latin-1")
    (bench.directory / "a").write_bytes(old)
    for mode in ("overwrite", "append"):
        error = await bench.refused("write_file", EncodingError, path="a", content="10 €", mode=mode)
        assert "U+20AC" in str(error)
    await bench.refused("write_file", EncodingError, path="new", content="€", encoding="latin-1")
    assert (bench.directory / "a").read_bytes() == old
    assert not (bench.directory / "new").exists()


async def test_two_encodings_are_not_mixed(bench: Workbench) -> None:
    (bench.directory / "a").write_bytes("ä".encode("utf-16"))
    await bench.refused("write_file", EncodingError, path="a", content="x", mode="append", encoding="utf-8")
    (bench.directory / "b").write_bytes("ä".encode())
    assert (await bench.write("b", "plain", mode="append", encoding="latin-1"))["encoding"] == "utf-8"


async def test_bytes_are_written_as_they_are(bench: Workbench) -> None:
    data = bytes(range(256))
    result = await bench.data("write_file", path="a", content_base64=base64.b64encode(data).decode())
    assert (bench.directory / "a").read_bytes() == data
    assert (result["encoding"], result["newline"], result["bytes"]) == ("binary", "none", 256)
    await bench.data("write_file", path="a", content_base64="AAECAw==", mode="append")
    assert (bench.directory / "a").read_bytes() == data + b"\0\1\2\3"


async def test_text_is_not_added_to_bytes(bench: Workbench) -> None:
    (bench.directory / "a").write_bytes(bytes(100))
    await bench.refused("write_file", EncodingError, path="a", content="x", mode="append")
    await bench.write("a", "text now\n", mode="overwrite")
    assert (bench.directory / "a").read_text() == "text now\n"


@pytest.mark.parametrize("mode", ["overwrite", "append"])
async def test_the_expected_hash_decides(bench: Workbench, mode: str) -> None:
    (bench.directory / "a").write_text("one")
    error = await bench.refused(
        "write_file", ConflictError, path="a", content="x", mode=mode, expected_hash="0" * 64
    )
    assert sha256(b"one") in str(error)
    result = await bench.write("a", "two", mode=mode, expected_hash=sha256(b"one").upper())
    assert (bench.directory / "a").read_text() == ("onetwo" if mode == "append" else "two")
    await bench.write("a", "3", mode=mode, expected_hash=result["sha256"])


async def test_a_missing_file_has_no_hash(bench: Workbench) -> None:
    await bench.refused(
        "write_file", ConflictError, path="a", content="x", mode="overwrite", expected_hash="0" * 64
    )
    assert not (bench.directory / "a").exists()


async def test_of_two_writers_with_one_hash_one_wins(bench: Workbench) -> None:
    (bench.directory / "a").write_text("0")
    for _ in range(30):
        now = sha256((bench.directory / "a").read_bytes())
        outcomes = await asyncio.gather(
            *(bench.write("a", f"{now}{number}", mode="overwrite", expected_hash=now) for number in range(4)),
            return_exceptions=True,
        )
        won = [outcome for outcome in outcomes if isinstance(outcome, dict)]
        assert len(won) == 1
        assert all(isinstance(outcome, ConflictError) for outcome in outcomes if outcome not in won)
        assert sha256((bench.directory / "a").read_bytes()) == won[0]["sha256"]


class _Meddler:
    """The roots, with somebody who changes the file at the last moment."""

    def __init__(self, roots: Roots, meddle: Callable[[], object]) -> None:
        self._roots = roots
        self._meddle = meddle

    def __getattr__(self, name: str) -> Any:
        if name == "write_file":
            self._meddle()
        return getattr(self._roots, name)


@pytest.mark.parametrize("mode", ["overwrite", "append"])
@pytest.mark.parametrize("present", [True, False])
def test_a_change_from_outside_is_not_overwritten(tmp_path: Path, mode: str, *, present: bool) -> None:
    if present:
        (tmp_path / "a").write_text("old")
    with contextlib.closing(Roots.open({"": tmp_path}, JailPolicy(writable=True))) as roots:
        meddler = _Meddler(roots, lambda: (tmp_path / "a").write_text("somebody else's"))
        writer = FileWriter(cast("Roots", meddler), 1000)
        request = WriteRequest.of({"path": "a", "content": "mine", "mode": mode})
        with pytest.raises(ConflictError):
            writer.write(request, StopSignal(Deadline.never()))
    assert (tmp_path / "a").read_text() == "somebody else's"


async def test_no_appended_line_is_lost(bench: Workbench) -> None:
    await asyncio.gather(*(bench.write("log", f"{number}\n", mode="append") for number in range(50)))
    assert sorted((bench.directory / "log").read_text().split(), key=int) == [str(n) for n in range(50)]


async def test_the_largest_file_is_limited(tmp_path: Path) -> None:
    async with workbench(tmp_path, max_file_size=1000) as bench:
        await bench.refused("write_file", FileTooLargeError, path="a", content="x" * 1001)
        await bench.write("a", "x" * 990)
        await bench.refused("write_file", FileTooLargeError, path="a", content="y" * 11, mode="append")
        (tmp_path / "large").write_text("z" * 1001)
        whole: list[dict[str, Any]] = [{"mode": "append"}, {"mode": "overwrite", "expected_hash": "0" * 64}]
        for arguments in whole:
            await bench.refused("write_file", FileTooLargeError, path="large", content="w", **arguments)
        assert (await bench.write("large", "small now", mode="overwrite"))["created"] is False
    assert (tmp_path / "a").read_text() == "x" * 990
    assert (tmp_path / "large").read_text() == "small now"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"content": "x", "content_base64": "eA=="},
        {"content_base64": "no base64"},
        {"content_base64": "eA"},
        {"content_base64": "eA==", "encoding": "utf-8"},
        {"content_base64": "eA==", "newline": "lf"},
        {"content": "x", "expected_hash": "0" * 64},
        {"content": "x", "encoding": "utf-7"},
        {"content": "x", "encoding": "base64"},
    ],
)
async def test_arguments_that_make_no_sense_together(bench: Workbench, arguments: dict[str, Any]) -> None:
    await bench.refused("write_file", InvalidArgumentsError, path="a", **arguments)
    assert not (bench.directory / "a").exists()


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (".env", PathDeniedError),
        ("d", NotRegularFileError),
        ("d/", NotRegularFileError),
        ("../x", PathEscapeError),
    ],
)
@pytest.mark.parametrize("mode", ["create", "overwrite", "append"])
async def test_what_is_no_file_to_write(
    bench: Workbench, path: str, error: type[OperationError], mode: str
) -> None:
    (bench.directory / "d").mkdir()
    expected = PathExistsError if (path, mode) == ("d", "create") else error
    await bench.refused("write_file", expected, path=path, content="x", mode=mode)
    assert [entry.name for entry in bench.directory.iterdir()] == ["d"]


async def test_lone_surrogates_are_refused(bench: Workbench) -> None:
    await bench.refused("write_file", EncodingError, path="a", content="\ud800")
    assert not (bench.directory / "a").exists()
