"""The `[deploy]` table: what the container and its surroundings are made for."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from seawall.blueprint.quantities import SizeRule
from seawall.blueprint.section import Allowed, Section
from seawall.blueprint.tree import PROFILE_NAME

__all__ = ["DeploySection", "place_of"]

_PYTHON: Final = r"^3\.(?:11|12|13)(?:\.[0-9]{1,2})?$"
_LEAST_MEMORY: Final = 128 * 1024**2  # an idle server has about 90 MB, its self-check as much for a moment
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_LONGEST_NAME: Final = 253  # characters (RFC 1035)
_LAST_PORT: Final = 65535


def place_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; an IPv6 address stands in brackets there, and without them in what is given.

    Raises:
        ValueError: it is none.
    """
    host, _, port = text.rpartition(":")
    if host[:1] + host[-1:] == "[]":
        host = host[1:-1]
        IPv6Address(host)
    elif not _NAME.fullmatch(host) or len(host) > _LONGEST_NAME:
        raise ValueError(text)
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _LAST_PORT):
        raise ValueError(text)
    return host, int(port)


def _place(value: str) -> str:
    try:
        place_of(value)
    except ValueError:
        raise ValueError("HOST:PORT, such as db.example:5432 or [2001:db8::7]:443") from None
    return value


class DeploySection(Section):
    """What container, orchestrator and service manager give the server; read when their files are made."""

    python: Annotated[
        str,
        Field(pattern=_PYTHON),
        Allowed('a Python version in quotes: "3.11", "3.12", "3.13" or such as "3.12.7"'),
    ] = Field(default="3.12", description="Python in the image.", examples=["3.12", "3.12.7"])
    memory: Annotated[int, SizeRule(minimum=_LEAST_MEMORY)] = Field(
        default=512 * 1024**2, description="Memory that one replica may use; beyond it the system ends it."
    )
    cpus: float = Field(
        default=0.5,
        ge=0.1,
        le=256,
        description="Processor time that one replica may use; 1 is one core.",
        examples=[0.5, 2],
    )
    replicas: int = Field(
        default=1, ge=1, le=1000, description="How many servers share the callers, where several can run."
    )
    profile: (
        Annotated[str, Field(pattern=PROFILE_NAME), Allowed("the name of a profile, such as prod")] | None
    ) = Field(
        default=None,
        description="The profile with which these files are made, and which the server in them has. Unset: none.",
        examples=["prod"],
    )
    outbound: tuple[Annotated[str, AfterValidator(_place)], ...] = Field(
        default=(),
        max_length=100,
        description="What functions of your own call: network policy and service files open the way, and nothing checks "
        "the calls themselves. What toolsets of services call is known without it.",
        examples=[["db.example:5432", "192.0.2.7:443"]],
    )
