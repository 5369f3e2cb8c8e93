"""What is served under load: a blueprint with both kinds of toolset, its files, its callers, and every limit on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BURST", "FLOODER", "LARGE", "RATE", "World", "build", "content_of", "sessions_for"]

FLOODER = "flooder"
LARGE = 200_000
"""Characters of a large result."""
RATE, BURST = 10, 20
"""Calls of one caller in a second, and at once; honest clients stay below."""

_TOOLS = '''\
"""Tools for a server under load."""

import asyncio
import hashlib
import os
import time
from pathlib import Path

import seawall

_BEGUN = Path(__file__).with_name("begun")


@seawall.operation(read_only=True)
async def echo(text: str, caller: seawall.Caller) -> dict[str, str]:
    """Says who called with what."""
    return {"caller": caller.principal, "text": text}


@seawall.operation(read_only=True)
async def nap(seconds: float, text: str, caller: seawall.Caller) -> dict[str, str]:
    """Answers late."""
    await asyncio.sleep(seconds)
    return {"caller": caller.principal, "text": text}


@seawall.operation(read_only=True)
def block(seconds: float, text: str, caller: seawall.Caller) -> dict[str, str]:
    """Answers late, from a thread."""
    time.sleep(seconds)
    return {"caller": caller.principal, "text": text}


@seawall.operation(read_only=True)
def large(text: str, size: int) -> str:
    """A long text that only its own caller expects."""
    line = hashlib.sha256(text.encode()).hexdigest() + "\\n"
    return (line * (size // len(line) + 1))[:size]


@seawall.operation(read_only=True)
def fail(text: str) -> str:
    """Breaks with words that nobody may see."""
    raise RuntimeError(f"private {text}")


@seawall.operation(read_only=True)
async def journal(seconds: float, mark: str, caller: seawall.Caller) -> dict[str, str]:
    """Writes down that it began, and answers late."""
    file = os.open(_BEGUN, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{mark}\\n".encode())
    os.close(file)
    await asyncio.sleep(seconds)
    return {"caller": caller.principal, "text": mark}
'''
_BLUEPRINT = """\
[server]
name = "soak"

[[toolset]]
kind = "filesystem"
roots = "root"

[[toolset]]
kind = "python"
module = "soak_tools"

[limits]
rate = "{rate}/s"
burst = {burst}
concurrency = 32
queue = 64
workers = 8
request_timeout = "20s"

[http]
body_limit = "64KiB"
header_limit = "8KiB"
read_timeout = "3s"
connections = {connections}
sessions = {sessions}
session_idle_timeout = "8s"
shutdown_grace = "30s"

[http.auth]
kind = "token"
"""


@dataclass(frozen=True)
class World:
    """What clients and judges know of the server.

    Attributes:
        blueprint: the file to serve.
        begun: where the tool `journal` writes which calls began.
        tokens: by the name of the principal.
    """

    blueprint: Path
    begun: Path
    tokens: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which the server takes the tokens."""
        return {_variable(name): token for name, token in self.tokens.items()}


def content_of(name: str) -> str:
    """What stands in the file of one principal."""
    return "".join(f"line {number} of {name}\n" for number in range(50))


def sessions_for(clients: int) -> int:
    """How many sessions there may be: enough for every client that has one, too few for those who forget theirs."""
    return clients * 3 // 5 + 2


def build(directory: Path, clients: int) -> World:
    """Write it all down; for each client a principal of its own, and one for those who flood."""
    names = [f"client-{number}" for number in range(clients)]
    root = directory / "root"
    root.mkdir()
    for name in names:
        (root / f"{name}.txt").write_text(content_of(name))
    (root / ".env").write_text("SECRET=do-not-tell\n")
    (directory / "outside.txt").write_text("do-not-tell\n")
    (directory / "soak_tools.py").write_text(_TOOLS)
    tokens = {name: f"token-of-{name}-0123456789" for name in (*names, FLOODER)}
    (directory / "begun").touch()
    path = directory / "seawall.toml"
    sessions = sessions_for(clients)
    settings = _BLUEPRINT.format(connections=clients * 2 + 64, sessions=sessions, rate=RATE, burst=BURST)
    lines = [settings, "[http.auth.tokens]"]
    lines += [f"{name} = {json.dumps('env:' + _variable(name))}" for name in tokens]
    path.write_text("\n".join(lines) + "\n")
    return World(path, directory / "begun", tokens)


def _variable(name: str) -> str:
    return "SOAK_" + name.replace("-", "_").upper()
