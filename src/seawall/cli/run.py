"""`seawall run`: one operation from the terminal, through all guards; or the list of what can be run."""

from __future__ import annotations

import json as json_module
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from seawall.cli.output import show_json
from seawall.cli.source import Flags, ProfileOption, choose_blueprint
from seawall.cli.startup import output_kept, without_collection
from seawall.errors import StartError, UsageError
from seawall.types import JsonObject

if TYPE_CHECKING:
    from seawall.runtime.assemble import Assembly  # it needs FastMCP, and the help does not

__all__ = ["RunOptions", "arguments_of", "command"]

_MOST: Final = 64 * 1024**2  # bytes of arguments


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The flags of `run`."""

    args: Annotated[
        str | None, Parameter(help="The arguments, as one JSON object. Default: none.", metavar="JSON")
    ] = None
    args_file: Annotated[
        str | None,
        Parameter(
            help="Read the arguments from this file; - is standard input.",
            metavar="FILE",
            allow_leading_hyphen=True,
        ),
    ] = None
    profile: ProfileOption = None
    json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False


def command(
    blueprint: Annotated[Path | None, Parameter(help="The blueprint. Default: ./seawall.toml.")] = None,
    tool: Annotated[str | None, Parameter(help="What to run. Without it, all tools are listed.")] = None,
    /,
    *,
    options: RunOptions | None = None,
) -> int:
    """Run the tool, or list them; help.py has the words for people."""
    options = options or RunOptions()
    chosen = _blueprint(blueprint)
    if tool is None and (options.args is not None or options.args_file is not None):
        raise UsageError("arguments are given, but no tool.", hint="Name it after the blueprint.")
    arguments = arguments_of(options)  # before standard input is taken away from everybody else
    with output_kept():
        # Each import when it is needed: the help needs none.
        assembly = _assembled(chosen, options)
        from seawall.cli.running_once import called, listed  # noqa: PLC0415  see above
        from seawall.runtime.ending import run_to_end  # noqa: PLC0415  see above

        try:
            found = run_to_end(listed(assembly) if tool is None else called(assembly, tool, arguments))
        finally:
            assembly.workers.close()
    if options.json:
        show_json(found.as_json())
    else:
        found.show()
    return found.status


def arguments_of(options: RunOptions) -> JsonObject:
    """The arguments that the call gives.

    Raises:
        UsageError: they are no JSON object, or given twice.
        StartError: their file cannot be read.
    """
    if options.args is not None and options.args_file is not None:
        raise UsageError("--args and --args-file cannot be used together.", hint="Leave out one of the two.")
    if options.args_file is not None:
        return _object(_read(options.args_file), "--args-file")
    return {} if options.args is None else _object(options.args, "--args")


def _blueprint(given: Path | None) -> Path:
    chosen = choose_blueprint(given, command="run")
    if given is not None and not given.exists() and not given.suffix:
        raise UsageError(
            f"{given} is no blueprint.", hint=f"A tool is named after it: `seawall run seawall.toml {given}`."
        )
    return chosen


def _object(text: str, flag: str) -> JsonObject:
    try:
        value: object = json_module.loads(
            text, parse_constant=_refuse, parse_float=_number, object_pairs_hook=_members
        )
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{flag} is not valid JSON: {error}.", hint="""Write it as in --args '{"path": "notes.txt"}'."""
        ) from error
    if not isinstance(value, dict):
        raise UsageError(
            f"{flag} is not a JSON object.", hint="""Arguments have names: --args '{"path": "notes.txt"}'."""
        )
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is larger than any number that can be sent")
    return value


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names stand there once: the last one would count, and the reader might mean the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return found


def _read(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_MOST + 1) if sys.stdin is not None else b""
        else:
            with Path(name).open("rb") as file:
                data = file.read(_MOST + 1)
    except OSError as error:
        raise StartError(f"{name} cannot be read: {error.strerror or error}.") from error
    if len(data) > _MOST:
        raise UsageError(f"{name} holds more than {_MOST // 1024**2} MiB.", hint="Pass less at once.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8: {error.reason}.", hint="Save it as UTF-8.") from error


def _assembled(blueprint: Path, options: RunOptions) -> Assembly:
    from seawall.cli.loading import load_source  # noqa: PLC0415  see `command`
    from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see `command`

    with without_collection():
        kinds = installed_kinds()
        flags = Flags(profile=options.profile)
        loaded = load_source(blueprint, kinds=kinds, flags=flags, environment=os.environ)
        from seawall.cli.running_once import prepare  # noqa: PLC0415  see `command`

        return prepare(loaded, kinds)
