"""Modules that a test wrote are forgotten after it, so that the next may use the same names."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _modules_are_forgotten() -> Iterator[None]:
    path, modules = sys.path[:], set(sys.modules)
    yield
    added = {entry for entry in sys.path if entry not in path}
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if any(file.startswith(entry) for entry in added) or name.startswith("workshop"):
            del sys.modules[name]
