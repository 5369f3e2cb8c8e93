"""An operation that can be called: arguments in, one request, a result out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Final, TypeAlias

from seawall.errors import InvalidArgumentsError
from seawall.security.budget import WorkerPool
from seawall.toolsets.continuation import Continuation
from seawall.toolsets.interface import CallContext, OperationResult
from seawall.toolsets.openapi.arguments import Shape
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.paging import Pager
from seawall.toolsets.openapi.request import Sending, begun, build
from seawall.toolsets.openapi.responses import Answers, Asked
from seawall.toolsets.projection import Projection, ProjectionError
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

__all__ = ["Calling", "Send"]

Send: TypeAlias = Callable[[UpstreamRequest, CallContext], Awaitable[UpstreamResponse]]
"""Carries a request to the service. Raises OperationError for whatever is no good answer."""

_LARGE: Final = 64 * 1024  # bytes of an answer that keep the event loop busy for too long


class Calling:
    """The handler of one operation."""

    def __init__(  # noqa: PLR0913  one value for each thing that a call needs, all of them named
        self,
        operation: ApiOperation,
        shape: Shape,
        *,
        sending: Sending,
        definitions: Mapping[str, JsonObject],
        send: Send,
        workers: WorkerPool,
        pager: Pager | None = None,
        given: Projection | None = None,
        headers: Collection[str] = (),
    ) -> None:
        """Set it up.

        Args:
            operation: as described.
            shape: of its arguments.
            sending: where its requests go, with which credentials and limit.
            definitions: what `#/$defs/NAME` in its schemas refers to.
            send: carries a request to the service.
            workers: read large answers.
            pager: finds further pages of its answers, if there may be any.
            given: what the operator gives of an answer; None leaves it to the caller.
            headers: small names of headers of an answer that the caller is told.
        """
        self._operation = operation
        self._shape = shape
        self._send = send
        self._workers = workers
        self._sending = sending
        self._pager = pager
        self._given = given
        self._answers = Answers(operation, definitions, tool=shape.tool, headers=headers)

    async def __call__(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        """Call the operation. The arguments fit the shape's schema.

        Raises:
            InvalidArgumentsError: a value cannot be sent, or `fields` or `next` cannot be used.
            OperationError: the service could not be reached, or refused.
        """
        start = begun(self._shape, arguments)
        fields = self._given or self._fields(arguments)
        first = build(self._shape, self._operation, arguments, self._sending)
        response = await self._send(self._resumed(first, start), context)
        asked = Asked(
            fields=fields,
            start=start,
            continues=self._shape.continues,
            projects=self._shape.projects and self._given is None,
            withholds=self._given is not None,
            after=partial(self._after, first, response),
        )
        if len(response.body) < _LARGE and fields is None:
            return self._answers.render(response, asked, limit=context.response_limit)
        return await self._workers.run(self._answers.render, response, asked, limit=context.response_limit)

    def _fields(self, arguments: JsonObject) -> Projection | None:
        """The expression, read before anything is sent."""
        fields = arguments.get("fields") if self._shape.projects else None
        if not isinstance(fields, str) or not fields.strip():
            return None
        try:
            return Projection.of(fields)
        except ProjectionError as error:
            faults = [f"fields cannot be used: {error.fault}"]
            raise InvalidArgumentsError(tool=self._shape.tool, faults=faults) from None

    def _resumed(self, request: UpstreamRequest, start: Continuation) -> UpstreamRequest:
        if start.position is None:
            return request
        try:
            if self._pager is not None:
                return self._pager.resume(start.position, request)
        except ValueError:  # told below, as what it is to the caller
            pass
        raise InvalidArgumentsError(
            tool=self._shape.tool,
            faults=[
                "next cannot be used: it belongs to another call; leave all other arguments as they were"
            ],
        )

    def _after(self, request: UpstreamRequest, response: UpstreamResponse, body: JsonValue) -> str | None:
        return None if self._pager is None else self._pager.after(request, response, body)
