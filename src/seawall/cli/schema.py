"""`seawall schema`: the blueprint's JSON Schema, so that editors complete and check the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.blueprint import json_schema
from seawall.cli.output import show_text
from seawall.errors import StartError
from seawall.toolsets.registry import declarations, installed_kinds
from seawall.types import JsonObject

__all__ = ["command", "schema"]


def schema() -> JsonObject:
    """The JSON Schema of a blueprint, with every installed kind of toolset."""
    return json_schema(declarations(installed_kinds()))


def command(
    *,
    output: Annotated[
        Path | None, Parameter(alias="-o", help="Write it to this file instead.", metavar="FILE")
    ] = None,
) -> int:
    """Print the schema, or write it to a file; help.py has the words for people."""
    text = json.dumps(schema(), indent=2, ensure_ascii=output is None) + "\n"
    if output is None:
        show_text(text)
        return 0
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"The schema cannot be written to {output}: {error.strerror or error}.",
            hint="Choose a file that you may write with --output.",
        ) from error
    return 0
