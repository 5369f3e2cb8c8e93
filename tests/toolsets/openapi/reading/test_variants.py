"""Kinds that point at what they are a kind of: whoever sends one learns what it has."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import closed
from support.apis import shaped
from support.descriptions import SWAGGER, described, only, read_value

PET = "#/components/schemas/Pet"


def kind(name: str, schema: str, base: str = PET, **more: Any) -> dict[str, Any]:
    """A schema that is all of another one and has one member more, which it needs."""
    part = {"type": "object", "required": [name], "properties": {name: {"type": schema}}}
    return {"allOf": [{"$ref": base}, part], **more}


def pet(discriminator: Any = None, **more: Any) -> dict[str, Any]:
    """What all pets have."""
    said = {"propertyName": "kind"} if discriminator is None else discriminator
    members = {"kind": {"type": "string"}, "name": {"type": "string"}}
    return {"type": "object", "required": ["kind"], "properties": members, "discriminator": said, **more}


def fits(description: ApiDescription, value: Any) -> bool:
    """Whether a call may send it as the body."""
    schema = shaped(only(description), description.definitions, fields=False, next=False).schema
    assert list(schema["properties"]) == ["body"]  # type: ignore[arg-type]
    return jsonschema_rs.validator_for(schema, offline=True).is_valid({"body": value})


def pets(base: dict[str, Any] | None = None, **more: Any) -> ApiDescription:
    """An operation that takes a pet."""
    schemas = {"Pet": base or pet(), "Cat": kind("lives", "integer"), "Dog": kind("barks", "boolean"), **more}
    return described({"$ref": PET}, **schemas)


def test_what_a_kind_has_can_be_sent_and_is_judged() -> None:
    description = pets()
    assert fits(description, {"kind": "Cat", "lives": 9})
    assert fits(description, {"kind": "Dog", "barks": True, "name": "Rex"})
    assert not fits(description, {"kind": "Cat", "lives": "many"})
    assert not fits(description, {"kind": "Dog"})
    assert not fits(description, {"lives": 9})
    assert description.faults == ()


def test_a_kind_that_nobody_describes_is_sent_as_far_as_it_is_known() -> None:
    assert fits(pets(), {"kind": "Cow", "name": "Berta", "milk": True})
    assert not fits(pets(), {"kind": "Cow", "name": 1})


def test_what_can_hold_several_pets_tells_their_kinds() -> None:
    """Not only a whole body, but also what stands deeper in it, and an answer."""
    description = described(
        {"type": "object", "properties": {"pets": {"type": "array", "items": {"$ref": PET}}}},
        Pet=pet(),
        Cat=kind("lives", "integer"),
    )
    operation = only(description)
    schema = closed(operation.responses[0].contents[0].schema, description.definitions)
    validator = jsonschema_rs.validator_for(schema, offline=True)
    assert validator.is_valid({"pets": [{"kind": "Cat", "lives": 9}, {"kind": "Cow"}]})
    assert not validator.is_valid({"pets": [{"kind": "Cat"}]})
    assert "lives" in str(shaped(operation, description.definitions).schema)


_WORDS = {
    "a mapping": (pets(pet({"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}})), "cat"),
    "a mapping to a name alone": (pets(pet({"propertyName": "kind", "mapping": {"cat": "Cat"}})), "cat"),
    "a word of its own": (pets(Cat=kind("lives", "integer", **{"x-ms-discriminator-value": "#Cat"})), "#Cat"),
    "its name": (pets(), "Cat"),
    "an allowed value": (
        pets(Cat={**kind("lives", "integer"), "properties": {"kind": {"enum": ["kitten"]}}}),
        "kitten",
    ),
    "a grandchild": (pets(Lion=kind("mane", "string", "#/components/schemas/Cat")), "Lion"),
}


@pytest.mark.parametrize("said", sorted(_WORDS))
def test_a_kind_goes_by_the_word_that_is_said_for_it(said: str) -> None:
    description, word = _WORDS[said]
    assert fits(description, {"kind": word, "lives": 9, "mane": "long"})
    assert not fits(description, {"kind": word, "lives": "many", "mane": "long"})


def test_values_that_the_base_allows_go_before_the_names_of_schemas() -> None:
    """`CAT` is allowed and the schema is called `Cat`: it is a cat all the same, or anything."""
    base = pet(properties={"kind": {"enum": ["CAT", "DOG"]}})
    assert fits(pets(base), {"kind": "CAT", "lives": 9})
    assert not fits(pets(base), {"kind": "Cat", "lives": 9})


def test_a_closed_base_is_open_for_what_its_kinds_have() -> None:
    description = pets(pet(additionalProperties=False))
    assert fits(description, {"kind": "Cat", "lives": 9})
    assert not fits(description, {"kind": "Cow", "milk": True})


def test_what_a_kind_sets_itself_is_not_asked_for_and_what_only_requests_have_is() -> None:
    """The base has neither; the sides differ all the same."""
    members = {"id": {"type": "integer", "readOnly": True}, "password": {"type": "string", "writeOnly": True}}
    cat = {
        "allOf": [{"$ref": PET}, {"type": "object", "required": ["id", "password"], "properties": members}]
    }
    description = pets(Cat=cat)
    assert fits(description, {"kind": "Cat", "password": "x"})
    assert not fits(description, {"kind": "Cat"})
    answer = closed(only(description).responses[0].contents[0].schema, description.definitions)
    assert "id" in str(answer)
    assert "password" not in str(answer)


def test_swagger_2_writes_the_name_alone() -> None:
    definitions = {
        "Pet": pet("kind"),
        "Cat": kind("lives", "integer", "#/definitions/Pet"),
    }
    body = {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    paths = {"/pets": {"post": {"parameters": [body], "responses": {"204": {"description": ""}}}}}
    description = read_value({**SWAGGER, "paths": paths, "definitions": definitions})
    assert fits(description, {"kind": "Cat", "lives": 9})
    assert not fits(description, {"kind": "Cat", "lives": "many"})


def test_so_many_kinds_are_not_told_and_may_be_sent() -> None:
    many = {f"Kind{number}": kind(f"member{number}", "string") for number in range(40)}
    description = pets(**many)
    assert fits(description, {"kind": "Kind7", "member7": "x"})
    assert "42 kinds" in description.faults[0].message


def test_a_discriminator_without_kinds_says_nothing() -> None:
    description = described({"$ref": PET}, Pet=pet())
    schema = shaped(only(description), description.definitions, fields=False, next=False).schema
    assert list(schema["properties"]) == ["kind", "name"]  # type: ignore[arg-type]
