"""`.proto` files to descriptors, by the compiler that comes with grpcio-tools, inside of this process.

The compiler reads below one directory and what it brings along itself, and writes into memory. It is a parser of files
that the operator wrote: nothing of a caller ever reaches it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, Final

from seawall.errors import BlueprintError, Problem, StartError
from seawall.toolsets.grpc.declaration import GrpcDeclaration

__all__ = ["compiled", "proto_root"]

_MOST_FILES: Final = 2000


def proto_root(declaration: GrpcDeclaration) -> str:
    """The directory at which imports start, as the blueprint may write it."""
    return declaration.proto_path or str(PurePosixPath(declaration.proto[0]).parent)


def compiled(declaration: GrpcDeclaration, directory: Path) -> bytes:
    """The FileDescriptorSet of the declaration's files, with imports and comments. Blocks.

    Raises:
        BlueprintError: the files have faults, each with file, line and column, or one lies outside of `proto_path`.
        StartError: a file cannot be read, or they are too large.
    """
    root = directory / Path(proto_root(declaration)).expanduser()
    names = [_name(directory / Path(each).expanduser(), root, each) for each in declaration.proto]
    _check_size(root, declaration)
    includes = [str(root), str(resources.files("grpc_tools") / "_proto")]
    if problems := list(_faults(names, includes, root)):
        raise BlueprintError(problems)
    return _output(names, includes, limit=declaration.descriptor_size)


def _name(path: Path, root: Path, shown: str) -> str:
    """The file as `import` calls it."""
    if not path.is_file():
        raise StartError(
            f"the file {shown} cannot be read.",
            hint="`proto` names files; a relative path starts at the blueprint.",
        )
    name = os.path.relpath(path, root).replace(os.sep, "/")
    if name.startswith("../"):
        raise BlueprintError(
            [_problem("proto_path", f"{shown} lies outside of it; set it to a directory above all files")]
        )
    return name


def _check_size(root: Path, declaration: GrpcDeclaration) -> None:
    """Bound what the compiler may read before it does."""
    size = 0
    for count, path in enumerate(_below(root)):
        size += path.stat().st_size
        if count >= _MOST_FILES or size > declaration.descriptor_size:
            raise StartError(
                f"the .proto files below {proto_root(declaration)} are more than {_MOST_FILES} or larger than "
                f"{declaration.descriptor_size} bytes.",
                hint="Set `proto_path` to a smaller directory, or raise `descriptor_size`.",
            )


def _below(root: Path) -> Iterator[Path]:
    for place, directories, files in os.walk(root):
        directories[:] = [each for each in directories if not each.startswith(".")]
        yield from (
            found for each in files if each.endswith(".proto") and (found := Path(place, each)).is_file()
        )


def _faults(names: Sequence[str], includes: Sequence[str], root: Path) -> Iterator[Problem]:
    from grpc_tools import _protoc_compiler as compiler  # noqa: PLC0415  an extra; only it gives lines as data

    for name in names:
        try:
            compiler.get_protos(name.encode(), [each.encode() for each in includes])
        except compiler.ProtocErrors as errors:
            yield from (_fault(each, root) for each in errors.args[0])


def _fault(error: Any, root: Path) -> Problem:  # noqa: ANN401  it has no types
    name, message = error.filename.decode("utf-8", "replace"), error.message.decode("utf-8", "replace")
    has_place = error.line >= 0 and error.column >= 0
    return Problem(
        source=str(root / name),
        line=error.line + 1 if has_place else None,
        column=error.column + 1 if has_place else None,
        key="",
        found="",
        allowed="",
        suggestion=None,
        message=message,
    )


def _output(names: Sequence[str], includes: Sequence[str], *, limit: int) -> bytes:
    from grpc_tools import protoc  # noqa: PLC0415  an extra

    target = os.memfd_create("seawall-descriptors")
    try:
        status = protoc.main(
            [
                "protoc",
                *(f"-I{each}" for each in includes),
                f"--descriptor_set_out=/proc/self/fd/{target}",
                "--include_imports",
                "--include_source_info",
                *names,
            ]
        )
        size = os.fstat(target).st_size
        if status or not 0 < size <= 4 * limit:  # comments and places make it larger than its sources
            raise StartError(
                "the .proto files cannot be compiled.", hint="protoc says why on standard error."
            )
        return os.pread(target, size, 0)
    finally:
        os.close(target)


def _problem(key: str, message: str) -> Problem:
    return Problem(
        source="", line=None, column=None, key=key, found="", allowed="", suggestion=None, message=message
    )
