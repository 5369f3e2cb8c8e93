"""What functions return, as clients get it: text, a confirmation, objects as they are, other values wrapped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import ValidationError

from toolsets.python.workshop import Workshop

pytestmark = pytest.mark.anyio

TYPES = """
    @dataclass
    class Point:
        "A place."
        x: int
        seen: dt.date | None = None

    class Ship(BaseModel):
        name: str = Field(alias="Name")
        model_config = ConfigDict(populate_by_name=True)

    class Node(BaseModel):
        value: int
        children: list[Node] = []

    class Route(TypedDict):
        stops: list[Point]
"""

POINT = {
    "type": "object",
    "description": "A place.",
    "properties": {
        "x": {"type": "integer"},
        "seen": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
    },
    "required": ["x"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("def it() -> str: return 'words'", "words"),
        ("def it() -> Annotated[str, 'a word']: return 'words'", "words"),
        ("def it() -> None: return None", "Done."),
        ("def it(): return None", "Done."),
        ("def it(): return 'words'", "words"),
        ("def it(): return {'a': [1, None]}", '{"a":[1,null]}'),
        ("def it() -> Any: return [dt.date(2026, 1, 2)]", '["2026-01-02"]'),
        ("def it() -> object: return Point(1)", '{"x":1,"seen":null}'),
    ],
)
async def test_text_stays_text_and_what_promises_nothing_is_text_too(
    tmp_path: Path, function: str, text: str
) -> None:
    async with Workshop.of(tmp_path, f"{TYPES}    {function}") as shop:
        assert await shop.text("it") == text


@pytest.mark.parametrize(
    ("function", "output", "data"),
    [
        ("def it() -> Point: return Point(1)", POINT, {"x": 1, "seen": None}),
        (
            "def it() -> Point: return Point(1, dt.date(2026, 1, 2))",
            POINT,
            {"x": 1, "seen": "2026-01-02"},
        ),
        (
            "def it() -> dict[str, decimal.Decimal]: return {'a': decimal.Decimal('1.10')}",
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"a": "1.10"},
        ),
        (
            "def it() -> dict[int, int]: return {1: 2}",
            {"type": "object", "additionalProperties": {"type": "integer"}},
            {"1": 2},
        ),
        (
            "def it() -> Ship: return Ship(name='Ada')",
            {
                "type": "object",
                "properties": {"Name": {"type": "string"}},
                "required": ["Name"],
                "additionalProperties": False,
            },
            {"Name": "Ada"},
        ),
        (
            "def it() -> Route: return {'stops': [Point(1)]}",
            {
                "type": "object",
                "properties": {"stops": {"type": "array", "items": POINT}},
                "required": ["stops"],
                "additionalProperties": False,
            },
            {"stops": [{"x": 1, "seen": None}]},
        ),
    ],
)
async def test_an_object_goes_out_as_it_is(
    tmp_path: Path, function: str, output: dict[str, Any], data: dict[str, Any]
) -> None:
    async with Workshop.of(tmp_path, f"{TYPES}    {function}") as shop:
        assert shop.operations["it"].output == output
        assert await shop.data("it") == data


@pytest.mark.parametrize(
    ("function", "schema", "value"),
    [
        ("def it() -> int: return 1", {"type": "integer"}, 1),
        ("def it() -> bool: return True", {"type": "boolean"}, True),
        ("def it() -> list[Point]: return [Point(1)]", {"type": "array", "items": POINT}, [{"x": 1, "seen": None}]),
        ("def it() -> Point | None: return None", {"anyOf": [POINT, {"type": "null"}]}, None),
        ("def it() -> str | None: return 'a'", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "a"),
        ("def it() -> Literal['a', 'b']: return 'a'", {"enum": ["a", "b"], "type": "string"}, "a"),
        ("def it() -> bytes: return bytes([255])", {"type": "string", "format": "base64url"}, "_w=="),
        ("async def it() -> float: return 1.5", {"type": "number"}, 1.5),
    ],
)  # fmt: skip
async def test_every_other_value_is_the_result_of_an_object(
    tmp_path: Path, function: str, schema: dict[str, Any], value: Any
) -> None:
    async with Workshop.of(tmp_path, f"{TYPES}    {function}") as shop:
        assert shop.operations["it"].output == {
            "type": "object",
            "properties": {"result": schema},
            "required": ["result"],
            "additionalProperties": False,
        }
        assert await shop.data("it") == {"result": value}


@pytest.mark.parametrize("annotation", ["Node", "list[Node]"])
async def test_a_type_that_holds_itself_is_described_once_below_an_object(
    tmp_path: Path, annotation: str
) -> None:
    node = "Node(value=1, children=[Node(value=2)])"
    value = node if annotation == "Node" else f"[{node}]"
    async with Workshop.of(tmp_path, f"{TYPES}    def it() -> {annotation}: return {value}") as shop:
        output: Any = shop.operations["it"].output
        assert output["type"] == "object"
        assert list(output["$defs"]) == ["Node"]
        data = await shop.data("it")
    tree = {"value": 1, "children": [{"value": 2, "children": []}]}
    assert data == (tree if annotation == "Node" else {"result": [tree]})


async def test_the_docstring_describes_the_result(tmp_path: Path) -> None:
    text = """
        def it() -> int:
            '''Count.

            Returns:
                How many.
            '''
            return 1
    """
    async with Workshop.of(tmp_path, text) as shop:
        output: Any = shop.operations["it"].output
    assert output["properties"]["result"] == {"type": "integer", "description": "How many."}


@pytest.mark.parametrize(
    "function", ["def it() -> int: return 'a'", "def it() -> Point: return {'y': 1}", "def it() -> list[int]: return 3"]
)  # fmt: skip
async def test_what_breaks_its_own_promise_does_not_fit_its_schema(tmp_path: Path, function: str) -> None:
    """The server refuses such data; here nothing but the schema stands in its way."""
    async with Workshop.of(tmp_path, f"{TYPES}    {function}") as shop:
        with pytest.raises(ValidationError):
            await shop.call("it")
