"""A problem is shown where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.cli.explain import explain, problem_as_json
from seawall.errors import Problem


def problem(source: str, **changes: object) -> Problem:
    values = {
        "line": 4,
        "column": 1,
        "key": "http.prot",
        "found": "prot",
        "allowed": "host, port",
        "suggestion": "port",
        "message": "unknown key `prot`.",
    } | changes
    return Problem(source=source, **values)  # type: ignore[arg-type]


def shown(found: Problem) -> str:
    (block,) = explain([found])
    return block.plain


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "seawall.toml"
    path.write_text('[server]\nname = "x"\n[http]\nprot = 8000\n', encoding="utf-8")
    return str(path)


def test_a_problem_names_its_place_and_points_at_what_is_wrong(source: str) -> None:
    """Place, sentence, line, caret, what is allowed and the nearest word, like a compiler's."""
    assert shown(problem(source)) == (
        f"{source}:4:1: unknown key `prot`.\n"
        "  4 | prot = 8000\n"
        "    | ^^^^\n"
        "  allowed: host, port\n"
        "  did you mean: port"
    )


def test_what_the_sentence_says_already_is_not_repeated(source: str) -> None:
    found = problem(source, message="unknown key `prot`, known: host, port; did you mean `port`?")
    assert "allowed" not in shown(found)
    assert shown(found).count("did you mean") == 1


@pytest.mark.parametrize(
    ("line", "column", "found", "marked"),
    [
        ('value = "hunter2"', 9, "a literal value", '"…"'),
        ("value = 'hunter2'", 9, "a string", "'…'"),
        ('value = "hunter2', 9, "", '"…"'),
        ('auth = { value = "hunter2", scheem = "x" }', 29, "'scheem'", "scheem"),
        ('passwrod = "hunter2"', 1, "'passwrod'", "passwrod"),
        ('note = "a \\" hunter2"', 1, "'note'", "note"),
    ],
)
def test_a_string_that_may_be_a_secret_is_not_quoted(
    tmp_path: Path, line: str, column: int, found: str, marked: str
) -> None:
    """Such output lands in the logs of build servers; only what the loader shows itself is shown."""
    path = tmp_path / "seawall.toml"
    path.write_text(line, encoding="utf-8")
    text = shown(problem(str(path), line=1, column=column, found=found))
    assert "hunter2" not in text
    assert marked in text
    assert f" {'^' * len(marked)}\n" in text


def test_a_value_that_the_loader_shows_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "seawall.toml"
    path.write_text('access = "wirte"', encoding="utf-8")
    assert '| access = "wirte"\n    |          ^^^^^^^\n' in shown(
        problem(str(path), line=1, column=10, found="'wirte'")
    )


def test_a_problem_without_a_line_names_its_source_only() -> None:
    """An environment variable has no lines to quote."""
    found = problem(
        "SEAWALL_HTTP__PORT", line=None, column=None, suggestion=None, message="70000 is too large."
    )
    assert shown(found) == "SEAWALL_HTTP__PORT: 70000 is too large.\n  allowed: host, port"


def test_a_source_that_is_gone_is_explained_without_its_line(tmp_path: Path) -> None:
    assert " | " not in shown(problem(str(tmp_path / "gone.toml")))


@pytest.mark.parametrize("line", [0, 6, 10_000])
def test_a_line_that_the_file_does_not_have_is_not_quoted(source: str, line: int) -> None:
    assert " | " not in shown(problem(source, line=line, column=1))


def test_the_caret_stands_below_the_character_also_behind_wide_ones(tmp_path: Path) -> None:
    """A terminal gives a CJK character two cells."""
    path = tmp_path / "seawall.toml"
    path.write_text("作業 = 1", encoding="utf-8")
    lines = shown(problem(str(path), line=1, column=6, found="1")).splitlines()
    assert lines[1:3] == ["  1 | 作業 = 1", "    |        ^"]


def test_a_long_line_is_cut_around_the_caret(tmp_path: Path) -> None:
    path = tmp_path / "seawall.toml"
    path.write_text("x" * 5000 + "=!=" + "y" * 5000, encoding="utf-8")
    quoted, caret = shown(problem(str(path), line=1, column=5002, found="!")).splitlines()[1:3]
    assert len(quoted) < 120
    assert quoted[caret.index("^")] == "!"


def test_a_hostile_line_cannot_command_the_terminal(tmp_path: Path) -> None:
    """Escape sequences and reordering marks are shown, not obeyed (CVE-2021-42574)."""
    path = tmp_path / "seawall.toml"
    path.write_text("a = \x1b[2J\u202e", encoding="utf-8")
    text = shown(problem(str(path), line=1, message="\x1b]0;title\x07"))
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "\\x1b[2J\\u202e" in text


def test_lines_are_counted_as_toml_counts_them(tmp_path: Path) -> None:
    """Only LF and CRLF end a line of TOML; Python's splitlines knows eight more."""
    path = tmp_path / "seawall.toml"
    path.write_bytes("# a\u2028b\x0cc\r\nwrong = 1\r\n".encode())
    assert "  2 | wrong = 1\n" in shown(problem(str(path), line=2, found="wrong"))


def test_a_problem_as_data_has_every_field_under_its_own_name(source: str) -> None:
    told = problem_as_json(problem(source))
    assert sorted(told) == ["allowed", "column", "found", "key", "line", "message", "source", "suggestion"]
