"""The runtime table: what is sent, what is promised, what the guarded server answers, and what the same server does bare.

The rows are in `runtime_*.py`, one module a subject; `runtime_page.py` writes them into docs/reference/hostile.md. All
rows of one server run one after the other on the same processes, so that each also shows that those before it did no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest

from hostile.runtime_cases import Case
from hostile.runtime_page import PAGE, SECTIONS, page
from hostile.runtime_processes import servers
from hostile.runtime_world import Servers
from support.tokens import issuing

ROWS = [pytest.param(case, id=case.id) for section in SECTIONS.values() for case in section]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with issuing() as url:
        yield url


@pytest.fixture(scope="module")
def guarded(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with servers("guarded", tmp_path_factory.mktemp("guarded"), issuer) as running:
        yield running


@pytest.fixture(scope="module")
def bare(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with servers("bare", tmp_path_factory.mktemp("bare"), issuer) as running:
        yield running


@pytest.mark.parametrize("case", ROWS)
def test_the_guarded_server_answers_as_promised(guarded: Servers, case: Case) -> None:
    assert case.play(guarded) == case.guarded, case.promise


@pytest.mark.parametrize("case", ROWS)
def test_the_bare_server_answers_as_it_did_when_the_table_was_written(bare: Servers, case: Case) -> None:
    """An observation, so that the page stays true: a change here is news of FastMCP and no fault of Seawall."""
    answered = case.play(bare)
    assert answered == case.expected("bare"), (
        f"fastmcp {version('fastmcp')} with mcp {version('mcp')} answers otherwise than was observed: "
        "bring the row up to date, and see whether the guard behind it is still needed"
    )


def test_the_page_shows_the_table() -> None:
    """`python -m hostile.runtime_page` (in tests/) writes it anew."""
    assert PAGE.read_text() == page()


def test_rows_have_names_of_their_own() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
