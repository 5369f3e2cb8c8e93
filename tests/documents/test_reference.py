"""The generated reference is what the source says today."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from documents.markdown import ROOT
from generator.pages import write

REFERENCE = ROOT / "docs" / "reference"
BY_OTHERS = {"conformance.md", "hostile.md"}  # written by tests/conformance and tests/hostile


def difference(written: Path, generated: Path) -> str:
    """What a person must see to know what is out of date; empty when nothing is."""
    old, new = (path.read_text().splitlines() if path.exists() else [] for path in (written, generated))
    lines = difflib.unified_diff(
        old, new, f"docs/reference/{written.name}", "what the source says", lineterm=""
    )
    return "\n".join(lines)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference as the source gives it now."""
    folder = tmp_path_factory.mktemp("reference")
    write(folder)
    return folder


def test_the_reference_is_up_to_date(generated: Path) -> None:
    differences = [difference(REFERENCE / path.name, path) for path in sorted(generated.iterdir())]
    assert not any(differences), "run `make docs`:\n" + "\n".join(filter(None, differences))


def test_it_has_every_page_and_no_other(generated: Path) -> None:
    pages = {path.name for path in generated.iterdir()}
    assert {path.name for path in REFERENCE.iterdir()} - BY_OTHERS == pages


def test_it_is_the_same_every_time(generated: Path, tmp_path: Path) -> None:
    write(tmp_path)
    assert [difference(generated / path.name, path) for path in sorted(tmp_path.iterdir())] == [""] * 7


def test_every_heading_of_the_settings_says_of_what(generated: Path) -> None:
    headings = [line for line in (generated / "settings.md").read_text().splitlines() if line[:1] == "#"]
    assert "## `[http.auth]` of kind `jwt`" in headings
    assert '## `[toolset.<NAME>.auth]` with `scheme = "api_key"`' in headings
    assert [line for line in headings if "``" in line] == []


def test_a_difference_is_shown_with_its_lines(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("# Settings\n\none\n")
    (tmp_path / "new.md").write_text("# Settings\n\ntwo\n")
    assert "\n-one\n+two" in difference(tmp_path / "old.md", tmp_path / "new.md")
    assert "+two" in difference(tmp_path / "missing.md", tmp_path / "new.md")
