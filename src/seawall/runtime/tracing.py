"""Spans of FastMCP, where nobody looks at them."""

from __future__ import annotations

import fastmcp
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

__all__ = ["spare_spans"]


def spare_spans() -> None:
    """Have FastMCP make no spans when nobody in this process takes them; trace context is still passed on.

    Two spans a call that go nowhere are a tenth of a small call (measured). They are made as ever when a tracer
    provider was set up until now (`opentelemetry-instrument`, a module of functions that does it while it is
    imported), or when the operator chose: `FASTMCP_TELEMETRY_MODE`.

    It is a setting of the whole process, so only the command calls this.
    """
    chosen = "telemetry_mode" in fastmcp.settings.model_fields_set
    if not chosen and isinstance(get_tracer_provider(), ProxyTracerProvider):
        fastmcp.settings.telemetry_mode = "propagation_only"
