"""The page of the guards: the order of the pipeline's steps, which is data, with the reason for each place."""

from __future__ import annotations

from typing import Final

from generator.markdown import code, page, table
from seawall.runtime.pipeline.order import AROUND_READ, AROUND_REQUEST, AROUND_TOOL

__all__ = ["pipeline_page"]

_INTRODUCTION: Final = """\
What every call passes, from the outside to the inside. Why there are two halves: [how a call travels](../explanation/a-call.md)."""

_HALVES: Final = {
    "Around a request to call a tool": AROUND_REQUEST,
    "Around every run of a tool, also as a background task": AROUND_TOOL,
    "Around reading a resource or getting a prompt": AROUND_READ,
}


def pipeline_page() -> str:
    """The whole page."""
    parts = []
    for title, places in _HALVES.items():
        rows = [(str(number), code(each.step), each.reason) for number, each in enumerate(places, 1)]
        parts += [f"## {title}", table(("", "step", "why there"), rows)]
    return page("Pipeline", _INTRODUCTION, *parts)
