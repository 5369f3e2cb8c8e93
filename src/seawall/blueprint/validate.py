"""From plain data to frozen models, or to all faults of the data at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.fault import Fault, FaultKind
from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.quantities import QUANTITY_UNIT_MISSING
from seawall.blueprint.secret import LITERAL_REFUSED
from seawall.blueprint.section import Section
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.blueprint.tree import get
from seawall.blueprint.vocabulary import nearest
from seawall.blueprint.wording import choice, shown

__all__ = ["validate"]

_S = TypeVar("_S", bound=Section)

_WHICH_FORM: Final = {"union_tag_invalid", "union_tag_not_found"}
_MISMATCHES: Final = {"literal_error", QUANTITY_UNIT_MISSING}


def validate(data: Mapping[str, Any], kinds: Kinds) -> tuple[Blueprint | None, list[Fault]]:
    """The blueprint that the data describes, or None with every fault."""
    faults: list[Fault] = []
    declarations = [
        _declaration(entry, ("toolset", number), kinds, faults)
        for number, entry in enumerate(_entries(data.get("toolset", ()), faults))
    ]
    rest = {key: value for key, value in data.items() if key != "toolset"}
    blueprint = _section(Blueprint, rest, (), faults)
    if blueprint is None or faults:
        return None, faults
    return blueprint.model_copy(update={"toolset": tuple(declarations)}), []


def _entries(value: object, faults: list[Fault]) -> Iterable[object]:
    if isinstance(value, tuple):
        return value
    allowed = "[[toolset]] in double brackets, once for each toolset"
    faults.append(Fault(("toolset",), FaultKind.TYPE, allowed=allowed))
    return ()


def _declaration(
    entry: object, path: KeyPath, kinds: Kinds, faults: list[Fault]
) -> ToolsetDeclaration | None:
    if not isinstance(entry, Mapping):
        faults.append(Fault(path, FaultKind.TYPE, allowed="a [[toolset]] table"))
        return None
    kind = entry.get("kind")
    if isinstance(kind, str) and kind in kinds:
        return _section(kinds[kind], entry, path, faults)
    known = tuple(sorted(kinds))
    missing = FaultKind.VALUE if "kind" in entry else FaultKind.MISSING
    allowed = choice(shown(word) for word in known) if known else "no kind: none is installed"
    faults.append(Fault((*path, "kind"), missing, allowed=allowed, words=known))
    # The rest is still checked: against the kind that was probably meant, or what all kinds share.
    meant = nearest(kind, known) if isinstance(kind, str) else None
    more: list[Fault] = []
    _section(kinds[meant] if meant else ToolsetDeclaration, {**entry, "kind": meant or ""}, path, more)
    faults += [fault for fault in more if meant or fault.kind is not FaultKind.UNKNOWN]
    return None


def _section(model: type[_S], data: Mapping[str, Any], path: KeyPath, faults: list[Fault]) -> _S | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found = [_fault(each, path, data) for each in details]
    # A value that several forms allow is refused once for each form: the fault that lies deepest is
    # that of the form which was meant.
    outer = {fault.path[:length] for fault in found for length in range(len(fault.path))}
    deepest = {fault.path: fault for fault in reversed(found) if fault.path not in outer}
    faults += reversed(deepest.values())
    return None


def _fault(error: ErrorDetails, path: KeyPath, data: Mapping[str, Any]) -> Fault:
    context, kind = error.get("ctx", {}), error["type"]
    place = (*path, *_place(error["loc"], data, missing=kind in {"missing", "extra_forbidden"}))
    if kind in {"missing", "extra_forbidden"}:
        return Fault(place, FaultKind.MISSING if kind == "missing" else FaultKind.UNKNOWN)
    if kind == LITERAL_REFUSED:
        return Fault(place, FaultKind.LITERAL)
    if kind in _WHICH_FORM:
        return _form(place, context, missing=kind == "union_tag_not_found")
    allowed = str(context["allowed"]) if "allowed" in context else None
    sentence = str(context["error"]) if kind == "value_error" else None
    mismatch = kind.endswith("_type") or kind in _MISMATCHES
    return Fault(place, FaultKind.TYPE if mismatch else FaultKind.VALUE, allowed=allowed, sentence=sentence)


def _form(table: KeyPath, context: Mapping[str, Any], *, missing: bool) -> Fault:
    """The fault of a table whose form cannot be told, at the setting that tells it."""
    place = (*table, str(context["discriminator"]).strip("'"))
    words = tuple(word.strip(" '") for word in str(context.get("expected_tags", "")).split(","))
    if missing:
        return Fault(place, FaultKind.MISSING, allowed="the word that says which form the table has")
    return Fault(place, FaultKind.VALUE, allowed=choice(map(shown, words)), words=words)


def _place(location: tuple[int | str, ...], data: object, *, missing: bool) -> KeyPath:
    """The way through the data, without the names that pydantic gives to the forms of a union."""
    path: KeyPath = ()
    for part in location[:-1] if missing else location:
        if (below := get(data, (part,))) is not None:
            data, path = below, (*path, part)
    return (*path, location[-1]) if missing else path
