"""The blueprint section of the contract toolset."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from seawall.blueprint.quantities import Duration
from seawall.blueprint.section import Allowed, Section
from seawall.toolsets.functions.declaration import LendingDeclaration

__all__ = ["ContractDeclaration", "MethodHints"]

_DOTTED: Final = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"


class MethodHints(Section):
    """What a client may assume of one operation, whatever its decorator or its name say."""

    read_only: bool | None = Field(default=None, description="It changes nothing.")
    destructive: bool | None = Field(default=None, description="It may destroy or overwrite something.")
    idempotent: bool | None = Field(default=None, description="A second equal call changes nothing more.")
    open_world: bool | None = Field(default=None, description="It reaches beyond this server.")


class ContractDeclaration(LendingDeclaration):
    """Methods of a Python contract, carried out by an implementation of it."""

    kind: Literal["contract"] = Field(
        default="contract", description="Methods of a Python contract, and an implementation of it."
    )
    contract: Annotated[
        str,
        Field(pattern=rf"^{_DOTTED}:{_DOTTED}$"),
        Allowed("a module and a class in it, such as shop.contracts:Inventory"),
    ] = Field(
        description="The Protocol, abstract class or class whose public methods are the operations. "
        "The blueprint's directory comes first on the module search path.",
        examples=["shop.contracts:Inventory"],
    )
    implementation: Annotated[
        str,
        Field(pattern=rf"^({_DOTTED}:{_DOTTED})?$"),
        Allowed("a module and a name in it, such as shop.service:create_inventory"),
    ] = Field(
        default="",
        description="What carries them out: an object, a class, or a function (`def`, `async def`, or one that yields) "
        "that makes the object. Empty: the contract itself, when it is a class that can be made.",
        examples=["shop.service:create_inventory"],
    )
    hints: dict[str, MethodHints] = Field(
        default_factory=dict,
        description="What a client may assume of an operation, by its name: `read_only`, `destructive`, `idempotent`, "
        "`open_world`. Wins over the decorator and over the name.",
        examples=[{"reserve": {"destructive": False, "idempotent": True}}],
    )
    start_timeout: Duration = Field(
        default=10.0, gt=0, description="How long the implementation may take to be made, and to be closed."
    )
    page_size: int = Field(
        default=50, ge=1, le=1000, description="Items of an iterator that one answer has at most."
    )
    open_pages: int = Field(
        default=16,
        ge=1,
        le=256,
        description="Iterators that one caller may have open; one more ends the one that was not asked for longest.",
    )
    page_timeout: Duration = Field(
        default=300.0, gt=0, description="How long an iterator waits for its next page before it is ended."
    )
