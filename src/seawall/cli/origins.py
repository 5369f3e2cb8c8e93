"""How it is told where the value of a setting came from."""

from __future__ import annotations

from seawall.blueprint.origin import (
    Default,
    EnvironmentOrigin,
    FileOrigin,
    FlagOrigin,
    Origin,
    ProfileOrigin,
)
from seawall.cli.output import plain
from seawall.types import JsonObject

__all__ = ["origin_as_json", "told"]


def told(origin: Origin) -> str:
    """In a few words for a person."""
    match origin:
        case Default():
            return "default"
        case FileOrigin(line=line):
            return f"line {line}"
        case ProfileOrigin(name=name, line=line):
            return plain(f"{name}, line {line}")
        case EnvironmentOrigin(variable=variable):
            return plain(variable)
        case FlagOrigin(flag=flag):
            return flag


def origin_as_json(origin: Origin) -> JsonObject:
    """The stable form for programs."""
    match origin:
        case Default():
            return {"kind": "default"}
        case FileOrigin(source, line, column):
            return {"kind": "file", "source": source, "line": line, "column": column}
        case ProfileOrigin(name, line, column):
            return {"kind": "profile", "name": name, "line": line, "column": column}
        case EnvironmentOrigin(variable):
            return {"kind": "environment", "variable": variable}
        case FlagOrigin(flag):
            return {"kind": "flag", "flag": flag}
