"""Swagger 2.0: our reading of it is that of what swagger2openapi makes of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import InvalidArgumentsError
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.openapi.model import ApiDescription, Content
from seawall.toolsets.openapi.reading import closed, read
from seawall.types import JsonObject, JsonValue
from support.apis import BASE, client_of, requested, served
from support.descriptions import SPECS, SWAGGER, only

_NODE = Path(__file__).parents[3] / "support" / "node"
_GIVEN = [name for name in ("petstore-expanded-2.0.json", "kubernetes-swagger-2.0.json") if name in SPECS]


def _without_notes(value: Any) -> Any:
    """The same with nothing beside references: the oracle drops what stands there."""
    if isinstance(value, list):
        return [_without_notes(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        return {"$ref": value["$ref"]}
    return {name: _without_notes(item) for name, item in value.items()}


def _converted(path: Path) -> ApiDescription:
    done = subprocess.run(
        ["node", str(_NODE / "convert.mjs"), str(path)],
        capture_output=True,
        check=True,
        cwd=_NODE,
        timeout=100,
    )
    return read(done.stdout)


def _content(contents: tuple[Content, ...], description: ApiDescription) -> dict[str, Any]:
    return {item.media_type: closed(item.schema, description.definitions) for item in contents}


def _plain(description: ApiDescription) -> dict[str, Any]:
    """What a caller can tell of each operation."""
    return {
        operation.key: {
            "id": operation.operation_id,
            "parameters": {
                (item.place, item.name): (
                    item.required,
                    item.schema,
                    *((item.style, item.explode) if item.schema.get("type") == "array" else ()),
                )
                for item in operation.parameters
            },
            "body": operation.body
            and (operation.body.required, _content(operation.body.contents, description)),
            "responses": {item.status: _content(item.contents, description) for item in operation.responses},
            "security": operation.security,
        }
        for operation in description.operations
    }


@pytest.mark.node
@pytest.mark.parametrize("name", [*_GIVEN, "small"])
def test_reading_agrees_with_the_oracle(name: str, tmp_path: Path) -> None:
    written = SWAGGER if name == "small" else json.loads(SPECS[name].read_bytes())
    path = tmp_path / "description.json"
    path.write_text(json.dumps(_without_notes(written)))
    ours, theirs = read(path.read_bytes()), _converted(path)
    assert (ours.dialect, theirs.dialect) == ("2.0", "3.0")
    mine, oracle = _plain(ours), _plain(theirs)
    assert mine.keys() == oracle.keys()
    for key, operation in mine.items():
        assert operation == oracle[key], key
    assert ours.security_schemes == theirs.security_schemes
    assert sorted(item.url for item in ours.servers) == sorted(item.url for item in theirs.servers)


def test_forms_files_and_joined_arrays_are_read_as_three_has_them() -> None:
    """The same without the oracle: what each word of 2.0 becomes."""
    description = read(json.dumps(SWAGGER).encode())
    by_method = {operation.method: operation for operation in description.operations}
    styles = {item.name: (item.style, item.explode) for item in by_method["GET"].parameters}
    assert styles == {
        "id": ("simple", False),
        "limit": ("form", True),
        "csv": ("form", False),
        "multi": ("form", True),
        "ssv": ("spaceDelimited", False),
        "pipes": ("pipeDelimited", False),
        "X-Tags": ("simple", False),
    }
    limit = next(item for item in by_method["GET"].parameters if item.name == "limit")
    assert limit.schema == {"type": "integer", "exclusiveMinimum": 1}
    assert [item.media_type for item in by_method["GET"].responses[0].contents] == [
        "application/json",
        "text/csv",
    ]
    form = by_method["POST"].body
    assert form is not None
    assert form.required
    assert form.contents[0].media_type == "multipart/form-data"
    assert form.contents[0].schema["properties"] == {
        "file": {"type": "string", "format": "binary"},
        "note": {"type": "string", "maxLength": 5},
    }
    assert by_method["PATCH"].body is not None
    assert by_method["PATCH"].body.contents[0].media_type == "application/x-www-form-urlencoded"
    put = by_method["PUT"].body
    assert put is not None
    assert put.contents[0].schema["required"] == ["name"]
    assert [server.url for server in description.servers] == [
        "https://api.example/v1",
        "http://api.example/v1",
    ]
    assert description.security_schemes["machine"].token_url == "https://login.example/token"  # noqa: S105  an address
    assert not description.faults
    assert not description.quarantined


DELIMITERS = [("csv", ","), ("ssv", " "), ("pipes", "|"), ("tsv", "\t")]


@pytest.mark.anyio
@pytest.mark.parametrize(("word", "delimiter"), DELIMITERS)
async def test_lists_travel_as_two_joins_them_in_every_place(word: str, delimiter: str) -> None:
    """`collectionFormat` holds for paths, headers and forms, too, and the mock reads it back."""
    items = {"type": "array", "items": {"type": "string"}, "collectionFormat": word}
    parameters = [
        {"name": "p", "in": "path", "required": True, **items},
        {"name": "q", "in": "query", "required": True, **items},
        {"name": "X-H", "in": "header", "required": True, **items},
        {"name": "f", "in": "formData", "required": True, **items},
    ]
    raw = {
        "swagger": "2.0",
        "info": {"title": "Lists", "version": "1"},
        "paths": {"/lists/{p}": {"post": {"parameters": parameters, "responses": {}}}},
    }
    description = read(json.dumps(raw).encode())
    assert description.faults == ()
    assert description.quarantined == ()
    (one,) = description.operations
    value: JsonValue = ["a", "b/c", "d"]
    arguments: JsonObject = {"p": value, "q": value, "X-H": value, "f": value}
    request = requested(one, arguments)
    travels = {",": ",", " ": "%20", "|": "%7C", "\t": "%09"}[delimiter]
    encoded = travels.join(["a", "b%2Fc", "d"])
    assert request.url == f"{BASE}/lists/{encoded}?q={encoded}"
    assert dict(request.headers)["X-H"] == delimiter.join(["a", "b/c", "d"])
    assert request.body == f"f={encoded}".encode()
    with MockUpstream(description) as service:
        async with client_of(service.url) as client:
            await served(one, client, service.url).run(arguments)
    assert service.faults == []
    for name in arguments:
        if word != "csv":
            with pytest.raises(InvalidArgumentsError, match=name):
                requested(one, {**arguments, name: [f"x{delimiter}y"]})


def test_an_operation_is_asked_where_the_api_is_whatever_its_schemes_are() -> None:
    def operations(schemes: list[str]) -> ApiDescription:
        raw = {"swagger": "2.0", "host": "api.example", "schemes": ["https", "http"], "paths": {
            "/a": {"get": {"schemes": schemes, "responses": {}}}}}  # fmt: skip
        return read(json.dumps(raw).encode())

    for schemes in (["https"], ["http"], ["http", "ws"], []):
        description = operations(schemes)
        assert only(description).servers == description.servers
    assert "over" in operations(["wss"]).quarantined[0].reason
