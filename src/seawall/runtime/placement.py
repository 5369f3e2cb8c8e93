"""Where the guard stands: around every provider of a server, those that are added later included.

Not at the server level, where FastMCP's skills extension refuses any transform (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self, SupportsIndex, overload

from fastmcp import FastMCP
from fastmcp.server.providers import Provider
from fastmcp.server.providers.skills import SkillProvider, SkillsDirectoryProvider

from seawall.runtime.guard import Guard

__all__ = ["cover", "place"]


def place(mcp: FastMCP, guard: Guard) -> None:
    """Put the guard around every provider that the server has or will have."""
    mcp.providers = _GuardedProviders(mcp.providers, guard)
    cover(mcp, guard)


def cover(mcp: FastMCP, guard: Guard) -> None:
    """Put the guard around server-level transforms too, which make tools of their own.

    Only where there are some: the skills extension, which cannot stand the guard there, cannot stand them either.
    """
    transforms = mcp.transforms
    if transforms and transforms[-1] is not guard:
        mcp.add_transform(guard)


class _GuardedProviders(list[Provider]):
    """The providers of a server: each that comes in gets the guard as its outermost transform.

    The provider itself is left as it is, since it may serve another server too.
    """

    def __init__(self, providers: Iterable[Provider], guard: Guard) -> None:
        self._guard = guard
        super().__init__(map(self._guarded, providers))

    def append(self, provider: Provider, /) -> None:
        """Add a provider, guarded."""
        super().append(self._guarded(provider))

    def insert(self, index: SupportsIndex, provider: Provider, /) -> None:
        """Insert a provider, guarded."""
        super().insert(index, self._guarded(provider))

    def extend(self, providers: Iterable[Provider], /) -> None:
        """Add providers, guarded."""
        super().extend(map(self._guarded, providers))

    def __iadd__(self, providers: Iterable[Provider], /) -> Self:  # type: ignore[misc,override]
        """Add providers, guarded."""
        self.extend(providers)
        return self

    @overload
    def __setitem__(self, index: SupportsIndex, value: Provider, /) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Provider], /) -> None: ...
    def __setitem__(self, index: SupportsIndex | slice, value: Provider | Iterable[Provider], /) -> None:
        """Replace providers, guarded."""
        if isinstance(index, slice):
            super().__setitem__(index, map(self._guarded, value))  # type: ignore[arg-type]
        else:
            super().__setitem__(index, self._guarded(value))  # type: ignore[arg-type]

    def _guarded(self, provider: Provider) -> Provider:
        # The skills extension wants its providers untouched. They have resources alone, which the bridge guards.
        if isinstance(provider, SkillProvider | SkillsDirectoryProvider):
            return provider
        if any(transform is self._guard for transform in provider.transforms):
            return provider
        return provider.wrap_transform(self._guard)
