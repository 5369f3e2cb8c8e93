"""The runtime table: what is sent, what is promised, what the guarded server answers, and what the same server does bare.

The rows are in `runtime_*.py`, one module a subject; `runtime_page.py` writes them into docs/reference/hostile.md. All
rows of one wire run one after the other on the same process, so that each also shows that those before it did no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.metadata import version

import pytest

from hostile.runtime_cases import Case
from hostile.runtime_page import PAGE, SECTIONS, page
from hostile.runtime_processes import servers
from hostile.runtime_world import Servers, Which
from support.tokens import issuing

BOTH: tuple[Which, ...] = ("guarded", "bare")
CHANGED = (
    "fastmcp {} with mcp {} answers otherwise than was observed. That is no fault of Seawall: bring the row up to date, "
    "and see whether the guard behind it is still needed"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[Which, Servers]]:
    directory = tmp_path_factory.mktemp("runtime")
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        issuer = stack.enter_context(issuing())
        starting = {which: servers(which, directory, issuer) for which in BOTH}
        begun = {which: pool.submit(each.__enter__) for which, each in starting.items()}
        for each in starting.values():
            stack.push(each)
        yield {which: each.result() for which, each in begun.items()}


@pytest.mark.whole
@pytest.mark.timeout(600)
@pytest.mark.parametrize("section", SECTIONS)
def test_the_guarded_server_answers_as_promised_and_the_bare_one_as_observed(
    running: Mapping[Which, Servers], section: str, subtests: pytest.Subtests
) -> None:
    answers = _played(running, SECTIONS[section])
    for case in SECTIONS[section]:
        with subtests.test(f"guarded: {case.id}"):
            assert answers["guarded", case.id] == case.guarded, case.promise
        with subtests.test(f"bare: {case.id}"):
            observed = case.expected("bare")
            assert answers["bare", case.id] == observed, CHANGED.format(version("fastmcp"), version("mcp"))


def _played(running: Mapping[Which, Servers], cases: Sequence[Case]) -> Mapping[tuple[str, str], str]:
    """What became of every row, on both: rows of one wire in their order, wires at the same time."""
    answers: dict[tuple[str, str], str] = {}

    def play(which: Which, wire: str) -> None:
        for case in cases:
            if case.queue == wire:
                try:
                    answers[which, case.id] = case.play(running[which])
                except Exception as error:  # noqa: BLE001  told as the row's answer
                    answers[which, case.id] = f"{type(error).__name__}: {error}"

    with ThreadPoolExecutor() as pool:
        for which in BOTH:
            for wire in {case.queue for case in cases}:
                pool.submit(play, which, wire)
    return answers


def test_the_page_shows_the_table() -> None:
    """`python -m hostile.runtime_page` (in tests/) writes it anew."""
    assert PAGE.read_text() == page()


def test_rows_have_names_of_their_own() -> None:
    ids = [case.id for cases in SECTIONS.values() for case in cases]
    assert len(set(ids)) == len(ids)
