"""The error boundary: nothing that was not meant for the caller gets past it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from seawall.errors import InternalError, OperationError
from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Refusal, Report, Step

__all__ = ["Note", "Translate", "boundary"]

Translate: TypeAlias = Callable[[Exception, Call], OperationError | None]
"""What the caller may be told about a foreign error; None when it was not meant for the caller."""

Note: TypeAlias = Callable[[BaseException, Call], None]
"""Keeps the details of an unexpected error for the operator, under the call's request id."""


def boundary(translate: Translate, note: Note) -> Step:
    """A step that turns every error into a refusal; what is unexpected only goes to `note`, with a reference.

    Cancellation passes untouched, unless nobody cancelled this task: then some inner task was cancelled and the
    error leaked out of it, and a caller would wait for ever if it went on. `SystemExit` does not pass either, nor what
    else is no `Exception`, such as a panic in a library in another language: a tool must not end the server.
    """

    async def step(call: Call, proceed: Proceed) -> Outcome:
        try:
            return await proceed(call)
        except OperationError as error:
            return Refusal(Report.of(error))
        except Exception as error:  # noqa: BLE001  boundary: the place that masks
            told = translate(error, call)
            return _unexpected(error, call, note) if told is None else Refusal(Report.of(told))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return _unexpected(error, call, note)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  boundary: see above
            return _unexpected(error, call, note)

    return step


def _unexpected(error: BaseException, call: Call, note: Note) -> Refusal:
    note(error, call)
    return Refusal(Report.of(InternalError(reference=call.request_id)))
