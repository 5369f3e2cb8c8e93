"""Descriptions of APIs: the real ones that are there, and small ones made on the spot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from seawall.toolsets.openapi.model import ApiDescription, ApiOperation
from seawall.toolsets.openapi.reading import read

__all__ = ["SPECS", "described", "minimal", "only", "read_value"]

_HERE = Path(__file__).absolute()
_KEPT = _HERE.parents[1] / "data" / "specs"
_BESIDE = next((up / "shared/specs" for up in _HERE.parents if (up / "shared/specs").is_dir()), _KEPT)
_FOLDERS = (_KEPT, Path(os.environ.get("SEAWALL_TEST_SPECS") or _BESIDE))

SPECS: dict[str, Path] = {
    path.name: path
    for folder in _FOLDERS
    for path in sorted(folder.glob("*.*"))
    if path.suffix in {".json", ".yaml"}
}
"""The real descriptions that are on this machine, by file name; petstore-3.0.yaml always is."""


def minimal(operation: dict[str, Any] | None = None, *, path: str = "/thing", **more: Any) -> dict[str, Any]:
    """A description with one operation, `GET /thing` unless said; `more` stands at its top."""
    paths = {path: {"get": operation if operation is not None else {"responses": {}}}}
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths, **more}


def read_value(description: Any, **arguments: Any) -> ApiDescription:
    """Read a description that is written as a Python value."""
    return read(json.dumps(description).encode("utf-8", "surrogatepass"), **arguments)


def described(schema: Any, *, version: str = "3.0.3", **components: Any) -> ApiDescription:
    """A description whose one operation, `POST /thing`, takes and gives this schema."""
    content = {"application/json": {"schema": schema}}
    operation = {
        "requestBody": {"content": content},
        "responses": {"200": {"description": "", "content": content}},
    }
    return read_value(
        {"openapi": version, "paths": {"/thing": {"post": operation}}, "components": {"schemas": components}}
    )


def only(description: ApiDescription) -> ApiOperation:
    """The operation of a description that has one."""
    assert len(description.operations) == 1, description.quarantined
    return description.operations[0]
