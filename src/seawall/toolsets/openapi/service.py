"""What the toolset needs of those who read descriptions and call services: two functions, and what they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from seawall.errors import OperationError
from seawall.toolsets.interface import Handler, Host, Reach
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.survey import Candidate
from seawall.types import JsonObject

__all__ = ["Connection", "Service", "Shaped"]


@dataclass(frozen=True, slots=True)
class Shaped:
    """One operation, ready to be called.

    Attributes:
        parameters: JSON Schema 2020-12 of its arguments.
        handler: sends the request and renders the answer.
        answer: gives the JSON Schema of a good answer, or None.
        errors: what it may fail with.
    """

    parameters: JsonObject
    handler: Handler
    answer: Callable[[], JsonObject | None]
    errors: tuple[type[OperationError], ...] = ()


class Service(Protocol):
    """An API that can be called."""

    def shaped(self, candidate: Candidate, *, tool: str) -> Shaped:
        """The operation, ready to be called; `tool` is its name, for errors.

        Raises:
            ValueError: the override names arguments that cannot be hidden or fixed so. The message says which.
        """

    def reach(self) -> Sequence[Reach]:
        """What connections may lead to."""

    async def start(self) -> None:
        """Prepare to call; secrets are read here.

        Raises:
            StartError: a secret is missing.
        """

    async def close(self) -> None:
        """Let go of every connection. Called once, also after a failed start."""

    def faults(self) -> Sequence[str]:
        """Why it cannot be called at all, one sentence each; never waits."""

    def degraded(self) -> Sequence[str]:
        """What of it does not answer now, one sentence each; never waits."""


class Connection(Protocol):
    """How a declaration becomes a description and a service."""

    def load(self, declaration: OpenApiDeclaration, host: Host) -> ApiDescription:
        """Read the description that the declaration names.

        Raises:
            StartError: it cannot be had.
            BlueprintError: it is no description, or not the one that is pinned.
        """

    def serve(
        self, declaration: OpenApiDeclaration, description: ApiDescription, host: Host, *, base: str
    ) -> Service:
        """The API at `base`; opens nothing.

        Raises:
            BlueprintError: settings that do not fit the description, such as credentials that no operation takes.
        """
