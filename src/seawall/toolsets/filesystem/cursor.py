"""Opaque continuation tokens: where a partial answer ended, and of which call it was a part.

A cursor holds positions only, never a right: whatever it says is checked by the jail again, so a forged one
gives its author nothing that plain arguments would not. It carries no secret and needs no state on the server,
which is why any replica can go on where another one stopped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import Field, TypeAdapter

from seawall.errors import InvalidArgumentsError
from seawall.types import JsonValue

__all__ = ["MAXIMUM_LENGTH", "Name", "Natural", "decode", "digest", "encode", "refused"]

MAXIMUM_LENGTH: Final = 40_960
"""Characters that a cursor may have: a path of 4,095 bytes fits, each a control character of six in JSON, in base64."""

Natural: TypeAlias = Annotated[int, Field(ge=0, lt=1 << 63)]
"""A byte, line or time that a cursor names."""

Name: TypeAlias = Annotated[str, Field(pattern=r"^([^/\x00.][^/\x00]*|\.[^/\x00.][^/\x00]*|\.\.[^/\x00]+)$")]
"""One name of a path."""

_T = TypeVar("_T")


def encode(fields: object) -> str:
    """The cursor that says `fields`: tuples of JSON values."""
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(cursor: JsonValue, shape: TypeAdapter[_T], *, tool: str) -> _T:
    """What the cursor says, in exactly the given shape.

    Raises:
        InvalidArgumentsError: it is none of ours: not what `encode` writes.
    """
    try:
        padded = str(cursor).encode("ascii") + b"=" * (-len(str(cursor)) % 4)
        fields = shape.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True), strict=True)
    except ValueError as error:  # no ASCII, no base64, no JSON, or another shape
        raise refused(tool) from error
    if encode(fields) != cursor:
        raise refused(tool)
    return fields


def digest(*values: JsonValue) -> str:
    """A short fingerprint of the arguments that a cursor belongs to."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:12]


def refused(tool: str) -> InvalidArgumentsError:
    """The error for a cursor that cannot be used."""
    return InvalidArgumentsError(
        tool=tool, faults=["next is not a continuation that this tool gave for these arguments"]
    )
