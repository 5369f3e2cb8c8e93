"""Which foreign errors were meant for the caller, and what the caller is told."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from fastmcp.exceptions import FastMCPError, ValidationError
from mcp.shared.exceptions import MCPError
from mcp_types import URL_ELICITATION_REQUIRED
from mcp_types.jsonrpc import MISSING_REQUIRED_CLIENT_CAPABILITY
from pydantic import ValidationError as PydanticValidationError

from seawall.errors import InvalidArgumentsError, OperationError, ToolFailedError
from seawall.runtime.pipeline.call import Call
from seawall.runtime.request import current_request
from seawall.security.redact import KNOWN_SECRETS

__all__ = ["keep_details", "passes_as_protocol_error", "quiet_fastmcp", "translate"]

_log = logging.getLogger("seawall.error")

_LOGS_EXCEPTIONS = ("fastmcp.server.server", "fastmcp.prompts.function_prompt")
"""FastMCP's loggers that print the exceptions of components; a logger's filter does not hold for its children."""

_PROTOCOL_ERRORS = frozenset({MISSING_REQUIRED_CLIENT_CAPABILITY, URL_ELICITATION_REQUIRED})


def translate(error: Exception, call: Call) -> OperationError | None:
    """What the caller may be told about an error that is not of our tree; None when it must be masked.

    Errors of FastMCP that somebody raised on purpose reach the caller in their own words. FastMCP also wraps
    what it catches into such errors (a mounted server without masking puts the foreign text into them); those
    are known by their cause together with who raised them, and are masked.
    """
    if isinstance(error, ValidationError):
        return _invalid(error, call)
    if not isinstance(error, FastMCPError):
        return None
    cause = error.__cause__
    if cause is None or not _raised_by_fastmcp(error):
        return ToolFailedError(str(error))
    return cause if isinstance(cause, OperationError) else None


def _invalid(error: ValidationError, call: Call) -> OperationError | None:
    """FastMCP's own argument validation: what pydantic found, without the values that it found."""
    cause = error.__cause__
    if isinstance(cause, PydanticValidationError):
        found = cause.errors(include_url=False, include_context=False, include_input=False)
        faults = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in found[:5]]
        return InvalidArgumentsError(tool=call.name, faults=faults)
    return InvalidArgumentsError(tool=call.name, faults=[str(error)]) if cause is None else None


def _raised_by_fastmcp(error: Exception) -> bool:
    """Whether the innermost frame, the one that raised, is FastMCP's own code."""
    trace: TracebackType | None = error.__traceback__
    if trace is None:
        return True  # never raised here: somebody else made it, so nobody vouches for its words
    while trace.tb_next is not None:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__", ""))
    return module == "fastmcp" or module.startswith("fastmcp.")


def passes_as_protocol_error(error: MCPError) -> bool:
    """Whether the protocol wants this error as it is: the client must declare a capability or open a page.

    SEP-2575 (-32021) and the URL mode of elicitation (-32042) work by their codes.
    """
    return error.error.code in _PROTOCOL_ERRORS


def keep_details(error: BaseException, call: Call) -> None:
    """Write an unexpected error to the log, with its traceback, under the reference that the caller got."""
    fields = {"reference": call.request_id, "kind": call.kind, "name": KNOWN_SECRETS.text(call.name)}
    if not KNOWN_SECRETS.empty:
        trace = "".join(traceback.format_exception(error))
        if (clean := KNOWN_SECRETS.text(trace)) is not trace:
            record = _log.makeRecord(
                _log.name, logging.ERROR, "", 0, "internal error", (), None, extra={"seawall": fields}
            )
            record.exc_text = clean.rstrip(
                "\n"
            )  # a formatter takes this for the traceback that it made before
            _log.handle(record)
            return
    _log.error("internal error", exc_info=error, extra={"seawall": fields})


class _OnceOnly(logging.Filter):
    """Drops FastMCP's own record of an exception during a guarded request: our boundary writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and current_request.get() is not None)


_once_only = _OnceOnly()


def quiet_fastmcp() -> None:
    """Have an exception of a guarded request logged in one place only, with its reference."""
    for name in _LOGS_EXCEPTIONS:
        logging.getLogger(name).addFilter(_once_only)
