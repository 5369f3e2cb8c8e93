"""A secret is read from its reference, and no error ever shows it."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from seawall.errors import StartError
from seawall.security.secrets import MAX_SECRET_SIZE, Secret, read_secret, resolve

_VALUE = "hunter2-correct-horse"


def _file(directory: Path, content: bytes, mode: int = 0o600) -> str:
    path = directory / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return f"file:{path}"


def _refused(reference: str, environment: dict[str, str] | None = None) -> StartError:
    """The refusal, whose whole traceback was checked to hold no secret."""
    with pytest.raises(StartError) as caught:
        read_secret(reference, environment=environment or {})
    assert _VALUE not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_a_variable_is_read_from_the_environment_that_is_handed_in() -> None:
    assert resolve("env:API_KEY", environment={"API_KEY": _VALUE}) == _VALUE


def test_without_an_environment_the_process_s_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", _VALUE)
    assert resolve("env:SOME_API_KEY") == _VALUE


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b"abc\n\n", "abc\n"),
        (b" abc ", " abc "),
        (b"two\nlines\n", "two\nlines"),
        (b"x" * MAX_SECRET_SIZE + b"\n", "x" * MAX_SECRET_SIZE),
    ],
)
def test_one_line_end_at_the_end_of_a_file_is_no_part_of_the_secret(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    assert resolve(_file(tmp_path, content)) == expected


@pytest.mark.parametrize(("mode", "expected"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_file_that_every_user_may_read_is_told(tmp_path: Path, mode: int, *, expected: bool) -> None:
    assert read_secret(_file(tmp_path, b"abc", mode)).world_readable is expected


def test_a_link_is_followed_as_kubernetes_mounts_secrets(tmp_path: Path) -> None:
    _file(tmp_path, b"abc\n")
    (tmp_path / "link").symlink_to("secret")
    assert resolve(f"file:{tmp_path}/link") == "abc"


def test_the_representation_does_not_show_the_secret() -> None:
    assert _VALUE not in repr(Secret(_VALUE))


@pytest.mark.parametrize(
    "reference",
    [
        _VALUE,
        "",
        "env:",
        "env:1A",
        "env:A-B",
        "env:A ",
        f"env:{_VALUE}",
        "file:relative",
        "file:",
        "file:/a\0b",
        "FILE:/a",
        "vault:x",
        f"https://user:{_VALUE}@host/",
    ],
)
def test_what_is_no_reference_is_refused_without_being_repeated(reference: str) -> None:
    error = _refused(reference)
    assert str(error) == (
        "a secret is given by something that is no reference. Write env:NAME, file:/absolute/path or secret:NAME."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n", "it is empty"),
        (_VALUE.encode() + b"\xff", "it is not UTF-8 text"),
        (_VALUE.encode() + b"\0", "it holds a NUL"),
        (_VALUE.encode() * 4096, "it has more than 65536 bytes"),
        (b"x" * (MAX_SECRET_SIZE + 1), "it has more than 65536 bytes"),
    ],
)
def test_an_unusable_file_is_named_by_its_reference(tmp_path: Path, content: bytes, reason: str) -> None:
    reference = _file(tmp_path, content)
    error = _refused(reference)
    assert error.message == f"the secret {reference!r} cannot be used: {reason}."


def test_an_unset_variable_is_named() -> None:
    assert (
        _refused("env:API_KEY").message == "the secret 'env:API_KEY' cannot be used: the variable is not set."
    )


def test_an_empty_variable_is_refused() -> None:
    assert "it is empty" in str(_refused("env:API_KEY", {"API_KEY": ""}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = _refused(f"file:{tmp_path}/none")
    assert error.message == f"the secret 'file:{tmp_path}/none' cannot be used: No such file or directory."


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "secret")
    assert "it is not a regular file" in str(_refused(f"file:{tmp_path}/secret"))


def test_an_endless_device_is_refused() -> None:
    assert "it is not a regular file" in str(_refused("file:/dev/zero"))


def test_a_file_that_claims_to_be_empty_and_is_not_is_read_to_its_limit() -> None:
    """Files of /proc have size 0: the limit holds for what is read, not for what is claimed."""
    assert "Linux" in resolve("file:/proc/version")
