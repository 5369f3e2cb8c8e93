"""The blueprint section of the python toolset."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.blueprint.section import Allowed
from seawall.toolsets.functions.declaration import LendingDeclaration

__all__ = ["PythonDeclaration"]


class PythonDeclaration(LendingDeclaration):
    """Functions of a Python module."""

    kind: Literal["python"] = Field(default="python", description="Functions of a Python module.")
    module: Annotated[
        str,
        Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"),
        Allowed("the dotted name of a module, such as my_server.tools"),
    ] = Field(
        description="The module whose public functions are the operations. "
        "The blueprint's directory comes first on the module search path.",
        examples=["my_server.tools"],
    )
