"""Methods that give an iterator: each call answers with one page, and with the cursor of the next."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import to_json

from seawall.errors import InvalidArgumentsError
from seawall.security.budget import StopSignal, WorkerPool
from seawall.toolsets.contract.pages import OpenPage, OpenPages
from seawall.toolsets.contract.streams import Budget, Stream, stream_of
from seawall.toolsets.functions.calling import Plan
from seawall.toolsets.functions.context import Context
from seawall.toolsets.functions.results import adapter_of, schema_of
from seawall.toolsets.functions.schema import inlined
from seawall.toolsets.functions.signature import Annotation
from seawall.toolsets.interface import CallContext, DataResult, OperationResult
from seawall.types import JsonObject, JsonValue

__all__ = ["CURSOR", "PageForm", "Paging", "page_form", "with_cursor"]

CURSOR: Final = "cursor"
"""The argument with which a caller goes on, and the member of the answer that gives it."""

_FRAME: Final = 256  # bytes around the items of a page


@dataclass(frozen=True, slots=True)
class PageForm:
    """How pages of one method go out.

    Attributes:
        output: JSON Schema of a page.
        dump: makes the JSON of an item.
    """

    output: JsonObject
    dump: Callable[[object], JsonValue]


def page_form(item: Annotation, described: str) -> PageForm:
    """The form for items of that annotation; `described` is what the docstring says of the result."""
    adapter: TypeAdapter[object] = adapter_of(item)
    schema = inlined(schema_of(adapter))
    definitions = schema.pop("$defs", None)
    items: JsonObject = {"type": "array", "items": schema}
    if described:
        items["description"] = described
    output: JsonObject = {
        "type": "object",
        "properties": {
            "items": items,
            CURSOR: {
                "anyOf": [{"type": "string"}, {"type": "null"}],
                "description": "For the next page: the same call with this as `cursor`. Null: that was all.",
            },
        },
        "required": ["items", CURSOR],
        "additionalProperties": False,
    }
    if definitions is not None:
        output["$defs"] = definitions

    def dump(value: object) -> Any:  # noqa: ANN401  JSON
        return adapter.dump_python(value, mode="json", by_alias=True, warnings=False)

    return PageForm(output, dump)


def with_cursor(schema: JsonObject) -> JsonObject:
    """The schema of the arguments with the cursor beside them."""
    schema = deepcopy(schema)
    properties = schema["properties"]
    if isinstance(properties, dict):
        properties[CURSOR] = {
            "type": "string",
            "maxLength": 64,
            "description": "From the previous page, to go on with the same arguments. Leave out to begin.",
        }
    return schema


class Paging:
    """The handler of one method that gives an iterator."""

    def __init__(
        self,
        plan: Plan,
        form: PageForm,
        pages: OpenPages,
        workers: WorkerPool,
        *,
        under_way: set[StopSignal],
        size: int,
    ) -> None:
        """Join what a page needs.

        Args:
            plan: what a call needs.
            form: how a page goes out.
            pages: where iterators wait.
            workers: where those that block are read.
            under_way: who is to be told when the toolset closes.
            size: items of a page.
        """
        self._plan = plan
        self._form = form
        self._pages = pages
        self._workers = workers
        self._under_way = under_way
        self._size = size

    async def __call__(self, arguments: JsonObject, call: CallContext) -> OperationResult:
        """The first page, or with a cursor the next.

        Raises:
            InvalidArgumentsError: an argument is not valid, or there is no such cursor for this caller and call.
            OverloadedError: every worker is busy and the queue is full.
            DeadlineExceededError: not one item came in time.
            ResponseTooLargeError: one item alone is larger than an answer may be.
        """
        own = dict(arguments)
        cursor = own.pop(CURSOR, None)
        signal = StopSignal(call.deadline)
        self._under_way.add(signal)
        try:
            return await self._page(own, cursor, call, signal)
        except asyncio.CancelledError:
            signal.cancel()
            raise
        finally:
            self._under_way.discard(signal)

    async def _page(
        self, arguments: JsonObject, cursor: JsonValue, call: CallContext, signal: StopSignal
    ) -> OperationResult:
        subject = f"{self._plan.name} {hashlib.sha256(to_json(_sorted(arguments))).hexdigest()}"
        if cursor is None:
            context = Context(call, self._plan.name, self._workers, signal)
            stream = await self._begun(arguments, call, context)
        else:
            stream, context = self._continued(str(cursor), call.principal, subject)
            context.renew(call, signal)
        kept = False
        try:
            budget = self._budget(call, signal, context)
            items, more = await stream.fill(budget)
            following = self._pages.keep(OpenPage(stream, call.principal, subject, context)) if more else None
            kept = more
        finally:
            if not kept and not signal.cancelled:
                self._pages.discard(stream)
            await context.settle()
        data: JsonObject = {"items": items, CURSOR: following}
        return DataResult(data)

    async def _begun(self, arguments: JsonObject, call: CallContext, context: Context) -> Stream:
        plan = self._plan
        if plan.asynchronous and not plan.on_workers:
            value = self._called(arguments, call, context)
        else:
            value = await self._workers.run(self._called, arguments, call, context)
        if inspect.isawaitable(value):
            with plan.declared:
                value = await value
        return stream_of(value, self._workers, self._form.dump, plan.declared)

    def _called(self, arguments: JsonObject, call: CallContext, context: Context) -> Any:  # noqa: ANN401  any
        values = self._plan.values(arguments, call, context)
        with self._plan.declared:
            return self._plan.function(**values)

    def _continued(self, cursor: str, principal: str, subject: str) -> tuple[Stream, Context]:
        page = self._pages.take(cursor, principal, subject)
        if page is None or not isinstance(page.position, Context):
            fault = "cursor is none that goes on with these arguments: each is good for one call, and for some minutes"
            raise InvalidArgumentsError(tool=self._plan.name, faults=[f"{fault}; begin again without it"])
        return page.stream, page.position

    def _budget(self, call: CallContext, signal: StopSignal, context: Context) -> Budget:
        def report(items: int) -> None:
            context.progress(items)

        def silent(items: int) -> None:
            del items  # the method reports for itself

        return Budget(
            name=self._plan.name,
            items=self._size,
            size=call.response_limit // 2 - _FRAME,
            limit=call.response_limit,
            signal=signal,
            report=silent if self._plan.wants_context else report,
        )


def _sorted(arguments: JsonObject) -> list[tuple[str, JsonValue]]:
    return sorted(arguments.items())
