"""How a new project begins with tides: one harbour."""

from __future__ import annotations

from seawall.blueprint import ToolsetDeclaration
from seawall.errors import UsageError
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["TidesStarter"]


class TidesStarter:
    """The tides of one harbour."""

    summary = "the tides of a harbour"
    question = Question("Which harbour", "HARBOUR", "Dover")

    def start(self, answer: str) -> Start:
        """The harbour, and a file of its own."""
        if answer == "atlantis":
            raise UsageError("Atlantis has no tides any more.", hint="Name another harbour.")
        return Start(
            settings=(
                Setting("harbour", answer),
                Setting("first_high", 3.5, comment="hour of the first high water", active=False),
            ),
            files={"specs/tides.txt": "3.5\n"},
            notes=("The water is high every 12.4 hours.",),
        )

    def needs(self, _declaration: ToolsetDeclaration) -> Needs:
        """Its table, and a package."""
        return Needs(sources=("specs",), dependencies=("acme-tides>=1",))
