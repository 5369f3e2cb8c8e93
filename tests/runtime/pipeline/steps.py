"""A payload and ends for the tests of the steps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed
from seawall.security.redact import Redactor


@dataclass(frozen=True)
class Text:
    """A payload that is text, and can be cut if it says so."""

    text: str
    can_cut: bool = True

    def size(self) -> int:
        return len(self.text)

    def cut(self, limit: int) -> Text | None:
        return Text(self.text[:limit]) if self.can_cut else None

    def without(self, redactor: Redactor) -> Text:
        return Text(redactor.text(self.text), self.can_cut)


def answering(payload: Text) -> Proceed:
    async def end(_call: Call) -> Outcome:
        return Answer(payload)

    return end


def raising(error: BaseException) -> Proceed:
    async def end(_call: Call) -> Outcome:
        raise error

    return end


async def sleeping(_call: Call) -> Outcome:
    """An end that nobody has the patience for."""
    await asyncio.sleep(60)
    raise AssertionError
