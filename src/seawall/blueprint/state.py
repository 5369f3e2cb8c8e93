"""Where what outlives a call is kept: the table `[state]`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seawall.blueprint.section import Allowed, Section

__all__ = ["StateSection"]


class StateSection(Section):
    """Where background tasks and their results are kept."""

    url: Annotated[
        str,
        Field(
            pattern=r"^(memory://|rediss?://[^@\s]+|env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00]+"
            r"|secret:[A-Za-z0-9][A-Za-z0-9._-]{0,252})$"
        ),
        Allowed(
            "`memory://`, a redis:// or rediss:// URL without a password, or env:NAME, file:/path or secret:NAME of one"
        ),
    ] = Field(
        default="memory://",
        description="`memory://` keeps them in the process, and they are gone with it. A Redis keeps them beyond a "
        "restart and for all replicas; its URL is a reference when it holds a password.",
        examples=["memory://", "redis://localhost:6379/0", "env:REDIS_URL"],
    )
