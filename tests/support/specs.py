"""Large descriptions of real services, which are not kept here: where they are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["real"]

_HERE = Path(__file__).absolute()
_BESIDE = next((up / "shared/specs" for up in _HERE.parents if (up / "shared/specs").is_dir()), _HERE.parent)


def real(name: str) -> Path:
    """The description; the test is skipped where it is not."""
    path = Path(os.environ.get("SEAWALL_TEST_SPECS") or _BESIDE) / name
    if not path.is_file():
        pytest.skip(f"{name} is not on this machine: see tests/data/specs/README.md")
    return path
