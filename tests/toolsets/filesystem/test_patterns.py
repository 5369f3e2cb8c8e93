"""File name globs and regular expressions."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.filesystem.patterns import compile_expression, compile_glob


def selected(glob: str, *paths: str, ignore_case: bool = False) -> set[str]:
    compiled = compile_glob(glob, ignore_case=ignore_case, tool="search_files")
    found = set()
    for path in paths:
        folder, slash, name = path.rpartition("/")
        if compiled.selector.select([name], prefix=folder + slash):
            found.add(path)
    return found


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        ("*.py", ["a.py", "d/a.py", ".py"], ["a.pyc", "py"]),
        ("?.py", ["a.py", "ü.py"], ["ab.py", ".py"]),
        ("[ab].c", ["a.c", "b.c"], ["c.c", "ab.c"]),
        ("[!ab].c", ["c.c"], ["a.c"]),
        ("[^ab].c", ["c.c"], ["a.c"]),
        ("[a-cx]", ["b", "x"], ["d", "-"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("a[", ["a["], ["a"]),
        ("*.{c,h}", ["a.c", "b.h"], ["a.o", "a.{c,h}"]),
        ("{a,b{1,2}}.x", ["a.x", "b1.x", "b2.x"], ["b.x", "b3.x"]),
        ("a{,b}", ["a", "ab"], ["b"]),
        ("a,b", ["a,b"], ["a"]),
        ("a}", ["a}"], ["a"]),
        (r"\*", ["*"], ["a"]),
        (r"\{a,b\}", ["{a,b}"], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
        ("(a|b)+$", ["(a|b)+$"], ["a"]),
        ("**", ["a", "d/a"], []),
        ("**.py", ["a.py", "d/a.py"], ["a.c"]),
        ("src/*.py", ["src/a.py"], ["a.py", "src/d/a.py", "x/src/a.py"]),
        ("/src/*.py", ["src/a.py"], ["a.py", "src/d/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/d/e/a.py"], ["a.py", "srcs/a.py"]),
        ("**/test/*", ["test/a", "x/y/test/a"], ["test", "atest/a"]),
        ("src/**", ["src/a", "src/b/c"], ["src", "other/a"]),
        ("{src,lib}/**/*.c", ["src/a.c", "lib/x/a.c"], ["a.c"]),
        ("{**/,}x", ["x"], ["y"]),
        ("a\nb*", ["a\nbc"], ["a", "b"]),
    ],
)
def test_a_glob(glob: str, matching: list[str], others: list[str]) -> None:
    assert selected(glob, *matching, *others) == set(matching)


def test_letters_of_either_case_match_on_request() -> None:
    assert selected("*.PY", "a.py", "b.Py", ignore_case=True) == {"a.py", "b.Py"}
    assert selected("*.PY", "a.py") == set()


@pytest.mark.parametrize("glob", ["", "/", "///", "{a", "{a,{b}", "[z-a]", "{" * 20 + "}" * 20, "\ud800"])
def test_a_bad_glob_is_refused(glob: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="name is not a file name pattern"):
        compile_glob(glob, ignore_case=False, tool="search_files")


@given(
    glob=st.text("ab*?.", min_size=1, max_size=8).filter(lambda glob: "**" not in glob),
    names=st.lists(st.text("ab.\n", min_size=1, max_size=5), max_size=20, unique=True),
)
def test_a_directory_is_matched_as_one_name_after_the_other(glob: str, names: list[str]) -> None:
    compiled = compile_glob(glob, ignore_case=False, tool="search_files")
    assert compiled.selector.select(names) == {name for name in names if fnmatch.fnmatchcase(name, glob)}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing"),
        ("a)(b", "unexpected"),
        ("*a", "repetition"),
        (")", "unexpected"),
        ("(?=x)", "invalid perl operator"),
        (r"(a)\1", "invalid escape"),
        ("x{1001}", "repetition"),
        ("[z-a]", "range"),
        (r"\pL{300}", "too"),
        ("(((a{100}){100}){100}){100}", "repetition"),
        ("\ud800", "Unicode"),
    ],
)
def test_a_bad_expression_is_refused_with_its_reason(
    pattern: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        compile_expression(pattern, ignore_case=False, tool="search_files")
    assert reason in str(caught.value)
    assert capfd.readouterr() == ("", "")
