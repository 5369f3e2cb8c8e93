"""Spans are made where somebody takes them; each case is a process of its own, since the setting is the process's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

GUARD = 60
PROVIDER = "from opentelemetry import trace; trace.set_tracer_provider(trace.NoOpTracerProvider())"
ASK = "import fastmcp; from seawall.runtime.tracing import spare_spans; spare_spans(); print(fastmcp.settings.telemetry_mode)"


@pytest.mark.parametrize(
    ("before", "variables", "mode"),
    [
        ("", {}, "propagation_only"),
        (PROVIDER, {}, "native"),
        ("", {"FASTMCP_TELEMETRY_MODE": "native"}, "native"),
        ("", {"FASTMCP_TELEMETRY_MODE": "off"}, "off"),
    ],
    ids=["nobody takes them", "a provider", "the operator wants them", "the operator does not"],
)
def test_spans_are_spared_only_where_nobody_takes_them(
    before: str, variables: dict[str, str], mode: str
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", f"{before}\n{ASK}"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=True,
    )
    assert said.stdout.strip() == mode
