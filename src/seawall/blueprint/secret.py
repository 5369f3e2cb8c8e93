"""References to secrets: a blueprint says where a secret is, never what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from seawall.blueprint.section import ALLOWED_KEYWORD

__all__ = ["LITERAL_REFUSED", "REFERENCE_FORMAT", "SecretReference"]

REFERENCE_FORMAT: Final = "secret-reference"
"""JSON Schema format of a setting whose value is never shown."""

LITERAL_REFUSED: Final = "secret_literal"
"""Type of the validation error for anything but a reference."""

_PATTERN: Final = r"^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00]+|secret:[A-Za-z0-9][A-Za-z0-9._-]{0,252})$"
_REFERENCE: Final = re.compile(_PATTERN[1:-1])
_ALLOWED: Final = "a reference: env:NAME, file:/absolute/path or secret:NAME"


@dataclass(frozen=True, slots=True)
class _ReferenceRule:
    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "type": "string",
            "pattern": _PATTERN,
            "format": REFERENCE_FORMAT,
            "examples": ["env:API_KEY", "file:/run/secrets/api_key", "secret:api_key"],
            ALLOWED_KEYWORD: _ALLOWED,
        }


SecretReference: TypeAlias = Annotated[str, _ReferenceRule()]
"""Where a secret is: `env:NAME`, `file:/absolute/path` or `secret:NAME`. A literal is refused without repeating it."""


def _read(value: object) -> str:
    # Whatever stands here may be the secret itself, so neither message nor context holds it.
    if not isinstance(value, str) or _REFERENCE.fullmatch(value) is None:
        raise PydanticCustomError(LITERAL_REFUSED, "a secret is never written into the blueprint")
    return value
