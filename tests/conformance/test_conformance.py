"""The official conformance suite against the fixture server, bare and hardened in one run, over HTTP as shipped."""

import os
from pathlib import Path

import pytest

from conformance.comparison import PAGE, compare
from conformance.suite import regressions
from support.programs import conformance_suite

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]
_LEAST = 259
"""Checks that the bare fixture passes: fewer mean a broken fixture, with which nothing would be compared."""


def test_every_check_that_passes_bare_passes_hardened(tmp_path: Path) -> None:
    """One test, since the suite runs for half a minute. The table in the documents holds the same figures."""
    comparison = compare(conformance_suite(os.environ), tmp_path)
    assert comparison.passed("bare") >= _LEAST
    assert regressions(comparison.bare, comparison.hardened) == ()
    assert comparison.rows() in PAGE.read_text(), "write it anew: python -m conformance.comparison"
