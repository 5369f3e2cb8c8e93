"""References: within the description and to the files beside it, as writers spell them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import DirectoryReader, ReadingLimits, closed, read
from support.descriptions import described, only, read_value


def test_files_beside_the_description_are_read(tmp_path: Path) -> None:
    """Path items, parameters and schemas in other files, which refer to each other and back."""
    (tmp_path / "paths").mkdir()
    (tmp_path / "api.yaml").write_text(
        "openapi: 3.0.0\npaths:\n  /pets/{id}:\n    $ref: paths/pets.yaml#/item\n"
        "components:\n  schemas:\n    Name: {type: string}\n"
    )
    (tmp_path / "paths/pets.yaml").write_text(
        "item:\n  get:\n    parameters:\n    - $ref: '../shared.json#/id'\n"
        "    responses:\n      200:\n        content:\n          application/json:\n"
        "            schema: {$ref: './pet%20schema.yaml'}\n"
    )
    (tmp_path / "shared.json").write_text(
        '{"id": {"name": "id", "in": "path", "schema": {"type": "integer"}}}'
    )
    (tmp_path / "paths/pet schema.yaml").write_text(
        "type: object\nproperties:\n  name: {$ref: ../api.yaml#/components/schemas/Name}\n"
        "  friend: {$ref: '#'}\n"
    )
    source = tmp_path / "api.yaml"
    with DirectoryReader(tmp_path) as reader:
        description = read(source.read_bytes(), source=source, reader=reader)
    operation = only(description)
    assert operation.parameters[0].schema == {"type": "integer"}
    schema = closed(operation.responses[0].contents[0].schema, description.definitions)
    assert schema["properties"]["name"] == {"type": "string"}  # type: ignore[index,call-overload]
    assert schema["properties"]["friend"] == {"$ref": "#/$defs/pet_schema.yaml"}  # type: ignore[index,call-overload]
    assert description.faults == ()


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/schemas/a~1b%20c",
        "#/components/schemas/a~1b c",
        "#/components/schemas/List/items",
        "#/components/schemas/Alias",
        "#/components/schemas/Alias2",
        "#marked",
        "#/components/schemas/Holder/properties/held/x-more",
    ],
)
def test_pointers_are_followed_in_every_spelling(reference: str) -> None:
    description = described(
        {"$ref": reference},
        **{
            "a/b c": {"type": "boolean"},
            "List": {"type": "array", "items": {"type": "boolean"}},
            "Alias": {"$ref": "#/components/schemas/a~1b%20c"},
            "Alias2": {"$ref": "#/components/schemas/Alias"},
            "Marked": {"$anchor": "marked", "type": "boolean"},
            "Holder": {"properties": {"held": {"$ref": "#/components/schemas/Held"}}},
            "Held": {"x-more": {"type": "boolean"}},
        },
    )
    body = only(description).body
    assert body is not None
    assert closed(body.contents[0].schema, description.definitions) == {"type": "boolean"}
    assert description.faults == ()


def test_a_definition_has_one_name_however_it_is_referred_to() -> None:
    """Names fit a pointer as they are, and two that become one are told apart."""
    ref = "#/components/schemas/"
    description = described(
        {
            "type": "object",
            "properties": {
                "a": {"$ref": f"{ref}Box%3CInt%3E"},
                "b": {"$ref": f"{ref}Box<Int>"},
                "c": {"$ref": f"{ref}Box_Int_"},
            },
        },
        **{"Box<Int>": {"type": "integer"}, "Box_Int_": {"type": "string"}, "Unused": {}},
    )
    assert len(description.definitions) == 2
    assert all(name.replace("_", "").isalnum() for name in description.definitions)


def test_without_a_reader_other_files_are_not_there() -> None:
    description = read_value({"openapi": "3.0.0", "paths": {"/a": {"$ref": "paths.yaml#/a"}}})
    assert "there is no directory" in description.quarantined[0].reason


def test_a_file_that_is_too_large_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "large.json").write_text('{"type": "string", "description": "' + "x" * 5000 + '"}')
    (tmp_path / "small.json").write_text('{"type": "boolean"}')
    properties = {name: {"$ref": f"{name}.json"} for name in ("large", "small")}
    raw = {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {"200": {"content": {
        "application/json": {"schema": {"type": "object", "properties": properties}}}}}}}}}  # fmt: skip
    limits = ReadingLimits(bytes=2000)
    with DirectoryReader(tmp_path, limits) as reader:
        description = read(json.dumps(raw).encode(), reader=reader, limits=limits)
    (schema,) = [each.schema for each in only(description).responses[0].contents]
    assert closed(schema, description.definitions)["properties"] == {
        "large": {},
        "small": {"type": "boolean"},
    }
    assert len(description.faults) == 1


def of(reference: str, **more: object) -> ApiDescription:
    """A description that has a name, and whose one operation takes what the reference leads to."""
    schemas = {
        "Pet": {"type": "object", "properties": {"name": {"type": "string"}}},
        "Named": {
            "$id": "https://schemas.example/v1/named",
            "type": "object",
            "properties": {"n": {"$ref": "#/$defs/N"}, "next": {"$ref": "#"}, "o": {"$ref": "other"}},
            "$defs": {"N": {"type": "integer"}},
        },
        "Other": {"$id": "https://schemas.example/v1/other", "type": "boolean"},
        "Short": {"$id": "short", "type": "null"},
    }
    paths = {
        "/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": reference}}}}}}
    }
    return read_value({"openapi": "3.2.0", "paths": paths, "components": {"schemas": schemas}, **more})


@pytest.mark.parametrize(
    "itself", ["https://api.example/v1/openapi.json", "/v1/openapi.json", "openapi.json"]
)
@pytest.mark.parametrize("written", ["openapi.json", "./openapi.json", ""])
def test_a_description_may_refer_to_itself_by_its_own_name(itself: str, written: str) -> None:
    """`$self` is what relative references count from (OpenAPI 3.2, 4.1.2.2)."""
    for name in (written, itself):
        description = of(f"{name}#/components/schemas/Pet", **{"$self": itself})
        assert description.faults == (), name
        body = only(description).body
        assert body is not None
        assert body.contents[0].schema["properties"] == {"name": {"type": "string"}}


def test_a_schema_is_found_by_the_name_that_it_gives_itself() -> None:
    """And references in it count from there (JSON Schema 2020-12, 8.2.1)."""
    for reference in ("https://schemas.example/v1/named", "#/components/schemas/Named"):
        description = of(reference)
        assert description.faults == ()
        body = only(description).body
        assert body is not None
        schema = closed(body.contents[0].schema, description.definitions)
        properties = schema["properties"]
        assert isinstance(properties, dict)
        assert properties["n"] == {"type": "integer"}
        assert properties["o"] == {"type": "boolean"}
        assert properties["next"] == {"$ref": "#/$defs/Named"}
    inner = only(of("https://schemas.example/v1/named#/$defs/N")).body
    short = only(of("short", **{"$self": "https://api.example/openapi.json"})).body
    assert inner is not None
    assert inner.contents[0].schema == {"type": "integer"}
    assert short is not None
    assert short.contents[0].schema == {"type": "null"}


def test_a_url_leads_to_the_file_that_lies_as_it_says_and_to_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/pet.json").write_text(
        '{"$id": "https://api.example/v1/schemas/pet.json", "type": "object",'
        ' "properties": {"owner": {"$ref": "https://api.example/v1/schemas/owner.json"}}}'
    )
    (tmp_path / "schemas/owner.json").write_text('{"type": "boolean"}')
    (tmp_path.parent / "outside.json").write_text('{"type": "boolean"}')
    base = "https://api.example/v1/"
    with DirectoryReader(tmp_path) as reader:

        def reading(reference: str) -> ApiDescription:
            raw = json.dumps({"openapi": "3.2.0", "$self": f"{base}openapi.json", "paths": {"/a": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": reference}}}}}}}})  # fmt: skip
            return read(raw.encode(), source=tmp_path / "api.json", reader=reader)

        description = reading(f"{base}schemas/pet.json")
        assert description.faults == ()
        body = only(description).body
        assert body is not None
        schema = closed(body.contents[0].schema, description.definitions)
        assert schema["properties"] == {"owner": {"type": "boolean"}}
        for outside in (
            f"{base}../outside.json",
            f"{base}%2e%2e/outside.json",
            "https://other.example/v1/a.json",
        ):
            assert "leads nowhere" in reading(outside).faults[0].message
