"""`seawall new --openapi`: a project around a description, whatever stands in that description."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cli.processes import Seawall
from reference.hostile import TEXTS

SPEC = Path(__file__).parents[1] / "data" / "specs" / "petstore-3.0.yaml"


def hostile(text: str) -> dict[str, Any]:
    """A description with the text in every field that takes one."""
    body = {"application/json": {"schema": {"type": "object", "properties": {text: {"description": text}}}}}
    operation = {
        "operationId": text,
        "summary": text,
        "description": text,
        "tags": [text],
        "externalDocs": {"url": text, "description": text},
        "parameters": [{"name": text, "in": "query", "description": text, "schema": {"enum": [text]}}],
        "requestBody": {"description": text, "content": body},
        "responses": {"200": {"description": text, "content": body}},
        "x-mcp": {"name": text, "description": text},
        "security": [{text: [text]}],
        "servers": [{"url": text, "description": text}],
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": text, "version": text, "description": text, "license": {"name": text}},
        "servers": [{"url": f"https://{text}", "description": text}, {"url": "https://api.example/v1"}],
        "tags": [{"name": text, "description": text}],
        "paths": {
            f"/{text}": {"get": operation, "post": operation},
            "/plain": {"get": {**operation, "servers": []}},
        },
        "components": {
            "securitySchemes": {text: {"type": "apiKey", "in": "header", "name": text, "description": text}}
        },
    }


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_hostile_text_in_every_field_injects_nothing(called: Seawall, tmp_path: Path, number: int) -> None:
    spec = tmp_path / "api.json"
    spec.write_text(json.dumps(hostile(TEXTS[number])), encoding="utf-8")
    ended = called("new", "harbour", "--openapi", str(spec))
    assert ended.status == 0, ended.err
    assert not set(ended.out) & set("\x1b\x07\u202e")
    project = tmp_path / "harbour"
    data = tomllib.loads((project / "seawall.toml").read_text(encoding="utf-8"))
    assert set(data) == {"server", "toolset"}
    (toolset,) = data["toolset"]
    assert toolset["spec"] == "specs/api.json"
    assert set(toolset) == {"kind", "spec", "base_url"}
    lock = tomllib.loads((project / "seawall.lock").read_text(encoding="utf-8"))
    assert set(lock) == {"format", "openapi"}
    for name in (
        "Dockerfile",
        "compose.yaml",
        "server.py",
        "tests/test_server.py",
        ".env.example",
        ".gitignore",
    ):
        assert TEXTS[number] not in (project / name).read_text(encoding="utf-8") or len(TEXTS[number]) < 4
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<(script|img|h1|b)", readme)
    assert not re.search(r"(?<!\\)\]\(javascript:", readme)
    assert called("check", project / "seawall.toml").status in {0, 1}


def test_the_description_is_copied_and_the_rest_is_inferred(called: Seawall, tmp_path: Path) -> None:
    ended = called("new", "shop", "--openapi", str(SPEC))
    assert ended.status == 0, ended.err
    project = tmp_path / "shop"
    assert (project / "specs" / "petstore-3-0.yaml").read_bytes() == SPEC.read_bytes()
    (toolset,) = tomllib.loads((project / "seawall.toml").read_text(encoding="utf-8"))["toolset"]
    assert toolset == {
        "kind": "openapi",
        "spec": "specs/petstore-3-0.yaml",
        "base_url": "https://petstore3.swagger.io/api/v3",
    }
    assert '# auth = { scheme = "api_key", value = "env:' in (project / "seawall.toml").read_text(
        encoding="utf-8"
    )
    assert "COPY seawall.lock" in (project / "Dockerfile").read_text(encoding="utf-8")
    assert called("check", project / "seawall.toml", "--strict").status == 0


@pytest.mark.parametrize("content", ["", "not: a description", "{", "[]", '{"openapi": "9.9"}'])
def test_what_is_no_description_is_refused(called: Seawall, tmp_path: Path, content: str) -> None:
    spec = tmp_path / "api.yaml"
    spec.write_text(content, encoding="utf-8")
    ended = called("new", "shop", "--openapi", str(spec))
    assert ended.status == 2
    assert "--openapi" in ended.err
    assert not (tmp_path / "shop").exists()


def test_a_file_that_is_not_there_is_named(called: Seawall, tmp_path: Path) -> None:
    ended = called("new", "shop", "--openapi", "missing.yaml")
    assert (ended.status, "missing.yaml" in ended.err) == (2, True)
