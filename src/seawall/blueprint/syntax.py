"""What to say about a text that is not TOML: `tomllib` finds the fault, this puts it into useful words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from typing import Final

from seawall.blueprint.locate import MAX_DEPTH, Locations, Position, Repeat
from seawall.blueprint.wording import dotted
from seawall.errors import Problem

__all__ = ["file_problem", "huge_number", "not_toml", "too_deep"]

_PLACE: Final = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")
_REST: Final = re.compile(r"[^\s,\]}#=\"']*")
_VALUE: Final = "a string in quotes, a number, true or false, an array or a table"
_BACKSLASH: Final = r"\\ for a backslash, or a string in 'single quotes'"
_ALLOWED: Final = (
    ("Invalid value", _VALUE),
    ("Expected '='", "'=' between a setting and its value"),
    ("Invalid statement", "setting = value, or a [table] header"),
    ("Invalid initial character for a key", "a name of letters, digits, '_' or '-' on the same line"),
    ("Expected newline", "the end of the line"),
    ("Expected ']", "the end of the [table] header"),
    ("Unclosed array", "',' or ']'"),
    ("Unclosed inline table", "',' or '}' on the same line"),
    ("Unterminated string", "a closing quote"),
    ("Illegal character '\\n'", "a closing quote on the same line"),
    ('Expected "\'"', "a closing quote on the same line"),
    ('Expected "', "a closing quote"),
    ("Invalid date", "a date and time that exist"),
)
# Words that come from other languages. Any other word without quotes is not shown: it may be a secret.
_FOREIGN: Final = {
    "'True'": "true",
    "'TRUE'": "true",
    "'False'": "false",
    "'FALSE'": "false",
    **dict.fromkeys(("'yes'", "'no'", "'on'", "'off'", "'null'", "'None'", "'nil'")),
}
_OPENERS: Final = {
    "[": ("an array without its end", "']' at the end of the array"),
    "{": ("a table without its end", "'}' on the same line"),
}
_STRINGS: Final = ("Unterminated", "Illegal character '\\n'", 'Expected "')
_ENDS: Final = {"": "the end of the file", "\n": "the end of the line"}
_TYPOGRAPHIC: Final = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"


def file_problem(source: str, place: Position, *, found: str, allowed: str, message: str) -> Problem:
    """A problem of the file itself rather than of one of its settings."""
    return Problem(
        source=source,
        line=place.line,
        column=place.column,
        key="",
        found=found,
        allowed=allowed,
        suggestion=None,
        message=message,
    )


def too_deep(locations: Locations, offset: int, source: str) -> Problem:
    """The problem of a document with more levels than `MAX_DEPTH`."""
    allowed = f"at most {MAX_DEPTH} levels of tables and arrays"
    message = f"the blueprint is nested too deeply here; allowed: {allowed}."
    place = locations.position(offset)
    return file_problem(
        source, place, found=f"more than {MAX_DEPTH} levels", allowed=allowed, message=message
    )


def huge_number(locations: Locations, source: str) -> Problem:
    """The problem of an integer with so many digits that Python refuses to read it."""
    digits = re.search(r"[0-9_]{4300,}", locations.text)
    place = locations.position(digits.start() if digits else 0)
    found, allowed = "an integer of thousands of digits", "an integer of at most 64 bits"
    message = f"not valid here: found {found}, allowed: {allowed}."
    return file_problem(source, place, found=found, allowed=allowed, message=message)


def not_toml(error: tomllib.TOMLDecodeError, locations: Locations, source: str) -> Problem:
    """The problem that stopped the parser, at the place where a person will look for it."""
    text = str(error)
    match = _PLACE.search(text)
    reason = text[: match.start()] if match else text
    at_end = match is None or match[1] is None
    offset = len(locations.text)
    if match and match[1]:
        offset = locations.offset(int(match[1]), int(match[2]))
    if reason.startswith(("Cannot", "Duplicate")):
        if locations.repeats:
            return _repeated(locations.repeats[0], source)
        path = locations.key_at(offset)
        words = f"{dotted(path) or 'a name'}, which is already something else", "each name for one thing"
        return _at(locations.keys.get(path, offset), words, locations, source)
    if locations.stopped is not None and reason.startswith(_STRINGS):
        offset = locations.stopped  # what is never closed is best shown where it was opened
    opened = locations.text[locations.stopped :][:1] if locations.stopped is not None and at_end else ""
    if locations.stopped is not None and opened in _OPENERS:
        return _at(locations.stopped, _OPENERS[opened], locations, source)
    if reason.startswith(("Unescaped", "Invalid hex", "Escaped")):
        offset = max(locations.text.rfind("\\", 0, offset), 0)
        return _at(offset, ("a backslash", _BACKSLASH), locations, source)
    return _at(offset, _words(reason, offset, locations.text), locations, source)


def _at(offset: int, words: tuple[str, str], locations: Locations, source: str) -> Problem:
    found, allowed = words
    path = locations.key_at(offset)
    suggestion = _FOREIGN.get(found)
    place = locations.position(offset)
    message = f"not valid TOML{f' at {dotted(path)}' if path else ''}: found {found}, allowed: {allowed}"
    return Problem(
        source=source,
        line=place.line,
        column=place.column,
        key=dotted(path),
        found=found,
        allowed=allowed,
        suggestion=suggestion,
        message=f"{message}; did you mean {suggestion}?" if suggestion else f"{message}.",
    )


def _words(reason: str, offset: int, text: str) -> tuple[str, str]:
    """What stands there, without showing what may be a secret; and what is allowed there."""
    character = text[offset : offset + 1]
    allowed = _allowed(reason)
    found = _ENDS.get(character, repr(character))
    if reason == "Invalid value" and character.isalpha():
        match = _REST.match(text, offset)
        found = repr(match[0]) if match and repr(match[0]) in _FOREIGN else "a word without quotes"
    elif reason.startswith(_STRINGS) and character in {'"', "'"}:
        found = "a string without its closing quote"
    elif character in _TYPOGRAPHIC:
        allowed = "straight quotes: \" or '" if character else allowed
    elif character != "\n" and unicodedata.category(character) == "Cc":
        allowed = "text without control characters"
    elif reason.startswith("Expected newline") and character.isalpha() and text[offset - 1].isdigit():
        allowed += '; a value with a unit, such as "10MiB", needs quotes'
    return found, allowed


def _allowed(reason: str) -> str:
    return next((words for start, words in _ALLOWED if reason.startswith(start)), "valid TOML")


def _repeated(repeat: Repeat, source: str) -> Problem:
    name = dotted(repeat.path)
    what = f"the table [{name}]" if repeat.header else f"the setting {name}"
    return Problem(
        source=source,
        line=repeat.second.line,
        column=repeat.second.column,
        key=name,
        found=f"{name} again",
        allowed="each table and setting once",
        suggestion=None,
        message=f"{what} is given twice: first on line {repeat.first.line}, then on line {repeat.second.line}; "
        "remove one of them.",
    )
