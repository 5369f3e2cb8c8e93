"""A small server that runs every row of the table of commands in one sandbox, and says what came of each.

`python command_host.py` reads one line of JSON (see `Setting`), writes one line of JSON for each row. Each program has a
world of its own: a workspace with a repository that it may read and write, and what lies outside of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs

from hostile.command_careless import CARELESS, PAYLOAD
from hostile.command_rows import ARGUMENTS, HOSTILE_CONFIG, META, REFUSED, TERMINAL
from hostile.sandbox_host import SHARED, Listeners
from seawall.errors import OperationError
from seawall.toolsets.command.programs import SYSTEM_PATH, find_program
from seawall.toolsets.command.starter import presets
from seawall.toolsets.interface import TextResult
from toolsets.command.yard import Yard

__all__ = ["SECRET", "Setting", "lacking", "programs"]

SECRET = "canary-3f9d1c-outside"  # noqa: S105  what a program must not read
AT_ONCE = 3
REFUSALS = frozenset({"invalid_arguments", "path_denied", "path_escapes"})
GIT: Any = presets()["git"]["command"]
CONFIGURED: dict[str, tuple[dict[str, Any], str]] = {
    "git_status": ({}, "notes.txt"),
    "git_log": ({"stat": True, "paths": ["notes.txt"]}, "first"),
    "git_diff": ({}, "+gamma"),
    "git_show": ({}, "+beta"),
    "git_blame": ({"file": "notes.txt"}, "beta"),
}


@dataclass(frozen=True)
class Setting:
    """What the table asks for.

    Attributes:
        tier: of the sandbox.
        base: a directory of its own.
    """

    tier: str
    base: str


def programs() -> dict[str, str]:
    """What each row runs."""
    found = {name: str(tomllib.loads(lines)["argv"][0]) for name, (lines, _) in ARGUMENTS.items()}
    return found | {f"{name}, careless": name for name in CARELESS}


def lacking() -> list[str]:
    """The programs that are not on this machine."""
    return sorted({each for each in programs().values() if find_program(each, SYSTEM_PATH) is None})


@dataclass
class World:
    """A workspace with a repository, and what lies outside of it; around it everybody may do everything.

    Attributes:
        base: where it is.
        nap: what a process sleeps that must not be left; no other world's.
        listeners: where nobody may connect to.
    """

    base: Path
    nap: str
    listeners: Listeners
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def build(self) -> None:
        outside, workspace = self.base / "outside", self.base / "ws"
        for each in (self.base, workspace):
            each.mkdir()
            each.chmod(0o777)
        self.restore()
        (workspace / "notes.txt").write_text("alpha\nbeta\n")
        (workspace / "planted").symlink_to(outside / "secret")
        (workspace / "planted_up").symlink_to("..")
        clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        author = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
        for line in (["init", "-q"], ["add", "notes.txt"], [*author, "commit", "-qm", "first"]):
            subprocess.run(["git", *line], cwd=workspace, env=clean, check=True)
        payload = workspace / "payload.sh"
        payload.write_text(PAYLOAD.format(**self.words))
        payload.chmod(0o755)

    def restore(self) -> None:
        """What lies outside, also where a program was not held."""
        outside = self.base / "outside"
        outside.mkdir(exist_ok=True)
        outside.chmod(0o777)
        for name in ("secret", "kept"):
            (outside / name).write_text(SECRET)

    @property
    def words(self) -> dict[str, str]:
        outside, seen = str(self.base / "outside"), self.listeners
        return {
            "pwn": f"{outside}/pwned",
            "pwn_in": "pwned",
            "outside": outside,
            "secret": f"{outside}/secret",
            "nap": self.nap,
            "left": self.left,
            "port": str(seen.tcp),
            "udp": str(seen.udp),
            "sock": str(seen.path),
            "server": str(os.getpid()),
        }

    @property
    def left(self) -> str:
        return f"seawall-command-{self.nap}"

    def state(self, *tops: str) -> dict[str, tuple[int, bytes]]:
        """Every file, but what git keeps for itself."""
        found = {}
        for top in (self.base / each for each in tops):
            for path in sorted([top, *top.rglob("*")] if top.exists() else []):
                if ".git" not in path.parts:
                    plain = path.is_file() and not path.is_symlink()
                    content = path.read_bytes() if plain else b""
                    found[str(path.relative_to(self.base))] = (path.lstat().st_mode, content)
        return found

    def changed(self, *tops: str) -> list[str]:
        """What is not as it was when this was asked the last time."""
        before, self.seen = self.seen, self.state(*tops)
        names = {*before, *self.seen}
        return sorted(name for name in names if before.get(name) != self.seen.get(name))

    def survivors(self) -> list[int]:
        found = []
        for each in Path("/proc").iterdir():
            if each.name.isdecimal():
                try:
                    if self.nap.encode() in (each / "cmdline").read_bytes():
                        found.append(int(each.name))
                except OSError:
                    continue  # it has ended
        return found

    def leftovers(self) -> Iterator[str]:
        for path in (Path(each, self.left) for each in SHARED):
            if path.exists():
                path.unlink()
                yield str(path)

    def tidy(self) -> None:
        """The workspace as it was, whatever a program did to it."""
        workspace = self.base / "ws"
        for each in workspace.iterdir():
            if each.name not in {".git", "notes.txt", "planted", "planted_up", "payload.sh"}:
                if stat.S_ISDIR(each.lstat().st_mode):
                    shutil.rmtree(each)
                else:
                    each.unlink()


def declaration(argv: str, *, extra: str = "", seconds: int = 20) -> str:
    return (
        f'[[command]]\nname = "run"\n{argv}\nreads = ["."]\nwrites = ["."]\nsuccess = {list(range(256))}\n'
        f'params = {{ x = {{ {extra} }} }}\ntimeout = "{seconds}s"\nprocesses = 256\n'
    )


async def outcome(yard: Yard, tool: str, arguments: dict[str, Any]) -> tuple[str, str]:
    """What came of a call: `refused`, `ran`, or the code of an error that neither is; and the words."""
    try:
        result = await yard.call(tool, **arguments)
    except jsonschema_rs.ValidationError as error:
        return "refused", str(error)
    except OperationError as error:
        known = (
            "refused" if error.code in REFUSALS else "ran" if error.code == "command_failed" else error.code
        )
        return known, str(error)
    assert isinstance(result, TextResult)
    return "ran", result.text


class Table:
    """The rows of one program after the other, some programs at once."""

    def __init__(self, setting: Setting, listeners: Listeners) -> None:
        self.setting = setting
        self.listeners = listeners
        self.places = asyncio.Semaphore(AT_ONCE)
        self.worlds = 0

    async def world(self) -> World:
        self.worlds += 1
        world = World(
            Path(self.setting.base, f"world{self.worlds}"), f"{86000 + self.worlds}.75", self.listeners
        )
        await asyncio.to_thread(world.build)
        return world

    def yard(self, world: World, text: str, **settings: Any) -> Any:
        tier = self.setting.tier
        return Yard.of(world.base, text, tier=tier, roots="./ws", minimum_tier=tier, **settings)

    async def row(
        self, world: World, yard: Yard, tool: str, arguments: dict[str, Any], tops: Sequence[str]
    ) -> dict[str, Any]:
        """One call, and all that it should not have done."""
        hits, began = len(self.listeners.hits), time.monotonic()
        came, words = await outcome(yard, tool, arguments)
        seconds = time.monotonic() - began
        left = world.survivors()
        for process in left:
            os.kill(process, signal.SIGKILL)
        row = {
            "outcome": came,
            "words": words[:2000],
            "told": [each for each in (SECRET, "root:x:0:", "\x1b", "\x9b", "\b") if each in words],
            "changed": world.changed(*tops),
            "hits": self.listeners.hits[hits:],
            "survivors": len(left),
            "leftovers": list(world.leftovers()),
            "ran": (world.base / "ws" / "ran.txt").exists(),
            "seconds": seconds,
        }
        if "ws" not in tops:
            world.tidy()
            world.restore()
        return row

    async def arguments(self, name: str) -> AsyncIterator[dict[str, Any]]:
        lines, payloads = ARGUMENTS[name]
        world = await self.world()
        world.changed("outside", "ws")
        first = any(each.startswith("{x}") for each in tomllib.loads(lines)["argv"])
        async with self.yard(world, declaration(lines)) as yard:
            for written in (*payloads, *META[:6]):
                payload = written.format(**world.words)
                row = await self.row(world, yard, "run", {"x": payload}, ("outside", "ws"))
                yield {**row, "payload": written, "refuse": first and payload.startswith("-")}

    async def careless(self, name: str) -> AsyncIterator[dict[str, Any]]:
        world = await self.world()
        world.changed("outside")
        lines = f'argv = ["{name}", "{{x*}}"]\nruns_programs = true'
        extra = 'type = "array", items = { options = true }'
        async with self.yard(world, declaration(lines, extra=extra, seconds=5)) as yard:
            for written in CARELESS[name]:
                payload = [each.format(**world.words) for each in written]
                row = await self.row(world, yard, "run", {"x": payload}, ("outside",))
                yield {**row, "payload": " ".join(written)}

    async def plain(self) -> AsyncIterator[dict[str, Any]]:
        """What a shell would take for more, what no slot takes, and what would steer a terminal."""
        world = await self.world()
        world.changed("outside", "ws")
        rows = (
            [("literal", "%s", "x" + each.format(**world.words)) for each in META]
            + [("refused", "%s", each) for each in REFUSED]
            + [("terminal", "%b", each) for each in TERMINAL]
        )
        for kind, form, payload in rows:
            argv = f'argv = ["printf", "{form}", "{{x}}"]'
            async with self.yard(world, declaration(argv)) as yard:
                row = await self.row(world, yard, "run", {"x": payload}, ("outside", "ws"))
                literal = kind != "literal" or row["words"] == payload
                yield {**row, "payload": payload, "refuse": kind == "refused", "literal": literal}

    async def configured(self) -> AsyncIterator[dict[str, Any]]:
        """A repository whose own configuration is hostile, and the commands that a project begins with."""
        world = await self.world()
        workspace = world.base / "ws"
        with (workspace / ".git" / "config").open("a") as file:
            file.write(HOSTILE_CONFIG)
        hooks = (
            "post-index-change",
            "pre-commit",
            "post-checkout",
            "reference-transaction",
            "fsmonitor-watchman",
        )
        for hook in (workspace / "hooks" / each for each in hooks):
            hook.parent.mkdir(exist_ok=True)
            hook.write_text("#!/bin/sh\ntouch pwned\n")
            hook.chmod(0o755)
        (workspace / ".gitattributes").write_text("* diff=evil filter=evil\n")
        (workspace / "attributes").write_text("* diff=evil filter=evil\n")
        (workspace / "notes.txt").write_text("alpha\ngamma\n")
        world.changed("outside", "ws")
        writable = tuple({**each, "writes": (".",)} for each in GIT)
        async with self.yard(world, "", command=writable) as yard:
            for tool, (arguments, wanted) in CONFIGURED.items():
                row = await self.row(world, yard, tool, arguments, ("outside", "ws"))
                yield {**row, "payload": tool, "literal": wanted in row["words"]}

    async def all(self, name: str, rows: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
        async with self.places:
            return [{"name": name, **row} async for row in rows]


async def main() -> None:
    setting = Setting(**json.loads(sys.stdin.readline()))
    base = Path(setting.base)
    listeners = Listeners(base)
    await listeners.open()
    table = Table(setting, listeners)
    absent = set(lacking())
    here = [(name, program) for name, program in programs().items() if program not in absent]
    jobs = [table.all("printf", table.plain()), table.all("git presets", table.configured())]
    for name, program in here:
        rows = table.careless(program) if name.endswith("careless") else table.arguments(name)
        jobs.append(table.all(name, rows))
    for job in asyncio.as_completed(jobs):
        for row in await job:
            sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
