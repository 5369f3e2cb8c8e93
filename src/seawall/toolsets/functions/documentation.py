"""Docstrings: what a function does, and what its parameters mean, in Google, NumPy or reST style or none.

Only the sections that describe the signature are taken apart. What else stands there (notes, warnings, lists) is
for the model as much as for people, and stays; examples speak to Python callers, and go.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Documentation", "read_docstring"]

_PARAMETERS: Final = frozenset(
    {"args", "arguments", "parameters", "params", "keyword args", "keyword arguments", "other parameters"}
)
_RETURNS: Final = frozenset({"returns", "return", "yields", "yield"})
_DROPPED: Final = frozenset({"warns", "example", "examples", "see also", "references", "todo", "attributes"})
_RAISES: Final = frozenset({"raises", "raise", "except", "exception"})
_KNOWN: Final = _PARAMETERS | _RETURNS | _DROPPED | _RAISES

_UNDERLINE: Final = re.compile(r"-{3,}\s*")
_NUMPY_TITLE: Final = re.compile(r"[A-Z][\w ]*")
_GOOGLE_TITLE: Final = re.compile(r"([A-Z][a-z]+(?: [A-Za-z][a-z]+)?):\s*")
_FIELD: Final = re.compile(r":(\w+)((?:\s+[^:]+)?):(?:\s+|$)(.*)")
_FIELD_PARAMETERS: Final = frozenset({"param", "parameter", "arg", "argument", "key", "keyword"})
_FIELDS: Final = _FIELD_PARAMETERS | _RETURNS | {"type", "rtype", "raises", "raise", "except", "exception"}
_GOOGLE_ITEM: Final = re.compile(r"\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:(?:\s+|$)(.*)")
_NUMPY_ITEM: Final = re.compile(r"((?:\*{0,2}\w+)(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?")
_RAISED_ITEM: Final = re.compile(r"([\w.]+)\s*(?::(?:\s+|$)(.*))?")
_TYPE_PREFIX: Final = re.compile(r"[\w.]+(?:\[.*?\]+)?(?:\s*\|\s*[\w.]+(?:\[.*?\]+)?)*:\s+")


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a docstring says.

    Attributes:
        text: what the function does, as written, without the sections below.
        parameters: what each parameter means, each one paragraph.
        returns: what it returns, one paragraph, or empty.
        raises: what each exception means that it names, each one paragraph, by the name as written.
    """

    text: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    returns: str = ""
    raises: Mapping[str, str] = field(default_factory=dict)


def read_docstring(docstring: str | None) -> Documentation:
    """Read a docstring, whatever its style; an odd one is all text."""
    prose: list[str] = []
    parameters: dict[str, str] = {}
    raises: dict[str, str] = {}
    returns = ""
    for part in _parts(inspect.cleandoc(docstring or "").split("\n")):
        if part.role == "prose":
            prose += part.lines
        elif part.role == "parameters":
            parameters |= {name: said for name, said in part.items if said}
        elif part.role == "raises":
            raises |= dict(part.items)
        elif part.role == "returns" and not returns:
            returns = part.paragraph
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in prose)).strip()
    return Documentation(text, parameters, returns, raises)


@dataclass(frozen=True, slots=True)
class _Part:
    role: str
    lines: Sequence[str] = ()
    items: Sequence[tuple[str, str]] = ()
    paragraph: str = ""


def _parts(lines: Sequence[str]) -> Iterator[_Part]:
    at = 0
    while at < len(lines):
        if title := _numpy_title(lines, at):
            end = next((i for i in range(at + 2, len(lines)) if _numpy_title(lines, i)), len(lines))
            yield _numpy(title, lines[at + 2 : end])
        elif title := _google_title(lines, at):
            end = _end_of_block(lines, at + 1)
            yield _google(title, _dedented(lines[at + 1 : end]))
        elif match := _rest_field(lines[at]):
            end = _end_of_block(lines, at + 1)
            yield _rest(match, lines[at + 1 : end])
        else:
            end = at + 1
            yield _Part("prose", lines[at:end])
        at = end


def _numpy_title(lines: Sequence[str], at: int) -> str:
    """The title of a NumPy section that begins here, or nothing."""
    if at + 1 < len(lines) and _NUMPY_TITLE.fullmatch(lines[at].rstrip()):
        return lines[at].strip() if _UNDERLINE.fullmatch(lines[at + 1]) else ""
    return ""


def _google_title(lines: Sequence[str], at: int) -> str:
    """The title of a Google section that we take apart, or nothing; any other is prose."""
    match = _GOOGLE_TITLE.fullmatch(lines[at])
    if match is None or match[1].lower() not in _KNOWN:
        return ""
    following = next((line for line in lines[at + 1 :] if line.strip()), "")
    return match[1] if following.startswith((" ", "\t")) else ""


def _rest_field(line: str) -> re.Match[str] | None:
    match = _FIELD.fullmatch(line)
    return match if match and match[1] in _FIELDS else None


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """Where the indented lines from `start` end; blank ones between them belong to them."""
    end = start
    for at in range(start, len(lines)):
        if lines[at].startswith((" ", "\t")):
            end = at + 1
        elif lines[at].strip():
            break
    return end


def _numpy(title: str, lines: Sequence[str]) -> _Part:
    word = title.lower()
    if word in _PARAMETERS:
        return _Part("parameters", items=list(_numpy_items(lines)))
    if word in _RETURNS:
        indented = [line for line in lines if line.startswith((" ", "\t"))]
        return _Part("returns", paragraph=_paragraph(indented or lines))
    if word in _RAISES:
        return _Part("raises", items=list(_raised(lines)))
    return _Part("dropped") if word in _DROPPED else _Part("prose", [f"{title}:", *lines])


def _numpy_items(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for names, body in _items(lines, _NUMPY_ITEM):
        for name in names[1].split(","):
            yield name.strip().lstrip("*"), _paragraph(body)


def _google(title: str, lines: Sequence[str]) -> _Part:
    word = title.lower()
    if word in _PARAMETERS:
        items = [(item[1], _paragraph([item[2], *body])) for item, body in _items(lines, _GOOGLE_ITEM)]
        return _Part("parameters", items=items)
    if word in _RETURNS:
        said = _paragraph(lines)
        prefix = _TYPE_PREFIX.match(said)
        return _Part("returns", paragraph=said[prefix.end() :] if prefix else said)
    return _Part("raises", items=list(_raised(lines))) if word in _RAISES else _Part("dropped")


def _rest(match: re.Match[str], lines: Sequence[str]) -> _Part:
    said = _paragraph([match[3], *lines])
    if match[1] in _FIELD_PARAMETERS and match[2].strip():
        return _Part("parameters", items=[(match[2].split()[-1].lstrip("*"), said)])
    if match[1] in _RAISES and match[2].strip():
        return _Part("raises", items=[(match[2].strip(), said)])
    return _Part("returns", paragraph=said) if match[1] in _RETURNS else _Part("dropped")


def _raised(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for item, body in _items(lines, _RAISED_ITEM):
        yield item[1], _paragraph([item[2] or "", *body])


def _items(lines: Sequence[str], pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Sequence[str]]]:
    """The items of a section that begin at the margin, each with the indented lines below it."""
    at = 0
    while at < len(lines):
        end = _end_of_block(lines, at + 1)
        if match := pattern.fullmatch(lines[at].rstrip()):
            yield match, lines[at + 1 : end]
        at = end


def _dedented(lines: Sequence[str]) -> Sequence[str]:
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines]


def _paragraph(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines).split())
