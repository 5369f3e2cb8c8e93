"""The description that a declaration names: compiled, read from a file, or asked for once and saved."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from google.protobuf import descriptor_pb2, text_format

from seawall.errors import BlueprintError, Problem, SeawallError, StartError
from seawall.security.budget import Deadline
from seawall.toolsets.grpc.compiling import compiled
from seawall.toolsets.grpc.connecting import client_of
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.describing import UnusableError, describe, file_set, file_set_of_text
from seawall.toolsets.grpc.model import Api
from seawall.toolsets.grpc.reflection import reflected
from seawall.toolsets.interface import Host

__all__ = ["as_text", "ask_service", "load", "read_set"]

_ASKED_WITHIN: Final = 60.0  # seconds
_TEXT: Final = (".txtpb", ".textproto", ".pbtxt")
_HEAD: Final = "# proto-file: google/protobuf/descriptor.proto\n# proto-message: FileDescriptorSet\n"


def load(declaration: GrpcDeclaration, host: Host) -> Api:
    """Read the description. Blocks; with `reflection` and no saved file yet it asks the service.

    Raises:
        BlueprintError: it has faults, or is not the one that is pinned.
        StartError: it cannot be had.
    """
    if declaration.proto:
        return _described(
            file_set(compiled(declaration, host.directory)), "proto", ", ".join(declaration.proto)
        )
    shown = declaration.descriptors or f"{declaration.name or declaration.kind}.txtpb"
    path = host.directory / Path(shown).expanduser()
    if declaration.reflection and not path.exists():
        found = ask_service(declaration, host)
        api = _described(found, "reflection", declaration.endpoint)  # nothing is saved that cannot be used
        _save(path, shown, as_text(found).encode() if shown.endswith(_TEXT) else found.SerializeToString())
        if not declaration.sha256:
            return api
    return _described(read_set(path, shown, declaration), "descriptors", shown)


def read_set(path: Path, shown: str, declaration: GrpcDeclaration) -> descriptor_pb2.FileDescriptorSet:
    """The set in a file.

    Raises:
        BlueprintError: it is no set, or not the one that is pinned.
        StartError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(declaration.descriptor_size + 1)
    except OSError as error:
        raise StartError(
            f"the descriptors {shown} cannot be read: {error.strerror or error}.",
            hint="`descriptors` names a file; a relative path starts at the blueprint.",
        ) from error
    if len(content) > declaration.descriptor_size:
        raise StartError(
            f"the descriptors {shown} have more than {declaration.descriptor_size} bytes.",
            hint="Raise `descriptor_size`, or describe fewer services.",
        )
    digest = hashlib.sha256(content).hexdigest()
    if declaration.sha256 and not hmac.compare_digest(digest, declaration.sha256):
        raise BlueprintError(
            [
                _problem(
                    "sha256", f"{shown} is not the file whose hash this is ({digest}); look at what changed"
                )
            ]
        )
    try:
        return file_set_of_text(content.decode()) if shown.endswith(_TEXT) else file_set(content)
    except (UnusableError, UnicodeDecodeError) as error:
        raise BlueprintError([_problem("descriptors", f"{shown} cannot be used: {error}")]) from None


def as_text(found: descriptor_pb2.FileDescriptorSet) -> str:
    """The set in the form in which a change of it can be read."""
    return _HEAD + text_format.MessageToString(found)


def ask_service(declaration: GrpcDeclaration, host: Host) -> descriptor_pb2.FileDescriptorSet:
    """What the service says of itself.

    Raises:
        StartError: it cannot be had.
    """

    async def asking() -> descriptor_pb2.FileDescriptorSet:
        client = client_of(declaration, host, largest=declaration.descriptor_size)
        try:
            await client.start()
            return await reflected(
                client,
                declaration.services,
                limit=declaration.descriptor_size,
                deadline=Deadline.after(_ASKED_WITHIN),
            )
        finally:
            await client.close()

    # A server may be put together inside of a running loop, which must not wait for its own coroutine.
    with ThreadPoolExecutor(1, thread_name_prefix="seawall-reflection") as apart:
        try:
            return apart.submit(asyncio.run, asking()).result()
        except (StartError, BlueprintError):
            raise
        except SeawallError as error:
            raise _unasked(declaration, error.message, error.hint) from error
        except UnusableError as error:
            raise _unasked(declaration, f"{error}.", None) from None


def _unasked(declaration: GrpcDeclaration, reason: str, hint: str | None) -> StartError:
    return StartError(
        f"{declaration.endpoint} cannot be asked what it has: {reason}",
        hint=hint or "It has to offer server reflection; else set `proto` or `descriptors`.",
    )


def _described(found: descriptor_pb2.FileDescriptorSet, key: str, shown: str) -> Api:
    try:
        return describe(found)
    except UnusableError as error:
        raise BlueprintError([_problem(key, f"{shown} cannot be used: {error}")]) from None


def _save(path: Path, shown: str, content: bytes) -> None:
    """Write the file whole or not at all."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StartError(
            f"what the service says of itself cannot be saved in {shown}: {error.strerror or error}.",
            hint="Run `seawall check` once where that file can be written, and bring it along.",
        ) from error


def _problem(key: str, message: str) -> Problem:
    return Problem(
        source="", line=None, column=None, key=key, found="", allowed="", suggestion=None, message=message
    )
