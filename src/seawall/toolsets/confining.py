"""What a server lends to toolsets that run programs, and what those say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:  # few servers run programs, and the others do without its modules
    from seawall.security.sandbox import Sandbox, Tier

__all__ = ["Confines", "Sandboxes"]

Sandboxes: TypeAlias = "Callable[[Tier, Sequence[str]], AbstractAsyncContextManager[Sandbox]]"
"""Gives a started sandbox for as long as it is held, whoever holds it beside: of a tier at least, for programs that may
connect to these networks beside public addresses. Raises UnsafeError where no sandbox here is so strong."""


@runtime_checkable
class Confines(Protocol):
    """What a toolset may have beside `Toolset`: it runs programs, in a sandbox."""

    @property
    def confinement(self) -> str | None:
        """The tier of the sandbox, such as `landlock`; None while it is not started."""
