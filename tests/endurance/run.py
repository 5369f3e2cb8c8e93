"""The soak: load, calm, and the end in the middle of load; and the judgement of each."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from endurance.drive import Fleet, Role
from endurance.peer import Tally
from endurance.watch import MIB, Sample, sample, watched
from endurance.world import BURST, FLOODER, RATE, World, build, sessions_for
from support.clients.raw import headers, request
from support.raw_http import exchange, message_bytes
from support.servers import HttpServer, log_records, serve_http

__all__ = ["Outcome", "soak"]

GROWTH = 64 * MIB
"""How much more memory the server may hold at any moment after its warm-up than at the end of that.

Measured were 7 to 26 MiB: sessions (50 KB each, until their number is reached), large answers that wait for slow
readers, and what the allocator keeps of both.
"""

_PROCESSES = 2
_GUARD = 60.0
_TESTS = Path(__file__).parent.parent


@dataclass
class Outcome:
    """What a soak found.

    Attributes:
        rows: figures, by name, in the order in which they are shown.
        broken: promises that did not hold.
    """

    rows: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def promise(self, held: bool, words: str) -> None:
        """Say what must be so."""
        if not held:
            self.broken.append(words)


def soak(directory: Path, *, seconds: float, clients: int) -> Outcome:
    """Serve in the directory, load it for that long with so many clients, end it in the middle of load."""
    world, outcome, log = build(directory, clients), Outcome(), directory / "log"
    with serve_http(log, world.blueprint, extra=world.environment) as server:
        base = _warm(server, world)
        _load(server, world, outcome, seconds=seconds, base=base)
        _calm(server, outcome, base)
        _end(server, world, outcome)
    _judge_log(log, outcome)
    return outcome


def _warm(server: HttpServer, world: World) -> Sample:
    """Start every thread that there will be, and look at what the server holds at rest."""
    with ThreadPoolExecutor(16) as pool:
        names = [name for name in world.tokens if name != FLOODER][:16]
        list(pool.map(lambda name: _block(server.port, world.tokens[name]), names * 2))
    _until(lambda: _gauge(server, "seawall_http_connections") <= 1)
    return sample(server.process.pid)


def _block(port: int, token: str) -> None:
    arguments = {"seconds": 0.3, "text": "warm"}
    message = request("modern", 1, "tools/call", {"name": "block", "arguments": arguments})
    lines = {"Host": "127.0.0.1", "Authorization": f"Bearer {token}"} | headers("modern", message)
    reply = exchange(port, message_bytes("POST", "/mcp", lines, json.dumps(message).encode()))
    assert reply.status == 200, reply


def _load(server: HttpServer, world: World, outcome: Outcome, *, seconds: float, base: Sample) -> None:
    roles = _roles([name for name in world.tokens if name != FLOODER])
    with watched(server.process.pid) as samples:
        tally = _merged(_drive(server.port, world, roles, seconds=seconds, drain=False))
    sessions = _gauge(server, "seawall_http_sessions")
    outcome.rows["load: sessions left behind"] = str(sessions)
    outcome.promise(sessions <= sessions_for(len(roles)), f"{sessions} sessions")
    begun = samples[0].at
    warm = next(each for each in samples if each.at - begun >= min(10.0, seconds / 2))
    peak = max(each.memory for each in samples if each.at >= warm.at)
    used = samples[-1].processor - samples[0].processor
    outcome.rows |= {f"load: {name}": f"{count}" for name, count in sorted(tally.counts.items())}
    outcome.rows["load: HTTP statuses"] = ", ".join(f"{k}: {v}" for k, v in sorted(tally.statuses.items()))
    outcome.rows["load: processor seconds of the server"] = f"{used:.1f} in {samples[-1].at - begun:.0f}"
    outcome.rows["load: MiB at rest, warm, at most"] = ", ".join(
        f"{each / MIB:.0f}" for each in (base.memory, warm.memory, peak)
    )
    course = [samples[len(samples) * part // 10].memory for part in range(10)] + [samples[-1].memory]
    outcome.rows["load: MiB in the course of it"] = ", ".join(f"{each / MIB:.0f}" for each in course)
    outcome.rows["load: descriptors, threads at most"] = (
        f"{max(each.descriptors for each in samples)}, {max(each.threads for each in samples)}"
    )
    outcome.broken += tally.faults
    outcome.promise(
        peak - warm.memory <= GROWTH,
        f"memory grew by {(peak - warm.memory) / MIB:.0f} MiB, more than {GROWTH / MIB:.0f}",
    )
    answered = tally.counts["good calls answered rightly"]
    outcome.promise(answered >= seconds * len(roles) / 20, f"only {answered} good calls were answered")
    let_through, most = tally.counts["flood let through"], BURST + RATE * (samples[-1].at - begun)
    outcome.promise(let_through <= most, f"{let_through} calls of one caller, more than {most:.0f}")


def _calm(server: HttpServer, outcome: Outcome, base: Sample) -> None:
    """After the clients left, the server must hold what it held before."""

    def calm() -> bool:
        now = sample(server.process.pid)
        return now.descriptors <= base.descriptors and now.threads <= base.threads

    outcome.promise(_until(calm), "descriptors and threads do not come back to what they were")
    outcome.promise(
        _until(lambda: _gauge(server, "seawall_calls_in_flight") == 0), "calls stay under way for ever"
    )
    outcome.promise(
        _until(lambda: _gauge(server, "seawall_http_sessions") == 0),
        "sessions stay open though nobody uses them",
    )
    now = sample(server.process.pid)
    outcome.rows["calm: descriptors, threads (before)"] = (
        f"{now.descriptors}, {now.threads} ({base.descriptors}, {base.threads})"
    )
    outcome.rows["calm: memory"] = f"{now.memory / MIB:.0f} MiB"


def _end(server: HttpServer, world: World, outcome: Outcome) -> None:
    """SIGTERM while all clients have calls under way."""
    names = [name for name in world.tokens if name != FLOODER]
    begun = world.begun
    with ThreadPoolExecutor(1) as pool:
        driving = pool.submit(
            _drive, server.port, world, [(name, "good") for name in names], seconds=60, drain=True
        )
        _until(lambda: len(begun.read_bytes().splitlines()) >= len(names) * 3)
        server.process.send_signal(signal.SIGTERM)
        signalled = time.monotonic()
        try:
            code: int | None = server.process.wait(_GUARD)
        except subprocess.TimeoutExpired:
            code = None
        took = time.monotonic() - signalled
        results = driving.result()
    tally = _merged(results)
    marks: dict[str, str] = {}
    for each in results:
        marks |= each["marks"]
    _judge_end(outcome, marks, set(begun.read_text().splitlines()))
    outcome.broken += tally.faults
    outcome.rows["end: seconds from SIGTERM to the end, code"] = f"{took:.1f}, {code}"
    outcome.promise(code == 0, f"the process ended with {code}")


def _judge_end(outcome: Outcome, marks: dict[str, str], began: set[str]) -> None:
    endings = Counter(marks.values())
    outcome.rows |= {f"end: calls {name}": str(count) for name, count in sorted(endings.items())}
    lost = {mark: marks.get(mark, "never heard of") for mark in began if marks.get(mark) != "answered"}
    outcome.promise(not lost, f"calls that began were lost: {dict(list(lost.items())[:20])}")
    cut = [mark for mark, ending in marks.items() if ending in {"cut off", "answered wrongly"}]
    outcome.promise(not cut, f"answers were not whole: {cut[:20]}")
    outcome.promise(endings["told to come again"] > 0, "nobody was told to come again")


def _judge_log(log: Path, outcome: Outcome) -> None:
    """Nothing but what the tool that breaks on purpose leaves there."""
    records = log_records(log)
    bad = [
        record
        for record in records
        if (record.get("level") in {"error", "critical"} or "Traceback" in str(record))
        and "RuntimeError: private" not in str(record)
    ]
    plain = [line for line in log.read_text().splitlines() if not line.startswith("{")]
    outcome.rows["log: records"] = str(len(records))
    outcome.promise(not bad, f"the log has errors: {[str(each)[-1500:] for each in bad[:3]]}")
    outcome.promise(not plain, f"the log has lines that are no records: {plain[:5]}")


def _roles(names: Sequence[str]) -> list[tuple[str, Role]]:
    """Of twenty clients one is FastMCP's, one floods, six are hostile, and twelve honest."""
    roles: list[tuple[str, Role]] = []
    for number, name in enumerate(names):
        place = number // 2 % 20 if len(names) >= 40 else number % 20
        role: Role = "sdk" if place == 0 else "flood" if place == 1 else "hostile" if place < 8 else "good"
        roles.append((FLOODER if role == "flood" else name, role))
    return roles


def _drive(
    port: int, world: World, roles: Sequence[tuple[str, Role]], *, seconds: float, drain: bool
) -> list[dict[str, Any]]:
    """Let the clients go on in processes of their own; what those say."""
    running = []
    for number in range(_PROCESSES):
        clients = [(name, world.tokens[name], role) for name, role in roles[number::_PROCESSES]]
        fleet = Fleet(port=port, seconds=seconds, drain=drain, seed=number, clients=clients)
        line = [sys.executable, "-m", "endurance.drive", json.dumps(asdict(fleet))]
        running.append(subprocess.Popen(line, cwd=_TESTS, stdout=subprocess.PIPE))
    try:
        outputs = [process.communicate(timeout=seconds + _GUARD * 2)[0] for process in running]
    finally:
        for process in running:
            process.kill()
    return [json.loads(output) for output in outputs]


def _merged(results: Sequence[dict[str, Any]]) -> Tally:
    merged = Tally()
    for each in results:
        merged.counts.update(each["counts"])
        merged.statuses.update({int(status): count for status, count in each["statuses"].items()})
        merged.faults += each["faults"]
    return merged


def _gauge(server: HttpServer, name: str) -> int:
    text = server.get("/metrics")[1]
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def _until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + _GUARD
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
