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
from seawall.toolsets.openapi.starter_auth import auth_of
from support.descriptions import read_value

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
    assert set(toolset) - {"auth"} == {"kind", "spec", "base_url"}
    assert re.fullmatch("env:API_[A-Z0-9_]*", toolset.get("auth", {}).get("value", "env:API_"))
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
        "auth": {"scheme": "api_key", "value": "env:API_KEY"},
    }
    assert "  export API_KEY=…\n  seawall check\n" in ended.out  # without it that ends with an error
    assert "API_KEY=" in (project / ".env.example").read_text(encoding="utf-8")
    assert "COPY seawall.lock" in (project / "Dockerfile").read_text(encoding="utf-8")
    refused = called("check", project / "seawall.toml", "--strict")
    assert (refused.status, "API_KEY" in refused.out + refused.err) == (1, True)
    assert called("check", project / "seawall.toml", "--strict", API_KEY="not-a-real-one").status == 0


def test_the_files_to_which_it_refers_are_copied(called: Seawall, tmp_path: Path) -> None:
    """And go into the image: the project is whole wherever it is put."""
    origin = tmp_path / "origin"
    (origin / "schemas").mkdir(parents=True)
    (origin / "shop.yaml").write_text(
        "openapi: 3.0.0\ninfo: {title: Shop, version: '1'}\nservers: [{url: 'https://shop.example'}]\npaths:\n"
        "  /ships: {post: {operationId: addShip, requestBody: {required: true, content: {application/json: "
        "{schema: {$ref: 'schemas/ship.yaml'}}}}, responses: {'200': {description: ok}}}}\n"
        "components: {schemas: {Name: {type: string, maxLength: 9}}}\n",
        encoding="utf-8",
    )
    (origin / "schemas" / "ship.yaml").write_text(
        "type: object\nrequired: [name]\nproperties: {name: {$ref: '../shop.yaml#/components/schemas/Name'}}\n",
        encoding="utf-8",
    )
    (origin / "other.yaml").write_text("a: b\n", encoding="utf-8")
    ended = called("new", "shop", "--openapi", str(origin / "shop.yaml"), "--write")
    assert ended.status == 0, ended.err
    project = tmp_path / "shop"
    assert sorted(path.name for path in (project / "specs").rglob("*.*")) == ["ship.yaml", "shop.yaml"]
    assert "COPY specs" in (project / "Dockerfile").read_text(encoding="utf-8")
    shown = json.loads((project / "tests" / "surface.json").read_text(encoding="utf-8"))
    assert '"maxLength": 9' in json.dumps(shown)


def test_files_are_copied_by_the_names_that_splitting_gives_them(called: Seawall, tmp_path: Path) -> None:
    """`redocly split` and others write a path's parameters into the name of its file."""
    names = ["users@{id}.yaml", "Name+of(it),=~.yaml", "{id}.yaml"]
    (tmp_path / "paths").mkdir()
    paths = {f"/{place}": {"$ref": f"paths/{name}"} for place, name in enumerate(names)}
    for place, name in enumerate(names):
        (tmp_path / "paths" / name).write_text(f"get: {{operationId: get{place}, responses: {{}}}}\n")
    (tmp_path / "api.json").write_text(json.dumps({"openapi": "3.0.3", "paths": paths}))
    ended = called("new", "harbour", "--openapi", str(tmp_path / "api.json"))
    assert ended.status == 0, ended.err
    assert {each.name for each in (tmp_path / "harbour/specs/paths").iterdir()} == set(names)
    ended = called("check", "harbour/seawall.toml")
    assert ended.status == 0, ended.err
    assert "3 operations, 3 can be served" in ended.out


def test_a_description_in_utf_16_is_copied_as_utf_8(called: Seawall, tmp_path: Path) -> None:
    spec = tmp_path / "wide.yaml"
    spec.write_bytes(SPEC.read_text(encoding="utf-8").encode("utf-16"))
    assert called("new", "shop", "--openapi", str(spec)).status == 0
    copied = (tmp_path / "shop" / "specs" / "wide.yaml").read_text(encoding="utf-8")
    assert copied == SPEC.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("schemes", "security", "expected"),
    [
        (
            {"a": {"type": "http", "scheme": "bearer"}},
            [{"a": []}],
            {"scheme": "bearer", "token": "env:API_A"},
        ),
        (
            {"a": {"type": "http", "scheme": "basic"}},
            [{"a": []}],
            {"scheme": "basic", "username": "env:API_A_USER", "password": "env:API_A"},
        ),
        (
            {
                "k": {"type": "apiKey", "in": "query", "name": "key"},
                "l": {"type": "apiKey", "in": "header", "name": "X-Key"},
            },
            [{"l": []}, {"k": [], "l": []}],
            {"scheme": "api_key", "value": "env:API_L", "place": "header", "parameter": "X-Key"},
        ),
        ({"a": {"type": "http", "scheme": "bearer"}}, [{}, {"a": []}], None),
        ({"a": {"type": "http", "scheme": "bearer"}}, [], None),
        ({"a": {"type": "oauth2", "flows": {}}}, [{"a": []}], None),
        ({"a": {"type": "apiKey", "in": "header", "name": "a b"}}, [{"a": []}], None),
    ],
)
def test_who_asks_is_chosen_among_the_schemes(schemes: Any, security: Any, expected: Any) -> None:
    """Written where an operation needs it, and where a secret alone is enough."""
    description = read_value(
        {
            "openapi": "3.0.0",
            "paths": {"/a": {"get": {"security": security}}},
            "components": {"securitySchemes": schemes},
        }
    )
    setting = auth_of(description)
    assert (setting.value if setting is not None and setting.active else None) == expected


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
