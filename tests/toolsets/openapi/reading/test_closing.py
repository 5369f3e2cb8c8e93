"""Schemas that stand alone."""

from __future__ import annotations

from typing import Any

from seawall.toolsets.openapi.reading import Definitions, closed, resolved


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _to(name: str, **notes: Any) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", **notes}


def test_what_is_small_and_not_recursive_is_inlined() -> None:
    definitions = Definitions(
        {"A": _object(b=_to("B", description="why"), c=_to("B")), "B": {"type": "string"}}
    )
    assert closed(_object(a=_to("A")), definitions) == _object(
        a=_object(b={"type": "string", "description": "why"}, c={"type": "string"})
    )


def test_what_is_recursive_stays_a_definition_and_what_it_needs_comes_with_it() -> None:
    definitions = {
        "Tree": _object(next=_to("Tree"), leaf=_to("Leaf")),
        "Leaf": {"type": "integer"},
        "Other": {},
    }
    assert closed(_to("Tree"), definitions) == {
        "$ref": "#/$defs/Tree",
        "$defs": {"Tree": _object(next=_to("Tree"), leaf={"type": "integer"})},
    }


def test_what_is_large_is_inlined_where_it_is_used_once() -> None:
    """Beyond the bound a definition that is used twice is said once."""
    large: dict[str, Any] = {"type": "string", "description": "x" * 9000}
    definitions = Definitions({"Large": large, "Once": _object(z=_to("Large"))})
    schema = closed(_object(a=_to("Large"), b=_to("Once")), definitions)
    assert schema == {
        **_object(a=_to("Large"), b=_object(z=_to("Large"))),
        "$defs": {"Large": large},
    }


def test_words_beside_a_reference_hold_together_with_it() -> None:
    definitions = Definitions({"A": {"type": "string", "minLength": 1}})
    assert closed(_to("A", maxLength=5), definitions) == {
        "allOf": [{"type": "string", "minLength": 1}],
        "maxLength": 5,
    }


def test_data_that_looks_like_a_reference_is_left_alone() -> None:
    schema: dict[str, Any] = {"const": _to("A"), "default": _to("A"), "enum": [_to("A")]}
    assert closed(schema, Definitions({"A": {"type": "string"}})) == schema
    named = _object(**{"$ref": {"type": "string"}, "default": _to("A")})
    assert closed(named, Definitions({"A": {}})) == _object(**{"$ref": {"type": "string"}, "default": {}})


def test_a_reference_at_the_top_is_resolved_and_inner_ones_stay() -> None:
    definitions = Definitions({"A": _to("B"), "B": _object(c=_to("C")), "C": {}})
    assert resolved(_to("A", title="t"), definitions) == {**_object(c=_to("C")), "title": "t"}


def test_arguments_are_not_changed() -> None:
    schema, definition = _object(a=_to("A")), _object(b=_to("B"))
    definitions = Definitions({"A": definition, "B": {}})
    closed(schema, definitions)
    assert schema == _object(a=_to("A"))
    assert definition == _object(b=_to("B"))


def test_inlining_stops_before_values_nest_too_deep_for_readers() -> None:
    """Forty definitions in a row, each small: not one tree of eighty levels."""
    chain = {f"D{n}": _object(x=_to(f"D{n + 1}")) for n in range(40)} | {"D40": {"type": "string"}}
    schema = closed(_to("D0"), Definitions(chain))
    assert _levels(schema) <= 64
    assert "$defs" in schema


def _levels(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_levels, items), default=0)
