"""The calls of which the page of the tools shows the answers: one that goes well, and those that are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["CALLS", "Calls"]

_OTHER_HASH: Final = "0" * 64


@dataclass(frozen=True)
class Calls:
    """The arguments of one tool's calls in `world.filesystem_server`.

    Attributes:
        well: of a call that is answered.
        refused: for each error, why it comes, and the arguments that bring it about.
    """

    well: dict[str, Any]
    refused: dict[str, tuple[str, dict[str, Any]]]


CALLS: Final = {
    "read_file": Calls(
        {"path": "notes/tide.txt", "start_line": 2, "end_line": 2},
        {
            "invalid_arguments": (
                "a wrong type, two windows at once",
                {"path": "notes/tide.txt", "head": "3"},
            ),
            "path_invalid": ("no path at all", {"path": "a\0b"}),
            "path_escapes": ("`..`, an absolute path, a link that leads out", {"path": "outside/passwd"}),
            "path_denied": ("a name that the rules deny", {"path": ".env"}),
            "not_found": ("nothing has that name", {"path": "notes/none.txt"}),
            "not_a_directory": ("a file where a directory must be", {"path": "notes/tide.txt/x"}),
            "not_a_regular_file": ("a directory, FIFO, socket or device", {"path": "pipe"}),
            "encoding": ("not text of that encoding", {"path": "notes/latin.txt", "encoding": "utf-8"}),
        },
    ),
    "write_file": Calls(
        {"path": "notes/wind.txt", "content": "NW 5\n"},
        {
            "invalid_arguments": ("no content, or two", {"path": "notes/new.txt"}),
            "path_invalid": ("no path at all", {"path": "a\0b", "content": ""}),
            "path_escapes": (
                "`..`, an absolute path, a link that leads out",
                {"path": "../x", "content": ""},
            ),
            "path_denied": ("a name that the rules deny", {"path": ".env", "content": ""}),
            "not_found": ("the directory is not there", {"path": "new/a.txt", "content": ""}),
            "already_exists": (
                "mode `create` on an existing file",
                {"path": "notes/tide.txt", "content": ""},
            ),
            "not_a_directory": ("a file where a directory must be", {"path": "twice.txt/x", "content": ""}),
            "not_a_regular_file": (
                "a directory, FIFO, socket or device",
                {"path": "pipe", "content": "", "mode": "overwrite"},
            ),
            "hard_linked": (
                "the file has other names",
                {"path": "again.txt", "content": "", "mode": "overwrite"},
            ),
            "conflict": (
                "the file has changed since it was read",
                {
                    "path": "notes/tide.txt",
                    "content": "",
                    "mode": "overwrite",
                    "expected_hash": _OTHER_HASH,
                },
            ),
            "encoding": (
                "a character that the file's encoding has not",
                {"path": "notes/latin.txt", "content": "€", "mode": "append"},
            ),
            "file_too_large": (
                "more than `max_file_size`, here 1 KiB",
                {"path": "large.log", "content": "more", "mode": "append"},
            ),
        },
    ),
    "list_directory": Calls(
        {"path": "notes"},
        {
            "invalid_arguments": ("a number out of its range", {"depth": 0}),
            "path_invalid": ("no path at all", {"path": "a\0b"}),
            "path_escapes": ("`..`, an absolute path, a link that leads out", {"path": "outside"}),
            "path_denied": ("a name that the rules deny", {"path": ".env"}),
            "not_found": ("nothing has that name", {"path": "none"}),
            "not_a_directory": ("it is a file", {"path": "notes/tide.txt"}),
        },
    ),
    "search_files": Calls(
        {"name": "*.txt", "content": "high water"},
        {
            "invalid_arguments": ("a pattern that RE2 refuses", {"content": "(?=high)"}),
            "path_invalid": ("no path at all", {"path": "a\0b", "name": "*"}),
            "path_escapes": ("`..`, an absolute path, a link that leads out", {"path": "/etc", "name": "*"}),
            "path_denied": ("a name that the rules deny", {"path": ".env", "name": "*"}),
            "not_found": ("nothing has that name", {"path": "none", "name": "*"}),
            "not_a_directory": ("a FIFO, socket or device", {"path": "pipe", "name": "*"}),
        },
    ),
}
"""By the tool's name."""
