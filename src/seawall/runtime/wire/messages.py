"""Bytes as a JSON-RPC message, or what is wrong with them; one message as a line of output.

The parser is stricter than JSON-RPC needs, since whatever two parsers read differently lets a caller say one
thing to a gateway in front and another to us: names that stand twice in an object, numbers without a finite value,
bytes that are no UTF-8, lone surrogates and nesting beyond 200 levels are refused (RFC 8259 sections 4, 6, 8 and 9
leave all of these open; RFC 7493, I-JSON, refuses most of them).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from mcp_types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, from_json

from seawall.runtime.written import response_bytes, response_pieces

__all__ = ["Fault", "line_of", "parse", "pieces_of", "refusal"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Bytes that are no message.

    Attributes:
        code: JSON-RPC's: -32700 when it is no JSON, -32600 when it is JSON of another form.
        reason: one sentence without anything of their content.
        request_id: the id of the request, where it could be made out.
    """

    code: int
    reason: str
    request_id: RequestId | None = None


_MessageT = TypeVar("_MessageT", bound=BaseModel)
Message: TypeAlias = JSONRPCRequest | JSONRPCNotification | JSONRPCResponse | JSONRPCError


def parse(line: bytes) -> Message | Fault:
    """The message that a line, or the body of a request, holds, or its fault. Never raises."""
    try:
        value = from_json(line, allow_inf_nan=False, cache_strings="keys")
        _strictly.decode(line.decode())
    except _DoubtfulError as error:
        return Fault(INVALID_REQUEST, str(error))
    except (ValueError, RecursionError) as error:
        return Fault(PARSE_ERROR, f"Parse error: no valid JSON: {error}")
    if not isinstance(value, dict):
        what = "a batch; send its messages one by one" if isinstance(value, list) else "no object"
        return Fault(INVALID_REQUEST, f"Invalid request: this is {what}.")
    return _message(value)


def _message(value: dict[str, Any]) -> Message | Fault:
    if "method" in value:
        if "id" not in value:
            return _validated(JSONRPCNotification, value)
        request_id = value["id"]
        if not isinstance(request_id, str | int) or isinstance(request_id, bool):
            # Without this the SDK would take it for a notification and never answer.
            return Fault(INVALID_REQUEST, "Invalid request: `id` must be a string or an integer.")
        return _validated(JSONRPCRequest, value, request_id)
    if "result" in value:
        return _validated(JSONRPCResponse, value)
    if "error" in value:
        return _validated(JSONRPCError, value)
    return Fault(INVALID_REQUEST, "Invalid request: the object has no `method`.")


def _validated(
    form: type[_MessageT], value: dict[str, Any], request_id: RequestId | None = None
) -> _MessageT | Fault:
    try:
        return form.model_validate(value, by_name=False)
    except ValidationError as error:
        wrong = ", ".join(f"`{part}`" for part in sorted({str(item["loc"][0]) for item in error.errors()}))
        return Fault(INVALID_REQUEST, f"Invalid request: {wrong} is missing or has a wrong form.", request_id)


class _DoubtfulError(Exception):
    """JSON that parsers read differently."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _DoubtfulError("Invalid request: a name stands twice in one object.")
    return made


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _DoubtfulError("Invalid request: a number is beyond what a double can hold.")
    return number


_strictly = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number)


def refusal(fault: Fault) -> JSONRPCError:
    """The answer to a line that is no message. Its id is null where the line's own could not be made out."""
    return JSONRPCError(
        jsonrpc="2.0", id=fault.request_id, error=ErrorData(code=fault.code, message=fault.reason)
    )


def line_of(message: JSONRPCMessage) -> bytes:
    """The message as one line.

    What no UTF-8 can carry, such as a lone surrogate in a tool's text, makes an answer into an error of the same
    id: another line of the stream must not suffer for it.
    """
    try:
        return _encoded(message)
    except (PydanticSerializationError, ValueError, RecursionError):
        if not isinstance(message, JSONRPCResponse | JSONRPCError):
            raise
        error = ErrorData(code=INTERNAL_ERROR, message="The result cannot be written as JSON in UTF-8.")
        return _encoded(JSONRPCError(jsonrpc="2.0", id=message.id, error=error))


def pieces_of(message: JSONRPCMessage) -> list[bytes]:
    """The message as `line_of` writes it, without the end of the line, in pieces."""
    if isinstance(message, JSONRPCResponse):
        try:
            return response_pieces(message.id, message.result)
        except (PydanticSerializationError, ValueError, RecursionError):
            pass  # the line has the words for it
    return [line_of(message).rstrip()]


def _encoded(message: JSONRPCMessage) -> bytes:
    if isinstance(message, JSONRPCResponse):  # most of what is written; its result is plain data already
        return response_bytes(message.id, message.result) + b"\n"
    return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
