"""The official conformance suite against the fixture server, bare and hardened in one run, over HTTP as shipped."""

import os
from pathlib import Path

import pytest

from conformance.comparison import Comparison, compare
from conformance.suite import Suite, regressions
from support.programs import conformance_suite

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]
_LEAST = 259
"""Checks that the bare fixture passes: fewer mean a broken fixture, with which nothing would be compared."""


@pytest.fixture(scope="module")
def suite() -> Suite:
    return conformance_suite(os.environ)


@pytest.fixture(scope="module")
def comparison(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(suite, tmp_path_factory.mktemp("conformance"))


def test_the_bare_fixture_passes_what_it_was_measured_at(comparison: Comparison) -> None:
    """Otherwise the comparison would be one of nothing with nothing."""
    assert comparison.passed("bare") >= _LEAST


def test_every_check_that_passes_bare_passes_hardened(comparison: Comparison) -> None:
    assert regressions(comparison.bare, comparison.hardened) == ()


def test_the_table_in_the_documents_is_that_of_this_suite(comparison: Comparison) -> None:
    """Its figures, not its date: `python -m conformance.comparison` writes it anew."""
    table = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
    assert comparison.rows() in table.read_text()
