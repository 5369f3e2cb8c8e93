"""Large schemas of real services, which are not kept here: where they are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["absent", "real"]

_HERE = Path(__file__).absolute()
_BESIDE = next((up / "shared/specs" for up in _HERE.parents if (up / "shared/specs").is_dir()), _HERE.parent)
_FOLDER = Path(os.environ.get("SEAWALL_TEST_SPECS") or _BESIDE)
_NEEDED = {
    "toolsets/graphql/test_github.py": "github.graphql",
    "features/test_graphql_swapi.py": "swapi.graphql",
}
"""By the module of tests, below `tests`, that is about nothing else."""


def real(name: str) -> Path:
    """The schema. Modules that ask for one are named in here."""
    if name not in _NEEDED.values():
        raise KeyError(name)
    return _FOLDER / name


def absent() -> list[str]:
    """The modules that have no case on this machine, since their schema is not there."""
    return [module for module, name in _NEEDED.items() if not real(name).is_file()]
