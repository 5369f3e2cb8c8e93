"""The blueprint section of the python toolset."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.blueprint.section import Allowed
from seawall.toolsets.rooted import RootedDeclaration

__all__ = ["PythonDeclaration"]


class PythonDeclaration(RootedDeclaration):
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
    roots: str | dict[str, str] | None = Field(
        default=None,
        description="The directory, or a table of several, for functions that take a `seawall.Jail` "
        "or `seawall.Roots`. Relative paths start at the blueprint.",
        examples=["./data"],
    )
    settings: dict[str, object] = Field(
        default_factory=dict,
        description="Values for functions that take the module's `seawall.Settings` class.",
        examples=[{"file": "berths.csv", "longest_stay": 14}],
    )
