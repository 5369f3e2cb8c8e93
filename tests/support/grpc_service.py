"""A real gRPC server on loopback: the shop of `tests/data/grpc/pets.proto`, which notes what it was sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection

from seawall.toolsets.grpc.compiling import compiled
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.describing import describe, file_set
from seawall.toolsets.grpc.model import Api, Method

__all__ = ["PROTOS", "Shop", "api", "descriptors", "serving", "until"]

PROTOS = Path(__file__).parents[1] / "data" / "grpc"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


@cache
def descriptors() -> bytes:
    """The shop's FileDescriptorSet."""
    declaration = GrpcDeclaration.model_validate(
        {"kind": "grpc", "endpoint": "http://shop.invalid", "proto": ("pets.proto",)}
    )
    return compiled(declaration, PROTOS)


@cache
def api() -> Api:
    """The same, read."""
    return describe(file_set(descriptors()))


@dataclass
class Shop:
    """The service, and what it has noted.

    Attributes:
        port: where it listens.
        calls: names of the methods that were called, in order.
        metadata: of each call.
        ended: streams and calls of `GetLate` that came to their end, whoever ended them.
        failures: how often `GetStatus` was asked.
        sent: numbers of the pets that a stream has sent.
        token: what `authorization` has to be, if anything.
        stop: ends it at once.
        raw: what `GetEcho` answers instead of what it was asked, byte for byte.
    """

    port: int = 0
    calls: list[str] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    failures: int = 0
    token: str = ""
    raw: bytes | None = None
    stop: Callable[[], object] = lambda: None

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of a call, as grpcio asks for it."""
        method = {each.path: each for each in api().methods}.get(details.method)
        if method is None:
            return None
        return _handler(self, method)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


def _handler(shop: Shop, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
    serve: Callable[..., Any] = _METHODS.get(method.name, _unimplemented)

    def noted(request: Any, context: grpc.ServicerContext) -> Any:
        shop.calls.append(method.name)
        metadata = dict(context.invocation_metadata())
        shop.metadata.append(metadata)
        if shop.token and metadata.get("authorization") != shop.token:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you")
        return serve(shop, GetMessageClass(method.response), request, context)

    make = (
        grpc.unary_stream_rpc_method_handler
        if method.server_streaming
        else grpc.unary_unary_rpc_method_handler
    )
    return make(
        noted,
        request_deserializer=GetMessageClass(method.request).FromString,
        response_serializer=lambda message: (
            message if isinstance(message, bytes) else message.SerializeToString()
        ),
    )


def _unimplemented(_shop: Shop, _answer: Any, _request: Any, context: grpc.ServicerContext) -> Any:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "")


def _get_pet(_shop: Shop, answer: Any, request: Any, context: grpc.ServicerContext) -> Any:
    if request.pet_id == 404:
        context.abort(grpc.StatusCode.NOT_FOUND, "there is no pet 404")
    return answer(id=request.pet_id, name="Rex", kind=2)


def _echo(shop: Shop, _answer: Any, request: Any, _context: grpc.ServicerContext) -> Any:
    return request if shop.raw is None else shop.raw


def _list_pets(shop: Shop, answer: Any, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
    context.add_callback(lambda: shop.ended.append("ListPets"))
    for number in range(1, request.count + 1):
        time.sleep(request.pause / 1000)
        if request.fails_after and number > request.fails_after:
            context.abort(grpc.StatusCode.ABORTED, "no more today")
        shop.sent.append(number)
        yield answer(id=number, name=f"pet {number}")


def _count_word(_shop: Shop, answer: Any, request: Any, _context: grpc.ServicerContext) -> Any:
    return answer(value=len(request.value))


def _nothing(_shop: Shop, answer: Any, _request: Any, _context: grpc.ServicerContext) -> Any:
    return answer()


def _status(shop: Shop, answer: Any, request: Any, context: grpc.ServicerContext) -> Any:
    shop.failures += 1
    if not request.times or shop.failures <= request.times:
        context.abort(_CODES[request.code], request.message)
    return answer()


def _metadata(shop: Shop, answer: Any, _request: Any, _context: grpc.ServicerContext) -> Any:
    made = answer()
    made.update({name: str(value) for name, value in shop.metadata[-1].items()})
    return made


def _bulk(_shop: Shop, answer: Any, request: Any, context: grpc.ServicerContext) -> Any:
    if request.compressed:
        context.set_compression(grpc.Compression.Gzip)
    return answer(data=bytes(request.size))


def _late(shop: Shop, _answer: Any, request: Any, context: grpc.ServicerContext) -> Any:
    context.add_callback(lambda: shop.ended.append("GetLate"))
    end = time.monotonic() + request.ToTimedelta().total_seconds()
    while context.is_active() and time.monotonic() < end:
        time.sleep(0.01)
    return b""


_METHODS: dict[str, Callable[..., Any]] = {
    "GetPet": _get_pet,
    "AddPet": _echo,
    "PutPet": _echo,
    "GetOrCreatePet": _get_pet,
    "GetEcho": _echo,
    "ListPets": _list_pets,
    "CountWord": _count_word,
    "GetNothing": _nothing,
    "GetStatus": _status,
    "GetMetadata": _metadata,
    "GetBulk": _bulk,
    "GetLate": _late,
}


async def until(well: Callable[[], object]) -> None:
    """Wait until something is so that nobody tells of; the test's own time limit ends it."""
    while not well():  # noqa: ASYNC110  it is noted on a thread of the service
        await asyncio.sleep(0.01)


@contextmanager
def serving(
    *,
    reflects: bool = False,
    credentials: grpc.ServerCredentials | None = None,
    token: str = "",
    port: int = 0,
) -> Iterator[Shop]:
    """The shop, open for the time of the block."""
    shop = Shop(token=token)
    server = grpc.server(
        ThreadPoolExecutor(16),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    server.add_generic_rpc_handlers((shop,))  # type: ignore[arg-type]  # it has the one method that counts
    if reflects:
        reflection.enable_server_reflection(
            ("pets.v1.PetStore", reflection.SERVICE_NAME), server, pool=api().pool
        )
    place = f"127.0.0.1:{port}"
    shop.port = (
        server.add_insecure_port(place) if credentials is None else server.add_secure_port(place, credentials)
    )
    server.start()
    shop.stop = lambda: server.stop(None).wait()
    try:
        yield shop
    finally:
        server.stop(None).wait()
