"""The pages of docs/ do what they say, block for block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from documents.markdown import ROOT, Block, all_blocks, blocks
from documents.running import NODE_PACKAGES, Project

DOCS = ROOT / "docs"
PAGES = sorted(
    path for folder in ("tutorials", "how-to", "explanation") for path in (DOCS / folder).glob("*.md")
)
LANGUAGES = {"sh", "toml", "yaml", "graphql", "proto", "python", "json", "text", "js", "nginx"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A reader's empty folder."""
    made = Project(tmp_path / "project", tmp_path / "aside")
    yield made
    made.close()


@pytest.mark.whole
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_page_does_what_it_says(page: Path, project: Project) -> None:
    for block in all_blocks(page):
        project.run(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_nothing_on_the_page_escapes_the_test(page: Path) -> None:
    """A block in a language that is not run, or one that is no block to us, would be an example that nobody tries."""
    assert {block.language for block in all_blocks(page)} <= LANGUAGES
    fences = [line for line in page.read_text().splitlines() if line.lstrip().startswith("```")]
    assert len(fences) == 2 * len(all_blocks(page))


@pytest.mark.nginx
def test_what_the_page_tells_nginx_is_sound(project: Project) -> None:
    """The same as above, but where nginx is promised to be there."""
    (block,) = blocks(DOCS / "how-to" / "http.md", "nginx")
    project.run(block)
    with pytest.raises(AssertionError):
        project.run(Block("nginx", block.text.replace("proxy_pass", "pass_proxy")))


@pytest.mark.node
def test_the_programs_for_node_run_against_the_pages_server(project: Project) -> None:
    """The same as above, but where Node.js is promised to be there."""
    assert NODE_PACKAGES.exists()
    page = all_blocks(DOCS / "how-to" / "clients.md")
    found = [at for at, block in enumerate(page) if block.language == "js"]
    for block in [*page[:2], *(page[at] for at in found)]:  # the folder, the blueprint, the programs
        project.run(block)
    assert "The tide comes in." in project.printed


BAD = {
    "a command that fails": Block("sh", "seawall check missing.toml\n"),
    "a command that does not fail as promised": Block("sh", "true\n", "Ends with exit status 2:"),
    "a setting that is none": Block("toml", "[http]\nprot = 1\n"),
    "a directory that is not there": Block(
        "toml",
        '[server]\nname = "a"\n[[toolset]]\nkind = "filesystem"\nroots = "./gone"\n',
        "`seawall.toml`:",
    ),
    "a script that fails": Block("python", "import gone\n"),
    "JSON that is none": Block("json", "{'a': 1}\n"),
    "a client's entry that starts nothing": Block(
        "json", '{"mcpServers": {"a": {"command": "seawall", "args": ["serve", "gone.toml"]}}}\n'
    ),
    "output that was not printed": Block("text", "the moon\n", "which prints:"),
    "an addition to nothing": Block("toml", "[http]\nport = 1\n", "Add to `seawall.toml`:"),
}


@pytest.mark.parametrize("block", BAD.values(), ids=BAD)
def test_a_block_that_is_wrong_fails(block: Block, project: Project) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the block's tool says
        project.run(block)
