"""An operation that can be called: arguments in, one request, a result out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from seawall.errors import InvalidArgumentsError
from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import CallContext, OperationResult
from seawall.toolsets.openapi.arguments import Shape
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.projection import ProjectionError
from seawall.toolsets.openapi.request import Sending, begun, build
from seawall.toolsets.openapi.responses import Answers, Asked
from seawall.types import JsonObject
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

__all__ = ["Calling", "Send"]

Send: TypeAlias = Callable[[UpstreamRequest, CallContext], Awaitable[UpstreamResponse]]
"""Carries a request to the service. Raises OperationError for whatever is no good answer."""

_LARGE: Final = 64 * 1024  # bytes of an answer that keep the event loop busy for too long


class Calling:
    """The handler of one operation."""

    def __init__(
        self,
        operation: ApiOperation,
        shape: Shape,
        *,
        sending: Sending,
        definitions: Mapping[str, JsonObject],
        send: Send,
        workers: WorkerPool,
    ) -> None:
        """Args: sending: where every request of this operation goes, with which credentials and limit."""
        self._operation = operation
        self._shape = shape
        self._send = send
        self._workers = workers
        self._sending = sending
        self._answers = Answers(operation, definitions, tool=shape.tool)

    async def __call__(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        """Call the operation. The arguments fit the shape's schema.

        Raises:
            InvalidArgumentsError: a value cannot be sent, or `fields` or `next` cannot be used.
            OperationError: the service could not be reached, or refused.
        """
        start = begun(self._shape, arguments)
        sending = replace(self._sending, start=start)
        request = build(self._shape, self._operation, arguments, sending)
        response = await self._send(request, context)
        fields = arguments.get("fields") if self._shape.projects else None
        asked = Asked(
            fields=fields if isinstance(fields, str) else None,
            start=start,
            continues=self._shape.continues,
            projects=self._shape.projects,
        )
        try:
            if len(response.body) < _LARGE and asked.fields is None:
                return self._answers.render(response, asked, limit=context.response_limit)
            return await self._workers.run(
                self._answers.render, response, asked, limit=context.response_limit
            )
        except ProjectionError as error:
            raise InvalidArgumentsError(
                tool=self._shape.tool, faults=[f"fields cannot be used: {error.fault}"]
            ) from None
