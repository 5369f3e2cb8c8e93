"""The validate step: a tool only ever sees arguments that fit its input schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from seawall.errors import InvalidArgumentsError
from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Step
from seawall.types import JsonObject

__all__ = ["Inspect", "validate"]

Inspect: TypeAlias = Callable[[JsonObject], Sequence[str]]
"""What is wrong with the arguments, one sentence each; empty when they fit."""


def validate(inspect: Inspect) -> Step:
    """A step that refuses arguments which `inspect` finds fault with. Nothing is coerced: "10" is not 10."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        if faults := inspect(call.arguments):
            raise InvalidArgumentsError(tool=call.name, faults=faults)
        return await proceed(call)

    return step
