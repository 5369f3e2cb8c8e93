"""The `[http]` table: where the server listens, and for whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seawall.blueprint.section import Allowed, Section

__all__ = ["HttpSection"]


class HttpSection(Section):
    """Where the server listens, and which Host and Origin headers it accepts."""

    host: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9._:%-]{1,255}$"),
        Allowed("an IP address or host name, without port or scheme"),
    ] = Field(
        default="127.0.0.1",
        description="Address to listen on. Anything but loopback needs authentication.",
        examples=["127.0.0.1", "::1"],
    )
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free port.", examples=[8000]
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Host headers to accept besides those of the address itself.",
        examples=[["workspace.example"]],
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(),
        description="Origin headers (web pages) to accept besides the server's own.",
        examples=[["https://app.example"]],
    )
