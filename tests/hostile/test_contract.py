"""Contracts and implementations that are wrong or mean harm: `check` and `serve` say what it is, where, and end.

One row each: the module, lines of the toolset, the exit status of `check` and of `serve`, and the words of both.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.clients import connect
from support.servers import run, stdio

pytestmark = pytest.mark.whole

HEAD = """\
import asyncio, os, threading, time
from collections.abc import Callable
from typing import Protocol
import seawall

class Shop(Protocol):
    def get_item(self, name: str) -> str: ...

class Own:
    def get_item(self, name: str) -> str:
        return name
"""

ROWS = [
    ("def Bad(Shop): raise ConnectionError('db is down')", 'implementation = "own_shop:Bad"', 2, 2,
     "own_shop:Bad asks for 'Shop', which the server cannot give"),
    ("def bad():\n    raise ConnectionError('db is down')", 'implementation = "own_shop:bad"', 1, 1,
     "own_shop:bad failed at {own_shop.py}:13: ConnectionError: db is down."),
    ("async def bad():\n    await asyncio.sleep(0)\n    raise SystemExit(0)", 'implementation = "own_shop:bad"', 1, 1,
     "own_shop:bad failed at {own_shop.py}:14: SystemExit: 0."),
    ("def bad():\n    time.sleep(3600)", 'implementation = "own_shop:bad"\nstart_timeout = "200ms"', 1, 1,
     "own_shop:bad was not done after 0.2 s."),
    ("async def bad():\n    while True:\n        try:\n            await asyncio.sleep(3600)\n        except asyncio.CancelledError:\n            pass",
     'implementation = "own_shop:bad"\nstart_timeout = "200ms"', 1, 1, "own_shop:bad was not done after 0.2 s."),
    ("def bad():\n    return object()", 'implementation = "own_shop:bad"', 2, 2,
     "{own_shop.py}:12:5: own_shop:bad has no method 'get_item', which the contract has (own_shop.py:7)"),
    ("def bad():\n    return None", 'implementation = "own_shop:bad"', 1, 1, "own_shop:bad gave nothing."),
    ("class Bad:\n    def get_item(self, other: str) -> str: ...", 'implementation = "own_shop:Bad"', 2, 2,
     "{own_shop.py}:13:9: it does not take 'name', which the contract gives it"),
    ("class Twice(Shop, Protocol):\n    @seawall.operation(name='get_item')\n    def get_other(self) -> str: ...",
     'contract = "own_shop:Twice"', 2, 2, "{own_shop.py}:13:24: a second operation named 'get_item'"),
    ("class Hides(Shop, Protocol):\n    get_item: int = 5", 'contract = "own_shop:Hides"', 2, 2,
     "{own_shop.py}:12:7: 'get_item' of Hides hides the method of Shop and is none itself"),
    ("class Odd(Protocol):\n    def get_it(self, way: Callable[[], int]) -> str: ...", 'contract = "own_shop:Odd"', 2, 2,
     "{own_shop.py}:13:22: the type of the parameter 'way' cannot be used: JSON cannot carry it"),
    ("class Odd(Protocol):\n    def _get_it(self) -> str: ...", 'contract = "own_shop:Odd"', 2, 2,
     "seawall.toml:6:12: Odd has no public methods"),
    ("raise RuntimeError('at import')", "", 2, 2, "{own_shop.py}:12:1: importing own_shop failed here: RuntimeError: at import"),
]  # fmt: skip


def blueprint(directory: Path, module: str, settings: str) -> Path:
    (directory / "own_shop.py").write_text(f"{HEAD}{module}\n")
    lines = {"contract": 'contract = "own_shop:Shop"', "implementation": 'implementation = "own_shop:Own"'}
    lines |= {line.partition(" ")[0]: line for line in settings.splitlines()}
    path = directory / "seawall.toml"
    path.write_text(
        '[server]\nname = "own"\n\n[[toolset]]\nkind = "contract"\n' + "\n".join(lines.values()) + "\n"
    )
    return path


@pytest.mark.parametrize("row", ROWS, ids=[row[4][:60] for row in ROWS])
@pytest.mark.parametrize("verb", ["check", "serve"])
def test_what_is_wrong_ends_with_its_reason_and_place(
    tmp_path: Path, verb: str, row: tuple[str, str, int, int, str]
) -> None:
    module, settings, of_check, of_serve, words = row
    ended = run(verb, blueprint(tmp_path, module, settings))
    shown = ended.stdout + ended.stderr
    assert ended.returncode == (of_check if verb == "check" else of_serve), shown
    assert "Traceback" not in shown
    flat = " ".join(shown.split())
    assert words.replace("{own_shop.py}", str(tmp_path / "own_shop.py")) in flat or words.replace(
        "{own_shop.py}", "own_shop.py"
    ) in flat.replace(f"{tmp_path}/", ""), shown


def test_what_a_factory_leaves_behind_is_a_warning_of_check_and_of_the_log(tmp_path: Path) -> None:
    module = (
        "async def forever():\n    await asyncio.sleep(3600)\n\n"
        "async def leaky():\n    Own.task = asyncio.create_task(forever())\n    return Own()"
    )
    path = blueprint(tmp_path, module, 'implementation = "own_shop:leaky"')
    findings = json.loads(run("check", path, "--json").stdout)["findings"]
    (leak,) = [each for each in findings if each["code"] == "left_behind"]
    assert leak["level"] == "warning"
    assert "still ran the task forever" in leak["message"]
    assert run("check", path, "--strict").returncode == 1
    served = run("serve", path, "--transport", "stdio")
    assert served.returncode == 0
    assert "implementation not closed cleanly" in served.stderr


@pytest.mark.anyio
async def test_callers_reach_neither_private_methods_nor_what_belongs_to_the_server(tmp_path: Path) -> None:
    module = (
        "class More(Shop, Protocol):\n"
        "    def get_caller(self, caller: seawall.Caller) -> str: ...\n"
        "    def close(self) -> None: ...\n"
        "class Both(Own):\n"
        "    def get_caller(self, caller: seawall.Caller) -> str: return caller.principal\n"
        "    def _secret(self) -> str: return 'secret'\n"
        "    def close(self) -> None: ..."
    )
    path = blueprint(tmp_path, module, 'contract = "own_shop:More"\nimplementation = "own_shop:Both"')
    async with connect("raw-modern", stdio(tmp_path / "log", path)) as client:
        assert [tool["name"] for tool in await client.list_tools()] == ["get_item", "get_caller"]
        for name in ("_secret", "close", "__init__", "__class__", "get_caller.__func__"):
            assert (await client.call(name)).own_meta("error")["code"] == "unknown_tool"
        forged = await client.call("get_caller", {"caller": {"principal": "root"}})
        assert forged.own_meta("error")["code"] == "invalid_arguments"
        assert (await client.call("get_caller")).text == "local"
        assert (await client.call("get_item", {"self": 1, "name": "a"})).own_meta("error")[
            "code"
        ] == "invalid_arguments"
