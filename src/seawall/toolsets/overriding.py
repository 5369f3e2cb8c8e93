"""What a blueprint says of single operations: another name, other words, arguments that no caller sets."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Final

from pydantic import Field

from seawall.blueprint.quantities import Duration
from seawall.blueprint.scopes import ScopeName
from seawall.blueprint.section import Allowed, Section
from seawall.errors import Problem
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.hinting import HintsOverride
from seawall.toolsets.projection import Projection, ProjectionError
from seawall.types import JsonObject, JsonValue

__all__ = ["CallOverride", "ToolOverride", "check_arguments", "unknown_override"]

_SHOWN: Final = 20  # names that a problem lists


class ToolOverride(Section):
    """What one operation has otherwise than its source says."""

    name: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9_-]{0,64}$"),
        Allowed("at most 64 letters, digits, '_' or '-'"),
    ] = Field(default="", description="Name of the tool, without prefix.", examples=["get_pet"])
    title: str = Field(default="", description="Name for people.", examples=["Look up a pet"])
    description: str = Field(
        default="", description="What the model is told it does.", examples=["One pet, by its number."]
    )
    hints: HintsOverride | None = Field(default=None, description="What a client may assume of it.")
    scopes: tuple[ScopeName, ...] = Field(
        default=(), description="A caller without all of these does not see it.", examples=[["pets:write"]]
    )
    timeout: Duration | None = Field(default=None, description="Time limit of one call.")


class CallOverride(ToolOverride):
    """The same of an operation whose arguments and answers are plain JSON."""

    hidden: tuple[str, ...] = Field(
        default=(),
        description="Arguments that a caller neither sees nor sets. One that a call must have needs a value in "
        "`fixed`.",
        examples=[["api_key"]],
    )
    fixed: dict[str, str | int | float | bool | tuple[str | int | float | bool, ...]] = Field(
        default_factory=dict,
        description="Values of arguments that a caller neither sees nor sets.",
        examples=[{"limit": 20, "status": "available"}],
    )
    fields: Annotated[str, Field(max_length=1000)] = Field(
        default="",
        description="What of an answer in JSON is given to the caller, as a JMESPath expression.",
        examples=["{id: id, name: name}", "[].id"],
    )

    def values(self) -> dict[str, JsonValue]:
        """What is fixed, as JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.fixed.items()
        }

    def projection(self) -> Projection | None:
        """What of an answer is given; None when it is the caller's to say.

        Raises:
            ValueError: the expression cannot be read. The message is for whoever wrote the blueprint.
        """
        try:
            return Projection.of(self.fields) if self.fields else None
        except ProjectionError as error:
            raise ValueError(f"`fields` cannot be used: {error.fault}") from None


def check_arguments(
    schemas: Mapping[str, JsonObject],
    required: Collection[str],
    *,
    hidden: Collection[str],
    fixed: Mapping[str, JsonValue],
    definitions: Callable[[JsonObject], Mapping[str, JsonValue]],
) -> None:
    """Whether an operation's arguments can be hidden and fixed so.

    Args:
        schemas: of every argument.
        required: those that a call must have.
        hidden: those that are never sent.
        fixed: values that always are.
        definitions: what a schema refers to as `#/$defs/NAME`.

    Raises:
        ValueError: there is no such argument, a call needs it, or the value does not fit. The message is for whoever
            wrote the blueprint.
    """
    for name in (*fixed, *hidden):
        if name not in schemas:
            raise ValueError(f"there is no argument {name!r}; there are: {', '.join(schemas) or 'none'}")
    for name in hidden:
        if name in required and name not in fixed:
            raise ValueError(
                f"the argument {name!r} is required: it can be fixed to a value, but not left out"
            )
    for name, value in fixed.items():
        alone: JsonObject = {
            "type": "object",
            "properties": {name: schemas[name]},
            "$defs": dict(definitions(schemas[name])),
        }
        if faults := ArgumentSchema(alone).faults({name: value}):
            raise ValueError(f"the argument {name!r} cannot be fixed to this value: {'; '.join(faults)}")


def unknown_override(word: str, known: Collection[str], *, source: str, allowed: str) -> Problem:
    """The problem of an override that names no operation.

    Args:
        word: what it names.
        known: what there is.
        source: where that is, such as `the description`.
        allowed: what may be named.
    """
    close = difflib.get_close_matches(word, known, n=1)
    ask = f"; did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(sorted(known)[:_SHOWN])
    return Problem(
        source="",
        line=None,
        column=None,
        key=f"override.{word}",
        found=word,
        allowed=f"{allowed}: {listed}" if listed else allowed,
        suggestion=close[0] if close else None,
        message=f"{source} has no operation {word!r}{ask}",
    )
