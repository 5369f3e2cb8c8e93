"""YAML as its readers see it."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["yaml_document", "yaml_documents"]


def yaml_document(text: str) -> Any:
    """The one document of a file."""
    return yaml.safe_load(text)


def yaml_documents(text: str) -> list[Any]:
    """All documents of a file."""
    return list(yaml.safe_load_all(text))
