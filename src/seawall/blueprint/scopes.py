"""Scopes, as settings write them."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import Field

from seawall.blueprint.section import Allowed

__all__ = ["SCOPE", "ScopeName"]

SCOPE: Final = r"^[\x21\x23-\x5B\x5D-\x7E]{1,128}$"
"""Pattern of a scope (RFC 6749, section 3.3): what may stand in a token and in a challenge."""

ScopeName: TypeAlias = Annotated[
    str, Field(pattern=SCOPE), Allowed("a scope: printable ASCII without space, quotes and backslash")
]
