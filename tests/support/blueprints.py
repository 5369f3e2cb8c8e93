"""Blueprints for tests, as the text that a person would write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["filesystem_blueprint"]


def filesystem_blueprint(
    directory: Path, roots: Path | Mapping[str, Path], *, access: str = "read", limits: str = ""
) -> Path:
    """Write `seawall.toml` for one filesystem toolset into the directory; `limits` are the lines of that section."""
    if isinstance(roots, Path):
        value = json.dumps(str(roots))
    else:
        value = "{ " + ", ".join(f"{name} = {json.dumps(str(path))}" for name, path in roots.items()) + " }"
    path = directory / "seawall.toml"
    path.write_text(
        f"""\
[server]
name = "test"

[[toolset]]
kind = "filesystem"
roots = {value}
access = "{access}"

[limits]
{limits}
"""
    )
    return path
