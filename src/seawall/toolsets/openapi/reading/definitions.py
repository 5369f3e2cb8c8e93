"""The named schemas that references lead to: their names, and which of them differ between requests and answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, TypeAlias

from seawall.toolsets.openapi.reading.references import DanglingError, Found, References
from seawall.types import JsonValue

__all__ = ["Definition", "Names", "Side", "is_marked"]

Side: TypeAlias = Literal["input", "output"]
"""Of a request, where `readOnly` properties have no place, or of an answer, where `writeOnly` ones have none."""

Definition: TypeAlias = tuple[str, Side]
"""One definition to make: the key of what it is made of, and for which side."""

_MAX_NAME: Final = 128  # a reference repeats it; the longest real ones have 100
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")


class Names:
    """Gives each definition a name of its own that fits a JSON pointer as it is."""

    def __init__(self, references: References, more: Callable[[Found], Iterable[str]]) -> None:
        """Args: references: of the description. more: what a schema needs that it does not refer to itself."""
        self._references = references
        self._more = more
        self._names: dict[Definition, str] = {}
        self._taken: set[str] = set()
        self._scans: dict[str, tuple[tuple[str, ...], bool]] = {}
        self._differing: dict[str, bool] = {}
        self.new: dict[str, tuple[Found, Side]] = {}

    def of(self, found: Found, side: Side) -> str:
        """The name of the definition for that side; a new one is put on the list of what is to be made."""
        definition: Definition = (found.key, side if self._differs(found) else "output")
        name = self._names.get(definition)
        if name is None:
            name = self._names[definition] = self._fresh(definition)
            self.new[name] = (found, definition[1])
        return name

    def extra(self, name: str) -> str:
        """A free name made of another one."""
        return self._free(name, name)

    def _fresh(self, definition: Definition) -> str:
        key, side = definition
        last = key.rpartition("/")[2].replace("~1", "/").replace("~0", "~") or key.partition("#")[0]
        text = _UNFIT.sub("_", last).strip("_") or "schema"
        return self._free(f"{text}.input" if side == "input" else text, f"{key} {side}")

    def _free(self, wanted: str, origin: str) -> str:
        name = wanted
        if len(name) > _MAX_NAME or name in self._taken:
            digest = hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            name = f"{wanted[: _MAX_NAME - 9]}_{digest}"
            while name in self._taken:
                name += "_"
        self._taken.add(name)
        return name

    def _differs(self, found: Found) -> bool:
        """Whether anything that can be reached from it is for one side only."""
        known = self._differing.get(found.key)
        if known is not None:
            return known
        seen: dict[str, None] = {}
        waiting = [found]
        while waiting:
            item = waiting.pop()
            if item.key in seen or self._differing.get(item.key) is False:
                continue
            seen[item.key] = None
            references, marked = self._scan(item)
            if marked or self._differing.get(item.key):
                self._differing[found.key] = True
                return True
            waiting.extend(self._reached((*references, *filter(None, self._more(item)))))
        self._differing.update(dict.fromkeys(seen, False))
        return False

    def _reached(self, references: tuple[str, ...]) -> list[Found]:
        reached = []
        for reference in references:
            try:
                reached.append(self._references.find(reference))
            except DanglingError:
                continue
        return reached

    def _scan(self, found: Found) -> tuple[tuple[str, ...], bool]:
        known = self._scans.get(found.key)
        if known is None:
            known = self._scans[found.key] = _scanned(found.value)
        return known


def is_marked(schema: Mapping[str, JsonValue], mark: str) -> bool:
    """Whether `readOnly` or `writeOnly` is set; a property of that name sets nothing."""
    value = schema.get(mark)
    return value is True or value == "true"


def _scanned(value: JsonValue) -> tuple[tuple[str, ...], bool]:
    """The references in a schema, and whether a mark for one side stands in it."""
    references: dict[str, None] = {}
    marked = False
    waiting: list[JsonValue] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(reference := item.get("$ref"), str):
                references[reference] = None
            marked = marked or is_marked(item, "readOnly") or is_marked(item, "writeOnly")
            waiting.extend(child for child in item.values() if isinstance(child, (dict, list)))
        elif isinstance(item, list):
            waiting.extend(child for child in item if isinstance(child, (dict, list)))
    return tuple(references), marked
