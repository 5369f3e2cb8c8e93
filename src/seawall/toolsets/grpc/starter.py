"""How a new project begins with a gRPC service: its description is copied, and the blueprint says where it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import BlueprintError, SeawallError, UsageError
from seawall.security.budget import WorkerPool
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.extra import EXTRA, check_extra, quiet
from seawall.toolsets.interface import Host
from seawall.toolsets.lock import LOCK_NAME
from seawall.toolsets.remote import outbound_of
from seawall.toolsets.starter import Needs, Question, Setting, Start

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

__all__ = ["GrpcStarter"]

_PROTOS: Final = "protos"
_SPECS: Final = "specs"
_UNKNOWN: Final = "https://service.invalid:443"  # RFC 6761: nobody ever has it
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_LARGEST: Final = 8 * 1024**2  # bytes, as of any file of a project
_HINT: Final = "Give a .proto file, a FileDescriptorSet, or the URL of a service with reflection."


class GrpcStarter:
    """Methods of a gRPC service."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "methods of a gRPC service"

    @property
    def question(self) -> Question:
        """Its description."""
        return Question("Which .proto file, FileDescriptorSet, or URL of a service with reflection", "PROTO")

    def start(self, answer: str) -> Start:
        """A copy of the description, and where the service is.

        Raises:
            UsageError: there is no such file, it describes nothing, or the extra is not installed.
        """
        if not answer.strip():
            raise UsageError("--grpc needs a description.", hint=_HINT)
        try:
            check_extra(compiler=answer.endswith(".proto"))
            quiet()
            return _asked(answer) if "://" in answer else _read(Path(answer).expanduser(), answer)
        except BlueprintError as error:
            text = "; ".join(
                f"{Path(each.source).name}:{each.line}: {each.message}" if each.line else each.message
                for each in error.problems[:3]
            )
            raise UsageError(f"--grpc cannot begin with {answer}: {text}.", hint=_HINT) from error
        except UsageError:
            raise
        except SeawallError as error:
            raise UsageError(
                f"--grpc cannot begin with {answer}: {error.message}", hint=error.hint or _HINT
            ) from error

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """The description, the certificates, the names of its operations, the extra, and the way to the service."""
        if not isinstance(declaration, GrpcDeclaration):
            return Needs()
        saved = declaration.descriptors or (
            f"{declaration.name or declaration.kind}.txtpb" if declaration.reflection else ""
        )
        protos = (
            (declaration.proto_path or str(PurePosixPath(declaration.proto[0]).parent),)
            if declaration.proto
            else ()
        )
        paths = (*protos, saved, declaration.ca, declaration.certificate)
        return Needs(
            sources=(*filter(_is_inside, paths), LOCK_NAME),
            dependencies=(EXTRA,),
            outbound=outbound_of(declaration, (declaration.endpoint,)),
            words="the service's description, and the names of its operations (`seawall lock` writes them)",
        )


def _read(path: Path, answer: str) -> Start:
    if not path.is_file():
        raise UsageError(f"--grpc: {answer} is no file.", hint=_HINT)
    files, settings = _copied(path) if path.suffix == ".proto" else _written(path)
    if sum(map(len, files.values())) > _LARGEST:
        raise UsageError(
            f"--grpc: {answer} has more than {_LARGEST // 1024**2} MiB.",
            hint="Write the blueprint by hand, and let `descriptors` name the file.",
        )
    notes = (
        f"{', '.join(files)}: copied from {path.name}.",
        f"endpoint is a placeholder: {_UNKNOWN} is nowhere.",
    )
    return Start(settings=(*settings, Setting("endpoint", _UNKNOWN), *_more()), files=files, notes=notes)


def _asked(url: str) -> Start:
    from seawall.toolsets.grpc.source import as_text, ask_service  # noqa: PLC0415  an extra

    place = f"{_SPECS}/service.txtpb"
    with _Lent(Path.cwd()) as host:
        found = ask_service(_declared({"endpoint": url, "reflection": True, "networks": _local(url)}), host)
    settings = (
        Setting("reflection", value=True, comment="delete the file to ask the service again"),
        Setting("descriptors", place),
        Setting("endpoint", url),
        *(Setting("networks", (each,)) for each in _local(url)),
        *_more(),
    )
    return Start(
        settings=settings, files={place: as_text(found)}, notes=(f"{place} is what {url} says of itself.",)
    )


def _copied(path: Path) -> tuple[dict[str, str], tuple[Setting, ...]]:
    """The file, and what it imports from the same directory."""
    from seawall.toolsets.grpc.compiling import compiled  # noqa: PLC0415  an extra
    from seawall.toolsets.grpc.describing import file_set  # noqa: PLC0415  an extra

    declaration = _declared({"endpoint": _UNKNOWN, "proto": (path.name,)})
    found = file_set(compiled(declaration, path.parent))
    _described(found)
    own = [each.name for each in found.file if (path.parent / each.name).is_file()]
    files = {f"{_PROTOS}/{name}": (path.parent / name).read_text(encoding="utf-8") for name in own}
    return files, (Setting("proto", (f"{_PROTOS}/{path.name}",)),)


def _written(path: Path) -> tuple[dict[str, str], tuple[Setting, ...]]:
    """The set as text, in which a change of it can be read."""
    from seawall.toolsets.grpc.source import as_text, read_set  # noqa: PLC0415  an extra

    declaration = _declared({"endpoint": _UNKNOWN, "descriptors": path.name})
    found = read_set(path, path.name, declaration)
    _described(found)
    place = f"{_SPECS}/{_UNFIT.sub('-', path.stem.lower()).strip('-')[:40] or 'service'}.txtpb"
    return {place: as_text(found)}, (Setting("descriptors", place),)


def _described(found: FileDescriptorSet) -> None:
    from seawall.toolsets.grpc.describing import UnusableError, describe  # noqa: PLC0415  an extra

    try:
        describe(found)
    except UnusableError as error:
        raise UsageError(f"--grpc: the description cannot be used: {error}.", hint=_HINT) from None


def _declared(values: Mapping[str, object]) -> GrpcDeclaration:
    try:
        return GrpcDeclaration.model_validate({"kind": "grpc", **values})
    except ValueError as error:
        raise UsageError("--grpc: a URL has the form https://HOST:PORT.", hint=_HINT) from error


def _more() -> Iterator[Setting]:
    """What most services need, as comments."""
    auth = {"scheme": "bearer", "token": "env:GRPC_TOKEN"}
    yield Setting("auth", auth, comment="a secret is named here, never written", active=False)
    yield Setting(
        "operations",
        ("get_*", "list_*"),
        comment="names or pets.v1.PetStore/*; all without this line",
        active=False,
    )


def _local(url: str) -> tuple[str, ...]:
    return ("127.0.0.0/8",) if re.match(r"https?://(127\.|localhost[:/]?)", url) else ()


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts


class _Lent:
    """What a toolset is lent, for as long as a project is planned."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._workers = WorkerPool(size=1, queued=1)

    def __enter__(self) -> Host:
        return Host(directory=self._directory, workers=self._workers, response_limit=_LARGEST)

    def __exit__(self, *_: object) -> None:
        self._workers.close()
