"""Iterators become pages: each item once, nothing kept for ever, nobody goes on with what another one began."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import (
    DeadlineExceededError,
    InvalidArgumentsError,
    ResponseTooLargeError,
    ToolFailedError,
)
from seawall.toolsets.interface import Caller
from toolsets.contract.studio import Studio

pytestmark = pytest.mark.anyio

GUARD = 30.0

NUMBERS = """
class BrokenError(Exception): ...

log = []
threads = set()
held = threading.Event()

class Shop(Protocol):
    def list_numbers(self, below: int) -> Iterator[int]:
        '''Numbers.

        Raises:
            BrokenError: It broke.
        '''
    def list_later(self, below: int) -> AsyncIterator[int]:
        '''Numbers.

        Raises:
            BrokenError: It broke.
        '''
    def list_words(self, size: int) -> Iterable[str]: ...
    def list_slow(self, below: int) -> AsyncIterator[int]: ...
    def list_held(self) -> Iterator[int]: ...
    def list_progress(self, context: seawall.Context) -> Iterator[int]: ...

class Own:
    def list_numbers(self, below):
        try:
            for number in range(below):
                threads.add(threading.current_thread().name)
                if number == 1000:
                    raise BrokenError("No more than a thousand.")
                yield number
        finally:
            log.append("closed")

    async def list_later(self, below):
        try:
            for number in range(below):
                if number == 1000:
                    raise BrokenError("No more than a thousand.")
                yield number
        finally:
            log.append("closed")

    async def list_words(self, size):
        return ["x" * size] * 5

    async def list_slow(self, below):
        try:
            for number in range(below):
                if number == 2:
                    await asyncio.sleep(3600)
                yield number
        finally:
            log.append("closed")

    def list_held(self):
        try:
            yield 1
            held.wait()
            yield 2
            yield 3
        finally:
            log.append("closed")

    def list_progress(self, context):
        for number in range(6):
            context.check()
            context.progress(number, 6)
            yield number
"""


def inside() -> Any:
    """The module that the test wrote."""
    return sys.modules["workshop_shop"]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens elsewhere."""
    async with asyncio.timeout(GUARD):
        while not condition():  # noqa: ASYNC110  threads set no events of the loop
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ["list_numbers", "list_later"])
@pytest.mark.parametrize(("below", "pages"), [(0, 1), (1, 1), (49, 1), (51, 2), (120, 3)])
async def test_each_item_comes_once_and_the_iterator_is_ended(
    tmp_path: Path, name: str, below: int, pages: int
) -> None:
    async with Studio.of(tmp_path, NUMBERS) as studio:
        came: list[int] = []
        cursor, count = None, 0
        while cursor or not count:
            page = await studio.data(name, below=below, **({"cursor": cursor} if cursor else {}))
            came += page["items"]
            cursor, count = page["cursor"], count + 1
        assert came == list(range(below))
        assert count == pages
        await until(lambda: inside().log == ["closed"])
        assert not any("MainThread" in thread for thread in inside().threads)


async def test_a_cursor_is_good_once_for_its_caller_and_its_arguments(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS) as studio:
        first = await studio.data("list_numbers", below=200)
        for name, arguments in (("list_numbers", {"below": 201}), ("list_later", {"below": 200})):
            with pytest.raises(InvalidArgumentsError, match="cursor is none that goes on"):
                await studio.call(name, **arguments, cursor=first["cursor"])
        owner, studio.caller = studio.caller, Caller("mallory")
        with pytest.raises(InvalidArgumentsError):
            await studio.call("list_numbers", below=200, cursor=first["cursor"])
        studio.caller = owner
        second = await studio.data("list_numbers", below=200, cursor=first["cursor"])
        assert second["items"][0] == 50
        with pytest.raises(InvalidArgumentsError):
            await studio.call("list_numbers", below=200, cursor=first["cursor"])


async def test_one_caller_has_so_many_iterators_and_the_oldest_of_their_own_goes(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS, open_pages=2) as studio:
        studio.caller = Caller("other")
        others = await studio.data("list_later", below=200)
        studio.caller = Caller("local")
        cursors = [(await studio.data("list_numbers", below=200))["cursor"] for _ in range(3)]
        await until(lambda: inside().log == ["closed"])
        with pytest.raises(InvalidArgumentsError):
            await studio.call("list_numbers", below=200, cursor=cursors[0])
        for cursor in cursors[1:]:
            assert (await studio.data("list_numbers", below=200, cursor=cursor))["items"][0] == 50
        studio.caller = Caller("other")
        assert (await studio.data("list_later", below=200, cursor=others["cursor"]))["items"][0] == 50


async def test_many_callers_together_cannot_keep_more_than_the_whole_allows(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS, open_pages=1) as studio:
        for number in range(40):
            studio.caller = Caller(f"caller {number}")
            await studio.call("list_numbers", below=200)
        await until(lambda: len(inside().log) == 40 - 16)


@pytest.mark.parametrize("name", ["list_numbers", "list_later"])
async def test_what_was_abandoned_is_ended_after_its_time_and_with_the_toolset(
    tmp_path: Path, name: str
) -> None:
    async with Studio.of(tmp_path, NUMBERS, page_timeout=0.05) as studio:
        page = await studio.data(name, below=200)
        await until(lambda: inside().log == ["closed"])
        with pytest.raises(InvalidArgumentsError):
            await studio.call(name, below=200, cursor=page["cursor"])
    async with Studio.of(tmp_path, NUMBERS) as studio:
        inside().log.clear()
        await studio.call(name, below=200)
        assert inside().log == []
    assert inside().log == ["closed"]


@pytest.mark.parametrize("name", ["list_numbers", "list_later"])
async def test_a_declared_exception_on_a_later_page_is_told_and_ends_the_iterator(
    tmp_path: Path, name: str
) -> None:
    async with Studio.of(tmp_path, NUMBERS, page_size=600) as studio:
        first = await studio.data(name, below=2000)
        with pytest.raises(ToolFailedError) as caught:
            await studio.call(name, below=2000, cursor=first["cursor"])
        assert (caught.value.code, caught.value.message) == ("broken", "No more than a thousand.")
        await until(lambda: inside().log == ["closed"])


async def test_a_page_ends_before_it_is_too_large_and_no_item_is_lost(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS) as studio:  # 1 MiB, both copies of the data counted
        first = await studio.data("list_words", size=200_000)
        assert len(first["items"]) == 2
        second = await studio.data("list_words", size=200_000, cursor=first["cursor"])
        third = await studio.data("list_words", size=200_000, cursor=second["cursor"])
        assert [len(second["items"]), len(third["items"]), third["cursor"]] == [2, 1, None]
        with pytest.raises(ResponseTooLargeError):
            await studio.call("list_words", size=600_000)


async def test_what_is_late_comes_with_the_next_page_and_a_first_item_not_at_all(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS) as studio:
        page = await studio.call("list_slow", below=5, seconds=0.3)
        assert page.data["items"] == [0, 1]  # type: ignore[union-attr]
        with pytest.raises(DeadlineExceededError):
            await studio.call("list_slow", below=5, cursor=page.data["cursor"], seconds=0.3)  # type: ignore[union-attr]
        await until(lambda: inside().log == ["closed"])


async def test_a_caller_who_goes_leaves_no_iterator_behind(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS) as studio:
        for name, arguments in (("list_held", {}), ("list_slow", {"below": 5})):
            inside().log.clear()
            call = asyncio.create_task(studio.call(name, **arguments))
            await asyncio.sleep(0.1)
            call.cancel()
            await asyncio.wait([call])
            inside().held.set()
            await until(lambda: inside().log == ["closed"])
        assert len(studio.own._pages) == 0


async def test_a_context_follows_the_pages_and_progress_is_reported(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS, page_size=3) as studio:
        first = await studio.call("list_progress", seconds=0.5)
        await asyncio.sleep(0.6)  # the first call's time is over
        second = await studio.data("list_progress", cursor=first.data["cursor"])  # type: ignore[union-attr]
        assert second["items"] == [3, 4, 5]
        assert (5.0, 6, None) in studio.progress
        studio.progress.clear()
        await studio.call("list_numbers", below=3)
        assert studio.progress[-1] == (3, None, None)


async def test_the_schema_names_the_cursor_on_both_sides(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, NUMBERS) as studio:
        operation = studio.operations["list_numbers"]
        gc.collect()
    assert operation.parameters["required"] == ["below"]
    assert set(operation.parameters["properties"]) == {"below", "cursor"}  # type: ignore[arg-type]
    assert operation.output is not None
    assert operation.output["required"] == ["items", "cursor"]
