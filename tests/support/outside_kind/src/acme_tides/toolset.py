"""The toolset: an operation that reads, and one that changes something."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.blueprint import ToolsetDeclaration
from seawall.errors import StartError, ToolFailedError
from seawall.toolsets.interface import (
    CallContext,
    DataResult,
    Hints,
    Host,
    Operation,
    OperationResult,
    TextResult,
    Toolset,
)
from seawall.types import JsonObject

from .declaration import TidesDeclaration
from .starter import TidesStarter
from .tides import next_high_water

__all__ = ["TidesKind"]

_HOUR: JsonObject = {"type": "number", "minimum": 0, "maximum": 48}


def _object(**properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": {**properties},
        "required": [*properties],
        "additionalProperties": False,
    }


class TidesToolset:
    """The tides of one harbour; open from `start` to `close`."""

    def __init__(self, declaration: TidesDeclaration) -> None:
        self._declaration = declaration
        self._open = False

    @property
    def operations(self) -> Sequence[Operation]:
        """Both, whatever `access` says."""
        return (
            Operation(
                name="next_high_water",
                title="Next high water",
                description="When the water is high next.",
                parameters=_object(hour=_HOUR),
                output=_object(harbour={"type": "string"}, hour={"type": "number"}),
                hints=Hints(read_only=True, destructive=False, idempotent=True, open_world=False),
                handler=self._next,
            ),
            Operation(
                name="close_lock",
                title="Close the lock",
                description="Closes the lock before the harbour.",
                parameters=_object(),
                output=None,
                hints=Hints(read_only=False, destructive=False, idempotent=True, open_world=True),
                handler=self._close_lock,
                scopes=("tides:lock",),
            ),
        )

    async def start(self) -> None:
        """Open the tables."""
        if self._declaration.harbour == "atlantis":
            raise StartError("Atlantis has no tides any more.", hint="Set `harbour` to another one.")
        self._open = True

    async def close(self) -> None:
        """Close them."""
        self._open = False

    def faults(self) -> Sequence[str]:
        """None while they are open."""
        return () if self._open else ("the tables are closed",)

    async def _next(self, arguments: JsonObject, _context: CallContext) -> OperationResult:
        hour = next_high_water(float(str(arguments["hour"])), first=self._declaration.first_high)
        return DataResult({"harbour": self._declaration.harbour, "hour": hour})

    async def _close_lock(self, _arguments: JsonObject, context: CallContext) -> OperationResult:
        if not context.caller.holds("tides:lock"):
            raise ToolFailedError("You may not close the lock.")
        return TextResult(f"closed for {context.principal}", note="", details={})


class TidesKind:
    """The kind `tides`."""

    name = "tides"
    declaration = TidesDeclaration
    starter = TidesStarter()

    def build(self, declaration: ToolsetDeclaration, _host: Host) -> Toolset:
        """The toolset of a declaration."""
        if not isinstance(declaration, TidesDeclaration):
            raise StartError(f"A declaration of kind {declaration.kind!r} describes no tides.")
        return TidesToolset(declaration)
