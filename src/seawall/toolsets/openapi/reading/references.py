"""Where a `$ref` leads: within the description, or to a file in its own directory, and nowhere else.

No reference is ever fetched from a host. Files come from a reader that is handed in; it is asked only for relative
paths without dot segments, and is itself a guard (CWE-22, CWE-918).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from seawall.errors import SeawallError
from seawall.toolsets.openapi.reading.faults import FaultLog, pointer, shown
from seawall.toolsets.openapi.reading.identities import Identities, names_itself
from seawall.toolsets.openapi.reading.limits import ReadingLimits
from seawall.toolsets.openapi.reading.parse import UnreadableError, parse
from seawall.types import JsonValue

__all__ = ["DanglingError", "DocumentReader", "Found", "References"]

DocumentReader: TypeAlias = Callable[[str], bytes]
"""Gives the bytes of a file beside the description, by its relative path with `/`; raises OSError or a SeawallError."""

_MAX_HOPS: Final = 32  # references to references; longer chains are circles
_MAX_TEXT: Final = 4096  # characters of a reference
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\\\")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_NAMED: Final = ("/definitions/", "/components/schemas/")


class DanglingError(Exception):
    """A reference leads to nothing that may be used; the text says why, one clause."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a reference leads to.

    Attributes:
        key: names the place: the file, empty for the description itself, `#`, and the JSON pointer.
        value: what stands there.
    """

    key: str
    value: JsonValue

    @property
    def where(self) -> str:
        """The place as faults name it: a pointer within the description, or one behind the file's name."""
        return self.key.removeprefix("#")


class References:
    """All documents of a description."""

    def __init__(
        self,
        root: JsonValue,
        *,
        name: str,
        reader: DocumentReader | None,
        limits: ReadingLimits,
        faults: FaultLog,
        names: bool = False,
    ) -> None:
        """Follow the references of a root document.

        Args:
            root: as parsed.
            name: the file's own name, by which it may refer to itself; empty when there is none.
            reader: of the files beside it, or None when there are none.
            limits: how many files, and how large.
            faults: takes those of the files.
            names: whether the root or a schema in it names itself.
        """
        self._name = name
        self._reader = reader
        self._limits = limits
        self._faults = faults
        self._left = limits.bytes
        self._documents: dict[str, JsonValue | DanglingError] = {"": root}
        self._identities = Identities()
        if names:
            self._identities.learn(root, "")
        self._anchors: dict[str, dict[str, str]] = {}
        self._found: dict[str, Found] = {}
        self._under_way: set[str] = set()

    def find(self, reference: str) -> Found:
        """The value that a reference leads to, references to references followed.

        Raises:
            DanglingError: it leads to nothing, in a circle, or out of the description's directory.
        """
        known = self._found.get(reference)
        if known is not None:
            return known
        if reference in self._under_way or len(self._under_way) > _MAX_HOPS:
            raise DanglingError(f"{shown(reference)} leads in a circle")
        self._under_way.add(reference)
        try:
            known = self._found[reference] = self._follow(reference)
        finally:
            self._under_way.discard(reference)
        return known

    def value(self, value: JsonValue) -> JsonValue:
        """The value itself, or what it refers to when it is a reference object.

        Raises:
            DanglingError: as in `find`.
        """
        if isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            return self.find(reference).value
        return value

    def _follow(self, reference: str) -> Found:
        for _ in range(_MAX_HOPS):
            document, fragment = self._split(reference)
            names, value = self._walk(document, self._tokens(document, fragment))
            found = Found(f"{document}#{pointer('', *names)}", value)
            alone = isinstance(value, dict) and len(value) == 1
            further = value.get("$ref") if alone and isinstance(value, dict) else None
            if not isinstance(further, str):
                return found
            reference = further
        raise DanglingError(f"{shown(reference)} leads in a circle")

    def _split(self, reference: str) -> tuple[str, str]:
        if len(reference) > _MAX_TEXT:
            raise DanglingError("it is too long")
        document, _, fragment = reference.partition("#")
        if not document:
            return "", fragment
        if (named := self._identities.local(document)) is not None:
            path = located("", named[0]) if named[0] else ""
            path = "" if path == self._name else path
            return path, f"{named[1]}{fragment}" if fragment[:1] in {"", "/"} else fragment
        path = located("", document)
        if path == self._name:
            return "", fragment
        if not fragment and _PLAIN_NAME.fullmatch(path):
            for place in _NAMED:  # Swagger 1.2 wrote the bare name of a definition
                if self._holds("", f"{place}{path}"):
                    return "", f"{place}{path}"
        return path, fragment

    def _holds(self, document: str, fragment: str) -> bool:
        try:
            self._walk(document, self._tokens(document, fragment))
        except DanglingError:
            return False
        return True

    def _tokens(self, document: str, fragment: str) -> tuple[str, ...]:
        if fragment in {"", "/"}:
            if not document:
                raise DanglingError("it is the whole description")
            return ()
        if not fragment.startswith("/"):
            anchors = self._anchors_of(document)
            if fragment not in anchors:
                raise DanglingError(f"{shown(fragment)} names no anchor")
            fragment = anchors[fragment]
        return tuple(fragment[1:].split("/"))

    def _walk(self, document: str, tokens: tuple[str, ...]) -> tuple[list[str], JsonValue]:
        """The names on the way, as they are in the document, and what stands at the end."""
        value = self._document(document)
        names: list[str] = []
        for token in tokens:
            if (
                isinstance(value, dict)
                and isinstance(further := value.get("$ref"), str)
                and _key(value, token) is None
            ):
                value = self.find(further).value  # the way leads through a reference
            name, value = _step(value, token)
            names.append(name)
        return names, value

    def _document(self, name: str) -> JsonValue:
        if name not in self._documents:
            self._documents[name] = self._loaded(name)
        document = self._documents[name]
        if isinstance(document, DanglingError):
            raise document
        return document

    def _loaded(self, name: str) -> JsonValue | DanglingError:
        if self._reader is None:
            return DanglingError(f"{shown(name)} is another file, and there is no directory to look in")
        if len(self._documents) > self._limits.documents:
            return DanglingError(f"the description refers to more than {self._limits.documents} files")
        try:
            data = self._reader(name)
            if len(data) > self._left:
                return DanglingError(f"the files have more than {self._limits.bytes} bytes together")
            self._left -= len(data)
            value = parse(data, where=f"{name}#", limits=self._limits, faults=self._faults)
        except (OSError, SeawallError, ValueError):
            return DanglingError(f"the file {shown(name)} cannot be read")
        except UnreadableError as problem:
            return DanglingError(f"the file {shown(name)} cannot be used: {problem}")
        if names_itself(data):
            self._identities.learn(value, name)
        _make_absolute(value, name)
        return value

    def _anchors_of(self, document: str) -> dict[str, str]:
        if document not in self._anchors:
            self._anchors[document] = _anchors(self._document(document))
        return self._anchors[document]


def located(base: str, path: str) -> str:
    """The path of a file, relative to the description's directory, as it is named in the file `base`.

    Raises:
        DanglingError: it names a host, is absolute, or leads out of the directory.
    """
    text = _PERCENT.sub(_unescaped, path)
    if _SCHEME.match(text):
        raise DanglingError(f"{shown(path)} is an address, and nothing is fetched")
    if text.startswith("/") or "\\" in text or "\0" in text:
        raise DanglingError(f"{shown(path)} is no relative path")
    parts = list(PurePosixPath(base).parts[:-1])
    for part in text.split("/"):
        if part == "..":
            if not parts:
                raise DanglingError(f"{shown(path)} lies outside of the description's directory")
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    if not parts:
        raise DanglingError(f"{shown(path)} is no file")
    return "/".join(parts)


def _make_absolute(root: JsonValue, name: str) -> None:
    """Rewrite the references of another file so that they can be followed from anywhere."""
    seen: set[int] = set()
    waiting: list[JsonValue] = [root]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, (dict, list)) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, list):
            waiting.extend(item)
            continue
        reference = item.get("$ref")
        if isinstance(reference, str):
            item["$ref"] = _absolute(reference, name)
        waiting.extend(item.values())


def _absolute(reference: str, base: str) -> str:
    document, mark, fragment = reference.partition("#")
    try:
        path = located(base, document) if document else base
    except DanglingError:
        return reference if _SCHEME.match(document) else f"/{reference}"  # refused as soon as it is followed
    return path.replace("%", "%25").replace("#", "%23") + mark + fragment


def _anchors(root: JsonValue) -> dict[str, str]:
    anchors: dict[str, str] = {}
    waiting: list[tuple[str, JsonValue]] = [("", root)]
    while waiting:
        place, item = waiting.pop()
        if isinstance(item, dict):
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(anchor := item.get(word), str):
                    anchors.setdefault(anchor, place)
        pairs = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        waiting.extend(
            (pointer(place, name), child) for name, child in pairs if isinstance(child, (dict, list))
        )
    return anchors


def _step(value: JsonValue, token: str) -> tuple[str, JsonValue]:
    if isinstance(value, list) and token.isascii() and token.isdigit() and int(token[:9]) < len(value):
        return token, value[int(token[:9])]
    key = _key(value, token)
    if key is None or not isinstance(value, dict):
        raise DanglingError(f"there is no {shown(token)}")
    return key, value[key]


def _key(value: JsonValue, token: str) -> str | None:
    """The key that a token of a pointer in a fragment means (RFC 6901, 6); some writers forget to encode."""
    if not isinstance(value, dict):
        return None
    plain = token.replace("~1", "/").replace("~0", "~")
    if plain in value:
        return plain
    decoded = _PERCENT.sub(_unescaped, token).replace("~1", "/").replace("~0", "~")
    return decoded if decoded in value else None


def _unescaped(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")
