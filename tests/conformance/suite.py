"""Run the official MCP conformance suite and read what it wrote, strictly.

A result that is missing, empty, old or at odds with the suite's own summary raises `SuiteError`: a suite that did not
run must never look like one that passed.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

__all__ = ["Status", "Suite", "SuiteError", "Table", "counts", "regressions", "report"]

NODE_VARIABLE: Final = "SEAWALL_CONFORMANCE_NODE"
SUITE_VARIABLE: Final = "SEAWALL_CONFORMANCE_SUITE"

_LIST_SECONDS: Final = 60
_RUN_SECONDS: Final = 900
"""Guards against a hanging program; a whole run takes about fifteen seconds."""

_LISTED: Final = re.compile(r"^ {2}- (\S+) \[", re.MULTILINE)
_DIRECTORY: Final = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_TOTAL: Final = re.compile(r"^Total: (\d+) passed, (\d+) failed$", re.MULTILINE)

_WIRE_SCHEMA: Final = "wire-schema-valid"
_CONNECT_SECONDS: Final = 5


class SuiteError(Exception):
    """The suite could not be run, or its results cannot be trusted."""


class Status(StrEnum):
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    WARNING = "WARNING"
    SKIPPED = "SKIPPED"
    INFO = "INFO"


Table: TypeAlias = Mapping[tuple[str, str], Status]
"""Status by (scenario, check id). The suite uses some ids several times in one scenario: the second is `id#2`."""


class _Check(BaseModel):
    id: str
    status: Status


_CHECKS: Final = TypeAdapter(list[_Check])


@dataclass(frozen=True, slots=True)
class Suite:
    """Where Node.js 22 and the suite's `dist/index.js` are."""

    node: Path
    index: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Suite":
        """Raises: SuiteError if a variable is missing or names no file."""
        paths = {name: Path(environment.get(name) or "") for name in (NODE_VARIABLE, SUITE_VARIABLE)}
        for name, path in paths.items():
            if not path.is_file():
                raise SuiteError(f"{name} does not name a file: {str(path)!r}")
        return cls(node=paths[NODE_VARIABLE], index=paths[SUITE_VARIABLE])

    def scenarios(self) -> tuple[str, ...]:
        """The names of all scenarios for servers."""
        listed = tuple(_LISTED.findall(self._call("list", "--server", seconds=_LIST_SECONDS)))
        if not listed:
            raise SuiteError("the suite lists no scenario")
        return listed

    def run(self, url: str, output: Path, scenarios: Sequence[str] = (), *, version: str = "") -> Table:
        """Run all scenarios, or the named ones, against `url`; `output` must be empty and keeps the raw results.

        With `version` the named ones speak that version of the protocol, and not the newest that each can.

        Raises: SuiteError if the suite did not run completely.
        """
        _require_listener(url)
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()):
            raise SuiteError(f"{output} is not empty: old results could be taken for new ones")
        common = ["server", "--url", url, "--output-dir", str(output)]
        common += ["--spec-version", version] if version else []
        if scenarios:
            for name in scenarios:
                self._call(*common, "--scenario", name, seconds=_RUN_SECONDS)
            table = read(output, scenarios)
        else:
            log = self._call(*common, "--suite", "all", seconds=_RUN_SECONDS)
            table = read(output, self.scenarios())
            _agree(table, log)
        _require_listener(url)
        return table

    def _call(self, *arguments: str, seconds: float) -> str:
        command = [str(self.node), str(self.index), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SuiteError(f"the suite did not run: {error}") from error
        # 1 means failed checks, but also a wrong argument or a crash: what was written decides.
        if done.returncode not in {0, 1}:
            raise SuiteError(f"the suite ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout


def read(output: Path, scenarios: Sequence[str]) -> Table:
    """The table of exactly these scenarios.

    Raises: SuiteError if one has no result, more than one or an empty one, or if there are results of others.
    """
    found: dict[str, Path] = {}
    for directory in sorted(output.iterdir()):
        match = _DIRECTORY.fullmatch(directory.name)
        if match is None or match["scenario"] in found:
            raise SuiteError(f"unexpected result {directory.name}")
        found[match["scenario"]] = directory / "checks.json"
    if different := set(found) ^ set(scenarios):
        raise SuiteError(f"scenarios without a result, or results without a scenario: {sorted(different)}")
    table = {key: status for name, path in found.items() for key, status in _checks(name, path)}
    # Without an answer there is no message to find fault with, so this check passes on silence.
    if not any(status is Status.SUCCESS for (_, check), status in table.items() if check != _WIRE_SCHEMA):
        raise SuiteError("not one check passed beside the schema check of the messages")
    return MappingProxyType(table)


def _checks(scenario: str, path: Path) -> Iterator[tuple[tuple[str, str], Status]]:
    try:
        checks = _CHECKS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SuiteError(f"{scenario} left no readable result: {error}") from error
    if not checks:
        raise SuiteError(f"{scenario} made no check")
    seen: Counter[str] = Counter()
    for check in checks:
        seen[check.id] += 1
        repeated = seen[check.id]
        yield (scenario, check.id if repeated == 1 else f"{check.id}#{repeated}"), check.status


def _require_listener(url: str) -> None:
    # Asked before and after a run: several checks pass when nobody answers.
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 80), _CONNECT_SECONDS).close()
    except OSError as error:
        raise SuiteError(f"no server listens at {url}: {error}") from error


def _agree(table: Table, log: str) -> None:
    total = _TOTAL.search(log)
    if total is None:
        raise SuiteError(f"the suite printed no total: {log[-2000:]}")
    statuses = Counter(table.values())
    ours = (statuses[Status.SUCCESS], statuses[Status.FAILURE])
    if ours != (int(total[1]), int(total[2])):
        raise SuiteError(f"read {ours[0]} passed and {ours[1]} failed, but the suite says: {total[0]}")


def counts(table: Table) -> Mapping[str, Mapping[Status, int]]:
    """How many checks of each status, by scenario, in the order of the table."""
    by_scenario: dict[str, Counter[Status]] = {}
    for (scenario, _), status in table.items():
        by_scenario.setdefault(scenario, Counter())[status] += 1
    return by_scenario


def regressions(before: Table, after: Table) -> tuple[tuple[str, str], ...]:
    """The checks that passed before and do not pass now, whether they fail, are skipped or are gone."""
    return tuple(
        key
        for key, status in before.items()
        if status is Status.SUCCESS and after.get(key) is not Status.SUCCESS
    )


def report(table: Table) -> str:
    """One line a scenario, then what failed or warned, then the total."""
    lines = [
        f"{scenario}: {of[Status.SUCCESS]} passed, {of[Status.FAILURE]} failed"
        for scenario, of in counts(table).items()
    ]
    noted = (Status.FAILURE, Status.WARNING)
    lines += [
        f"{status} {scenario} / {check}" for (scenario, check), status in table.items() if status in noted
    ]
    total = Counter(table.values())
    lines.append(", ".join(f"{total[status]} {status.lower()}" for status in Status))
    return "\n".join(lines)


def main() -> None:
    """`python -m conformance.suite URL [--output DIR] [SCENARIO ...]`, for use by hand."""
    parser = argparse.ArgumentParser(prog="conformance.suite")
    parser.add_argument("url")
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--output", type=Path, help="keep the raw results here")
    options = parser.parse_args()
    output = options.output or Path(tempfile.mkdtemp(prefix="conformance-"))
    table = Suite.from_environment().run(options.url, output, options.scenarios)
    sys.stdout.write(f"{report(table)}\nresults: {output}\n")
    sys.exit(Status.FAILURE in table.values())


if __name__ == "__main__":
    main()
