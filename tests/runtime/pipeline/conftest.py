"""What the steps are tested with: one call, and a payload of plain text."""

from __future__ import annotations

import pytest

from seawall.runtime.pipeline.call import Call
from seawall.security.budget import Deadline


@pytest.fixture
def call() -> Call:
    return Call("somebody", "0123456789abcdef", "tool", "greet", {"name": "x"}, Deadline.never())
