"""A contract with one method for every kind of type, which gives back what it gets."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Generic, Literal, NamedTuple, NewType, NotRequired, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType, TypedDict

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Word(enum.StrEnum):
    ONE = "one"
    TWO = "two"


@dataclass(frozen=True)
class Point:
    x: int
    y: float = 0.5


@dataclass(frozen=True)
class Parcel:
    key: bytes
    price: Decimal
    sent: dt.datetime
    colour: Colour
    stops: tuple[Point, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


class Route(TypedDict, total=False):
    name: str
    stops: list[Point]


class Branch(TypedDict):
    value: int
    branches: NotRequired[list[Branch]]


@dataclass
class Filled:
    given: int
    words: list[str] = field(default_factory=list, kw_only=True)


class Pair(NamedTuple):
    left: int
    right: str


class Ship(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: Annotated[str, Field(min_length=1)]
    port: Point | None = None
    data: bytes = b""


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


@dataclass(frozen=True)
class Box(Generic[T]):
    content: T


class Crate(BaseModel, Generic[T]):
    content: list[T]


UserId = NewType("UserId", int)
Percent = Annotated[int, Field(ge=0, le=100)]

Json = TypeAliasType("Json", "dict[str, Json] | list[Json] | str | int | bool | None")

TYPES = {
    "text": str,
    "whole": int,
    "number": float,
    "truth": bool,
    "nothing": None,
    "day": dt.date,
    "moment": dt.datetime,
    "clock": dt.time,
    "span": dt.timedelta,
    "decimal": Decimal,
    "id": uuid.UUID,
    "octets": bytes,
    "colour": Colour,
    "level": Level,
    "word": Word,
    "right": Right,
    "by_level": dict[Level, str],
    "by_day": dict[dt.date, Decimal],
    "literal": Literal["a", 2, True],
    "optional": str | None,
    "union": int | str,
    "tagged": Annotated[Cat | Dog, Field(discriminator="kind")],
    "texts": list[str],
    "table": dict[str, int],
    "several": set[int],
    "fixed": tuple[int, str],
    "days": list[dt.date | None],
    "octet_table": dict[str, bytes],
    "pair": Pair,
    "point": Point,
    "parcel": Parcel,
    "route": Route,
    "ship": Ship,
    "node": Node,
    "branch": Branch,
    "json": Json,
    "filled": Filled,
    "box": Box[int],
    "day_box": Box[dt.date],
    "crate": Crate[Decimal],
    "user": UserId,
    "percent": Percent,
}
"""Every type, by the part of the name of its method."""


class Echo(Protocol[T]):
    """The methods below, and `get_<name>` for each of the types."""

    def get_own(self, value: T) -> T:
        """A type variable, which the contract below binds."""
        ...

    def get_path(self, value: Path) -> Path: ...

    def get_paths(self, value: list[Path]) -> dict[str, Path]: ...

    def list_items(self, values: list[Parcel]) -> Iterator[Parcel]: ...

    def list_later(self, values: list[int]) -> AsyncIterator[int]: ...


def _method(name: str, annotation: object) -> object:
    def method(self: object, value: object) -> object: ...

    method.__name__ = method.__qualname__ = f"get_{name}"
    method.__annotations__ = {"value": annotation, "return": annotation}
    return method


class EchoOfDates(Echo[dt.date], Protocol):
    """What is served."""


for _name, _annotation in TYPES.items():
    setattr(EchoOfDates, f"get_{_name}", _method(_name, _annotation))


class Mirror:
    """Gives back the very values, not what they were made of."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("get_"):
            return lambda value: value
        raise AttributeError(name)

    def get_path(self, value: Path) -> Path:
        value.read_bytes()  # a path of the host, which can be opened
        return value

    def get_paths(self, value: list[Path]) -> dict[str, Path]:
        return {path.name: path for path in value}

    def list_items(self, values: list[Parcel]) -> Iterator[Parcel]:
        yield from values

    async def list_later(self, values: list[int]) -> AsyncIterator[int]:
        for value in values:
            yield value


mirror = Mirror()
