"""What a document points at is there."""

import os
from pathlib import Path

import pytest

from documents.markdown import ROOT, anchors, documents, links


def broken_links(document: Path) -> list[str]:
    """The targets within the repository that are not there: files, directories, and headings of a document."""
    return [
        target
        for target in links(document)
        if not target.startswith("https://") and _broken(document, target)
    ]


def _broken(document: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = document.parent / name if name else document
    if not path.exists():
        return True
    return bool(anchor) and (path.suffix != ".md" or anchor not in anchors(path.read_text()))


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_within_the_repository_leads_somewhere(document: Path) -> None:
    assert broken_links(document) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# Such a heading\n# `http.port`, of kind `x`\n# Such a heading\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#such-a-heading) [c](there.md#such-a-heading-1) [d](there.md#httpport-of-kind-x)"
        " [e](#here) [f](gone.md) [g](there.md#gone) [h](https://example.org/gone)\n\n## Here\n"
    )
    assert broken_links(page) == ["gone.md", "there.md#gone"]


def test_every_document_is_reached_from_the_readme() -> None:
    """A page to which nothing leads is not read."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached:
            continue
        reached.add(document)
        names = {target.partition("#")[0] for target in links(document) if "://" not in target}
        named = {Path(os.path.normpath(document.parent / name)) for name in names if name.endswith(".md")}
        waiting += [path for path in named if path.exists()]
    numbered = set((ROOT / "docs" / "decisions").glob("0*.md"))  # their index is the folder
    assert set(documents()) - numbered - reached == set()


def test_every_decision_has_a_number_of_its_own() -> None:
    names = [path.name for path in sorted((ROOT / "docs" / "decisions").glob("0*.md"))]
    numbers = [int(name[:4]) for name in names]
    assert numbers == list(range(1, len(names) + 1))


def test_the_architecture_fits_on_two_screens() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 80
