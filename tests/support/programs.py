"""Programs that tests need beside Python: where they are when `make node-clients` installed them."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.suite import NODE_VARIABLE, SUITE_VARIABLE, Suite, SuiteError

__all__ = ["conformance_suite"]

_MODULES = Path(__file__).parent / "node" / "node_modules"
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}


def conformance_suite(environment: Mapping[str, str]) -> Suite:
    """The suite that the environment names, or else the installed one; skips the test when there is none."""
    architecture = _ARCHITECTURES.get(platform.machine(), "unknown")
    installed = {
        NODE_VARIABLE: str(_MODULES / f"node-linux-{architecture}" / "bin" / "node"),
        SUITE_VARIABLE: str(_MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"),
    }
    try:
        return Suite.from_environment(installed | dict(environment))
    except SuiteError as error:
        pytest.skip(f"the conformance suite is not installed (make node-clients): {error}")
