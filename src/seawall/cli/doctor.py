"""`seawall doctor`: what this machine can enforce, and what that means for whoever runs a server on it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from seawall.cli.app import installed_version
from seawall.cli.output import plain, show, show_json
from seawall.security.capabilities import Capabilities, capabilities
from seawall.security.sandbox import Examination, Tier
from seawall.security.sandbox import examine as examine_sandbox
from seawall.types import JsonObject

__all__ = ["Diagnosis", "Remark", "State", "command", "diagnosis_as_json", "examine", "remarks", "render"]

State: TypeAlias = Literal["good", "weaker", "bad", "plain"]

_PACKAGES = ("fastmcp", "mcp", "pydantic", "starlette", "uvicorn", "cyclopts", "rich")
_TIERS = {
    Tier.BUBBLEWRAP: "Commands see nothing of the machine but what they are given.",
    Tier.LANDLOCK: "Commands are held by Landlock and a filter of system calls; bwrap would add namespaces.",
    Tier.LIMITS: "Only limits hold commands, so they are refused unless `minimum_tier` says otherwise.",
}
_STYLES = {"good": "green", "weaker": "yellow", "bad": "bold red", "plain": ""}


@dataclass(frozen=True, slots=True)
class Remark:
    """One fact about the machine.

    Attributes:
        name: what it is about.
        state: `good`, `weaker` (it works, with less behind it), `bad` (nothing can be served), or `plain`.
        value: the fact, in a word or two.
        meaning: what it means for the person who runs a server here.
    """

    name: str
    state: State
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor found out.

    Attributes:
        machine: what the guards can build on.
        sandbox: how strongly the processes of commands can be held.
        python: version of the interpreter.
        packages: versions by name; those that are not installed are left out.
    """

    machine: Capabilities
    sandbox: Examination
    python: str
    packages: dict[str, str]

    @property
    def exit_status(self) -> int:
        """1 when the jail cannot work here at all, else 0."""
        return 0 if self.machine.jail.usable else 1


def examine() -> Diagnosis:
    """Ask the machine. Changes nothing."""
    versions = {"seawall": installed_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return Diagnosis(
        machine=capabilities(), sandbox=examine_sandbox(), python=platform.python_version(), packages=versions
    )


def command(*, json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False) -> int:
    """Tell what the machine can enforce; help.py has the words for people."""
    diagnosis = examine()
    if json:
        show_json(diagnosis_as_json(diagnosis))
    else:
        show(*render(diagnosis))
    return diagnosis.exit_status


def diagnosis_as_json(diagnosis: Diagnosis) -> JsonObject:
    """The stable form for programs, and for a report of a fault."""
    return {
        "ok": diagnosis.exit_status == 0,
        "machine": asdict(diagnosis.machine),
        "sandbox": {
            "tier": diagnosis.sandbox.best,
            "lacking": {str(tier): reason for tier, reason in diagnosis.sandbox.lacking.items()},
            "weaknesses": list(diagnosis.sandbox.weaknesses),
            "host_lists": not diagnosis.sandbox.network_fault,
        },
        "python": diagnosis.python,
        "packages": dict(diagnosis.packages),
        "remarks": [asdict(remark) for remark in remarks(diagnosis)],
    }


def render(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """The diagnosis for a person: one remark a row."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for remark in remarks(diagnosis):
        told = Text(plain(remark.value), style=_STYLES[remark.state])
        if remark.meaning:
            told.append(f" {plain(remark.meaning)}", style="default not bold")
        table.add_row(Text(remark.name, style="bold"), told)
    yield table


def remarks(diagnosis: Diagnosis) -> tuple[Remark, ...]:
    """Every fact with its meaning, the most important first."""
    machine = diagnosis.machine
    return (
        _jail(machine),
        _openat2(machine),
        _renameat2(machine),
        *_user(machine),
        _tier(diagnosis.sandbox),
        *_sandbox(machine),
        Remark("system", "plain", f"{machine.system} {machine.kernel}", ""),
        Remark("Python", "plain", diagnosis.python, ""),
        Remark(
            "packages",
            "plain",
            ", ".join(f"{name} {number}" for name, number in diagnosis.packages.items()),
            "",
        ),
    )


def _jail(machine: Capabilities) -> Remark:
    state: State = "good" if machine.jail.name == "kernel" else "weaker" if machine.jail.usable else "bad"
    return Remark("jail", state, f"{machine.jail.name} tier.", machine.jail.sentence)


def _openat2(machine: Capabilities) -> Remark:
    if machine.openat2:
        return Remark("openat2", "good", "yes.", "One system call resolves a path and cannot leave the root.")
    return Remark(
        "openat2",
        "weaker",
        "no.",
        "Linux has it since 5.6; older container runtimes block it. Without it the server walks each path itself.",
    )


def _renameat2(machine: Capabilities) -> Remark:
    if machine.renameat2:
        return Remark("renameat2", "good", "yes.", "A new file never replaces another one by accident.")
    return Remark(
        "renameat2",
        "weaker",
        "no.",
        "Creating checks first and renames then: a file made in between is replaced.",
    )


def _user(machine: Capabilities) -> Iterator[Remark]:
    if machine.user_id == 0:
        yield Remark(
            "user", "weaker", "root.", "The system refuses root nothing: run the server as an ordinary user."
        )
    elif machine.user_id is not None:
        yield Remark(
            "user", "good", f"{machine.user_id}.", "An ordinary user: the system's own rights hold, too."
        )


def _tier(found: Examination) -> Remark:
    lacking = "".join(f" {tier}: {reason}." for tier, reason in found.lacking.items())
    if found.best is None:
        return Remark("sandbox", "weaker", "none.", f"There are no commands here.{lacking}")
    weaknesses = "".join(f" Here {weakness}." for weakness in found.weaknesses)
    state = _state(good=found.best is Tier.BUBBLEWRAP)
    return Remark("sandbox", state, f"{found.best} tier.", f"{_TIERS[found.best]}{weaknesses}{lacking}")


def _sandbox(machine: Capabilities) -> Iterator[Remark]:
    abi = machine.landlock_abi
    yield Remark(
        "Landlock",
        "good" if abi else "weaker",
        f"ABI {abi}." if abi else "no.",
        "Holds commands to their files, ports and signals.",
    )
    yield Remark(
        "seccomp",
        _state(good=machine.seccomp),
        _word(yes=machine.seccomp),
        "Refuses commands the system calls that Landlock does not judge.",
    )
    bubblewrap = machine.bubblewrap
    reason = "" if bubblewrap.works else f" ({bubblewrap.reason})"
    yield Remark(
        "bwrap",
        _state(good=bubblewrap.works),
        f"{_word(yes=bubblewrap.works)[:-1]}{reason}.",
        "Gives each command namespaces of its own.",
    )


def _state(*, good: bool) -> State:
    return "good" if good else "weaker"


def _word(*, yes: bool) -> str:
    return "yes." if yes else "no."
