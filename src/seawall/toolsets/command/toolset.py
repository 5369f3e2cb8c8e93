"""The command toolset: joins the commands, the sandbox that they run in, and the roots."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from seawall.errors import (
    CommandFailedError,
    PathError,
    SandboxLostError,
    SandboxReachError,
    SandboxStartError,
    StartError,
    UnsafeError,
)
from seawall.security.jail import FileKind
from seawall.security.sandbox import Sandbox, Tier
from seawall.toolsets.command.advice import advice, together
from seawall.toolsets.command.declaration import CommandsDeclaration, CommandSection
from seawall.toolsets.command.outputs import wrapped_schema
from seawall.toolsets.command.places import Area, Places
from seawall.toolsets.command.programs import find_program, search_path
from seawall.toolsets.command.running import GRACE, Ready, Runner
from seawall.toolsets.command.schemas import declared_output, directory_slot
from seawall.toolsets.command.survey import Command
from seawall.toolsets.command.variables import environment
from seawall.toolsets.interface import (
    CallContext,
    Host,
    LeftOut,
    Operation,
    OperationResult,
    Reach,
    Remark,
)
from seawall.toolsets.rooted import FILE_ERRORS
from seawall.toolsets.sizing import both_forms, text_form
from seawall.types import JsonObject

__all__ = ["CommandsToolset"]


class CommandsToolset:
    """The commands of one declaration."""

    def __init__(self, declaration: CommandsDeclaration, host: Host, commands: Sequence[Command]) -> None:
        self._declaration = declaration
        self._host = host
        self._commands = tuple(commands)
        cost = both_forms if declaration.results == "json" else text_form
        self._runners = {each.section.name: Runner(each, host.workers, cost) for each in commands}
        self._ready: dict[str, Ready] = {}
        self._places: Places | None = None
        self._sandbox: Sandbox | None = None
        self._stack = AsyncExitStack()
        self._operations = tuple(
            self._operation(each) for each in self._commands if self._may_be_offered(each)
        )

    @property
    def operations(self) -> Sequence[Operation]:
        """One for each command; with `access = "read"` only of those that change nothing."""
        return self._operations

    @property
    def confinement(self) -> str | None:
        """The tier of the sandbox, while it runs."""
        return None if self._sandbox is None else str(self._sandbox.tier)

    def left_out(self) -> Sequence[LeftOut]:
        """Commands that change something, when `access` does not allow it."""
        return tuple(
            LeftOut(each.section.name, 'it changes something, and access = "read"')
            for each in self._commands
            if not self._may_be_offered(each)
        )

    def reach(self) -> Sequence[Reach]:
        """The programs, each with what it may touch."""
        return tuple(self._reach(each) for each in self._commands if self._may_be_offered(each))

    def remarks(self) -> Sequence[Remark]:
        """What is to know of the programs and their arguments."""
        return together((each.section.name, advice(each.section, each.template)) for each in self._commands)

    async def start(self) -> None:
        """Open the roots, find the programs, read secrets, and start the sandbox.

        Raises:
            UnsafeError: the sandbox here is weaker than `minimum_tier`.
            StartError: a root, program, path or secret is missing.
        """
        source = self._host.sandbox
        if source is None:
            raise StartError("There is no sandbox to run commands in.")
        await self._host.workers.run(self._look)
        self._sandbox = await self._stack.enter_async_context(
            source(Tier(self._declaration.minimum_tier), self._declaration.networks)
        )

    async def close(self) -> None:
        """End every run and the sandbox, and let go of the roots."""
        try:
            self._sandbox = None
            await self._stack.aclose()
        finally:
            if self._places is not None:
                self._places.close()

    def faults(self) -> Sequence[str]:
        """Why nothing can be run now."""
        if self._places is None or self._sandbox is None:
            return ("the commands are not ready.",)
        fault = self._places.fault()
        return () if fault is None else (fault,)

    # --- start

    def _look(self) -> None:
        """Find everything that the commands name. Blocks."""
        self._places = Places.open(self._declaration, self._host.directory)
        extra = self._extra(self._places)
        path = search_path(extra)
        missing: list[str] = []
        for command in self._commands:
            program = find_program(command.template.program, path)
            if program is None:
                missing.append(f"{command.template.program!r} (for {command.section.name})")
            elif self._places.hold(program):
                raise UnsafeError(
                    f"{command.section.name}: the program {command.template.program!r} lies in the roots, where a command "
                    "or another toolset could replace it.",
                    hint="Install it elsewhere.",
                )
            else:
                self._ready[command.section.name] = self._found(command, program, path, extra)
        if missing:
            raise StartError(
                f"there is no program {', '.join(missing)} in {':'.join(path)}.",
                hint="Install it, or name its directory in `programs`.",
            )

    def _extra(self, places: Places) -> tuple[Path, ...]:
        """The directories of `programs`.

        Raises:
            StartError: one is missing.
            UnsafeError: one lies in the roots.
        """
        found = tuple(self._host.directory / Path(each).expanduser() for each in self._declaration.programs)
        for written, each in zip(self._declaration.programs, found, strict=True):
            if not each.is_dir():
                raise StartError(
                    f"`programs`: there is no directory {written!r}.", hint="Correct the setting."
                )
            if places.hold(each):
                raise UnsafeError(
                    f"`programs`: {written!r} lies in the roots, where its programs could be replaced.",
                    hint="Keep programs outside of the roots.",
                )
        return found

    def _found(self, command: Command, program: Path, path: Sequence[str], extra: tuple[Path, ...]) -> Ready:
        if self._places is None:
            raise StartError("The roots are not open.")
        section, places = command.section, self._places
        reads = tuple(places.area(each, setting=f"{section.name}.reads") for each in section.reads)
        writes = tuple(places.area(each, setting=f"{section.name}.writes") for each in section.writes)
        directory = None if directory_slot(section) else _directory(section, (*reads, *writes))
        try:
            places.workplace(directory, (*reads, *writes)).close()
        except PathError as error:
            raise StartError(f"`{section.name}.directory`: {error.message}", hint=error.hint) from None
        return Ready(program, environment(section, command.known, path), reads, writes, extra, directory)

    # --- operations

    def _may_be_offered(self, command: Command) -> bool:
        return self._declaration.access == "write" or command.hints.read_only

    def _operation(self, command: Command) -> Operation:
        section = command.section
        output, _ = wrapped_schema(declared_output(section))
        return Operation(
            name=section.name,
            title=section.title or section.name.replace("_", " ").capitalize(),
            description=_description(command),
            parameters=command.parameters,
            output=output if section.output == "json" else None,
            hints=command.hints,
            handler=partial(self._run, section.name),
            timeout=section.timeout + GRACE,
            scopes=section.scopes,
            errors=(CommandFailedError, SandboxStartError, SandboxReachError, SandboxLostError, *FILE_ERRORS),
            task=section.task == "optional",
        )

    async def _run(self, name: str, arguments: JsonObject, context: CallContext) -> OperationResult:
        if self._sandbox is None or self._places is None:
            raise StartError("The command toolset was called before it was started.")
        return await self._runners[name].run(
            arguments, context, sandbox=self._sandbox, places=self._places, ready=self._ready[name]
        )

    def _reach(self, command: Command) -> Reach:
        section = command.section
        limits = [f"sandbox of tier `{self._declaration.minimum_tier}` at least"]
        limits.append(f"reads {_names(section.reads)}")
        limits.append(f"writes {_names(section.writes)}")
        limits.append(
            "no network" if section.network == "none" else f"connects to {_names(section.network)} alone"
        )
        limits.append(f"{section.timeout:g} s, {section.instances} at once")
        return Reach("process", f"{section.name}: {command.line}", "run", tuple(limits))


def _directory(section: CommandSection, areas: Sequence[Area]) -> str | None:
    """Where the program runs, when no parameter says it; None for `/`."""
    directories = [each for each in areas if each.status.kind is FileKind.DIRECTORY]
    if not section.directory:
        whole = any(each.written == "." for each in directories)
        return "." if whole else next((each.written for each in directories), None)
    return section.directory


def _description(command: Command) -> str:
    section = command.section
    said = section.description.rstrip()
    ran = f"Runs `{command.line}` without a shell, for {section.timeout:g} s at most."
    return f"{said}\n\n{ran}" if said else ran


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names) or "nothing of the roots"
