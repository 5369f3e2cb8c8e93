"""The implementation is made at start and closed at the end, in every form; what goes wrong with it is told clearly."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import BlueprintError, StartError
from toolsets.contract.studio import Studio, build, problems_of, write

pytestmark = pytest.mark.anyio

SHOP = """
log = []

class Shop(Protocol):
    def get_log(self) -> list[str]: ...

class Base:
    def get_log(self): return log
"""

FORMS = {
    "object": ("class Made(Base):\n    def close(self): log.append('closed')\nOwn = Made()\n", []),
    "class": ("class Own(Base):\n    def close(self): log.append('closed')\n", ["closed"]),
    "class with aclose": ("class Own(Base):\n    async def aclose(self): log.append('closed')\n", ["closed"]),
    "context manager": (
        (
            "class Own(Base):\n    def __enter__(self): log.append('entered'); return self\n"
            "    def __exit__(self, *_): log.append('left')\n"
        ),
        ["entered", "left"],
    ),
    "asynchronous context manager": (
        (
            "class Own(Base):\n    async def __aenter__(self): log.append('entered'); return self\n"
            "    async def __aexit__(self, *_): log.append('left')\n"
        ),
        ["entered", "left"],
    ),
    "def": (
        "class Made(Base):\n    def close(self): log.append('closed')\ndef Own(): return Made()\n",
        ["closed"],
    ),
    "async def": (
        "class Made(Base):\n    async def aclose(self): log.append('closed')\nasync def Own(): return Made()\n",
        ["closed"],
    ),
    "def that yields": ("def Own():\n    yield Base()\n    log.append('closed')\n", ["closed"]),
    "async def that yields": ("async def Own():\n    yield Base()\n    log.append('closed')\n", ["closed"]),
    "decorated": (
        "@contextlib.asynccontextmanager\nasync def Own():\n    yield Base()\n    log.append('closed')\n",
        ["closed"],
    ),
    "partial": ("Own = functools.partial(lambda word: Base(), 'x')\n", []),
}


def inside() -> Any:
    """The module that the test wrote."""
    return sys.modules["workshop_shop"]


@pytest.mark.parametrize("form", FORMS)
async def test_it_is_made_at_start_and_closed_at_the_end(tmp_path: Path, form: str) -> None:
    text, expected = FORMS[form]
    async with Studio.of(tmp_path, SHOP + text) as studio:
        assert "closed" not in (await studio.data("get_log"))["result"]
    assert inside().log == expected


async def test_nothing_is_made_before_the_start(tmp_path: Path) -> None:
    write(tmp_path, SHOP + "def Own():\n    log.append('made')\n    return Base()\n")
    toolset = build(tmp_path)
    assert inside().log == []
    await toolset.close()


HANGS = {
    "async": "async def Own():\n    await asyncio.sleep(3600)\n",
    "deaf": "async def Own():\n    while True:\n        try:\n            await asyncio.sleep(3600)\n"
    "        except asyncio.CancelledError:\n            if stop: raise\nstop = []\n",
    "def": "held = threading.Event()\ndef Own():\n    held.wait()\n",
}


@pytest.mark.parametrize("how", HANGS)
async def test_a_factory_that_hangs_ends_the_start_after_its_time(tmp_path: Path, how: str) -> None:
    write(tmp_path, SHOP + HANGS[how])
    toolset = build(tmp_path, start_timeout=0.1)
    async with asyncio.timeout(30):
        with pytest.raises(StartError) as caught:
            await toolset.start()
    assert caught.value.message == "The factory workshop_shop:Own was not done after 0.1 s."
    assert "start_timeout" in (caught.value.hint or "")
    await toolset.close()
    if how == "deaf":
        inside().stop.append(True)
    elif how == "def":
        inside().held.set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def Own():\n    raise KeyError('no base')\n", "KeyError: 'no base'."),
        (
            "async def Own():\n    raise OSError(111, 'refused')\n",
            "ConnectionRefusedError: [Errno 111] refused.",
        ),
        ("def Own():\n    raise SystemExit('tired')\n", "SystemExit: tired."),
        ("class Own(Base):\n    def __init__(self): raise ValueError\n", "ValueError."),
        ("def Own():\n    if False: yield 1\n", "RuntimeError: generator didn't yield."),
        ("async def Own():\n    raise asyncio.CancelledError\n", "CancelledError."),
    ],
)
async def test_a_factory_that_raises_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, SHOP + text)
    toolset = build(tmp_path)
    with pytest.raises(StartError) as caught:
        await toolset.start()
    await toolset.close()
    assert "workshop_shop:Own failed at " in caught.value.message
    assert caught.value.message.endswith(words)


async def test_a_factory_that_gives_nothing_is_told(tmp_path: Path) -> None:
    write(tmp_path, SHOP + "def Own(): ...\n")
    toolset = build(tmp_path)
    with pytest.raises(StartError, match="The factory workshop_shop:Own gave nothing"):
        await toolset.start()
    await toolset.close()


LEAKS = {
    "a task": (
        ("async def forever():\n    await asyncio.sleep(3600)\n"
         "async def Own():\n    Base.task = asyncio.create_task(forever())\n    return Base()\n"),
        "after it was closed there still ran the task forever",
    ),
    "a thread": (
        "held = threading.Event()\ndef Own():\n    threading.Thread(target=held.wait, name='mine').start()\n    return Base()\n",
        "after it was closed there still ran the thread mine",
    ),
    "a close that raises": ("class Own(Base):\n    def close(self): raise KeyError('x')\n", "closing it raised KeyError"),
    "a close that ends the process": (
        "class Own(Base):\n    def close(self): raise SystemExit(7)\n", "closing it raised SystemExit",
    ),
    "an aclose that ends the process": (
        "class Own(Base):\n    async def aclose(self): raise SystemExit(7)\n", "closing it raised SystemExit",
    ),
    "a close that hangs": (
        "class Own(Base):\n    async def aclose(self): await asyncio.sleep(3600)\n", "closing it took more than 0.2 s",
    ),
}  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
async def test_what_it_leaves_behind_is_told_and_keeps_nothing_from_ending(
    tmp_path: Path, leak: str, caplog: pytest.LogCaptureFixture
) -> None:
    text, words = LEAKS[leak]
    with caplog.at_level(logging.WARNING):
        async with Studio.of(tmp_path, SHOP + text, start_timeout=0.2) as studio:
            await studio.data("get_log")
        remarks = studio.own.remarks()
    if leak == "a thread":
        inside().held.set()
    assert [each.message for each in remarks if each.code == "left_behind"] == [
        f"workshop_shop:Own: {words}."
    ]
    assert any(record.levelno == logging.WARNING for record in caplog.records)


async def test_what_ends_its_tasks_leaks_nothing(tmp_path: Path) -> None:
    text = """
async def forever():
    await asyncio.sleep(3600)

async def Own():
    async with asyncio.TaskGroup() as group:
        task = group.create_task(forever())
        yield Base()
        task.cancel()
"""
    async with Studio.of(tmp_path, SHOP + text) as studio:
        await studio.data("get_log")
    assert all(each.code != "left_behind" for each in studio.own.remarks())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def Own(port: int): ...", "workshop_shop:Own asks for 'port', which the server cannot give"),
        (
            "def Own(caller: seawall.Caller): ...",
            "asks for 'caller', a Caller, which each call has its own of",
        ),
        ("def Own(jail: seawall.Jail): ...", "it takes a Jail, and the toolset declares no `roots`"),
        ("import os as Own", "workshop_shop:Own cannot be the implementation: it is a module"),
    ],
)
def test_what_an_implementation_asks_for_and_cannot_get_is_told(
    tmp_path: Path, text: str, words: str
) -> None:
    assert words in problems_of(tmp_path, f"{SHOP}\n{text}\n")[0].message


async def test_settings_and_files_are_lent_to_the_implementation(tmp_path: Path) -> None:
    text = """
    class Conf(seawall.Settings):
        file: str
    class Shop(Protocol):
        def get_text(self) -> str: ...
    class Own:
        def __init__(self, jail: seawall.Jail, conf: Conf, other: int = 0) -> None:
            self._text = jail.read_file(conf.file).decode()
        def get_text(self) -> str:
            return self._text
    """
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("hello")
    async with Studio.of(tmp_path, text, roots="./data", settings={"file": "a.txt"}) as studio:
        assert await studio.text("get_text") == "hello"
    with pytest.raises(BlueprintError, match="2 problems"):
        build(tmp_path, roots="./data", settings={"fil": "a.txt"})
