"""The kind `grpc`: methods of a gRPC service, from its `.proto` files, its descriptors, or what it says of itself."""

from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.kind import GrpcKind

__all__ = ["KIND", "GrpcDeclaration"]

KIND = GrpcKind()
"""What the entry point names."""
