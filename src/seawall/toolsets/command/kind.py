"""The kind `command`: knows its words at once, and loads what runs programs when there is one."""

from __future__ import annotations

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import BlueprintError, StartError
from seawall.toolsets.command.declaration import CommandsDeclaration
from seawall.toolsets.command.starter import CommandStarter
from seawall.toolsets.interface import Host, Toolset
from seawall.toolsets.starter import Starter

__all__ = ["CommandKind"]


class CommandKind:
    """The kind `command`."""

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "command"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return CommandsDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return CommandStarter()

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset of the declared commands. Nothing is looked for yet.

        Raises:
            BlueprintError: commands that cannot be understood or may not be run; every problem.
            StartError: it is the declaration of another kind.
        """
        from seawall.toolsets.command.survey import survey  # noqa: PLC0415  a server of files alone does without
        from seawall.toolsets.command.toolset import CommandsToolset  # noqa: PLC0415  see above

        if not isinstance(declaration, CommandsDeclaration):
            raise StartError(f"A declaration of kind {declaration.kind!r} describes no commands.")
        surveyed = survey(declaration)
        if surveyed.problems:
            raise BlueprintError(surveyed.problems)
        return CommandsToolset(declaration, host, surveyed.commands)
