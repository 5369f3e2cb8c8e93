"""For users: what a project needs to prove that its server keeps its promises (a pytest plugin).

The plugin is found by pytest itself. It gives the fixtures `server`, `client` and `mock_upstream`; `ServerContract` is
a ready set of tests. Needs `seawall[testing]`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seawall.testing.client import Outcome, ServerClient
    from seawall.testing.contract import ServerContract
    from seawall.testing.upstream import MockUpstream, Received

__all__ = ["MockUpstream", "Outcome", "Received", "ServerClient", "ServerContract"]

_HOMES = {
    "MockUpstream": "seawall.testing.upstream",
    "Received": "seawall.testing.upstream",
    "Outcome": "seawall.testing.client",
    "ServerClient": "seawall.testing.client",
    "ServerContract": "seawall.testing.contract",
}


def __getattr__(name: str) -> object:
    """Public names, loaded when first asked for: pytest loads the plugin for every run in its environment."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    return value
