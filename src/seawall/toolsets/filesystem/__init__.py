"""The kind `filesystem`: files below one or several directories, read, written, listed and searched."""

from seawall.toolsets.filesystem.declaration import FilesystemDeclaration
from seawall.toolsets.filesystem.toolset import FilesystemKind

__all__ = ["KIND", "FilesystemDeclaration"]

KIND = FilesystemKind()
