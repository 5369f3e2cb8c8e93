"""Reads a FileDescriptorSet into a private pool: faults are told, and nothing reaches the pool that all of Python shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from google.protobuf import descriptor_pb2, empty_pb2, text_format
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from seawall.toolsets.cleaning import clean_line, clean_prose, is_clean_name
from seawall.toolsets.grpc.model import Api, Method

__all__ = ["UnusableError", "describe", "file_set", "file_set_of_text"]

_KNOWN: Final = (
    "any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type",
    "wrappers",
)  # fmt: skip
_BEHAVIOUR: Final = 1052  # google.api.field_behavior
_VARINT: Final = 0
_BYTES: Final = 2
_LONGEST_COMMENT: Final = 2000  # characters
_LEVELS: Final = {1: "NO_SIDE_EFFECTS", 2: "IDEMPOTENT"}


class UnusableError(Exception):
    """The description cannot be used; the text is one clause that says why."""


def file_set(content: bytes) -> descriptor_pb2.FileDescriptorSet:
    """The set in its binary form.

    Raises:
        UnusableError: it is none.
    """
    found = descriptor_pb2.FileDescriptorSet()
    try:
        found.ParseFromString(content)
    except DecodeError:
        raise UnusableError("it is no FileDescriptorSet") from None
    return _filled(found)


def file_set_of_text(text: str) -> descriptor_pb2.FileDescriptorSet:
    """The set in protobuf's text form.

    Raises:
        UnusableError: it is none.
    """
    try:
        found = text_format.Parse(text, descriptor_pb2.FileDescriptorSet(), allow_unknown_extension=True)
    except (text_format.ParseError, RecursionError) as error:
        raise UnusableError(f"it is no FileDescriptorSet as text: {str(error)[:200]}") from None
    return _filled(found)


def describe(found: descriptor_pb2.FileDescriptorSet) -> Api:
    """What the set has.

    Raises:
        UnusableError: it contradicts itself, or lacks a file that it imports.
    """
    pool = DescriptorPool()
    files = {each.name: each for each in found.file}
    for each in _ordered(files):
        try:
            pool.AddSerializedFile(each.SerializeToString())
            pool.FindFileByName(each.name)
        except (TypeError, KeyError, DecodeError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UnusableError(f"its file {each.name[:100]!r} cannot be used: {reason}") from None
    for name in files:
        _check_names(pool.FindFileByName(name).message_types_by_name.values())
    comments = {name: text for each in files.values() for name, text in _comments(each)}
    behaviours = dict(
        pair
        for each in files.values()
        for message in each.message_type
        for pair in _behaviours(message, each.package)
    )
    methods = tuple(
        _method(method, comments)
        for each in files.values()
        for service in pool.FindFileByName(each.name).services_by_name.values()
        for method in service.methods
    )
    return Api(pool, methods, comments, behaviours)


def _filled(found: descriptor_pb2.FileDescriptorSet) -> descriptor_pb2.FileDescriptorSet:
    if not found.file:
        raise UnusableError("it describes nothing")
    return found


def _ordered(
    files: dict[str, descriptor_pb2.FileDescriptorProto],
) -> Iterator[descriptor_pb2.FileDescriptorProto]:
    """The files, each after those that it imports; protobuf's own are added where they are missing."""
    done: set[str] = set()
    stack = [(name, False) for name in reversed(files)]
    under_way: set[str] = set()
    while stack:
        name, imported = stack.pop()
        if imported:
            under_way.discard(name)
            done.add(name)
            yield files[name]
        elif name in under_way:
            raise UnusableError(f"its file {name[:100]!r} imports itself")
        elif name not in done:
            if name not in files:
                files[name] = _own(name)
            under_way.add(name)
            stack.append((name, True))
            stack.extend((each, False) for each in files[name].dependency if each not in done)


def _own(name: str) -> descriptor_pb2.FileDescriptorProto:
    """A file that comes with protobuf itself."""
    stem = name.removeprefix("google/protobuf/").removesuffix(".proto")
    if name != f"google/protobuf/{stem}.proto" or stem not in _KNOWN:
        raise UnusableError(
            f"it imports {name[:100]!r} and lacks it: it has to be made with --include_imports"
        )
    found = descriptor_pb2.FileDescriptorProto()
    import_module(f"google.protobuf.{stem}_pb2").DESCRIPTOR.CopyToProto(found)
    return found


def _method(found: MethodDescriptor, comments: Mapping[str, str]) -> Method:
    options = descriptor_pb2.MethodOptions.FromString(found.GetOptions().SerializeToString())
    return Method(
        service=found.containing_service.full_name,
        name=found.name,
        request=found.input_type,
        response=found.output_type,
        client_streaming=found.client_streaming,
        server_streaming=found.server_streaming,
        level=_LEVELS.get(options.idempotency_level, ""),
        comment=comments.get(found.full_name, ""),
        deprecated=options.deprecated,
    )


def _comments(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        text = location.leading_comments.strip() or location.trailing_comments.strip()
        if text:
            name = _at(file, tuple(location.path))
            if name:
                yield name, clean_prose(" ".join(text.split()))[:_LONGEST_COMMENT]


def _at(file: descriptor_pb2.FileDescriptorProto, path: tuple[int, ...]) -> str:
    """The full name of what stands at that path: a message, field, service or method; empty for all else."""
    names = [file.package] if file.package else []
    here: Any = file
    for number, index in zip(path[::2], path[1::2], strict=False):
        form = here.DESCRIPTOR.fields_by_number.get(number)
        if form is None or form.name not in {"message_type", "nested_type", "field", "service", "method"}:
            return ""
        members = getattr(here, form.name)
        if index >= len(members):
            return ""
        here = members[index]
        names.append(here.name)
    return ".".join(names) if len(path) % 2 == 0 and path else ""


def _check_names(messages: Iterable[Descriptor]) -> None:
    """Refuse names of fields in JSON that two share, or in which something cannot be seen.

    protoc makes no such description, but a service may say anything of itself.

    Raises:
        UnusableError: there is one.
    """
    waiting = list(messages)
    while waiting:
        message = waiting.pop()
        waiting += message.nested_types
        names = Counter(each.json_name for each in message.fields)
        wrong = next((name for name, count in names.items() if count > 1 or not is_clean_name(name)), None)
        if wrong is not None:
            shown = clean_line(wrong)[:100]
            raise UnusableError(
                f"{message.full_name[:100]} has fields whose name in JSON cannot be used: {shown!r}"
            )


def _behaviours(message: descriptor_pb2.DescriptorProto, outer: str) -> Iterator[tuple[str, frozenset[int]]]:
    """What `google.api.field_behavior` says of the fields, whether or not its own file is known here."""
    stack = [(message, outer)]
    while stack:
        here, where = stack.pop()
        name = f"{where}.{here.name}" if where else here.name
        stack.extend((each, name) for each in here.nested_type)
        for each in here.field:
            if each.HasField("options") and (said := frozenset(_said(each.options))):
                yield f"{name}.{each.name}", said


def _said(options: descriptor_pb2.FieldOptions) -> Iterable[int]:
    bare = empty_pb2.Empty.FromString(options.SerializeToString())
    unknown: Any = UnknownFieldSet(bare)  # its type says too little
    for each in unknown:
        if each.field_number == _BEHAVIOUR and each.wire_type == _VARINT:
            yield int(each.data)
        elif each.field_number == _BEHAVIOUR and each.wire_type == _BYTES:
            yield from bytes(each.data)  # packed, and no value has more than seven bits
