"""Asks a service what it has (gRPC server reflection, v1 and v1alpha, which look alike on the wire)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, cast

import grpc
import grpc.aio
from google.protobuf import descriptor_pb2
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha import reflection_pb2

from seawall.security.budget import Deadline
from seawall.toolsets.grpc.client import Call, GrpcClient
from seawall.toolsets.grpc.describing import UnusableError
from seawall.toolsets.interface import Caller

__all__ = ["reflected"]

_PATHS: Final = tuple(
    f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")
)
_MOST_FILES: Final = 2000
_OWN: Final = "grpc.reflection."
# Refused while the first question is on its way, grpcio takes its own failure to send that for the status.
_WITHOUT_V1: Final = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL)


async def reflected(
    client: GrpcClient, services: Sequence[str], *, limit: int, deadline: Deadline
) -> descriptor_pb2.FileDescriptorSet:
    """The files of the services, each once, with all that they import.

    Args:
        client: of the service, started.
        services: which ones; all that it lists when empty.
        limit: bytes that all files may have together.
        deadline: when it has to be done.

    Raises:
        UnusableError: it says something that is no answer, or more than the limit.
        OperationError: it cannot be reached, or refuses.
    """

    async def exchange(call: Call) -> descriptor_pb2.FileDescriptorSet:
        try:
            return await _Asking(call, _PATHS[0], limit).files(services)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _WITHOUT_V1:
                raise
        return await _Asking(call, _PATHS[1], limit).files(services)

    return await client.ask(exchange, deadline=deadline, caller=Caller("operator"), repeatable=True)


class _Asking:
    """One conversation."""

    def __init__(self, call: Call, path: str, limit: int) -> None:
        ask: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = call.channel.stream_stream(path)
        self._questions: asyncio.Queue[bytes] = asyncio.Queue()
        self._stream = ask(self._all_questions(), timeout=call.seconds, metadata=call.metadata)
        self._left = limit
        self._files: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    async def files(self, services: Sequence[str]) -> descriptor_pb2.FileDescriptorSet:
        try:
            for name in services or await self._listed():
                if not name.startswith(_OWN):
                    await self._add(file_containing_symbol=name)
            while missing := self._missing():
                await self._add(file_by_filename=missing)
        finally:
            self._stream.cancel()
        return descriptor_pb2.FileDescriptorSet(file=[self._files[name] for name in sorted(self._files)])

    async def _all_questions(self) -> AsyncIterator[bytes]:
        while True:
            yield await self._questions.get()

    def _missing(self) -> str | None:
        needed = (each for file in self._files.values() for each in file.dependency)
        return next((each for each in needed if each not in self._files), None)

    async def _listed(self) -> list[str]:
        answer = await self._asked(list_services="*")
        return sorted(each.name for each in answer.list_services_response.service)

    async def _add(self, **question: str) -> None:
        answer = await self._asked(**question)
        known = len(self._files)
        for content in answer.file_descriptor_response.file_descriptor_proto:
            self._left -= len(content)
            if self._left < 0 or len(self._files) >= _MOST_FILES:
                raise UnusableError("it describes more than `descriptor_size` allows")
            try:
                file = descriptor_pb2.FileDescriptorProto.FromString(content)
            except DecodeError:
                raise UnusableError("it describes itself with something that is no file") from None
            self._files.setdefault(file.name, file)
        wanted = question.get("file_by_filename")
        if wanted is not None and (wanted not in self._files or len(self._files) == known):
            raise UnusableError(f"it does not give the file {wanted[:100]!r}, which others of its import")

    async def _asked(self, **question: str) -> Any:  # noqa: ANN401  made at run time
        request = reflection_pb2.ServerReflectionRequest()
        for name, value in question.items():
            setattr(request, name, value)
        self._questions.put_nowait(request.SerializeToString())
        content = await self._stream.read()
        if content is grpc.aio.EOF:
            raise UnusableError("it stopped describing itself")
        try:
            answer = reflection_pb2.ServerReflectionResponse.FromString(cast("bytes", content))
        except DecodeError:
            raise UnusableError("it describes itself with something that is no answer") from None
        if answer.WhichOneof("message_response") == "error_response":
            number = answer.error_response.error_code
            raise UnusableError(
                f"it refuses to describe {next(iter(question.values()))[:100]!r} (status {number})"
            )
        return answer
