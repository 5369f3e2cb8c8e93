"""A gRPC service made from its description: it reads every request, and answers with an example of each type."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from seawall.toolsets.grpc.model import Api, Method
from seawall.toolsets.grpc.schemas import is_required, offered

__all__ = ["MockGrpc", "ReceivedMessage"]

_STREAMED: Final = 2  # messages of a stream
_DEEPEST: Final = 3  # messages within messages of an example
_MOMENT: Final = 1_767_225_600  # seconds: the first one of 2026
_F: Final = FieldDescriptor


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One request that came.

    Attributes:
        method: as `pets.v1.PetStore/GetPet`, or the path that no method has.
        metadata: by small name.
        message: as it was read; None when it could not be.
        faults: what is wrong with it by the description, one sentence each.
    """

    method: str
    metadata: Mapping[str, str | bytes]
    message: Message | None
    faults: tuple[str, ...]


class MockGrpc:
    """The service that a description describes, for the time of a `with` block. A stream has two messages.

    Attributes:
        received: every request that came, in order.
    """

    def __init__(self, api: Api) -> None:
        self.received: list[ReceivedMessage] = []
        self._api = api
        self._methods = {each.path: each for each in api.methods}
        self._lock = threading.Lock()
        self._server: grpc.Server | None = None
        self._port = 0

    def __enter__(self) -> Self:
        """Listen. Returns when it does."""
        unbounded = [("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)]
        self._server = grpc.server(ThreadPoolExecutor(8), options=unbounded)
        self._server.add_generic_rpc_handlers((self,))  # type: ignore[arg-type]  # it has the one method that counts
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.stop(None).wait()

    @property
    def url(self) -> str:
        """What `endpoint` must be for requests to come here."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong with any request."""
        return [f"{each.method}: {fault}" for each in self.received for fault in each.faults]

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler of a call, as grpcio asks for it."""
        metadata = {str(name): value for name, value in details.invocation_metadata or ()}
        method = self._methods.get(details.method)
        if method is None or method.client_streaming:
            self._note(ReceivedMessage(details.method, metadata, None, ("no such method can be called",)))
            return grpc.unary_unary_rpc_method_handler(_no_method)

        def answer(content: bytes, context: grpc.ServicerContext) -> bytes:
            return self._answered(method, metadata, content, context)

        def answers(content: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            example = self._answered(method, metadata, content, context)
            yield from (example for _ in range(_STREAMED))

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(answers)
        return grpc.unary_unary_rpc_method_handler(answer)

    def _answered(
        self,
        method: Method,
        metadata: Mapping[str, str | bytes],
        content: bytes,
        context: grpc.ServicerContext,
    ) -> bytes:
        message: Message | None = None
        try:
            message = GetMessageClass(method.request).FromString(content)
            faults = tuple(_faults(self._api, message))
        except DecodeError:
            faults = (f"it is no {method.request.full_name}",)
        self._note(ReceivedMessage(method.key, metadata, message, faults))
        if faults:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "; ".join(faults)[:1000])
        return example(method.response).SerializeToString(deterministic=True)

    def _note(self, received: ReceivedMessage) -> None:
        with self._lock:
            self.received.append(received)


def example(message: Descriptor, *, depth: int = 0) -> Message:
    """A message of that type with a value in every field; of a oneof in the first one."""
    made = GetMessageClass(message)()
    fill = _WELL_KNOWN.get(message.full_name)
    if fill is not None:
        fill(made)
        return made
    for field in message.fields:
        first = field.containing_oneof is None or field.containing_oneof.fields[0] is field
        nested = field.message_type is not None
        if first and (field.is_required or depth < _DEEPEST or not nested):
            _set(made, field, depth)
    return made


def _set(made: Message, field: FieldDescriptor, depth: int) -> None:
    name = field.name
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, inner = (field.message_type.fields_by_name[each] for each in ("key", "value"))
        entries = getattr(made, name)
        if inner.message_type is None:
            entries[_plain(key)] = _plain(inner)
        else:
            entries[_plain(key)].CopyFrom(example(inner.message_type, depth=depth + 1))
    elif field.message_type is not None:
        value = example(field.message_type, depth=depth + 1)
        if field.is_repeated:
            getattr(made, name).append(value)
        else:
            getattr(made, name).CopyFrom(value)
    elif field.is_repeated:
        getattr(made, name).append(_plain(field))
    else:
        setattr(made, name, _plain(field))


def _plain(field: FieldDescriptor) -> Any:  # noqa: ANN401  whatever the field holds
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    return _PLAIN.get(field.type, 1)


def _faults(api: Api, message: Message) -> Iterator[str]:
    """What the description does not allow in a message that was read."""
    waiting: list[tuple[str, Message]] = [("", message)]
    while waiting:
        place, here = waiting.pop()
        descriptor: Any = here.DESCRIPTOR  # of one of two classes that look alike
        where = place or descriptor.name
        if len(UnknownFieldSet(here)):
            yield f"{where} has fields that {descriptor.full_name} does not know"
        missing = [each for each in descriptor.fields if is_required(api, each) and not _is_set(here, each)]
        yield from (f"{where} lacks {each.name}" for each in missing)
        shown = {each.name for each in offered(api, descriptor)}
        for field, value in here.ListFields():
            path = f"{place}.{field.name}".lstrip(".")
            if field.name not in shown:
                yield f"{path} is for answers alone"
            values = _values(field, value)
            if field.message_type is not None:
                waiting += [(path, each) for each in values if isinstance(each, Message)]
            elif field.enum_type is not None:
                known = field.enum_type.values_by_number
                yield from (
                    f"{path} has {each}, which is no value of it" for each in values if each not in known
                )


def _values(field: FieldDescriptor, value: Any) -> list[Any]:  # noqa: ANN401  whatever the field holds
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return list(value.values())
    return list(value) if field.is_repeated else [value]


def _is_set(message: Message, field: FieldDescriptor) -> bool:
    if field.has_presence:
        return message.HasField(field.name)
    return bool(getattr(message, field.name))


def _no_method(_content: bytes, context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such method")


def _any(made: Any) -> None:  # noqa: ANN401  a message that is made at run time
    made.type_url = f"type.googleapis.com/{made.DESCRIPTOR.full_name}"


def _timestamp(made: Any) -> None:  # noqa: ANN401  see above
    made.seconds = _MOMENT


def _duration(made: Any) -> None:  # noqa: ANN401  see above
    made.seconds = 1


def _mask(made: Any) -> None:  # noqa: ANN401  see above
    made.paths.append("name")


def _struct(made: Any) -> None:  # noqa: ANN401  see above
    made.fields["text"].string_value = "text"


def _value(made: Any) -> None:  # noqa: ANN401  see above
    made.string_value = "text"


def _list(made: Any) -> None:  # noqa: ANN401  see above
    made.values.add().number_value = 1.5


_WELL_KNOWN: Final = {
    "google.protobuf.Any": _any,
    "google.protobuf.Duration": _duration,
    "google.protobuf.FieldMask": _mask,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Struct": _struct,
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Value": _value,
}
_PLAIN: Final[Mapping[int, object]] = {
    _F.TYPE_BOOL: True,
    _F.TYPE_BYTES: b"\x00\xff",
    _F.TYPE_DOUBLE: 1.5,
    _F.TYPE_FLOAT: 1.5,
    _F.TYPE_STRING: "text",
}
