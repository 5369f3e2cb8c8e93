"""Sizes and durations, written as people do: `"10MiB"`, `"30s"`, or a plain number of bytes or seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from seawall.blueprint.section import ALLOWED_KEYWORD

__all__ = [
    "QUANTITY_UNIT_MISSING",
    "UNITS_KEYWORD",
    "ByteSize",
    "Duration",
    "DurationRule",
    "SizeRule",
    "quantity_text",
]

QUANTITY_UNIT_MISSING: Final = "quantity_unit_missing"
"""Type of the validation error for a number that stands in quotes, without a unit."""

UNITS_KEYWORD: Final = "x-seawall-units"
"""JSON Schema keyword that says what a number counts, `bytes` or `seconds`; it never leaves this package."""

_SIZE_UNITS: Final = {
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
_TIME_UNITS: Final = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
# Fifteen digits are enough for every value within the limits, and few enough to compute with.
_NUMBER: Final = r"[0-9]{1,15}(?:\.[0-9]{1,6})?"
_NO_UNIT: Final = re.compile(r"\s*[+-]?[0-9]+(?:\.[0-9]*)?\s*")
_QUANTITY: Final = re.compile(rf"({_NUMBER}) ?([A-Za-z]*)")


def _pattern(units: Mapping[str, int | Decimal]) -> str:
    return rf"^{_NUMBER} ?(?:{'|'.join(units)})$"


@dataclass(frozen=True, slots=True)
class SizeRule:
    """A number of bytes between two limits (both inclusive); put it on an `int`: `Annotated[int, SizeRule()]`.

    Reads `1048576`, `"10MiB"` (1024-based: KiB, MiB, GiB, TiB) and `"1GB"` (1000-based: kB, MB, GB, TB).
    """

    minimum: int = 1
    maximum: int = 1024**4

    @property
    def allowed(self) -> str:
        """What may stand in the blueprint, in words."""
        low, high = self.text(self.minimum), self.text(self.maximum)
        example = next(iter(self._examples()), high)
        return f'a size from {low} to {high}, such as "{example}" (or a plain number of bytes)'

    @staticmethod
    def text(size: int) -> str:
        """The size in the largest unit that divides it: `1048576` is `1MiB`."""
        for unit in ("TiB", "GiB", "MiB", "KiB"):
            if size and size % _SIZE_UNITS[unit] == 0:
                return f"{size // _SIZE_UNITS[unit]}{unit}"
        return f"{size}B"

    def read(self, value: object) -> int:
        """The number of bytes.

        Raises:
            PydanticCustomError: not a size, or outside of the limits.
        """
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise _refused(self.allowed)
        size = _amount(value, _SIZE_UNITS, self.allowed) if isinstance(value, str) else value
        if not self.minimum <= size <= self.maximum or size != int(size):
            raise _refused(self.allowed)
        return int(size)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate with `read`."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A number of bytes, or a text with a unit."""
        number = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        text = {"type": "string", "pattern": _pattern(_SIZE_UNITS)}
        own = {UNITS_KEYWORD: "bytes", ALLOWED_KEYWORD: self.allowed}
        return {"anyOf": [text, number], "examples": self._examples(), **own}

    def _examples(self) -> list[str]:
        """Sizes within the limits, the most usual one first."""
        known = {"10MiB": 10 * 1024**2, "512KiB": 512 * 1024, "1GB": 1000**3, "2KiB": 2 * 1024}
        return [text for text, size in known.items() if self.minimum <= size <= self.maximum][:3]


@dataclass(frozen=True, slots=True)
class DurationRule:
    """Seconds between two limits (both inclusive); put it on a `float`: `Annotated[float, DurationRule()]`.

    Reads `30`, `0.5`, `"500ms"`, `"30s"`, `"2m"`, `"1h"` and `"1d"`.
    """

    minimum: float = 0.001
    maximum: float = 30 * 86400.0

    @property
    def allowed(self) -> str:
        """What may stand in the blueprint, in words."""
        low, high = self.text(self.minimum), self.text(self.maximum)
        example = next(iter(self._examples()), high)
        return f'a duration from {low} to {high}, such as "{example}" (or a plain number of seconds)'

    @staticmethod
    def text(seconds: float) -> str:
        """The duration in the largest unit that divides it: `120.0` is `2m`."""
        for unit in ("d", "h", "m", "s"):
            scale = float(_TIME_UNITS[unit])
            if seconds >= scale and seconds % scale == 0:
                return f"{seconds / scale:.0f}{unit}"
        return f"{seconds * 1000:.6f}".rstrip("0").rstrip(".") + "ms"

    def read(self, value: object) -> float:
        """The number of seconds.

        Raises:
            PydanticCustomError: not a duration, or outside of the limits.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise _refused(self.allowed)
        if isinstance(value, str):
            value = float(_amount(value, _TIME_UNITS, self.allowed))
        # Compared before the conversion: a huge integer does not fit a float. NaN fails every comparison.
        if not self.minimum <= value <= self.maximum or math.isnan(value):
            raise _refused(self.allowed)
        return float(value)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate with `read`."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A number of seconds, or a text with a unit."""
        number = {"type": "number", "minimum": self.minimum, "maximum": self.maximum}
        text = {"type": "string", "pattern": _pattern(_TIME_UNITS)}
        own = {UNITS_KEYWORD: "seconds", ALLOWED_KEYWORD: self.allowed}
        return {"anyOf": [text, number], "examples": self._examples(), **own}

    def _examples(self) -> list[str]:
        """Durations within the limits, the most usual one first."""
        known = {"30s": 30.0, "500ms": 0.5, "2m": 120.0}
        return [text for text, seconds in known.items() if self.minimum <= seconds <= self.maximum]


ByteSize: TypeAlias = Annotated[int, SizeRule()]
"""A number of bytes, 1 to 1 TiB: `"10MiB"`, `"1GB"` or a plain integer."""

Duration: TypeAlias = Annotated[float, DurationRule()]
"""Seconds, 1 ms to 30 days: `"30s"`, `"500ms"`, `"2m"`, `"1h"` or a plain number."""


def _amount(text: str, units: Mapping[str, int | Decimal], allowed: str) -> Decimal:
    match = _QUANTITY.fullmatch(text)
    if _NO_UNIT.fullmatch(text):
        raise PydanticCustomError(QUANTITY_UNIT_MISSING, "{allowed}", {"allowed": allowed})
    if match is None or match[2] not in units:
        raise _refused(allowed)
    return Decimal(match[1]) * units[match[2]]


def _refused(allowed: str) -> PydanticCustomError:
    return PydanticCustomError("quantity", "{allowed}", {"allowed": allowed})


def quantity_text(value: float, units: str) -> str:
    """The quantity as people write it; `units` is the value of `UNITS_KEYWORD`."""
    return SizeRule.text(int(value)) if units == "bytes" else DurationRule.text(value)
