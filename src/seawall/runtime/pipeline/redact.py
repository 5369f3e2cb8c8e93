"""The redact steps: no registered secret leaves the server in a result or an error."""

from __future__ import annotations

from dataclasses import replace

from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Refusal, Step
from seawall.security.redact import Redactor

__all__ = ["redact", "redact_refusal"]


def redact(redactor: Redactor) -> Step:
    """A step that takes secrets out of what comes back; with no secret known it costs one comparison."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        outcome = await proceed(call)
        if redactor.empty:
            return outcome
        if isinstance(outcome, Answer):
            return Answer(outcome.payload.without(redactor))
        return _redacted(outcome, redactor)

    return step


def redact_refusal(redactor: Redactor) -> Step:
    """A step that takes secrets out of refusals alone."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        outcome = await proceed(call)
        return outcome if redactor.empty or isinstance(outcome, Answer) else _redacted(outcome, redactor)

    return step


def _redacted(refusal: Refusal, redactor: Redactor) -> Refusal:
    report = refusal.report
    hint = None if report.hint is None else redactor.text(report.hint)
    clean = replace(report, message=redactor.text(report.message), hint=hint)
    made = refusal.made
    return replace(refusal, report=clean, made=None if made is None else made.without(redactor))
