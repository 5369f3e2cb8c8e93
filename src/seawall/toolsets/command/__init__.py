"""The kind `command`: programs that an operator declared, run in a sandbox."""

from seawall.toolsets.command.declaration import CommandsDeclaration
from seawall.toolsets.command.kind import CommandKind

__all__ = ["KIND", "CommandsDeclaration"]

KIND = CommandKind()
"""What the entry point of the package names."""
