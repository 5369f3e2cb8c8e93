"""The order of the steps, as data, with the reason for each place.

The pipeline has two halves, because background tasks never pass FastMCP's middleware (measured): what must
hold for every run of a tool stands around the tool, and only what concerns a request stands around the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.runtime.pipeline.call import Step

__all__ = ["AROUND_READ", "AROUND_REQUEST", "AROUND_TOOL", "Place", "arrange"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands, and why there."""

    step: str
    reason: str


AROUND_REQUEST = (
    Place(
        "log", "Outermost: it must tell the outcome of everything else, refusals and cancellations included."
    ),
    Place(
        "metrics",
        "Beside the log and for the same reason: it counts every ending. Inside of it, so that writing the record "
        "is no part of the duration.",
    ),
    Place(
        "audit",
        "Beside these two: it records every ending, and what it refuses itself is an ending, too.",
    ),
    Place(
        "redact",
        "Outside of the boundary, which words errors: whatever is told to the caller passes here, also what "
        "middleware made without ever calling a tool.",
    ),
    Place(
        "boundary",
        "Inside the log, so that the log sees what the caller is told; outside of all else, so that what "
        "lookup, extensions and other people's middleware raise is masked as well.",
    ),
    Place(
        "rate",
        "Before authorize, so that finding out what is allowed is limited too, and a rule that asks another "
        "service is not flooded.",
    ),
    Place("authorize", "Before a place is taken: a call that is not allowed must not keep others waiting."),
    Place(
        "concurrency",
        "Inside of all that may refuse: only a call that will be carried out takes a place, and it holds it until its end.",
    ),
    Place(
        "backlog",
        "Innermost, since it looks the tool up, which may take time: a task too many is refused before it is on the queue.",
    ),
)
"""Around `tools/call`, fed by the bridge."""

AROUND_READ = (
    *(place for place in AROUND_REQUEST if place.step != "backlog"),
    Place("deadline", "Inside the boundary, which words its error; there is no other half for these kinds."),
    Place("bound", "Innermost: it measures what the resource or prompt gave."),
)
"""Around `resources/read` and `prompts/get`, fed by the bridge: FastMCP has no background tasks of these."""

AROUND_TOOL = (
    Place(
        "audit",
        "For background tasks, which have no other half: outermost, as there. What is part of a request has its record.",
    ),
    Place(
        "redact_refusal",
        "Outside of the boundary, which words errors; of results there is nothing left to do here.",
    ),
    Place(
        "boundary",
        "Outside of all that can fail, and in both halves: a background task has only this one, and FastMCP would log "
        "and word an exception that left the tool.",
    ),
    Place(
        "validate",
        "Before the deadline: it takes microseconds, and nothing runs for arguments that do not fit.",
    ),
    Place(
        "concurrency",
        "For background tasks, which have no other half; a request has its place already. Outside of the deadline, so that "
        "waiting takes nothing from the tool's time.",
    ),
    Place("deadline", "Around everything that takes time: the tool itself, and making its result."),
    Place("bound", "It measures what the tool gave; a cut result still passes all of the above."),
    Place(
        "redact",
        "Inside of bound: a cut through a secret would leave a part of it that is no longer recognised.",
    ),
)
"""Around every run of a tool: direct calls, calls of handshake clients, background tasks."""


def arrange(places: tuple[Place, ...], steps: Mapping[str, Step | None]) -> tuple[Step, ...]:
    """The steps in the order of their places; None is that of a guard which this server does not have.

    Raises:
        KeyError: a place has no step; a server must not start with a guard missing.
    """
    return tuple(step for place in places if (step := steps[place.step]) is not None)
