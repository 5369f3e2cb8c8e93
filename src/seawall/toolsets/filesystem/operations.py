"""The four operations as the client sees them: names, descriptions, JSON Schemas and hints. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from seawall.errors import ConflictError, EncodingError, OperationError, PathExistsError
from seawall.toolsets.filesystem.cursor import MAXIMUM_LENGTH
from seawall.toolsets.interface import Handler, Hints, Operation
from seawall.toolsets.rooted import FILE_ERRORS
from seawall.types import JsonObject

__all__ = ["LIST_DIRECTORY", "READ_FILE", "SEARCH_FILES", "WRITE_FILE", "Description"]

_MOST: Final = 2**53 - 1  # the largest integer that every JSON reader keeps exact (RFC 8259, section 6)


@dataclass(frozen=True, slots=True)
class Description:
    """All of an operation but its handler."""

    name: str
    title: str
    text: str
    parameters: JsonObject
    output: JsonObject | None
    hints: Hints
    errors: tuple[type[OperationError], ...] = FILE_ERRORS
    examples: tuple[JsonObject, ...] = ()

    def operation(self, handler: Handler) -> Operation:
        """The operation that `handler` carries out."""
        return Operation(
            self.name,
            self.title,
            self.text,
            self.parameters,
            self.output,
            self.hints,
            handler,
            errors=self.errors,
            examples=self.examples,
        )


def _object(properties: JsonObject, *required: str) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _text(description: str, **more: str | int) -> JsonObject:
    return {"type": "string", "description": description, **more}


def _number(description: str, minimum: int, maximum: int = _MOST, **more: int) -> JsonObject:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, "description": description, **more}


def _flag(description: str, *, default: bool = False) -> JsonObject:
    return {"type": "boolean", "default": default, "description": description}


_READS: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=False)
_PATH: Final = _text("File, relative to the workspace.", minLength=1, maxLength=4096)
_DIRECTORY: Final = _text("Directory, relative to the workspace.", default=".", maxLength=4096)
_NEXT: Final = _text("`next` of the previous answer; repeat its other arguments.", maxLength=MAXIMUM_LENGTH)
_HIDDEN: Final = _flag("Include names that begin with a dot.")
_GITIGNORE: Final = _flag("Leave out .git and what .gitignore files exclude.")
_SKIPPED: Final[JsonObject] = {
    "type": "object",
    "additionalProperties": {"type": "integer"},
    "description": "What was left out: number for each reason.",
}
_MORE: Final[JsonObject] = {
    "next": {"type": "string", "description": "Pass it to go on."},
    "reason": {
        "enum": ["limit", "size", "time"],
        "description": "Why the answer is partial.",
    },
    "skipped": _SKIPPED,
}

READ_FILE: Final = Description(
    name="read_file",
    title="Read file",
    text="Reads a file, whole or one window of it: head, tail, start_line/end_line, or offset/length in bytes. "
    "Text comes decoded, binary as base64. A long answer stops early and names `next`: "
    "call again with path and next alone.",
    parameters=_object(
        {
            "path": _PATH,
            "head": _number("Only the first lines: how many.", 1),
            "tail": _number("Only the last lines: how many.", 1),
            "start_line": _number("First line, from 1.", 1),
            "end_line": _number("Last line, inclusive.", 1),
            "offset": _number("First byte, from 0.", 0),
            "length": _number("Number of bytes.", 1),
            "encoding": _text("Instead of the detected one; `base64` for raw bytes.", maxLength=40),
            "hash": _flag("Tell the SHA-256 of the whole file also for a window."),
            "next": _text("`next` of the previous answer.", maxLength=MAXIMUM_LENGTH),
        },
        "path",
    ),
    output=None,
    hints=_READS,
    errors=(*FILE_ERRORS, ConflictError, EncodingError),
    examples=(
        {"path": "docs/notes.txt"},
        {"path": "server.log", "tail": 50},
        {"path": "docs/notes.txt", "start_line": 10, "end_line": 30},
    ),
)

WRITE_FILE: Final = Description(
    name="write_file",
    title="Write file",
    text="Writes a text or binary file, whole or not at all. `create` refuses to replace; `overwrite` replaces or "
    "creates; `append` adds to the end or creates. An existing file keeps its encoding, byte order mark and line "
    "endings.",
    parameters=_object(
        {
            "path": _PATH,
            "content": _text("The text."),
            "content_base64": _text("Bytes in base64, instead of content."),
            "mode": {
                "enum": ["create", "overwrite", "append"],
                "default": "create",
                "description": "What may happen to an existing file.",
            },
            "expected_hash": _text(
                "SHA-256 that the file must have now, else nothing is written.", pattern="^[0-9a-fA-F]{64}$"
            ),
            "encoding": _text("Default: the file's own, utf-8 for a new one.", maxLength=40),
            "newline": {
                "enum": ["keep", "lf", "crlf"],
                "default": "keep",
                "description": "Line endings; `keep`: the file's own.",
            },
            "make_parents": _flag("Create missing directories."),
        },
        "path",
    ),
    output=_object(
        {
            "path": {"type": "string"},
            "bytes": {"type": "integer", "description": "Size of the file now."},
            "sha256": {"type": "string", "description": "Of the file now."},
            "encoding": {"type": "string"},
            "newline": {"enum": ["lf", "crlf", "cr", "mixed", "none"]},
            "created": {"type": "boolean"},
        },
        "path",
        "bytes",
        "sha256",
        "encoding",
        "newline",
        "created",
    ),
    hints=Hints(read_only=False, destructive=True, idempotent=False, open_world=False),
    errors=(*FILE_ERRORS, PathExistsError, ConflictError, EncodingError),
    examples=(
        {"path": "docs/notes.txt", "content": "First line.\n"},
        {"path": "docs/log.txt", "content": "One more.\n", "mode": "append", "make_parents": True},
    ),
)

_TYPE: Final[JsonObject] = {"enum": ["file", "directory", "symlink", "fifo", "socket", "device"]}

LIST_DIRECTORY: Final = Description(
    name="list_directory",
    title="List directory",
    text="Lists a directory, sorted by name, `depth` levels deep, with types, sizes and times. "
    "Symbolic links are named, not followed.",
    parameters=_object(
        {
            "path": _DIRECTORY,
            "depth": _number("Levels; 1 is the directory alone.", 1, 64, default=1),
            "limit": _number("Most entries in one answer.", 1, 10_000, default=500),
            "hidden": _HIDDEN,
            "gitignore": _GITIGNORE,
            "next": _NEXT,
        }
    ),
    output=_object(
        {
            "entries": {
                "type": "array",
                "items": _object(
                    {
                        "path": {"type": "string"},
                        "type": _TYPE,
                        "size": {"type": "integer", "description": "Bytes, of a file."},
                        "modified": {"type": "string", "description": "UTC."},
                        "target": {
                            "enum": ["file", "directory", "special", "missing", "outside", "refused"],
                            "description": "What a symlink leads to.",
                        },
                    },
                    "path",
                    "type",
                ),
            },
            "not_opened": {"type": "integer", "description": "Directories at the depth limit."},
            **_MORE,
        },
        "entries",
    ),
    hints=_READS,
    examples=({}, {"path": "docs", "depth": 2}),
)

SEARCH_FILES: Final = Description(
    name="search_files",
    title="Search files",
    text="Finds files below a directory (or looks into one file) by name, by content, or both. `content` is an RE2 regular expression, "
    "matched line by line (no lookaround, no backreferences). Binary files are skipped, symbolic links are not followed. "
    "When time, limit or size ends the search early, the answer has what was found and `next`.",
    parameters=_object(
        {
            "path": _DIRECTORY,
            "name": _text(
                "Glob such as `*.py` or `src/**/*.{c,h}`; with a slash: the path below `path`.",
                maxLength=1000,
            ),
            "content": _text("Regular expression.", maxLength=1000),
            "ignore_case": _flag("For name and content."),
            "context": _number("Lines before and after each match.", 0, 10, default=0),
            "limit": _number("Most results in one answer.", 1, 5_000, default=100),
            "hidden": _HIDDEN,
            "gitignore": _GITIGNORE,
            "next": _NEXT,
        }
    ),
    output=_object(
        {
            "matches": {
                "type": "array",
                "description": "One for each matching line; without `content` one for each file.",
                "items": _object(
                    {
                        "path": {"type": "string"},
                        "type": _TYPE,
                        "size": {"type": "integer"},
                        "line": {"type": "integer", "description": "From 1."},
                        "column": {"type": "integer", "description": "From 1."},
                        "text": {"type": "string", "description": "The line, or its part around the match."},
                        "cut": {"type": "boolean", "description": "The line is longer than text."},
                        "before": {"type": "array", "items": {"type": "string"}},
                        "after": {"type": "array", "items": {"type": "string"}},
                    },
                    "path",
                ),
            },
            "files_searched": {"type": "integer"},
            **_MORE,
        },
        "matches",
    ),
    hints=_READS,
    errors=(*FILE_ERRORS, ConflictError),
    examples=({"name": "*.py"}, {"path": "src", "content": "TODO|FIXME", "ignore_case": True, "context": 1}),
)
