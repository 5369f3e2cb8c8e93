"""Real descriptions: what of each is served, and that every schema of it is one."""

from __future__ import annotations

from functools import lru_cache

import jsonschema_rs
import pytest

from seawall.toolsets.openapi.model import ApiDescription, ApiOperation
from seawall.toolsets.openapi.reading import DirectoryReader, closed, read
from seawall.types import JsonObject
from support.descriptions import SPECS, read_value

# Per file: its dialect, how many operations it has, how many of them are served at least, and the faults it has.
_EXPECTED = {
    "petstore-3.0.yaml": ("3.0", 19, 19, 0),
    "petstore-expanded-3.0.yaml": ("3.0", 4, 4, 0),
    "petstore-expanded-2.0.json": ("2.0", 4, 4, 0),
    "link-example-3.0.json": ("3.0", 6, 6, 0),
    "tictactoe-3.1.json": ("3.1", 3, 3, 0),
    "webhook-3.1.json": ("3.1", 0, 0, 1),
    "tags-3.2.json": ("3.2", 4, 4, 0),
    "openai-3.1.json": ("3.1", 288, 288, 2),
    "kubernetes-swagger-2.0.json": ("2.0", 1123, 1123, 0),
}
_HERE = [name for name in _EXPECTED if name in SPECS]


@lru_cache(maxsize=2)
def _read(name: str) -> ApiDescription:
    with DirectoryReader(SPECS[name].parent) as reader:
        return read(SPECS[name].read_bytes(), source=SPECS[name], reader=reader)


def _schemas(operation: ApiOperation) -> list[JsonObject]:
    body = operation.body.contents if operation.body else ()
    answers = [content for response in operation.responses for content in response.contents]
    return [
        *(parameter.schema for parameter in operation.parameters),
        *(content.schema for content in (*body, *answers)),
    ]


@pytest.mark.parametrize("name", _HERE)
def test_every_operation_is_served_or_quarantined_with_a_reason(name: str) -> None:
    dialect, operations, served, faults = _EXPECTED[name]
    description = _read(name)
    assert description.dialect == dialect
    assert len(description.operations) + len(description.quarantined) == operations
    assert len(description.operations) >= served, description.quarantined
    assert all(item.key and item.reason for item in description.quarantined)
    assert len(description.faults) == faults, description.faults
    assert len({operation.key for operation in description.operations}) == len(description.operations)


@pytest.mark.parametrize("name", _HERE)
def test_every_schema_stands_alone_is_valid_and_compiles(name: str) -> None:
    description = _read(name)
    schemas = {id(schema): schema for operation in description.operations for schema in _schemas(operation)}
    for schema in schemas.values():
        alone = closed(schema, description.definitions)
        assert jsonschema_rs.meta.is_valid(
            {**alone, "$schema": "https://json-schema.org/draft/2020-12/schema"}
        )
        jsonschema_rs.validator_for(alone, offline=True)


@pytest.mark.parametrize("name", _HERE)
def test_references_of_operations_lead_somewhere(name: str) -> None:
    description = _read(name)
    for definition in description.definitions.values():
        alone = closed(definition, description.definitions)
        jsonschema_rs.validator_for(alone, offline=True)


def test_petstore_is_read_as_it_is_written() -> None:
    """One operation in full, against the file."""
    description = _read("petstore-3.0.yaml")
    by_key = {operation.key: operation for operation in description.operations}
    found = by_key["GET /pet/findByStatus"]
    assert found.operation_id == "findPetsByStatus"
    assert found.tags == ("pet",)
    assert [
        (item.name, item.place, item.required, item.style, item.explode) for item in found.parameters
    ] == [("status", "query", False, "form", True)]
    assert found.parameters[0].schema["enum"] == ["available", "pending", "sold"]
    assert found.security == ({"petstore_auth": ("write:pets", "read:pets")},)
    assert [server.url for server in found.servers] == ["https://petstore3.swagger.io/api/v3"]
    upload = by_key["POST /pet/{petId}/uploadImage"]
    assert upload.body is not None
    assert [content.media_type for content in upload.body.contents] == ["application/octet-stream"]
    assert description.security_schemes["api_key"].parameter == "api_key"
    assert by_key["GET /store/inventory"].security == ({"api_key": ()},)


def test_a_query_in_a_path_becomes_parameters_with_one_value() -> None:
    """Descriptions tell operations apart by the query; each keeps a key of its own."""
    operation: dict[str, JsonObject] = {"responses": {}}
    description = read_value(
        {"openapi": "3.1.0", "paths": {"/r": {"post": operation}, "/r?beta=true": {"post": operation}}}
    )
    plain, beta = description.operations
    assert (plain.key, plain.path, plain.parameters) == ("POST /r", "/r", ())
    assert (beta.key, beta.path) == ("POST /r?beta=true", "/r")
    assert [(item.name, item.schema, item.required) for item in beta.parameters] == [
        ("beta", {"type": "string", "const": "true"}, True)
    ]
