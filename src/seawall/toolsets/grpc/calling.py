"""Methods that can be called: arguments in, a message or a page of messages out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import grpc.aio

from seawall.errors import (
    InvalidArgumentsError,
    ResponseTooLargeError,
    UpstreamRequestError,
    UpstreamUnavailableError,
)
from seawall.security.budget import WorkerPool
from seawall.toolsets.grpc.client import Call, GrpcClient
from seawall.toolsets.grpc.messages import BrokenError, NotAMessageError, decoded, encoded
from seawall.toolsets.grpc.model import Api, Method
from seawall.toolsets.grpc.streams import HeldStreams, OpenStream
from seawall.toolsets.interface import CallContext, DataResult
from seawall.types import JsonObject, JsonValue

__all__ = ["MOST_MESSAGES", "USUAL_MESSAGES", "Paging", "Streaming", "Unary", "Work"]

MOST_MESSAGES: Final = 1000
"""That a page may have."""
USUAL_MESSAGES: Final = 100
"""That a page has when nobody says."""

_LARGE: Final = 64 * 1024  # bytes of a message that keep the event loop busy for too long
_FRAME: Final = 1024  # bytes of a page around its messages
_T = TypeVar("_T")


class Unary:
    """The handler of a method that answers once."""

    def __init__(self, api: Api, method: Method, client: GrpcClient, work: Work) -> None:
        self._method = method
        self._client = client
        self._translation = _Translation(api, method, client.host, work)

    async def __call__(self, arguments: JsonObject, context: CallContext) -> DataResult:
        """Call it. The arguments fit its schema.

        Raises:
            InvalidArgumentsError: they are no message all the same.
            OperationError: the service could not be reached, or refused.
        """
        request = await self._translation.request(arguments)

        async def exchange(call: Call) -> bytes:
            ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = call.channel.unary_unary(self._method.path)
            return await ask(request, timeout=call.seconds, metadata=call.metadata)

        repeatable = self._translation.work.repeatable
        content = await self._client.ask(
            exchange, deadline=context.deadline, caller=context.caller, repeatable=repeatable
        )
        return DataResult(await self._translation.answer(content))


@dataclass(frozen=True, slots=True)
class Paging:
    """How a stream becomes pages.

    Attributes:
        next: the argument that goes on.
        limit: the argument that says how many messages.
        wait: seconds that a page is waited for at most.
        lifetime: seconds that the service is given for the whole stream.
        held: keeps streams between two pages.
    """

    next: str
    limit: str
    wait: float
    lifetime: float
    held: HeldStreams


class Streaming:
    """The handler of a method that answers any number of times: one page a call."""

    def __init__(self, api: Api, method: Method, client: GrpcClient, work: Work, paging: Paging) -> None:
        self._method = method
        self._client = client
        self._paging = paging
        self._translation = _Translation(api, method, client.host, work)

    async def __call__(self, arguments: JsonObject, context: CallContext) -> DataResult:
        """Begin a stream, or read it on. The arguments fit the method's schema.

        Raises:
            InvalidArgumentsError: they are no message, or `next` cannot be used.
            OperationError: the service could not be reached, or refused before anything came.
        """
        paging = self._paging
        until = _end_of_page(context, paging.wait)
        word, asked = arguments.get(paging.next), arguments.get(paging.limit)
        most = asked if isinstance(asked, int) else USUAL_MESSAGES
        tool = self._translation.work.tool
        if isinstance(word, str):
            stream = paging.held.take(word, principal=context.principal, tool=tool)
        else:
            rest = {
                name: value for name, value in arguments.items() if name not in (paging.next, paging.limit)
            }
            stream = await self._open(rest, context, until)
        try:
            page = await self._page(stream, most, until, context)
        except BaseException:
            stream.close()
            raise
        if page.over:
            stream.close()
            return DataResult(page.data)
        following = paging.held.hold(stream, principal=context.principal, tool=tool)
        return DataResult({**page.data, paging.next: following})

    async def _open(self, arguments: JsonObject, context: CallContext, until: float) -> OpenStream:
        request = await self._translation.request(arguments)

        async def exchange(call: Call) -> OpenStream:
            ask: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = call.channel.unary_stream(
                self._method.path
            )
            stream = OpenStream(ask(request, timeout=self._paging.lifetime, metadata=call.metadata))
            try:
                await stream.begun(until)
            except BaseException:
                stream.close()
                raise
            return stream

        return await self._client.ask(
            exchange,
            deadline=context.deadline,
            caller=context.caller,
            repeatable=self._translation.work.repeatable,
            bounded=False,
        )

    async def _page(self, stream: OpenStream, most: int, until: float, context: CallContext) -> _Page:
        messages: list[JsonValue] = []
        left = (context.response_limit - _FRAME) // 2  # data is sent twice: as such, and as text
        while len(messages) < most:
            try:
                content = await stream.read(until)
            except TimeoutError:
                break
            except grpc.aio.AioRpcError as error:
                told = self._client.judged(error)
                if not messages:
                    raise told from None
                return _Page({"messages": messages, "error": f"The stream broke off: {told}"}, over=True)
            if content is None:
                return _Page({"messages": messages}, over=True)
            message = await self._translation.answer(content)
            size = _size(message)
            if size > left and messages:
                stream.give_back(content)
                break
            if size > left:
                limit = context.response_limit
                name = f"one message of {self._translation.work.tool}"
                raise ResponseTooLargeError(name=name, size=2 * size, limit=limit)
            left -= size
            messages.append(message)
        return _Page({"messages": messages}, over=False)


@dataclass(frozen=True, slots=True)
class _Page:
    """Messages as data, and whether the stream is over."""

    data: JsonObject
    over: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What both handlers need beside the method.

    Attributes:
        tool: name of the tool, for errors.
        workers: translate large messages.
        message_size: bytes that a request may have.
        repeatable: whether a call may be sent again.
    """

    tool: str
    workers: WorkerPool
    message_size: int
    repeatable: bool


class _Translation:
    """Between JSON and the messages of one method; what is large goes through on a worker."""

    def __init__(self, api: Api, method: Method, host: str, work: Work) -> None:
        self._encode = partial(encoded, api.pool, method.request)
        self._decode = partial(decoded, api.pool, method.response)
        self._host = host
        self.work = work

    async def request(self, arguments: JsonObject) -> bytes:
        try:
            content = await self._away(partial(self._encode, arguments), size=_size(arguments))
        except NotAMessageError as error:
            raise InvalidArgumentsError(tool=self.work.tool, faults=[str(error)]) from None
        if len(content) > self.work.message_size:
            reason = f"its message has {len(content)} bytes; the limit is {self.work.message_size}"
            raise UpstreamRequestError(host=self._host, reason=reason)
        return content

    async def answer(self, content: bytes) -> JsonObject:
        try:
            return await self._away(partial(self._decode, content), size=len(content))
        except BrokenError as error:
            raise UpstreamUnavailableError(host=self._host, reason=str(error)) from None

    async def _away(self, work: Callable[[], _T], *, size: int) -> _T:
        return work() if size < _LARGE else await self.work.workers.run(work)


def _end_of_page(context: CallContext, wait: float) -> float:
    """The moment at which a page is given as it is: some time before nobody waits for it any more."""
    now = time.monotonic()
    left = context.deadline.remaining()
    return now + min(wait, left - min(1.0, left / 5))


def _size(value: JsonValue) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
