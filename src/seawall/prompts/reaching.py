"""What prompts may ask for beside their own text: the one door to files, tools and resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seawall.prompts.values import Embedded
from seawall.types import JsonObject, JsonValue

__all__ = ["Facts", "Reaching"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a template may know without asking anybody.

    Attributes:
        server: name, version, title and purpose.
        caller: principal, and scopes as one list.
    """

    server: JsonObject
    caller: JsonObject


class Reaching(Protocol):
    """Asks in the name of the current caller: each is a call like any other, through all guards.

    Every method raises OperationError when it is refused: also for what does not exist or is hidden from the caller.
    """

    def facts(self) -> Facts:
        """Who is asked, and who asks."""

    async def call(self, tool: str, arguments: JsonObject) -> JsonValue:
        """What a tool answers, its data or its text; only one that says of itself that it changes nothing."""

    async def file(self, path: str) -> str:
        """The text of a file, whole."""

    async def tree(self, path: str, depth: int) -> Sequence[str]:
        """The paths below a directory, directories with `/` at their ends."""

    async def embed(self, place: str) -> Embedded:
        """A file by its path, or a resource of this server by its URI."""

    async def paths(self, prefix: str) -> Sequence[str]:
        """Paths that begin so, of one directory."""
