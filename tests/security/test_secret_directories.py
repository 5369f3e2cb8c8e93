"""`secret:NAME`: mounted secrets, as Docker and Kubernetes lay them out, and what must not pass for one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seawall.errors import StartError
from seawall.security.redact import KNOWN_SECRETS
from seawall.security.secrets import SECRET_DIRECTORIES, read_secret, resolve

VALUE = "correct-horse-battery"


@pytest.fixture(autouse=True)
def directories(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    before = SECRET_DIRECTORIES._paths
    SECRET_DIRECTORIES.use([str(first), str(second)])
    yield first, second
    SECRET_DIRECTORIES.use(before)


def put(directory: Path, name: str, value: str = VALUE, mode: int = 0o400) -> None:
    (directory / name).write_text(value + "\n")
    (directory / name).chmod(mode)


def test_the_first_directory_that_has_the_name_counts(directories: tuple[Path, Path]) -> None:
    put(directories[1], "key", "second-has-it")
    assert resolve("secret:key") == "second-has-it"
    put(directories[0], "key")
    assert resolve("secret:key") == VALUE
    assert KNOWN_SECRETS.text(f"a {VALUE} b") == "a [redacted] b"


def test_the_links_of_kubernetes_lead_to_the_newest_values(directories: tuple[Path, Path]) -> None:
    mounted = directories[0]
    for number in (1, 2):
        (mounted / f"..2026_{number}").mkdir()
        put(mounted / f"..2026_{number}", "key", f"value-number-{number}")
    (mounted / "..data").symlink_to("..2026_1")
    (mounted / "key").symlink_to("..data/key")
    assert resolve("secret:key") == "value-number-1"
    (mounted / "..new").symlink_to("..2026_2")
    (mounted / "..new").rename(mounted / "..data")
    assert resolve("secret:key") == "value-number-2"


def _linked_out(directory: Path) -> None:
    put(directory.parent, "elsewhere")
    (directory / "key").symlink_to("../elsewhere")


def _beside(directory: Path) -> None:
    """A sibling whose path begins with the directory's."""
    beside = directory.with_name("first-too")
    beside.mkdir()
    put(beside, "key")
    (directory / "key").symlink_to(beside / "key")


def _open_directory(directory: Path) -> None:
    put(directory, "key")
    directory.chmod(0o777)


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing there": (lambda directory: (directory / "other").touch(), "none of .* has it"),
    "a link out": (_linked_out, "leads out of"),
    "a link to a sibling": (_beside, "leads out of"),
    "a dangling link": (lambda directory: (directory / "key").symlink_to("nowhere"), "No such file"),
    "others may write it": (lambda directory: put(directory, "key", mode=0o622), "others may write it"),
    "the group may write it": (lambda directory: put(directory, "key", mode=0o660), "others may write it"),
    "others may write beside it": (_open_directory, "everybody may write into"),
    "a pipe": (lambda directory: os.mkfifo(directory / "key"), "not a regular file"),
    "a directory": (lambda directory: (directory / "key").mkdir(), "not a regular file|others may write"),
    "empty": (lambda directory: (directory / "key").touch(0o400), "it is empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_others_could_have_put_there_is_refused(case: str, directories: tuple[Path, Path]) -> None:
    make, words = WRONG[case]
    make(directories[0])
    with pytest.raises(StartError, match=words):
        read_secret("secret:key")


def test_a_directory_that_is_open_to_all_and_sticky_is_as_kubernetes_mounts_it(
    directories: tuple[Path, Path],
) -> None:
    put(directories[0], "key")
    directories[0].chmod(0o1777)
    assert resolve("secret:key") == VALUE


@pytest.mark.parametrize("name", ["../first/key", "..data", ".hidden", "a/b", "", "a\x00b", "k" * 300])
def test_what_is_no_name_is_no_reference_and_is_not_repeated(name: str) -> None:
    with pytest.raises(StartError, match="no reference") as refused:
        read_secret(f"secret:{name}")
    assert not name or name not in str(refused.value)
