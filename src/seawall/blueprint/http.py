"""The `[http]` table: where the server listens, for whom, and what a client may cost."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from seawall.blueprint.auth import HttpAuth, JwtAuth, refused, web_url
from seawall.blueprint.quantities import DurationRule, SizeRule
from seawall.blueprint.section import Allowed, Section

__all__ = ["HttpSection"]

_LARGEST_BODY: Final = 4 * 1024**2  # the SDK's own limit, which nothing raises
_MOST_SESSIONS: Final = 9_000  # the SDK opens no more than 10,000
_HOST: Final = r"^[A-Za-z0-9._:%-]{1,255}$"

_Host: TypeAlias = Annotated[
    str, Field(pattern=_HOST), Allowed("an IP address or host name, without port or scheme")
]


def _network(value: str) -> str:
    allowed = "an address or network such as 10.0.0.0/8, not all addresses at once"
    try:
        network = ip_network(value)
    except ValueError:
        raise ValueError(allowed) from None
    if network.prefixlen == 0:
        raise ValueError(allowed)
    return value


class HttpSection(Section):
    """Where the server listens, which callers it accepts, and what one of them may cost."""

    host: _Host = Field(
        default="127.0.0.1",
        description="Address to listen on. Anything but loopback needs `[http.auth]`.",
        examples=["127.0.0.1", "::1"],
    )
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free port.", examples=[8000]
    )
    public_url: Annotated[str, AfterValidator(web_url)] | None = Field(
        default=None,
        description="Where clients reach the server, without /mcp. Needed with kind jwt. Its host is allowed.",
        examples=["https://workspace.example"],
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
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        default=(),
        description="Proxies (addresses or networks) whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        examples=[["10.0.0.0/8"]],
    )
    allow_unauthenticated: bool = Field(
        default=False,
        description="Listen beyond loopback without `[http.auth]`: for a proxy that authenticates.",
    )
    auth: HttpAuth | None = Field(default=None, description="How callers prove who they are.")
    on_missing_scope: Literal["hide", "challenge"] = Field(
        default="hide",
        description="What a caller gets who lacks scopes: `hide` answers as if it did not exist; `challenge` lists it "
        "and answers a use with 403, naming the scopes.",
    )
    stateless: bool = Field(
        default=False, description="Keep no sessions, so that any replica can answer any request."
    )
    sessions: int = Field(
        default=1000,
        ge=1,
        le=_MOST_SESSIONS,
        description="Sessions of handshake clients; one more takes the place of the one that was idle for longest.",
    )
    session_idle_timeout: Annotated[float, DurationRule(minimum=1.0, maximum=86400.0)] = Field(
        default=1800.0, description="Time after which a session ends on which nothing is under way."
    )
    body_limit: Annotated[int, SizeRule(minimum=1024, maximum=_LARGEST_BODY)] = Field(
        default=_LARGEST_BODY, description="Bytes that the body of one request may have."
    )
    header_limit: Annotated[int, SizeRule(minimum=1024, maximum=1024**2)] = Field(
        default=32 * 1024, description="Bytes that the headers of one request may have, together."
    )
    read_timeout: Annotated[float, DurationRule(minimum=0.1, maximum=3600.0)] = Field(
        default=30.0,
        description="Time in which a client must send the headers, and then the body, of a request.",
    )
    keep_alive_timeout: Annotated[float, DurationRule(minimum=1.0, maximum=3600.0)] = Field(
        default=65.0, description="Time that an idle connection stays open; more than a proxy's own."
    )
    connections: int = Field(
        default=512,
        ge=1,
        le=65536,
        description="Connections at a time; one more takes the place of one that asks nothing.",
    )
    shutdown_grace: Annotated[float, DurationRule(minimum=0.0, maximum=3600.0)] = Field(
        default=30.0, description="Time that calls under way have to finish after SIGTERM."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port for /metrics. Unset: the main port when only this machine reaches it (loopback, no proxy).",
        examples=[9464],
    )
    metrics_host: _Host = Field(
        default="127.0.0.1", description="Address that `metrics_port` belongs to.", examples=["127.0.0.1"]
    )

    @field_validator("auth")
    @classmethod
    def _metadata_need_a_url(cls, auth: HttpAuth | None, info: ValidationInfo) -> HttpAuth | None:
        # By RFC 9728 a client finds the authorization server through the resource's public URL.
        if isinstance(auth, JwtAuth) and "public_url" in info.data and info.data["public_url"] is None:
            raise refused("kind jwt together with `public_url` in [http], which clients sign in by")
        return auth
