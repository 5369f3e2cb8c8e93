"""The three tools that stand for a catalogue: search, describe, call.

A call of the third is a call of the operation that it names: the server's bridge sends it on under that name, so that
it passes every guard as if the operation were listed. Its handler here serves callers that came past the bridge.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from seawall.errors import InvalidArgumentsError, UnknownToolError
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.discovery.catalogue import Catalogue, View
from seawall.toolsets.interface import CallContext, Caller, Hints, Operation, OperationResult, TextResult
from seawall.toolsets.outline import Outline, risk_of
from seawall.types import JsonObject, JsonValue

__all__ = ["CALL", "DESCRIBE", "RESERVED", "SEARCH", "Discovery"]

SEARCH, DESCRIBE, CALL = "search_operations", "describe_operation", "call_operation"

RESERVED: Final = frozenset({SEARCH, DESCRIBE, CALL})
"""Names, before the prefix, that no operation behind the three tools may have: it would pass for one of them."""
_READS: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=False)
_LONGEST_QUERY: Final = 200
_LONGEST_NAME: Final = 128
_LONGEST_SUMMARY: Final = 120
_SHOWN_ARGUMENTS: Final = 12
_MOST_MADE: Final = 32  # of what callers with different scopes see
_NAME: Final[JsonObject] = {
    "type": "string",
    "minLength": 1,
    "maxLength": _LONGEST_NAME,
    "description": f"Name of the operation, as {SEARCH} gives it.",
}


def _object(properties: JsonObject, *required: str) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_SEARCHED: Final = _object(
    {
        "query": {
            "type": "string",
            "maxLength": _LONGEST_QUERY,
            "default": "",
            "description": "Such as `create an order`. Empty: all operations, in their order.",
        },
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": 50,
            "default": 8,
            "description": "How many at most.",
        },
        "offset": {
            "type": "integer",
            "minimum": 0,
            "maximum": 100_000,
            "default": 0,
            "description": "How many to pass over, to see the next ones.",
        },
    }
)
_DESCRIBED: Final = _object(
    {
        "name": _NAME,
        "answer": {
            "type": "boolean",
            "default": False,
            "description": "Whether to add the JSON Schema of what it answers; often long.",
        },
    },
    "name",
)


class Discovery:
    """The three tools of one catalogue."""

    def __init__(self, catalogue: Catalogue, *, prefix: str, subject: str) -> None:
        """Args: prefix: stands before each tool's name. subject: of whom the operations are, a few words."""
        self._catalogue = catalogue
        self._prefix = prefix
        self._subject = subject
        self._schemas: dict[str, ArgumentSchema] = {}
        self._made: dict[int, tuple[View, tuple[Operation, Operation, Operation]]] = {}

    @property
    def call_name(self) -> str:
        """Name of the tool whose calls are sent on."""
        return self._prefix + CALL

    def redirected(self, arguments: JsonObject, caller: Caller) -> tuple[str, JsonObject] | None:
        """What a call of the third tool is really for; None when that tool itself has to say what is wrong.

        It leads to operations of this catalogue alone: who let a client use this tool did not mean another toolset's.
        """
        name, inner = arguments.get("name"), arguments.get("arguments", {})
        if (
            not isinstance(name, str)
            or not isinstance(inner, dict)
            or arguments.keys() - {"name", "arguments"}
        ):
            return None
        return None if self._catalogue.usable(name, caller) is None else (name, inner)

    def operations(self) -> tuple[Operation, Operation, Operation]:
        """The tools, their names with prefix, as a caller sees them who may use every operation."""
        search, describe, call = self._told(self._catalogue.outlines)
        if not self._catalogue.differs:
            return search, describe, call
        return (
            replace(search, as_seen=lambda caller: self._seen(0, caller)),
            replace(describe, as_seen=lambda caller: self._seen(1, caller)),
            replace(call, as_seen=lambda caller: self._seen(2, caller)),
        )

    def _seen(self, number: int, caller: Caller) -> Operation | None:
        """One of the tools as this caller sees it; None for who may use no operation at all."""
        view = self._catalogue.view(caller)
        if not view.outlines:
            return None
        made = self._made.get(id(view))
        if made is None or made[0] is not view:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            made = self._made[id(view)] = (view, self._told(view.outlines))
        return made[1][number]

    def _told(self, outlines: Sequence[Outline]) -> tuple[Operation, Operation, Operation]:
        return self._searching(len(outlines)), self._describing(), self._sending(outlines)

    def _searching(self, count: int) -> Operation:
        return Operation(
            name=self._prefix + SEARCH,
            title=f"Search {self._subject}",
            description=f"Find operations of {self._subject} ({count} in all) by a few words of what you want to do. "
            f"Answers with one line each, best first: name, what a call may do, what it is for, its arguments (* is "
            f"required). Then use {self._prefix}{DESCRIBE} for the exact arguments, and {self._prefix}{CALL}.",
            parameters=_SEARCHED,
            output=None,
            hints=_READS,
            handler=self._search,
        )

    def _describing(self) -> Operation:
        return Operation(
            name=self._prefix + DESCRIBE,
            title=f"Describe an operation of {self._subject}",
            description=f"What one operation of {self._subject} does, and the JSON Schema of its arguments.",
            parameters=_DESCRIBED,
            output=None,
            hints=_READS,
            handler=self._describe,
            errors=(UnknownToolError,),
        )

    def _sending(self, outlines: Sequence[Outline]) -> Operation:
        return Operation(
            name=self.call_name,
            title=f"Call an operation of {self._subject}",
            description=f"Call one operation of {self._subject}. Arguments that do not fit its schema are refused.",
            parameters=_object(
                {
                    "name": _NAME,
                    "arguments": {
                        "type": "object",
                        "default": {},
                        "description": f"Its arguments, as {self._prefix}{DESCRIBE} says.",
                    },
                },
                "name",
            ),
            output=None,
            hints=_together(outlines),
            handler=self._call,
            errors=(UnknownToolError,),
        )

    # --- handlers

    async def _search(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        query, limit, offset = (
            str(arguments.get("query", "")),
            _whole(arguments.get("limit"), 8),
            _whole(arguments.get("offset"), 0),
        )
        found = self._catalogue.search(query, context.caller)
        shown = found[offset : offset + limit]
        details: JsonObject = {"names": [each.name for each in shown], "total": len(found)}
        rest = len(found) - offset - len(shown)
        if not found:
            note = "nothing fits; try other words, or an empty query for all operations"
        elif rest > 0:
            note = f"{len(shown)} of {len(found)}; more with offset={offset + len(shown)}"
        else:
            note = f"{len(shown)} of {len(found)}"
        return TextResult("\n".join(map(_line, shown)), f"[{note}]", details)

    async def _describe(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        outline = self._known(str(arguments["name"]), context.caller)
        operation = self._catalogue.operation(outline.name)
        parts = [
            f"{operation.name} ({risk_of(operation.hints)}): {operation.description}",
            f"Arguments, as JSON Schema: {_compact(operation.parameters)}",
        ]
        if arguments.get("answer"):
            answer = operation.output or (operation.answer() if operation.answer is not None else None)
            parts.append(
                "What it answers is not described."
                if answer is None
                else f"Answer, as JSON Schema: {_compact(answer)}"
            )
        call = {"name": operation.name, "arguments": dict.fromkeys(outline.required, "…")}
        return TextResult(
            "\n\n".join(parts), f"[call it with {self.call_name}: {_compact(call)}]", {"name": operation.name}
        )

    async def _call(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        outline = self._known(str(arguments["name"]), context.caller, usable=True)
        operation = self._catalogue.operation(outline.name)
        schema = self._schemas.get(outline.name)
        if schema is None:
            schema = self._schemas[outline.name] = ArgumentSchema(operation.parameters)
        inner = arguments.get("arguments", {})
        inner = inner if isinstance(inner, dict) else {}
        if faults := schema.faults(inner):
            raise InvalidArgumentsError(tool=operation.name, faults=faults)
        return await operation.handler(inner, context)

    def _known(self, name: str, caller: Caller, *, usable: bool = False) -> Outline:
        catalogue = self._catalogue
        found = catalogue.usable(name, caller) if usable else catalogue.outline(name, caller)
        if found is None:
            nearest = self._catalogue.nearest(name, caller)
            raise UnknownToolError(name=name, nearest=nearest, where=f"{self._prefix}{SEARCH}")
        return found


def _line(outline: Outline) -> str:
    summary = " ".join((outline.title or outline.description).split())
    if len(summary) > _LONGEST_SUMMARY:
        summary = f"{summary[:_LONGEST_SUMMARY].rsplit(' ', 1)[0]}…"
    required = set(outline.required)
    named = [f"{name}{'*' if name in required else ''}" for name in outline.arguments[:_SHOWN_ARGUMENTS]]
    if len(outline.arguments) > _SHOWN_ARGUMENTS:
        named.append("…")
    return f"{outline.name} ({risk_of(outline.hints)}): {summary} [{', '.join(named)}]"


def _together(outlines: Sequence[Outline]) -> Hints:
    """What may be assumed of a tool that can call any of them."""
    return Hints(
        read_only=all(each.hints.read_only for each in outlines),
        destructive=any(each.hints.destructive for each in outlines),
        idempotent=all(each.hints.idempotent for each in outlines),
        open_world=any(each.hints.open_world for each in outlines),
    )


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _whole(value: JsonValue, default: int) -> int:
    return value if isinstance(value, int) else default
