"""Contracts that cannot be served: `check` and `serve` say why in the same words, with the line where there is one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.processes import GUARD, Seawall
from support.servers import SEAWALL, environment

HEAD = """\
import asyncio, threading, time
from collections.abc import Callable
from typing import Protocol

import seawall

class Shop(Protocol):
    def get_it(self, it: int) -> int: ...

class Good:
    def get_it(self, it): return it

"""
CASES = {
    "names that collide": (
        (
            'class Shop(Protocol):\n    @seawall.operation(name="get_b")\n    def get_a(self) -> int: ...\n'
            "    def get_b(self) -> int: ...\nOwn = Good\n"
        ),
        2,
        ("a second operation named 'get_b'", ":16:"),
    ),
    "names that shadow": (
        "class Shop(Protocol):\n    def get_a(self) -> int: ...\n    def get_a(self) -> str: ...\nOwn = Good\n",
        2,
        ("'get_a' is defined a second time", ":15:"),
    ),
    "names with underscores": (
        "class Shop(Protocol):\n    def _get_a(self) -> int: ...\nOwn = Good\n",
        2,
        ("Shop has no public methods",),
    ),
    "a name that is no tool's": (
        "class Shop(Protocol):\n    def getIt(self) -> int: ...\nOwn = Good\n",
        2,
        ("'getIt' cannot be the name of a tool", ":14:"),
    ),
    "a type that cannot be described": (
        "class Shop(Protocol):\n    def get_a(self, it: Callable[[], threading.Lock]) -> int: ...\nOwn = Good\n",
        2,
        ("the type of the parameter 'it' cannot be used", ":14:"),
    ),
    "a method that is missing": ("class Own: ...\n", 2, ("has no method 'get_it'", ":13:")),
    "a signature that does not fit": (
        "class Own:\n    def get_it(self, other): ...\n",
        2,
        ("it does not take 'it', which the contract gives it", ":14:"),
    ),
    "a factory that raises": (
        "def Own(): raise OSError('the database is not there')\n",
        1,
        ("The factory hostile_shop:Own failed at", ":13: OSError: the database is not there."),
    ),
    "a factory that hangs": (
        "async def Own(): await asyncio.sleep(3600)\n",
        1,
        ("The factory hostile_shop:Own was not done after 0.3 s.",),
    ),
    "a factory that blocks": (
        "def Own(): time.sleep(3600)\n",
        1,
        ("The factory hostile_shop:Own was not done after 0.3 s.",),
    ),
    "a factory that is deaf": (
        (
            "async def Own():\n    while True:\n        try: await asyncio.sleep(3600)\n"
            "        except asyncio.CancelledError: pass\n"
        ),
        1,
        ("The factory hostile_shop:Own was not done after 0.3 s.",),
    ),
    "a factory that leaves": (
        "def Own(): raise SystemExit(3)\n",
        1,
        ("The factory hostile_shop:Own failed at",),
    ),
    "a factory that gives nothing": ("def Own(): ...\n", 1, ("The factory hostile_shop:Own gave nothing.",)),
    "a factory of something else": ("def Own(): return 3\n", 2, ("has no method 'get_it'", ":13:")),
    "a module that raises": ("1 / 0\n", 2, ("importing hostile_shop failed here: ZeroDivisionError", ":13:")),
}
"""What stands in the module, the exit status, and words that must be told."""


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, tuple[str, ...]]:
    """A contract in the test's own directory; the status and the words of its error."""
    text, status, words = CASES[request.param]
    (tmp_path / "hostile_shop.py").write_text(HEAD + text)
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "s"\n\n[[toolset]]\nkind = "contract"\ncontract = "hostile_shop:Shop"\n'
        'implementation = "hostile_shop:Own"\nstart_timeout = "300ms"\naccess = "write"\n'
    )
    return status, words


@pytest.mark.whole
def test_check_and_serve_say_why_and_end(
    seawall: Seawall, case: tuple[int, tuple[str, ...]], tmp_path: Path
) -> None:
    status, words = case
    checked = seawall("check", "seawall.toml", cwd=tmp_path)
    assert (checked.status, "Traceback" in checked.out + checked.err) == (status, False)
    served = subprocess.run(
        [SEAWALL, "serve", "seawall.toml"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert (served.returncode, served.stdout, "Traceback" in served.stderr) == (status, "", False)
    for told in (checked.out + checked.err, served.stderr):
        line = " ".join(told.split())
        assert all(each in line for each in words), line


@pytest.mark.whole
def test_a_factory_that_leaks_is_told_by_the_check_and_ends_with_the_server(
    seawall: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "hostile_shop.py").write_text(
        f"{HEAD}def Own():\n    threading.Thread(target=time.sleep, args=(3600,), name='left').start()\n    return Good()\n"
    )
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "s"\n\n[[toolset]]\nkind = "contract"\ncontract = "hostile_shop:Shop"\n'
        'implementation = "hostile_shop:Own"\n'
    )
    checked = seawall("check", "seawall.toml", "--strict", cwd=tmp_path)
    assert (checked.status, "there still ran the thread left" in checked.out) == (1, True)
    served = seawall("run", "seawall.toml", "get_it", "--args", '{"it": 1}', cwd=tmp_path)
    assert (served.status, '{"result":1}' in served.out.replace(" ", "").replace("\n", "")) == (0, True)
