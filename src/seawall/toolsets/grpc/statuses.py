"""What a caller is told of a status that is not OK: the same errors as of a service asked over HTTP.

The number is the one that `google.rpc.Code` gives for HTTP. The service's own words are shortened and cleaned as those of
any service are, and those of a failure of its own (5xx) are not shown.
"""

from __future__ import annotations

from typing import Final

import grpc
import grpc.aio

from seawall.errors import ResponseTooLargeError, UpstreamError, UpstreamUnavailableError
from seawall.upstream.refusal import REPEATED, refusal

__all__ = ["is_repeated", "is_unavailable", "refused", "wait_of"]

_Code: Final = grpc.StatusCode
_NUMBERS: Final = {
    _Code.CANCELLED: 499,
    _Code.UNKNOWN: 500,
    _Code.INVALID_ARGUMENT: 400,
    _Code.DEADLINE_EXCEEDED: 504,
    _Code.NOT_FOUND: 404,
    _Code.ALREADY_EXISTS: 409,
    _Code.PERMISSION_DENIED: 403,
    _Code.UNAUTHENTICATED: 401,
    _Code.RESOURCE_EXHAUSTED: 429,
    _Code.FAILED_PRECONDITION: 400,
    _Code.ABORTED: 409,
    _Code.OUT_OF_RANGE: 400,
    _Code.UNIMPLEMENTED: 501,
    _Code.INTERNAL: 500,
    _Code.UNAVAILABLE: 503,
    _Code.DATA_LOSS: 500,
}
_PUSHBACK: Final = "grpc-retry-pushback-ms"
_LONGEST_WAIT: Final = 86_400_000  # milliseconds
_TOO_LARGE: Final = ("Received message larger than max", "Decompressed message larger than max")
_UNREACHED: Final = "it cannot be reached, or says that it cannot serve now (UNAVAILABLE)"
_SHOWN: Final = 4000  # characters of a service's words that are looked at


def refused(error: grpc.aio.AioRpcError, *, host: str, limit: int) -> UpstreamError | ResponseTooLargeError:
    """The error for a status. `limit`: bytes that a message may have."""
    code, details = error.code(), (error.details() or "")[:_SHOWN]
    if code is _Code.UNAVAILABLE:
        return UpstreamUnavailableError(host=host, reason=_UNREACHED, wait=wait_of(error))
    if code is _Code.RESOURCE_EXHAUSTED and _is_too_large(details):
        return ResponseTooLargeError(name=f"the service {host}", size=limit + 1, limit=limit)
    wait = wait_of(error)
    headers = {"content-type": "text/plain"}
    if wait is not None:
        headers["retry-after"] = str(round(wait) or 1)
    words = f"{code.name}: {details}" if details else code.name
    return refusal(host, _NUMBERS.get(code, 500), headers, words.encode(errors="replace"))


def is_unavailable(error: grpc.aio.AioRpcError) -> bool:
    """Whether the host says that it cannot serve now, or cannot be reached."""
    return error.code() in (_Code.UNAVAILABLE, _Code.DEADLINE_EXCEEDED)


def is_repeated(error: grpc.aio.AioRpcError) -> bool:
    """Whether the same request may go well later."""
    number = _NUMBERS.get(error.code(), 500)
    return number in REPEATED and not _is_too_large(error.details() or "")


def _is_too_large(details: str) -> bool:
    """Whether grpcio itself says that it takes no message of that size."""
    return any(each in details for each in _TOO_LARGE)


def wait_of(error: grpc.aio.AioRpcError) -> float | None:
    """Seconds that the service asks to be left alone, or None."""
    for name, value in error.trailing_metadata() or ():
        if name == _PUSHBACK and isinstance(value, str) and value.isdigit() and len(value) < 12:  # noqa: PLR2004
            return min(int(value), _LONGEST_WAIT) / 1000
    return None
