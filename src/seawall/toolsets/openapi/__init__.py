"""The kind `openapi`: operations of a REST API, from its OpenAPI or Swagger description."""

from __future__ import annotations

from seawall.toolsets.interface import Host
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.service import Service
from seawall.toolsets.openapi.toolset import OpenApiKind

__all__ = ["KIND", "OpenApiDeclaration"]


class _WhenUsed:
    """The real connection, loaded when there is an API to read: a server of files alone does without."""

    def load(self, declaration: OpenApiDeclaration, host: Host) -> ApiDescription:
        from seawall.toolsets.openapi.wiring import RealConnection  # noqa: PLC0415  see above

        return RealConnection().load(declaration, host)

    def serve(
        self, declaration: OpenApiDeclaration, description: ApiDescription, host: Host, *, base: str
    ) -> Service:
        from seawall.toolsets.openapi.wiring import RealConnection  # noqa: PLC0415  see above

        return RealConnection().serve(declaration, description, host, base=base)


KIND = OpenApiKind(_WhenUsed())
