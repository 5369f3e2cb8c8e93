"""How an error that ends a command is told: one line on standard error, and the exit status."""

from __future__ import annotations

import sys
import traceback

from cyclopts import CycloptsError
from cyclopts.exceptions import MissingArgumentError, UnusedCliTokensError
from rich.text import Text

from seawall.cli.explain import explain, problem_as_json
from seawall.cli.output import plain, show_on_stderr
from seawall.errors import BlueprintError, SeawallError, UsageError
from seawall.types import JsonObject

__all__ = ["error_as_json", "report", "report_unexpected", "report_usage"]

_UNEXPECTED = 1


def report(error: SeawallError) -> int:
    """Tell the error (a blueprint's every problem with its source line), and give its exit status."""
    if isinstance(error, BlueprintError):
        show_on_stderr(*explain(error.problems))
    _line(str(error))
    return error.exit_code


def report_usage(error: CycloptsError) -> int:
    """Tell what is wrong with the call, and where its help stands."""
    error.verbose = False
    command = " ".join(["seawall", *(error.command_chain or ())])
    _line(f"{_usage_text(error)} See `{command} --help`.")
    return UsageError.exit_code


def report_unexpected(error: Exception, *, debug: bool) -> int:
    """Tell that this is a fault of Seawall's own and what to report; with `debug` also the traceback."""
    if debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    how = "" if debug else " `--debug` shows the traceback."
    _line(
        f"unexpected {type(error).__name__}: {error}. This is a fault in Seawall: please report it"
        f" with this line and the output of `seawall doctor --json`.{how}"
    )
    return _UNEXPECTED


def error_as_json(error: SeawallError) -> JsonObject:
    """The error as data: code, message, hint, and for a blueprint its problems."""
    told: JsonObject = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, BlueprintError):
        told["problems"] = [problem_as_json(problem) for problem in error.problems]
    return told


def _line(text: str) -> None:
    line = Text("seawall: ", style="bold red")
    line.append(plain(" ".join(text.split())), style="default")
    line.overflow = "fold"
    show_on_stderr(line)


def _usage_text(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f'Unexpected argument "{error.unused_tokens[0]}".'
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return f"{error.argument.name} needs a value."
    return str(error).strip()
