"""The audit steps: no call and no run without a record of it, whatever becomes of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from seawall.errors import AuditUnavailableError
from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Refusal, Report, Step
from seawall.security.audit import AuditEntry, AuditLog
from seawall.types import JsonObject

__all__ = ["Judgement", "audit", "audit_run", "record_denied"]

_Ending = TypeVar("_Ending", bound=Outcome | None)

_LONGEST: Final = 256  # characters of a principal, a rule or an id of the client's

Judgement = Callable[[Call], tuple[bool, str]]
"""Whether the caller has the scopes for what they call, and the rule that says so."""

_DENYING: Final = frozenset(
    {"access_denied", "connection_denied", "rate_limited", "overloaded", "unknown_tool"}
)


def audit(
    log: AuditLog | None,
    judged: Judgement,
    size: Callable[[Answer], int],
    task_of: Callable[[Answer], tuple[str, float] | None],
) -> Step | None:
    """A step that records each call; None where nothing is recorded.

    Args:
        log: where to.
        judged: says what the rules about scopes say of a call.
        size: bytes of an answer.
        task_of: the background task that an answer tells of, by its id.
    """
    if log is None:
        return None

    async def step(call: Call, proceed: Proceed) -> Outcome:
        if not log.accepts:
            return Refusal(Report.of(AuditUnavailableError()))
        record = _Recording(log, call, judged)
        outcome = await record.ending(proceed)
        if isinstance(outcome, Answer):
            record.data["bytes"] = size(outcome)
            if (made := task_of(outcome)) is not None:
                record.data["task"] = made[0]
        return await record.told(outcome)

    return step


def audit_run(
    log: AuditLog | None,
    judged: Judgement,
    size: Callable[[Answer], int],
    *,
    recorded: Callable[[], bool],
    task: Callable[[], str | None],
) -> Step | None:
    """A step that records the beginning and the end of each run of a background task; None where nothing is recorded.

    Two records, since a run may take hours, and what a server did that was killed meanwhile must be known.

    Args:
        log: where to.
        judged: as for a call.
        size: bytes of an answer.
        recorded: whether what runs is part of a request, which has its record.
        task: the id of the task that runs.
    """
    if log is None:
        return None

    async def step(call: Call, proceed: Proceed) -> Outcome:
        if recorded():
            return await proceed(call)
        if not log.accepts:
            return Refusal(Report.of(AuditUnavailableError()))
        begun = _Recording(log, call, judged, event="run", task=task())
        begun.data["outcome"] = "begun"
        refusal = await begun.told(None)
        if refusal is not None:
            return refusal
        record = _Recording(log, call, judged, event="run", task=task())
        outcome = await record.ending(proceed)
        if isinstance(outcome, Answer):
            record.data["bytes"] = size(outcome)
        return await record.told(outcome)

    return step


def record_denied(log: AuditLog, call: Call, rule: str) -> None:
    """Record a call that was answered before it came to the pipeline."""
    record = _Recording(log, call, lambda _: (False, rule))
    record.data |= {"outcome": "refused", "code": "insufficient_scope"}
    record.submit()


class _Recording:
    """The record of one call or run, from its beginning to its end."""

    def __init__(
        self,
        log: AuditLog,
        call: Call,
        judged: Judgement,
        *,
        event: Literal["call", "run"] = "call",
        task: str | None = None,
    ) -> None:
        self._log = log
        self._call = call
        self._event = event
        self._at, self._began = time.time(), time.perf_counter()
        self._arguments = _arguments(call)
        held, rule = judged(call)
        self.data: JsonObject = {
            "request_id": call.request_id,
            "rpc_id": None if call.rpc_id is None else str(call.rpc_id)[:_LONGEST],
            "principal": call.principal[:_LONGEST],
            "kind": call.kind,
            "name": call.name,
            "decision": "allowed" if held else "denied",
            "rule": rule[:_LONGEST],
            "outcome": "ok",
            "code": None,
            "bytes": 0,
            "milliseconds": 0,
        }
        if task is not None:
            self.data["task"] = task

    async def ending(self, proceed: Proceed) -> Outcome:
        """Go on, and write down how it ends; what leaves it as an exception is recorded at once."""
        try:
            outcome = await proceed(self._call)
        except BaseException as error:
            self._ends("cancelled" if isinstance(error, asyncio.CancelledError) else "failed")
            self.submit()
            raise
        if not isinstance(outcome, Refusal):
            self._ends("ok")
            return outcome
        code = outcome.report.code
        self._ends("failed" if outcome.report.reference else "refused")
        self.data["code"] = code
        if self.data["decision"] == "allowed" and code in _DENYING:
            self.data["decision"], self.data["rule"] = "denied", code
        return outcome

    async def told(self, outcome: _Ending) -> _Ending | Refusal:
        """Hand the record over; the outcome, unless it had to be on the disk before that and could not be written."""
        policy = self._log.policy
        if policy.durable != "always":
            self.submit()
            return outcome
        written = asyncio.get_running_loop().create_future()
        self.submit(written)
        if await written or policy.on_failure == "continue":
            return outcome
        return Refusal(Report.of(AuditUnavailableError(done=outcome is not None)))

    def submit(self, written: asyncio.Future[bool] | None = None) -> None:
        """Hand the record over."""
        self._log.submit(AuditEntry(self._at, self.data, self._arguments, written, self._event))

    def _ends(self, outcome: str) -> None:
        self.data["outcome"] = outcome
        self.data["milliseconds"] = round((time.perf_counter() - self._began) * 1000, 3)


def _arguments(call: Call) -> bytes | None:
    """The arguments in one form, whatever the order in which they came; None for what has none."""
    if call.kind in {"resource", "subscription"}:
        return None
    return json.dumps(call.arguments, sort_keys=True, separators=(",", ":"), default=str).encode()
