"""What the readers of parts share while one description is read."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.toolsets.openapi.reading.faults import FaultLog, Unservable, shown
from seawall.toolsets.openapi.reading.references import DanglingError, References
from seawall.toolsets.openapi.reading.schemas import Dialect, SchemaReader
from seawall.types import JsonObject, JsonValue

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """One reading.

    Attributes:
        dialect: of the description.
        references: finds what references lead to.
        schemas: translates schemas.
        faults: takes what is wrong and can be lived with.
    """

    dialect: Dialect
    references: References
    schemas: SchemaReader
    faults: FaultLog

    def needed(self, value: JsonValue, what: str) -> JsonObject:
        """The object that a value is or refers to.

        Raises:
            Unservable: there is none; `what` says in the reason what it should have been.
        """
        try:
            found = self.references.value(value)
        except DanglingError as problem:
            reference = value.get("$ref") if isinstance(value, dict) else None
            raise Unservable(
                f"{what} is the reference {shown(reference)}, which leads nowhere: {problem}"
            ) from None
        if not isinstance(found, dict):
            raise Unservable(f"{what} is no object but {shown(found)}")
        return found

    def optional(self, value: JsonValue, where: str, what: str) -> JsonObject | None:
        """The same for what can be done without: a fault, and None."""
        try:
            return self.needed(value, what)
        except Unservable as reason:
            self.faults.add(where, f"{reason}; it was left out")
            return None

    def flag(self, raw: JsonObject, name: str, where: str, *, default: bool = False) -> bool:
        """A value that is true or false; a fault when it is neither."""
        value = raw.get(name, default)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if isinstance(value, bool):
            return value
        if value is not None:
            self.faults.add(where, f"`{name}` is neither true nor false: {shown(value)}")
        return default
