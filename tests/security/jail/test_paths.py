"""The form of a path: what is no path at all, and how the rest is split."""

from __future__ import annotations

import pytest

from seawall.errors import PathDeniedError, PathEscapeError, PathInvalidError
from seawall.security.jail.paths import LEFTOVER_NAME, is_reserved, parse, temporary_name


@pytest.mark.parametrize(
    ("text", "parts", "directory"),
    [
        ("", (), False),
        (".", (), False),
        ("./", (), False),
        ("a", ("a",), False),
        ("a/", ("a",), True),
        ("a/.", ("a",), True),
        ("./a//b", ("a", "b"), False),
        ("a/../b", ("a", "..", "b"), False),
        ("..", ("..",), False),
        (" a / b ", (" a ", " b "), False),
        ("a\\b", ("a\\b",), False),
        ("...", ("...",), False),
        ("n" * 255, ("n" * 255,), False),
        ("a/" * 2047 + "b", ("a",) * 2047 + ("b",), False),
        ("\U0001f9f1" * 63, ("\U0001f9f1" * 63,), False),
    ],
)
def test_only_empty_names_and_single_dots_are_dropped(
    text: str, parts: tuple[str, ...], directory: object
) -> None:
    """Everything else of the text reaches the kernel as it is."""
    path = parse(text)
    assert (path.text, path.parts, path.directory) == (text, parts, directory)
    assert parse(path) is path


@pytest.mark.parametrize(
    "text",
    ["\0", "a\0b", "\ud800", "a/\udcff", "n" * 256, "é" * 128, "\U0001f9f1" * 64, "a/" * 2048, "a" * 4096],
)
def test_what_cannot_be_a_path_is_refused(text: str) -> None:
    """The error can be shown and encoded, whatever the text was."""
    with pytest.raises(PathInvalidError) as caught:
        parse(text)
    assert f"{caught.value} {caught.value.path}".encode()


@pytest.mark.parametrize("text", ["/", "/etc/passwd", "//x", "/./a"])
def test_absolute_paths_are_refused(text: str) -> None:
    """Even one that would lie inside: callers do not know, and need not know, where the root is."""
    with pytest.raises(PathEscapeError):
        parse(text)


def test_temporary_names_are_short_reserved_and_never_the_same() -> None:
    """They fit beside any target and cannot be asked for."""
    names = {temporary_name() for _ in range(100)}
    assert len(names) == 100
    for name in names:
        assert len(name) == 29
        assert LEFTOVER_NAME.match(name)
        assert is_reserved(name)
        with pytest.raises(PathDeniedError):
            parse(f"d/{name}")


@pytest.mark.parametrize("name", [".seawall", ".seawall-x", "seawall-x.tmp", ".seawall-x.tmp.txt", "x.tmp"])
def test_similar_names_are_free(name: str) -> None:
    """Only the whole form is reserved."""
    assert not is_reserved(name)
    assert parse(name).parts == (name,)
