"""What a blueprint may have beside toolsets and `seawall add` can write: each by a starter, as a kind of toolset has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from seawall.toolsets.starter import Question, Start

__all__ = ["Part", "PartStarter"]


class PartStarter(Protocol):
    """How a part begins; a kind's `Starter` is one, too."""

    @property
    def summary(self) -> str:
        """What it is, a few words for the help."""

    @property
    def question(self) -> Question | None:
        """What to ask; None when nothing."""

    def start(self, answer: str) -> Start:
        """What the answer becomes; may read what it names, and changes nothing.

        Raises:
            UsageError: the answer cannot be used; says why and what could stand there.
        """


@dataclass(frozen=True, slots=True)
class Part:
    """One sort of part.

    Attributes:
        table: its table in the blueprint, such as `resource`.
        repeated: whether there may be several, `[[resource]]`; else there is one, `[prompts]`, or none.
        starter: how one begins.
    """

    table: str
    repeated: bool
    starter: PartStarter
