"""Opaque continuation tokens: where a partial answer ended, and of which call it was a part.

A cursor holds positions only, never a right: whatever it says is checked by the jail again, so a forged one
gives its author nothing that plain arguments would not. It carries no secret and needs no state on the server,
which is why any replica can go on where another one stopped.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Final

from seawall.errors import InvalidArgumentsError
from seawall.types import JsonObject, JsonValue

__all__ = ["MAXIMUM_LENGTH", "decode", "digest", "encode", "refused"]

MAXIMUM_LENGTH: Final = 16_384
"""Characters that a cursor may have: a path of 4,095 bytes with each byte escaped fits."""


def encode(fields: JsonObject) -> str:
    """The cursor that says `fields`."""
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(cursor: str, *, tool: str) -> JsonObject:
    """What the cursor says.

    Raises:
        InvalidArgumentsError: it is none of ours: not what `encode` writes.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        fields = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise refused(tool) from error
    if not isinstance(fields, dict) or encode(fields) != cursor:
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
