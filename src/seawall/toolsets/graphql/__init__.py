"""The kind `graphql`: operations of a GraphQL service, the operator's own and, when wanted, free queries."""

from seawall.toolsets.graphql.declaration import GraphQLDeclaration
from seawall.toolsets.graphql.kind import GraphQLKind

__all__ = ["KIND", "GraphQLDeclaration"]

KIND = GraphQLKind()
