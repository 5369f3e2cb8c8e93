"""All pages of the reference that are generated."""

from __future__ import annotations

from pathlib import Path

from generator.commands import commands_page
from generator.errors import errors_page
from generator.metrics import metrics_page
from generator.pipeline import pipeline_page
from generator.records import records_page
from generator.settings import settings_page
from generator.tools import tools_page

__all__ = ["pages", "write"]


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file."""
    return {
        "settings.md": settings_page(),
        "tools.md": tools_page(),
        "commands.md": commands_page(),
        "errors.md": errors_page(),
        "pipeline.md": pipeline_page(),
        "log.md": records_page(),
        "metrics.md": metrics_page(),
    }


def write(folder: Path) -> None:
    """Write every page into the folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
