"""The kind `grpc`, which loads what it needs when a blueprint has such a toolset, and says what is missing."""

from __future__ import annotations

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import StartError
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.extra import check_extra, quiet
from seawall.toolsets.grpc.starter import GrpcStarter
from seawall.toolsets.interface import Host, Toolset
from seawall.toolsets.starter import Starter

__all__ = ["GrpcKind", "checked"]


class GrpcKind:
    """The kind `grpc`."""

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "grpc"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return GrpcDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return GrpcStarter()

    def moved(self, declaration: ToolsetDeclaration, url: str) -> GrpcDeclaration:
        """The same declaration for a service at this URL on this machine, which asks for no credentials."""
        changed: dict[str, object] = {
            "endpoint": url,
            "networks": ("127.0.0.1/32",),
            "auth": None,
            "ca": "",
            "certificate": "",
            "certificate_key": None,
        }
        return checked(declaration).model_copy(update=changed)

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset of a service, whose description is read here. Nothing is called.

        Raises:
            BlueprintError: the description cannot be used, or the declaration does not fit it; every problem.
            StartError: the description cannot be had, the extra is not installed, or it is a declaration of another kind.
        """
        declaration = checked(declaration)
        check_extra(compiler=bool(declaration.proto))
        quiet()
        from seawall.toolsets.grpc.toolset import grpc_toolset  # noqa: PLC0415  an extra, and a tenth of a second

        return grpc_toolset(declaration, host)


def checked(declaration: ToolsetDeclaration) -> GrpcDeclaration:
    """The declaration as one of this kind.

    Raises:
        StartError: it is one of another.
    """
    if not isinstance(declaration, GrpcDeclaration):
        raise StartError(f"A declaration of kind {declaration.kind!r} describes no gRPC service.")
    return declaration
