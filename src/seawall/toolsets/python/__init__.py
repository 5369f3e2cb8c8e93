"""The kind `python`: plain typed functions of a module, each one a tool."""

from seawall.toolsets.python.declaration import PythonDeclaration
from seawall.toolsets.python.toolset import PythonKind

__all__ = ["KIND", "PythonDeclaration"]

KIND = PythonKind()
