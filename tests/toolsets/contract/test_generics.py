"""Generic contracts: each class gives its bases their own types, and a variable is what it is bound to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolsets.contract.studio import Studio, problems_of, said

pytestmark = pytest.mark.anyio

HEAD = """
T = TypeVar("T")
U = TypeVar("U")
Late = TypeVar("Late", bound="Boat")
Kind = TypeVar("Kind", str, int)

class Boat(BaseModel):
    name: str

class Ferry(Boat):
    cars: int

class Crate(BaseModel, Generic[T]):
    content: T

class Reads(Protocol[T]):
    def get_it(self, it: T) -> T: ...

class Writes(Protocol[T]):
    def put_it(self, it: T) -> T: ...

class Lists(Reads[list[T]], Protocol[T]): ...

class Swapped(Protocol[T, U]):
    def get_both(self, left: T, right: U) -> int: ...

class Turned(Swapped[U, T], Protocol[T, U]): ...

class Boats(Protocol[Late]):
    def get_boat(self, boat: Late) -> list[Late]: ...

class Packs(Protocol[T]):
    def get_crate(self, it: Crate[T]) -> Crate[T]: ...

class Either(Protocol[Kind]):
    def get_either(self, it: Kind) -> Kind: ...
"""
WHOLE = {"type": "integer"}
TEXT = {"type": "string"}
BOAT: dict[str, Any] = {
    "type": "object",
    "properties": {"name": TEXT},
    "required": ["name"],
    "additionalProperties": False,
}
FERRY = {
    **BOAT,
    "properties": {"name": TEXT, "cars": WHOLE},
    "required": ["name", "cars"],
}
CRATE = {
    "type": "object",
    "properties": {"content": WHOLE},
    "required": ["content"],
    "additionalProperties": False,
}
ROWS: list[tuple[str, dict[str, dict[str, Any]]]] = [
    ("class Shop(Reads[int], Protocol): ...", {"get_it": {"it": WHOLE}}),
    ("Shop = Reads[int]", {"get_it": {"it": WHOLE}}),
    (
        "class Shop(Reads[int], Writes[str], Protocol): ...",
        {"get_it": {"it": WHOLE}, "put_it": {"it": TEXT}},
    ),
    ("class Shop(Lists[int], Protocol): ...", {"get_it": {"it": {"type": "array", "items": WHOLE}}}),
    ("class Shop(Turned[int, str], Protocol): ...", {"get_both": {"left": TEXT, "right": WHOLE}}),
    ("class Shop(Boats[Late], Protocol[Late]): ...", {"get_boat": {"boat": BOAT}}),
    ("class Shop(Boats[Ferry], Protocol): ...", {"get_boat": {"boat": FERRY}}),
    ("class Shop(Packs[int], Protocol): ...", {"get_crate": {"it": CRATE}}),
    ("class Shop(Either[int], Protocol): ...", {"get_either": {"it": WHOLE}}),
    ("Shop = Either", {"get_either": {"it": {"anyOf": [TEXT, WHOLE]}}}),
]
OWN = """
class Own:
    def get_it(self, it): return it
    def put_it(self, it): return it
    def get_both(self, left, right): return 1
    def get_boat(self, boat): return [boat]
    def get_crate(self, it): return it
    def get_either(self, it): return it
"""


@pytest.mark.parametrize(("contract", "schemas"), ROWS, ids=[row[0] for row in ROWS])
async def test_each_variable_is_the_type_that_its_own_class_is_given(
    tmp_path: Path, contract: str, schemas: dict[str, dict[str, Any]]
) -> None:
    async with Studio.of(tmp_path, f"{HEAD}\n{contract}\n{OWN}") as studio:
        assert {name: each.parameters["properties"] for name, each in studio.operations.items()} == schemas


async def test_values_come_as_the_types_that_stand_for_the_variables(tmp_path: Path) -> None:
    text = f"{HEAD}\nclass Shop(Boats[Ferry], Protocol): ...\n{OWN}"
    async with Studio.of(tmp_path, text) as studio:
        ferry = {"name": "Aurora", "cars": 40}
        assert await studio.data("get_boat", boat=ferry) == {"result": [ferry]}


UNBOUND = {
    "class Shop(Reads, Protocol): ...": "the type variable ~T stands for no type",
    "class Shop(Lists, Protocol): ...": "the type variable ~T stands for no type",
    "Gone = TypeVar('Gone', bound='Nobody')\nclass Shop(Protocol):\n    def get_it(self, it: Gone) -> int: ...": (
        "name 'Nobody' is not defined"
    ),
}


@pytest.mark.parametrize("contract", UNBOUND)
def test_a_variable_that_stands_for_nothing_is_told_where_it_is_used(tmp_path: Path, contract: str) -> None:
    problems = problems_of(tmp_path, f"{HEAD}\n{contract}\n{OWN}")
    lines = said(problems, tmp_path / "workshop_shop.py")
    assert any(UNBOUND[contract] in line and "def get_it" in line for line in lines), lines
