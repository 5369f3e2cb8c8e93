"""Descriptions as they are met: each operation is called and accepted, or it is told why it cannot be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
import yaml

from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import DirectoryReader, read
from support.apis import shaped
from support.descriptions import described, only, read_value
from support.trying import tried

ODD = Path(__file__).parents[1] / "data" / "odd"
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
QUARANTINED: Final[dict[str, dict[str, str]]] = {
    "bodies.yaml": {"TRACE /head": "none that is sent"},
    "places.json": {
        "GET /broken/{x": "a brace without its other half",
        "GET /noin": "no name or no place",
    },
    "written-by-hand.yaml": {
        "GET /nullop": "no object but null",
        "GET /nowhere": "leads nowhere",
    },
}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}


def odd(name: str) -> ApiDescription:
    with DirectoryReader(ODD) as reader:
        return read((ODD / name).read_bytes(), source=ODD / name, reader=reader)


def declared(name: str) -> int:
    """How many operations a simple count finds."""
    root: Any = yaml.safe_load((ODD / name).read_text())
    count = 0
    for path, said in root["paths"].items():
        if said is None or str(path).startswith("x-"):
            continue
        item = root["paths"]["/a"] if "$ref" in said else said
        count += len(METHODS & set(item)) + len(item.get("additionalOperations", {}))
    return count


@pytest.mark.parametrize("name", sorted(each.name for each in ODD.iterdir()))
def test_every_operation_is_served_or_told(name: str) -> None:
    """None is lost: what is described is the sum of what is served and of what is told with its reason."""
    description = odd(name)
    found = {each.key: each.reason for each in description.quarantined}
    expected = QUARANTINED.get(name, {})
    assert found.keys() == expected.keys()
    assert all(reason in found[key] for key, reason in expected.items())
    assert len(description.operations) + len(found) == declared(name)
    for one in description.operations:
        schema = shaped(one, description.definitions).schema
        assert jsonschema_rs.meta.is_valid(schema), one.key
        properties = schema["properties"]
        assert isinstance(properties, dict)
        assert all(map(NAME.fullmatch, properties)), one.key


@pytest.mark.parametrize("name", sorted(each.name for each in ODD.iterdir()))
def test_every_operation_is_called_and_accepted(name: str) -> None:
    """What fits is taken by a service that checks it against the description; what does not never arrives."""
    description = odd(name)
    tried(description, list(description.operations), each=4)


def test_two_of_one_key_are_told() -> None:
    """The second one of what is asked for in the same way is no operation of its own, and never hides the first."""
    paths = {
        "/a": {"get": {"operationId": "first"}, "GET": {"operationId": "second"}},
        "a": {"get": {"operationId": "third"}},
        "/b/{x}": {"get": {}},
        "/b/{y}": {"get": {}},
    }
    description = read_value({"openapi": "3.0.0", "paths": paths})
    assert [each.operation_id for each in description.operations] == ["first", None, None]
    assert [(each.key, "a second time" in each.reason) for each in description.quarantined] == [
        ("GET /a", True),
        ("GET a", True),
    ]
    assert any("taken for one of GET /b/{x}" in each.message for each in description.faults)


def test_parts_that_forbid_each_other_are_taken_together() -> None:
    """As generators write a hierarchy of classes: each closed, and all of them meant."""
    base = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    middle = {
        "allOf": [{"$ref": "#/components/schemas/Base"}],
        "properties": {"b": {}},
        "additionalProperties": False,
    }
    last = {"allOf": [{"$ref": "#/components/schemas/Middle"}, {"properties": {"c": {}}}], "type": "object"}
    description = described({"$ref": "#/components/schemas/Last"}, Base=base, Middle=middle, Last=last)
    schema = ArgumentSchema(shaped(only(description), description.definitions).schema)
    assert schema.fits({"body": {"a": "x", "b": 1, "c": 2}})
    assert not schema.fits({"body": {"a": 1}})
    assert not schema.fits({"body": {"d": 1}})
    assert any("forbids what stands in the others" in each.message for each in description.faults)
