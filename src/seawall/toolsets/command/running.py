"""One call of a command: arguments in, a run in the sandbox, a result out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from seawall.errors import InvalidArgumentsError, OverloadedError
from seawall.security.budget import Deadline, WorkerPool
from seawall.security.sandbox import Ceiling, Execution, Finished, Reach, Sandbox, Stream
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.command.declaration import ItemSection, ParameterSection
from seawall.toolsets.command.filling import Filler
from seawall.toolsets.command.outputs import (
    Wanted,
    data_result,
    page_result,
    refuse_failure,
    text_result,
    wrapped_schema,
)
from seawall.toolsets.command.places import Area, Places, Workplace
from seawall.toolsets.command.schemas import LIMIT, NEXT, PAGE, declared_output, directory_slot
from seawall.toolsets.command.survey import Command
from seawall.toolsets.interface import CallContext, OperationResult
from seawall.toolsets.sizing import Cost
from seawall.types import JsonObject

__all__ = ["GRACE", "Ready", "Runner"]

GRACE: Final = 3.0
"""Seconds of a call beyond the run's own time: to end its processes, and to hand over what they wrote."""

_BEAT: Final = 1.0  # seconds between two reports of progress
_SHARE: Final = 0.2  # of the time that is left, where a call has less than the run and the grace


@dataclass(frozen=True, slots=True)
class Ready:
    """What a command needs to run, found when the server started.

    Attributes:
        program: where it is.
        environment: all of its variables.
        reads: what it may read.
        writes: what it may change.
        executes: directories with programs beside the system's.
        directory: where it runs, unless a parameter says that; None for `/`.
    """

    program: Path
    environment: Mapping[str, str]
    reads: tuple[Area, ...] = ()
    writes: tuple[Area, ...] = ()
    executes: tuple[Path, ...] = ()
    directory: str | None = None


@dataclass(slots=True)
class _Heard:
    """What was written so far, for reports of progress."""

    size: int = 0
    begun: float = field(default_factory=time.monotonic)

    def __call__(self, stream: Stream, data: bytes) -> None:
        del stream
        self.size += len(data)


class Runner:
    """Runs one command."""

    def __init__(self, command: Command, workers: WorkerPool, cost: Cost) -> None:
        """Args: command: which. workers: for looking up paths. cost: what a text takes in an answer."""
        self._command = command
        self._workers = workers
        self._cost = cost
        section = command.section
        self._filler = Filler(
            section.name,
            command.template,
            section.params,
            special="".join(each.special for each in command.known),
            special_end="".join(each.special_end for each in command.known),
        )
        self._places = asyncio.Semaphore(section.instances)
        declared, self._wrapped = wrapped_schema(declared_output(section))
        self._output = ArgumentSchema(declared) if section.output_schema is not None else None

    async def run(
        self, arguments: JsonObject, context: CallContext, *, sandbox: Sandbox, places: Places, ready: Ready
    ) -> OperationResult:
        """Carry a call out.

        Raises:
            OperationError: it was refused or failed.
        """
        section = self._command.section
        values = {**self._command.defaults, **arguments}
        async with self._place(context.deadline):
            prepared = await self._workers.run(partial(self._prepare, values, places, ready))
            with prepared.workplace:
                deadline = _deadline(section.timeout, context.deadline)
                finished = await self._finished(prepared, sandbox, ready, deadline, context)
        wanted = Wanted(
            tool=section.name,
            success=section.success,
            stderr=section.stderr == "show",
            seconds=deadline.seconds,
            limit=context.response_limit,
            cost=self._cost,
        )
        return await self._workers.run(partial(self._result, finished, wanted, values))

    def _prepare(self, values: JsonObject, places: Places, ready: Ready) -> _Prepared:
        """Look everything up and fill the argv. Blocks."""
        section = self._command.section
        name = directory_slot(section)
        areas = (*ready.reads, *ready.writes)
        workplace = places.workplace(str(values[name]) if name else ready.directory, areas)
        try:
            found = {
                parameter: places.texts(value, _item(section.params[parameter]), workplace, areas)
                for parameter, value in values.items()
                if parameter in section.params and _item(section.params[parameter]).type == "path"
            }
            argv = self._filler.argv({**values, **found})
            stdin = self._stdin(values)
            reach = Reach(
                places.paths(ready.reads),
                places.paths(ready.writes),
                ready.executes,
                frozenset() if section.network == "none" else frozenset(section.network),
                places.known((*ready.reads, *ready.writes)),
            )
        except BaseException:
            workplace.close()
            raise
        return _Prepared(workplace, (str(ready.program), *argv), stdin, reach)

    def _stdin(self, values: JsonObject) -> bytes:
        name = self._command.section.stdin
        text = values.get(name) if name else None
        if not isinstance(text, str):
            return b""
        try:
            return text.encode()
        except UnicodeEncodeError:
            fault = f"{name} is not valid Unicode (a lone surrogate)"
            raise InvalidArgumentsError(tool=self._command.section.name, faults=[fault]) from None

    async def _finished(
        self, prepared: _Prepared, sandbox: Sandbox, ready: Ready, deadline: Deadline, context: CallContext
    ) -> Finished:
        section = self._command.section
        directory = prepared.workplace.directory
        execution = Execution(
            argv=prepared.argv,
            directory=Path("/") if directory is None else directory.fd,
            environment=ready.environment,
            reach=prepared.reach,
            ceiling=Ceiling(
                memory=section.memory,
                processes=section.processes,
                cpu_seconds=section.cpu_seconds,
                file_size=section.file_size,
                output=section.output_limit,
            ),
            deadline=deadline,
            stdin=prepared.stdin,
        )
        heard = _Heard()
        async with _reported(context, heard, deadline.seconds):
            return await sandbox.run(execution, heard=heard)

    def _result(self, finished: Finished, wanted: Wanted, values: JsonObject) -> OperationResult:
        section = self._command.section
        refuse_failure(finished, wanted, partial=section.output != "json", words=section.stderr != "drop")
        if section.output == "json":
            return data_result(finished, wanted, self._output, wrapped=self._wrapped)
        if section.output == "text":
            return text_result(finished, wanted)
        cursor, count = values.get(NEXT), values.get(LIMIT, PAGE)
        return page_result(
            finished,
            wanted,
            cursor=cursor if isinstance(cursor, str) else None,
            count=count if isinstance(count, int) else PAGE,
            again=self._command.hints.idempotent,
        )

    @asynccontextmanager
    async def _place(self, deadline: Deadline) -> AsyncIterator[None]:
        """Hold one of the places for instances; waiting for it leaves the run half of the time at least."""
        try:
            async with asyncio.timeout(max(0.0, min(deadline.remaining() / 2, 3600.0))):
                await self._places.acquire()
        except TimeoutError:
            raise OverloadedError(
                f"{self._command.section.name} runs {self._command.section.instances} times already."
            ) from None
        try:
            yield
        finally:
            self._places.release()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that one run needs."""

    workplace: Workplace
    argv: tuple[str, ...]
    stdin: bytes
    reach: Reach


@asynccontextmanager
async def _reported(context: CallContext, heard: _Heard, seconds: float) -> AsyncIterator[None]:
    """Report progress once a second meanwhile: seconds gone, of those that there are; never what was written."""
    task = asyncio.create_task(_report(context, heard, seconds))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _report(context: CallContext, heard: _Heard, seconds: float) -> None:
    while True:
        await asyncio.sleep(_BEAT)
        gone = time.monotonic() - heard.begun
        with suppress(Exception):  # a client that has gone is no reason to end the run here
            await context.progress(round(gone, 1), round(seconds, 1), f"{heard.size} bytes of output so far")


def _deadline(seconds: float, call: Deadline) -> Deadline:
    """When the run ends: after its own time, or so early before the call's end that what it wrote still arrives."""
    remaining = call.remaining()
    left = max(0.1, remaining - min(GRACE, remaining * _SHARE))
    return Deadline.after(min(seconds, left))


def _item(section: ParameterSection) -> ItemSection:
    """What one value of the parameter is."""
    return (section.items or ItemSection()) if section.type == "array" else section
