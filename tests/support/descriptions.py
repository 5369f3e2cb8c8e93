"""Descriptions of APIs: the real ones that are there, and small ones made on the spot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from seawall.toolsets.openapi.model import ApiDescription, ApiOperation
from seawall.toolsets.openapi.reading import read

__all__ = ["SPECS", "SWAGGER", "described", "minimal", "only", "read_value"]

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


SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "t", "version": "1"},
    "host": "api.example",
    "basePath": "/v1",
    "schemes": ["http", "https"],
    "consumes": ["application/json"],
    "produces": ["application/json", "text/csv"],
    "securityDefinitions": {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "plain": {"type": "basic"},
        "machine": {
            "type": "oauth2",
            "flow": "application",
            "tokenUrl": "https://login.example/token",
            "scopes": {"read": "Reading"},
        },
    },
    "parameters": {
        "limit": {"name": "limit", "in": "query", "type": "integer", "minimum": 1, "exclusiveMinimum": True},
        "thing": {"name": "thing", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Thing"}},
    },
    "responses": {"Gone": {"description": "gone"}},
    "paths": {
        "/things/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "type": "string", "pattern": "^[a-z]+$"}
            ],
            "get": {
                "operationId": "getThing",
                "parameters": [
                    {"$ref": "#/parameters/limit"},
                    *(
                        {
                            "name": name,
                            "in": "query",
                            "type": "array",
                            "items": {"type": "string"},
                            "collectionFormat": name,
                        }
                        for name in ("csv", "multi", "ssv", "pipes")
                    ),
                    {"name": "X-Tags", "in": "header", "type": "array", "items": {"type": "integer"}},
                ],
                "responses": {
                    "200": {"description": "one", "schema": {"$ref": "#/definitions/Thing"}},
                    "404": {"$ref": "#/responses/Gone"},
                },
                "security": [{"key": []}, {"machine": ["read"]}],
            },
            "put": {
                "parameters": [{"$ref": "#/parameters/thing"}],
                "responses": {"204": {"description": "done"}},
            },
            "post": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True},
                    {"name": "note", "in": "formData", "type": "string", "maxLength": 5},
                ],
                "produces": ["image/png"],
                "responses": {"200": {"description": "picture", "schema": {"type": "file"}}},
            },
            "patch": {
                "parameters": [{"name": "color", "in": "formData", "type": "string", "required": True}],
                "responses": {"default": {"description": "any", "schema": {"type": "string"}}},
            },
        }
    },
    "definitions": {
        "Thing": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer", "format": "int64", "readOnly": True},
                "name": {"type": "string", "x-nullable": True},
                "parent": {"$ref": "#/definitions/Thing"},
            },
        }
    },
}
"""A description in Swagger 2.0 that uses most of its words."""


def minimal(operation: dict[str, Any] | None = None, path: str = "/thing", /, **more: Any) -> dict[str, Any]:
    """A description with one operation, `GET /thing` unless said; `more` stands at its top."""
    paths = {path: {"get": operation if operation is not None else {"responses": {}}}}
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths, **more}


def read_value(description: Any, **arguments: Any) -> ApiDescription:
    """Read a description that is written as a Python value."""
    return read(json.dumps(description).encode("utf-8", "surrogatepass"), **arguments)


def described(schema: Any, version: str = "3.0.3", /, **components: Any) -> ApiDescription:
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
