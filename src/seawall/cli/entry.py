"""`main`: runs one command and turns whatever ends it into one clear line and an exit status.

Exit statuses: 0 fine; 1 a finding, or the machine does not allow it; 2 a wrong call or blueprint; 3 an unsafe
request that was refused; 130 interrupted (128 + SIGINT); 141 nobody reads the output (128 + SIGPIPE).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import CycloptsError

from seawall.cli.app import application
from seawall.cli.failures import report, report_unexpected, report_usage
from seawall.cli.output import discard_output, prepare_streams
from seawall.errors import SeawallError

__all__ = ["main"]

_INTERRUPTED = 130
_NO_READER = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or with those of the process, and give its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["help"]:  # what many other commands call it
        given = [*given[1:], "--help"]
    prepare_streams()
    try:
        return _run(given)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return _NO_READER
    except Exception as error:  # noqa: BLE001  boundary: whatever escapes a command ends as one line
        return report_unexpected(error, debug=_wants_debug(given))


def _run(arguments: list[str]) -> int:
    try:
        status = application().meta(arguments)
        sys.stdout.flush()
    except CycloptsError as error:
        return report_usage(error)
    except SeawallError as error:
        return report(error)
    return status if isinstance(status, int) else 0


def _wants_debug(arguments: Sequence[str]) -> bool:
    """Whether tracebacks are asked for; the flag itself is declared and parsed in app.py."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--debug" in options or os.environ.get("SEAWALL_DEBUG", "").lower() in {"1", "true", "yes"}
