"""What the kind needs beside Seawall itself: the extra `seawall[grpc]`, told clearly where it is not there."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Final

from seawall.errors import StartError

__all__ = ["EXTRA", "check_extra", "quiet"]

EXTRA: Final = "seawall[grpc]"
"""What to install."""

_PACKAGES: Final = {"grpc": "grpcio", "google.protobuf": "protobuf", "grpc_reflection": "grpcio-reflection"}
_COMPILER: Final = {"grpc_tools": "grpcio-tools"}


def check_extra(*, compiler: bool) -> None:
    """Say what is missing. `compiler`: whether `.proto` files have to be compiled.

    Raises:
        StartError: a package is not installed.
    """
    wanted = {**_PACKAGES, **(_COMPILER if compiler else {})}
    missing = [package for module, package in wanted.items() if not _is_there(module)]
    if missing:
        raise StartError(
            f"A toolset of the kind 'grpc' needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} "
            "not installed.",
            hint=f"Install the extra: pip install '{EXTRA}'.",
        )


def quiet() -> None:
    """Have grpcio's core write errors alone to standard error, unless the operator wants more. Before it is imported."""
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a parent package
        return False
