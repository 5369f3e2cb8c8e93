"""What `seawall audit verify` says that it has proven, and what not: never more than it has."""

from __future__ import annotations

import pytest
from rich.text import Text

from seawall.cli.audit import render
from seawall.security.audit import AuditVerdict

CASES = {
    "the chain alone": (
        {},
        {"keyed": False, "kept": False},
        ["Not proven without --key", "Not proven without --checkpoints"],
    ),
    "with a key": (
        {"marked": 7},
        {"keyed": True, "kept": False},
        ["all up to record 7, the last checkpoint,", "Not proven without --checkpoints"],
    ),
    "with checkpoints": (
        {"kept": 7},
        {"keyed": False, "kept": True},
        ["Not proven without --key", "With the checkpoints: nothing is missing up to record 7."],
    ),
    "with checkpoints of another chain": (
        {},
        {"keyed": False, "kept": True},
        [
            "Not proven without --key",
            "Not proven: that nothing is missing at the end, since the checkpoints tell of no",
        ],
    ),
    "with both": (
        {"marked": 9, "kept": 9},
        {"keyed": True, "kept": True},
        ["all of it is the server's own", "nothing is missing up to record 9."],
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_it_claims_what_it_has_proven_and_no_more(case: str) -> None:
    found, given, words = CASES[case]
    verdict = AuditVerdict(records=9, calls=3, first=1, last=9, ended=True)
    verdict.marked, verdict.kept = found.get("marked"), found.get("kept")
    told = [str(each) for each in render(verdict, **given) if isinstance(each, Text)]
    lines = "\n".join(told).splitlines()[2:]
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True)), lines
