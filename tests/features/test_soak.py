"""The soak of `make soak`, short and with few clients: what it promises holds, and the program does not rot."""

from __future__ import annotations

from pathlib import Path

import pytest

from endurance.run import soak


@pytest.mark.whole
def test_honest_and_hostile_clients_together_break_no_promise(tmp_path: Path) -> None:
    outcome = soak(tmp_path, seconds=6, clients=40)
    assert not outcome.broken, "\n".join(outcome.broken)
