"""What is measured: each description in processes of its own, both sides in turn in every round."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.apis.descriptions import Api
from benchmarks.apis.upstream import upstream
from benchmarks.compare.cases import ERAS, MODES, Body, Era, Mode, Side, Transport
from benchmarks.compare.rounds import Series
from benchmarks.compare.servers import Server, serving

__all__ = ["CALLS", "HIGHEST", "LIST_ERA", "Effort", "Figure", "Ledger", "measure"]

LIST_ERA: Final[Era] = "2026-07-28"
HIGHEST: Final = "later list, CPU at most"
CALLS: Final = (
    Body("GET /pet/{petId}", "getPetById", "doggie", {"petId": 7}),
    Body("POST /pet", "addPet", "doggie", {"name": "doggie", "photoUrls": ["https://pets.example/7.png"]}),
)
_ROOT = Path(__file__).absolute().parents[2]
_SERVED = Path(__file__).with_name("served")
_LEAST: Final = (
    1e-4  # seconds of processor that a piece counts for: the clock of some kernels stands between ticks
)
_BLUEPRINT = """
[server]
name = "api"

[[toolset]]
kind = "openapi"
spec = "{spec}"
base_url = "{upstream}"
networks = ["127.0.0.1/32"]
access = "write"
discovery = "list"

[limits]
rate = "1000000/s"
"""


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        rounds: how often everything is.
        lists: whole lists in one process, the first included; 2 at least.
        lists_over_http: the same over HTTP.
        calls: in one piece.
        pieces: pieces of each server in a round, for each operation; an even number.
        width: calls under way at a time, where they are made together.
    """

    rounds: int = 3
    lists: int = 3
    lists_over_http: int = 6
    calls: int = 50
    pieces: int = 8
    width: int = 16


@dataclass(frozen=True)
class Figure:
    """What a pair of values is of: a measure, and the row that it stands in."""

    measure: str
    row: tuple[str, ...]


Ledger = dict[Figure, Series]


class _Site:
    """One description, and where both servers find it."""

    first: Body | None = CALLS[0]

    def __init__(self, directory: Path, api: Api, url: str) -> None:
        if api.other is None:
            raise ValueError(f"{api.name} cannot be served by both")
        self.directory = directory
        self.other = api.other
        self._url = url
        directory.joinpath(api.file.name).write_bytes(api.file.read_bytes())
        directory.joinpath("seawall.toml").write_text(_BLUEPRINT.format(spec=api.file.name, upstream=url))

    def command(self, side: Side, transport: Transport, port: int) -> list[str]:
        """The command line of a server."""
        if side == "bare":
            return [sys.executable, str(_SERVED / "bare.py"), str(self.other), self._url, str(port)]
        seawall = str(Path(sys.executable).with_name("seawall"))
        return [
            seawall,
            "serve",
            str(self.directory / "seawall.toml"),
            "--transport",
            transport,
            "--port",
            str(port),
        ]

    def token(self, side: Side) -> None:
        """Neither wants one."""
        del side


class _ListSite(_Site):
    """The same of an API that is only listed."""

    first = None


def measure(apis: list[Api], directory: Path, effort: Effort, told: Callable[[str], None]) -> Ledger:
    """Measure everything.

    Args:
        apis: the first is the one whose operations are called.
        directory: for files.
        effort: how much.
        told: gets one line for each part of the work, before it begins.
    """
    ledger: Ledger = defaultdict(Series)
    with upstream() as url:
        for number in range(effort.rounds):
            order: tuple[Side, Side] = ("bare", "seawall") if number % 2 == 0 else ("seawall", "bare")
            for api in apis:
                if api.other is None:
                    continue
                told(f"round {number + 1} of {effort.rounds}: {api.name}")
                here = directory / f"{api.name}-{number}"
                here.mkdir()
                _inside(_Site(here, api, url), api, order, effort, ledger)
                _over_http(_ListSite(here, api, url), api, order, effort, ledger)
            for era in ERAS:
                told(f"round {number + 1} of {effort.rounds}: calls, {era}")
                _calls(
                    _Site(directory / f"{apis[0].name}-{number}", apis[0], url), era, order, effort, ledger
                )
    return ledger


def _inside(site: _Site, api: Api, order: tuple[Side, Side], effort: Effort, ledger: Ledger) -> None:
    found: dict[Side, dict[str, Any]] = {}
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    for side in order:
        description = site.other if side == "bare" else api.file
        line = [
            sys.executable,
            "-m",
            "benchmarks.apis.served.inside",
            side,
            str(description),
            str(effort.lists),
        ]
        with (site.directory / f"{side}.log").open("ab") as log:
            output = subprocess.run(
                line, cwd=site.directory, env=environment, stdout=subprocess.PIPE, stderr=log, check=True
            )
        found[side] = json.loads(output.stdout)
    for name in ("load", "tools", "tokens"):
        _note(ledger, Figure(name, (api.name,)), {side: each[name] for side, each in found.items()})
    for name in ("server", "client"):
        first = {side: each[name][0] for side, each in found.items()}
        later = {side: statistics.median(each[name][1:]) for side, each in found.items()}
        _note(ledger, Figure(f"first list, {name}", (api.name,)), first)
        _note(ledger, Figure(f"later list, {name}", (api.name,)), later)


def _over_http(site: _Site, api: Api, order: tuple[Side, Side], effort: Effort, ledger: Ledger) -> None:
    names = (
        "first list, HTTP",
        "first list, CPU",
        "later list, HTTP",
        "later list, CPU",
        HIGHEST,
        "rss",
        "pss",
    )
    found: dict[str, dict[Side, float]] = {name: {} for name in names}
    for side in order:
        with serving(site, side, "http", LIST_ERA) as server:
            first, *later = (server.list() for _ in range(effort.lists_over_http))
            seconds, cpu, _ = zip(*later, strict=True)
            values = (*first[:2], statistics.median(seconds), statistics.median(cpu), max(cpu))
            for name, value in zip(names, (*values, *server.memory()), strict=True):
                found[name][side] = max(value, _LEAST)
    for name, values_of in found.items():
        _note(ledger, Figure(name, (api.name,)), values_of)


def _calls(site: _Site, era: Era, order: tuple[Side, Side], effort: Effort, ledger: Ledger) -> None:
    with contextlib.ExitStack() as stack:
        servers = {side: stack.enter_context(serving(site, side, "http", era)) for side in order}
        for body in CALLS:
            for server in servers.values():
                server.call(body, effort.calls, effort.width)
            for mode in MODES:
                _sample(Figure("", (era, body.label, mode)), body, mode, servers, effort, ledger)


def _sample(  # noqa: PLR0917  one sample needs them all
    figure: Figure, body: Body, mode: Mode, servers: dict[Side, Server], effort: Effort, ledger: Ledger
) -> None:
    """One pair: the medians of the pieces."""
    width = 1 if mode == "one by one" else effort.width
    seconds: dict[Side, list[float]] = {side: [] for side in servers}
    cpu: dict[Side, list[float]] = {side: [] for side in servers}
    for _ in range(effort.pieces // 2):
        for side in (*servers, *reversed(servers)):
            taken, used = servers[side].call(body, effort.calls, width)
            seconds[side].append(effort.calls / taken)
            cpu[side].append(max(used, _LEAST) / effort.calls)
    _note(
        ledger, Figure("rate", figure.row), {side: statistics.median(each) for side, each in seconds.items()}
    )
    _note(ledger, Figure("cpu", figure.row), {side: statistics.median(each) for side, each in cpu.items()})


def _note(ledger: Ledger, figure: Figure, values: dict[Side, float]) -> None:
    ledger[figure].pairs.append((values["bare"], values["seawall"]))
