"""The audit step: no call without a record of it, whatever becomes of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final

from seawall.errors import AuditUnavailableError
from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Refusal, Report, Step
from seawall.security.audit import AuditEntry, AuditLog
from seawall.types import JsonObject

__all__ = ["Judgement", "audit", "record_denied"]

_LONGEST: Final = 256  # characters of a principal, a rule or an id of the client's

Judgement = Callable[[Call], tuple[bool, str]]
"""Whether the caller has the scopes for what they call, and the rule that says so."""

_DENYING: Final = frozenset(
    {"access_denied", "connection_denied", "rate_limited", "overloaded", "unknown_tool"}
)


def audit(log: AuditLog | None, judged: Judgement, size: Callable[[Answer], int]) -> Step | None:
    """A step that records each call; None where nothing is recorded.

    Args:
        log: where to.
        judged: says what the rules about scopes say of a call.
        size: bytes of an answer.
    """
    if log is None:
        return None
    always = log.policy.durable == "always"

    async def step(call: Call, proceed: Proceed) -> Outcome:
        if not log.accepts:
            return Refusal(Report.of(AuditUnavailableError()))
        at, began, arguments = time.time(), time.perf_counter(), _arguments(call)
        held, rule = judged(call)
        try:
            outcome = await proceed(call)
        except asyncio.CancelledError:
            log.submit(
                AuditEntry(at, _data(call, held=held, rule=rule, end="cancelled", began=began), arguments)
            )
            raise
        data = _ended(call, outcome, _data(call, held=held, rule=rule, end="ok", began=began))
        if isinstance(outcome, Answer):
            data["bytes"] = size(outcome)
        if not always:
            log.submit(AuditEntry(at, data, arguments))
            return outcome
        written = asyncio.get_running_loop().create_future()
        log.submit(AuditEntry(at, data, arguments, written))
        if await written or log.policy.on_failure == "continue":
            return outcome
        return Refusal(Report.of(AuditUnavailableError(done=True)))

    return step


def record_denied(log: AuditLog, call: Call, rule: str) -> None:
    """Record a call that was answered before it came to the pipeline."""
    data = _data(call, held=False, rule=rule, end="refused", began=time.perf_counter())
    data["code"] = "insufficient_scope"
    log.submit(AuditEntry(time.time(), data, _arguments(call)))


def _arguments(call: Call) -> bytes | None:
    """The arguments in one form, whatever the order in which they came; None for what has none."""
    if call.kind == "resource":
        return None
    return json.dumps(call.arguments, sort_keys=True, separators=(",", ":"), default=str).encode()


def _data(call: Call, *, held: bool, rule: str, end: str, began: float) -> JsonObject:
    return {
        "request_id": call.request_id,
        "rpc_id": None if call.rpc_id is None else str(call.rpc_id)[:_LONGEST],
        "principal": call.principal[:_LONGEST],
        "kind": call.kind,
        "name": call.name,
        "decision": "allowed" if held else "denied",
        "rule": rule[:_LONGEST],
        "outcome": end,
        "code": None,
        "bytes": 0,
        "milliseconds": round((time.perf_counter() - began) * 1000, 3),
    }


def _ended(call: Call, outcome: Outcome, data: JsonObject) -> JsonObject:
    del call
    if isinstance(outcome, Refusal):
        code = outcome.report.code
        data["outcome"], data["code"] = ("failed" if outcome.report.reference else "refused"), code
        if data["decision"] == "allowed" and code in _DENYING:
            data["decision"], data["rule"] = "denied", code
    return data
