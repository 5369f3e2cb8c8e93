"""The base of every table of the blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

__all__ = ["ALLOWED_KEYWORD", "Allowed", "Section"]

ALLOWED_KEYWORD: Final = "x-seawall-allowed"
"""JSON Schema keyword that holds the words of `Allowed`; it never leaves this package."""


class Section(BaseModel):
    """One table of the blueprint: frozen, without unknown keys, without silent conversion.

    A subclass holds its values as strings, numbers, booleans, `Literal` words, tuples (an array of the file
    arrives as a tuple), dictionaries and other sections. Each field carries a description: the JSON Schema
    and the reference documentation are made of them. An error never repeats the value that it refuses, since
    that value may be a secret which was put into the wrong place.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_default=False,
        use_attribute_docstrings=False,
    )


@dataclass(frozen=True, slots=True)
class Allowed:
    """Says in words what a pattern allows: `Annotated[str, Field(pattern=…), Allowed("letters and digits")]`."""

    words: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the words to the setting's schema, where the explanation of an error finds them."""
        return {**handler(schema), ALLOWED_KEYWORD: self.words}
