"""The life of an implementation: made when the toolset starts, closed with it, both within a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from seawall.errors import StartError
from seawall.security.budget import WorkerPool
from seawall.security.redact import KNOWN_SECRETS
from seawall.toolsets.contract.implementation import Implementation
from seawall.toolsets.contract.methods import CLOSING
from seawall.toolsets.functions.loading import raised_at

__all__ = ["Life"]

_log = logging.getLogger("seawall.contract")


class Life:
    """Makes the object that carries a contract out, and closes what it made.

    An object that the blueprint names belongs to its module, and is left alone. What a class or function makes is entered
    when it is a context manager, and closed by `aclose` or `close` when it has such a method.
    """

    def __init__(
        self, implementation: Implementation, workers: WorkerPool, directory: Path, *, seconds: float
    ) -> None:
        """Nothing is made yet.

        Args:
            implementation: what the blueprint names.
            workers: where blocking code runs.
            directory: the blueprint's, for places in its code.
            seconds: how long making and closing may take, each.
        """
        self._implementation = implementation
        self._workers = workers
        self._directory = directory
        self._seconds = seconds
        self._stack = contextlib.AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads: set[threading.Thread] = set()
        self.left_behind: str | None = None

    async def begin(self, given: Mapping[str, object], operations: Iterable[str]) -> object:
        """The object.

        Args:
            given: what a class or function gets, by the names of its parameters.
            operations: names of methods that callers may call; none of them closes the object.

        Raises:
            StartError: making it raised, or took too long.
        """
        if self._implementation.how == "object":
            return self._implementation.value
        tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
        making = asyncio.create_task(self._guarded(given, frozenset(operations)))
        try:
            await asyncio.wait({making}, timeout=self._seconds)
        finally:
            self._tasks = asyncio.all_tasks() - tasks - {making}
            self._threads = set(threading.enumerate()) - threads
            if not making.done():
                making.cancel()  # it may not listen: it is not waited for
                making.add_done_callback(_forget)
        if not making.done():
            raise StartError(
                f"{self._where()} was not done after {self._seconds:g} s.",
                hint="Make it faster, or give it more time with `start_timeout`.",
            )
        return self._result(making)

    async def end(self) -> None:
        """Close what was made. What goes wrong stands in the log; nothing of it keeps the server from ending."""
        closing = asyncio.create_task(self._closed())
        await asyncio.wait({closing}, timeout=self._seconds)
        if not closing.done():
            closing.cancel()
            closing.add_done_callback(_forget)
            self._warn(f"closing it took more than {self._seconds:g} s", None)
        elif not closing.cancelled() and (error := closing.result()) is not None:
            self._warn(f"closing it raised {type(error).__name__}", error)
        self._look_for_leaks()

    async def _closed(self) -> BaseException | None:
        """What closing raised. A task that raises SystemExit would end the whole loop."""
        try:
            await self._stack.aclose()
        except (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001  boundary: whatever the operator's code raises, others close after it
            return error
        return None

    def _look_for_leaks(self) -> None:
        tasks = [task for task in self._tasks if not task.done() and self._is_own(task)]
        threads = [each for each in self._threads if each.is_alive() and not each.name.startswith(_OTHERS)]
        for task in tasks:
            task.cancel()
        names = [f"the task {_coroutine(task)}" for task in tasks] + [
            f"the thread {each.name}" for each in threads
        ]
        if names:
            self._warn(f"after it was closed there still ran {', '.join(names)}", None)

    def _is_own(self, task: asyncio.Task[Any]) -> bool:
        """Whether its code is the operator's: others begin tasks meanwhile, too."""
        code = getattr(task.get_coro(), "cr_code", None)
        file = getattr(code, "co_filename", "")
        own = Path(self._implementation.place.source).parent
        return "site-packages" not in file and Path(file).is_relative_to(own)

    def _warn(self, said: str, error: BaseException | None) -> None:
        self.left_behind = f"{self._implementation.name}: {said}"
        fields = {"implementation": self._implementation.name, "reason": said}
        _log.warning("implementation not closed cleanly", extra={"seawall": fields}, exc_info=error)

    async def _guarded(self, given: Mapping[str, object], operations: frozenset[str]) -> object:
        """What `_made` gives. A task that raises SystemExit would end the whole loop."""
        try:
            return await self._made(given, operations)
        except (Exception, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError):
            raise
        except BaseException as error:  # SystemExit, and others of the operator's own
            raise self._failed(error) from error

    async def _made(self, given: Mapping[str, object], operations: frozenset[str]) -> object:
        made = await self._called(given)
        if hasattr(type(made), "__aenter__"):
            return await self._stack.enter_async_context(made)
        if hasattr(type(made), "__enter__"):
            self._stack.push_async_exit(self._leaving(made))
            return await self._workers.run(made.__enter__)
        for name in CLOSING:
            close = None if name in operations else getattr(made, name, None)
            if callable(close):
                self._stack.push_async_callback(self._finished, close)
                break
        return made

    async def _called(self, given: Mapping[str, object]) -> Any:  # noqa: ANN401  whatever it makes
        maker: Callable[..., Any] = self._implementation.value
        if inspect.isasyncgenfunction(maker):
            maker = contextlib.asynccontextmanager(maker)
        elif inspect.isgeneratorfunction(maker):
            maker = contextlib.contextmanager(maker)
        return await self._finished(maker, **given)

    async def _finished(self, function: Callable[..., Any], **given: object) -> Any:  # noqa: ANN401  whatever it gives
        """What the function gives, on the loop if it is a coroutine function and on a worker if not."""
        if inspect.iscoroutinefunction(function):
            return await function(**given)
        result = await self._workers.run(function, **given)
        return await result if inspect.isawaitable(result) else result

    def _leaving(self, made: Any) -> Callable[..., Any]:  # noqa: ANN401  a context manager
        async def leave(kind: Any, error: Any, trace: Any) -> Any:  # noqa: ANN401  the protocol's own
            return await self._workers.run(made.__exit__, kind, error, trace)

        return leave

    def _result(self, making: asyncio.Task[object]) -> object:
        try:
            made = making.result()
        except StartError:
            raise
        except (Exception, asyncio.CancelledError) as error:
            raise self._failed(error) from error
        if made is None:
            raise StartError(f"{self._where()} gave nothing.", hint="Let it return the object.")
        return made

    def _failed(self, error: BaseException) -> StartError:
        module = self._implementation.name.partition(":")[0]
        place = raised_at(error, module, self._directory)
        where = f" at {place.source}:{place.line}" if place.source else ""
        reason = KNOWN_SECRETS.text(" ".join(str(error).split())[:_LONGEST])
        said = f": {reason}" if reason else ""
        return StartError(
            f"{self._where()} failed{where}: {type(error).__name__}{said}.".replace("..", "."),
            hint="It makes the implementation of the contract; correct it, or what it needs.",
        )

    def _where(self) -> str:
        return f"The {self._implementation.how} {self._implementation.name}"


_OTHERS = ("seawall-worker", "asyncio_", "AnyIO")  # threads of the server itself
_LONGEST = 500  # characters of a reason


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


def _coroutine(task: asyncio.Task[Any]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", task.get_name()))
