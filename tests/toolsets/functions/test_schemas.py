"""Python types as JSON Schema, and JSON as values of these types: one table, each row built, listed and called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolsets.python.workshop import Workshop

pytestmark = pytest.mark.anyio

TYPES = """
    class Colour(enum.Enum):
        RED = "red"
        BLUE = "blue"

    class Level(enum.IntEnum):
        LOW = 1
        HIGH = 2

    class Twice(enum.Enum):
        FIRST = "one"
        AGAIN = "one"

    class Right(enum.Flag):
        READ = 1
        WRITE = 2

    @dataclass
    class Filled:
        given: int
        own: int = dataclasses.field(init=False, default=7)

    @dataclass
    class Point:
        x: int
        y: float = 0.5

    class Route(TypedDict, total=False):
        name: str
        stops: list[Point]

    class Pair(NamedTuple):
        left: int
        right: str

    class Ship(BaseModel):
        "A vessel."
        name: Annotated[str, Field(min_length=1, description="As painted on the bow.")]
        port: Point | None = None

    class Lax(BaseModel):
        model_config = ConfigDict(extra="ignore")
        a: int

    class Node(BaseModel):
        value: int
        children: list[Node] = []

    class Cat(BaseModel):
        kind: Literal["cat"]
        lives: int = 9

    class Dog(BaseModel):
        kind: Literal["dog"]

    UserId = NewType("UserId", int)
    Percent = Annotated[int, Field(ge=0, le=100, description="Of all.")]

    def even(value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value
"""

POINT: dict[str, Any] = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "number", "default": 0.5}},
    "required": ["x"],
    "additionalProperties": False,
}
NODE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}, "default": []},
    },
    "required": ["value"],
    "additionalProperties": False,
}
CAT: dict[str, Any] = {
    "type": "object",
    "properties": {"kind": {"const": "cat", "type": "string"}, "lives": {"type": "integer", "default": 9}},
    "required": ["kind"],
    "additionalProperties": False,
}
DOG: dict[str, Any] = {
    "type": "object",
    "properties": {"kind": {"const": "dog", "type": "string"}},
    "required": ["kind"],
    "additionalProperties": False,
}
NULL = {"type": "null"}
DATE_TIME = {"type": "string", "format": "date-time"}

ROWS: list[tuple[str, dict[str, Any], Any, str]] = [
    ("str", {"type": "string"}, "a", "'a'"),
    ("int", {"type": "integer"}, 7, "7"),
    ("int", {"type": "integer"}, 7.0, "7"),
    ("float", {"type": "number"}, 7, "7.0"),
    ("bool", {"type": "boolean"}, True, "True"),
    ("None", NULL, None, "None"),
    ("Any", {}, {"a": [1]}, "{'a': [1]}"),
    ("Optional[str]", {"anyOf": [{"type": "string"}, NULL]}, None, "None"),
    ("int | str", {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "5", "'5'"),
    ("Union[int, str]", {"anyOf": [{"type": "integer"}, {"type": "string"}]}, 5, "5"),
    ("Literal['a', 2]", {"enum": ["a", 2]}, 2, "2"),
    ("Colour", {"type": "string", "enum": ["red", "blue"]}, "red", "<Colour.RED: 'red'>"),
    ("Level", {"type": "integer", "enum": [1, 2]}, 2, "<Level.HIGH: 2>"),
    (
        "dt.datetime",
        DATE_TIME,
        "2026-01-02T03:04:05Z",
        "datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=TzInfo(0))",
    ),
    ("dt.date", {"type": "string", "format": "date"}, "2026-01-02", "datetime.date(2026, 1, 2)"),
    ("dt.time", {"type": "string", "format": "time"}, "03:04:05", "datetime.time(3, 4, 5)"),
    ("dt.timedelta", {"type": "string", "format": "duration"}, "PT5S", "datetime.timedelta(seconds=5)"),
    ("decimal.Decimal", {"anyOf": [{"type": "number"}, {"type": "string"}]}, "1.10", "Decimal('1.10')"),
    (
        "uuid.UUID",
        {"type": "string", "format": "uuid"},
        "12345678-1234-5678-1234-567812345678",
        "UUID('12345678-1234-5678-1234-567812345678')",
    ),
    ("bytes", {"type": "string", "format": "base64url"}, "aGk_", "b'hi?'"),
    ("Path", {"type": "string", "format": "path"}, "a/b", "PosixPath('a/b')"),
    ("list[int]", {"type": "array", "items": {"type": "integer"}}, [1], "[1]"),
    (
        "set[int]",
        {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        [1, 2],
        "{1, 2}",
    ),
    (
        "tuple[int, str]",
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        },
        [1, "a"],
        "(1, 'a')",
    ),
    ("dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, "{'a': 1}"),
    (
        "dict[int, str]",
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"1": "a"},
        "{1: 'a'}",
    ),
    ("Sequence[str]", {"type": "array", "items": {"type": "string"}}, ["a"], "['a']"),
    ("UserId", {"type": "integer"}, 1, "1"),
    ("Percent", {"type": "integer", "minimum": 0, "maximum": 100, "description": "Of all."}, 1, "1"),
    ("Annotated[int, Ge(3)]", {"type": "integer", "minimum": 3}, 3, "3"),
    ("Annotated[str, Len(1, 4)]", {"type": "string", "minLength": 1, "maxLength": 4}, "ab", "'ab'"),
    ("Annotated[str, Field(pattern='^a+$')]", {"type": "string", "pattern": "^a+$"}, "aa", "'aa'"),
    ("Annotated[str, 'A word.']", {"type": "string", "description": "A word."}, "a", "'a'"),
    ("Annotated[int, Field(title='Count')]", {"type": "integer", "title": "Count"}, 1, "1"),
    ("Annotated[int, AfterValidator(even)]", {"type": "integer"}, 2, "2"),
    ("Point", POINT, {"x": 1}, "Point(x=1, y=0.5)"),
    (
        "Route",
        {
            "type": "object",
            "properties": {"name": {"type": "string"}, "stops": {"type": "array", "items": POINT}},
            "additionalProperties": False,
        },
        {"stops": [{"x": 1, "y": 2}]},
        "{'stops': [Point(x=1, y=2.0)]}",
    ),
    (
        "Pair",
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        },
        [1, "a"],
        "Pair(left=1, right='a')",
    ),
    (
        "Ship",
        {
            "type": "object",
            "description": "A vessel.",
            "properties": {
                "name": {"type": "string", "minLength": 1, "description": "As painted on the bow."},
                "port": {"anyOf": [POINT, NULL], "default": None},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
        {"name": "Ada", "port": {"x": 1}},
        "Ship(name='Ada', port=Point(x=1, y=0.5))",
    ),
    (
        "Lax",
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        {"a": 1, "b": 2},
        "Lax(a=1)",
    ),
    (
        "Annotated[Cat | Dog, Field(discriminator='kind')]",
        {"oneOf": [CAT, DOG]},
        {"kind": "cat"},
        "Cat(kind='cat', lives=9)",
    ),
    ("Twice", {"type": "string", "enum": ["one"]}, "one", "<Twice.FIRST: 'one'>"),
    ("Right", {"type": "integer", "minimum": 0, "maximum": 3}, 3, "<Right.READ|WRITE: 3>"),
    (
        "dict[Level, str]",
        {
            "type": "object",
            "propertyNames": {"type": "string", "enum": ["1", "2"]},
            "additionalProperties": {"type": "string"},
        },
        {"2": "a"},
        "{<Level.HIGH: 2>: 'a'}",
    ),
    (
        "Filled",
        {
            "type": "object",
            "properties": {"given": {"type": "integer"}},
            "required": ["given"],
            "additionalProperties": False,
        },
        {"given": 1},
        "Filled(given=1, own=7)",
    ),
    (
        "Node",
        {"$ref": "#/$defs/Node"},
        {"value": 1, "children": [{"value": 2}]},
        "Node(value=1, children=[Node(value=2, children=[])])",
    ),
]


@pytest.mark.parametrize(
    ("annotation", "schema", "given", "value"), ROWS, ids=[f"{row[0]}-{row[2]}" for row in ROWS]
)
async def test_a_type_is_listed_as_its_schema_and_called_with_its_value(
    tmp_path: Path, annotation: str, schema: dict[str, Any], given: Any, value: str
) -> None:
    function = f"""
    def show(it: {annotation}) -> str:
        return repr(it)
    """
    async with Workshop.of(tmp_path, TYPES + function) as shop:
        parameters = shop.operations["show"].parameters
        definitions = {"$defs": {"Node": NODE}} if "$ref" in schema else {}
        assert parameters == {
            "type": "object",
            "properties": {"it": schema},
            "required": ["it"],
            "additionalProperties": False,
            **definitions,
        }
        assert await shop.text("show", it=given) == value


@pytest.mark.parametrize(
    ("parameter", "schema", "value"),
    [
        ("it: int = 3", {"type": "integer", "default": 3}, "3"),
        ("it: int | None = None", {"anyOf": [{"type": "integer"}, NULL], "default": None}, "None"),
        ("it: int = Field(4, ge=1)", {"type": "integer", "default": 4, "minimum": 1}, "4"),
        ("it: Annotated[int, Field(default=5, ge=1)]", {"type": "integer", "default": 5, "minimum": 1}, "5"),
        (
            "it: list[int] = Field(default_factory=list)",
            {"type": "array", "items": {"type": "integer"}},
            "[]",
        ),
        ("it: list[int] = [1]", {"type": "array", "items": {"type": "integer"}, "default": [1]}, "[1]"),
        (
            "it: dt.date = dt.date(2026, 1, 2)",
            {"type": "string", "format": "date", "default": "2026-01-02"},
            "datetime.date(2026, 1, 2)",
        ),
        ("it: Point = Point(1)", POINT | {"default": {"x": 1, "y": 0.5}}, "Point(x=1, y=0.5)"),
        (
            "it: Filled = Filled(1)",
            {
                "type": "object",
                "properties": {"given": {"type": "integer"}},
                "required": ["given"],
                "additionalProperties": False,
                "default": {"given": 1},
            },
            "Filled(given=1, own=7)",
        ),
        (
            "it: Colour = Colour.RED",
            {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "<Colour.RED: 'red'>",
        ),
        ("*, it: int = 3", {"type": "integer", "default": 3}, "3"),
        ("it: Any = float", {}, "<class 'float'>"),
        ("it: int | Callable[[], int] = 3", {"type": "integer", "default": 3}, "3"),
    ],
)
async def test_a_default_is_told_and_used(
    tmp_path: Path, parameter: str, schema: dict[str, Any], value: str
) -> None:
    function = f"""
    def show({parameter}) -> str:
        return repr(it)
    """
    async with Workshop.of(tmp_path, TYPES + function) as shop:
        parameters = shop.operations["show"].parameters
        assert parameters["properties"] == {"it": schema}
        assert "required" not in parameters
        assert await shop.text("show") == value


async def test_a_mutable_default_is_not_shared_between_calls(tmp_path: Path) -> None:
    async with Workshop.of(
        tmp_path,
        """
        def add(it: int, to: list[int] = []) -> str:
            to.append(it)
            return repr(to)
        """,
    ) as shop:
        assert [await shop.text("add", it=1), await shop.text("add", it=2)] == ["[1]", "[2]"]


@pytest.mark.parametrize(
    "name", ["json", "schema", "copy", "model_config", "self", "_hidden", "p0", "validate"]
)
async def test_a_parameter_may_have_any_name(tmp_path: Path, name: str) -> None:
    async with Workshop.of(tmp_path, f"def show({name}: int, other: int) -> int: return {name}") as shop:
        assert await shop.data("show", **{name: 1}, other=2) == {"result": 1}


async def test_an_alias_is_the_name_that_callers_use(tmp_path: Path) -> None:
    async with Workshop.of(
        tmp_path, "def show(from_: Annotated[int, Field(alias='from')]) -> int: return from_"
    ) as shop:
        assert shop.operations["show"].parameters["required"] == ["from"]
        assert await shop.data("show", **{"from": 1}) == {"result": 1}


async def test_annotations_that_are_types_already_work_as_well(tmp_path: Path) -> None:
    path = tmp_path / "workshop_tools.py"
    async with Workshop.of(tmp_path, "") as shop:
        assert not shop.operations
    path.with_name("workshop_plain.py").write_text(
        "from typing import Optional\ndef show(it: Optional[int] = None, *, to: 'list[str]') -> list[str]: return to\n"
    )
    async with Workshop.of(tmp_path, "", module="workshop_plain") as shop:
        assert await shop.data("show", to=["a"]) == {"result": ["a"]}
