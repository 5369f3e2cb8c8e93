"""The kind `contract`: a Protocol, an abstract class or a class, each public method one tool."""

from seawall.toolsets.contract.declaration import ContractDeclaration
from seawall.toolsets.contract.toolset import ContractKind

__all__ = ["KIND", "ContractDeclaration"]

KIND = ContractKind()
