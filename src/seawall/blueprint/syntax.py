"""What to say about a text that is not TOML: `tomllib` finds the fault, this puts it into useful words."""

from __future__ import annotations

import re
import tomllib
from typing import Final

from seawall.blueprint.locate import MAX_DEPTH, Locations, Position, Repeat
from seawall.blueprint.wording import dotted
from seawall.errors import Problem

__all__ = ["file_problem", "huge_number", "not_toml", "too_deep"]

_PLACE: Final = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")
_REST: Final = re.compile(r"[^\s,\]}#=\"']*")
_ALLOWED: Final = (
    ("Invalid value", "a string in quotes, a number, true or false, an array or a table"),
    ("Expected '='", "'=' between a setting and its value"),
    ("Invalid statement", "setting = value, or a [table] header"),
    ("Invalid initial character for a key", "a name of letters, digits, '_' or '-'"),
    (
        "Expected newline",
        'the end of the line after a value; a value with a unit, such as "10MiB", needs quotes',
    ),
    ("Expected ']", "the end of the [table] header"),
    ("Unescaped '\\'", r"\\ for a backslash, or a string in 'single quotes'"),
    ("Unclosed array", "',' or ']' in the array"),
    ("Unclosed inline table", "',' or '}' in the table, which stands on one line"),
    ("Unterminated string", "a closing quote"),
    ("Illegal character '\\n'", "a closing quote on the same line"),
    ("Illegal character", "text without control characters"),
    ("Expected \"'", "a closing quote"),
    ("Invalid date", "a date and time that exist"),
    ("Cannot", "each table and setting once"),
    ("Duplicate", "each table and setting once"),
)
# Words that come from other languages. Any other word without quotes is not shown: it may be a secret.
_FOREIGN: Final = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "yes": None,
    "no": None,
    "on": None,
    "off": None,
    "null": None,
    "None": None,
    "nil": None,
}
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
    if reason.startswith(("Cannot", "Duplicate")) and locations.repeats:
        return _repeated(locations.repeats[0], source)
    offset = len(locations.text)
    if match and match[1]:
        offset = locations.offset(int(match[1]), int(match[2]))
    if reason.startswith(("Unterminated", "Unclosed", "Illegal character '\\n'", "Expected \"'")):
        # What is never closed is best shown where it was opened.
        offset = locations.stopped if locations.stopped is not None else offset
    return _unexpected(reason, offset, locations, source)


def _unexpected(reason: str, offset: int, locations: Locations, source: str) -> Problem:
    found, suggestion = _found(reason, offset, locations.text)
    allowed = next((words for start, words in _ALLOWED if reason.startswith(start)), "valid TOML")
    if found[1:2] in _TYPOGRAPHIC and len(found) > 1:
        allowed = "straight quotes: \" or '"
    path = locations.key_before(offset)
    after = f" at {dotted(path)}" if path else ""
    message = f"not valid TOML{after}: found {found}, allowed: {allowed}"
    place = locations.position(offset)
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


def _found(reason: str, offset: int, text: str) -> tuple[str, str | None]:
    """What stands there, without showing what may be a secret; and the right word, if it is known."""
    character = text[offset : offset + 1]
    if character in _ENDS:
        return _ENDS[character], None
    if reason == "Invalid value":
        match = _REST.match(text, offset)
        word = match[0] if match else ""
        if word in _FOREIGN:
            return repr(word), _FOREIGN[word]
        return ("a word without quotes" if character.isalpha() else repr(character)), None
    if reason.startswith(("Unterminated", "Illegal")) and character in {'"', "'"}:
        return "a string without its closing quote", None
    return ("no end of what opens here" if reason.startswith("Unclosed") else repr(character)), None


def _repeated(repeat: Repeat, source: str) -> Problem:
    name = dotted(repeat.path)
    return Problem(
        source=source,
        line=repeat.second.line,
        column=repeat.second.column,
        key=name,
        found=f"{name} again",
        allowed="each table and setting once",
        suggestion=None,
        message=f"{name} is given twice: first on line {repeat.first.line}, then on line {repeat.second.line}; "
        "remove one of them.",
    )
