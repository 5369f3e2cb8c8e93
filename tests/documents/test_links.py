"""What a document points at is there."""

from pathlib import Path

import pytest

from documents.markdown import ROOT, documents, links


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_within_the_repository_leads_somewhere(document: Path) -> None:
    broken = [
        target
        for target in links(document)
        if not target.startswith(("https://", "#"))
        and not (document.parent / target.partition("#")[0]).exists()
    ]
    assert broken == []


def test_every_decision_has_a_number_of_its_own() -> None:
    names = [path.name for path in sorted((ROOT / "docs" / "decisions").glob("0*.md"))]
    numbers = [int(name[:4]) for name in names]
    assert numbers == list(range(1, len(names) + 1))


def test_the_architecture_fits_on_two_screens() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 80
