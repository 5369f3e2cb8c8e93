"""The comparison of APIs runs, and writes every figure. How large they are is no matter here."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from documents.markdown import ROOT

pytestmark = pytest.mark.whole

GUARD = 110
RATIO = re.compile(r"\*\*[\d,]+\.\d\d .\*\* \([\d,.]+ . [\d,.]+\)")
ROWS = {"Loading": 1, "tools/list": 9, "Size": 2, "memory": 2, "Calls": 8}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the command writes when it measures next to nothing, of the one description that is always there."""
    output = tmp_path_factory.mktemp("benchmarks") / "benchmarks-apis.md"
    line = [sys.executable, "-m", "benchmarks.apis", "--quick", "--output", str(output)]
    run = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=GUARD, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{output}\n"
    return output.read_text()


def sections(document: str) -> dict[str, list[str]]:
    """The rows of each section's table, by its heading."""
    parts = re.split(r"^## (.*)$", document, flags=re.MULTILINE)
    tables = (re.findall(r"^\|.*\|$", part, re.MULTILINE)[2:] for part in parts[2::2])
    return dict(zip(parts[1::2], tables, strict=True))


def test_every_figure_is_written_as_a_ratio_with_its_range(document: str) -> None:
    found = sections(document)
    for words, count in ROWS.items():
        heading = next(each for each in found if words in each)
        assert len(found[heading]) == count, heading
        assert all(RATIO.search(row) for row in found[heading]), heading


def test_the_summary_says_of_every_target_whether_it_is_met(document: str) -> None:
    rows = sections(document)["In short"]
    assert len(rows) == 4
    for row in rows:
        _, target, _, verdict = (cell.strip() for cell in row.strip("|").split("|"))
        assert verdict in ({""} if target == "none" else {"met", "**missed**"}), row


def test_the_document_names_the_versions_and_no_machine(document: str) -> None:
    assert re.search(r"fastmcp \d+\.\d+\.\d+, mcp \d+\.\d+\.\d+", document)
    assert not re.search(r"(?<![\w.])/(home|root|tmp|usr|work)\b", document)


def test_what_the_repository_holds_was_written_by_this_command(document: str) -> None:
    kept = (ROOT / "docs" / "benchmarks-apis.md").read_text()
    assert list(sections(kept)) == list(sections(document))
