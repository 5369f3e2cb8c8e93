"""Arguments that try to be more than arguments, given to programs that run others: judged by what happens.

`command_rows.py` and `command_careless.py` have the rows, `command_host.py` is the server that they run in; here is what
must be true of each. What counts are canaries: files that a payload would make or change, secrets that it would read, a
process that it would leave, a port that it would reach.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hostile.command_careless import CARELESS
from hostile.command_faults import faults, silent
from hostile.command_host import SECRET, lacking, programs
from hostile.sandbox_attacks import ATTACKS
from hostile.sandbox_users import Identity, environment_of, host_of, identities
from seawall.security.sandbox import Tier, examine

TIERS = [tier for tier in Tier if tier not in examine().lacking]


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory that every user can pass through; pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="seawall-commands-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def tried(tier: str, identity: Identity, base: Path) -> list[dict[str, Any]]:
    """Run the table; what came of each row."""
    ended = subprocess.run(
        [identity.python, "-B", host_of(identity, base, "command_host")],
        input=json.dumps({"tier": tier, "base": str(base)}) + "\n",
        text=True,
        capture_output=True,
        env={**environment_of(identity, base, "command_host"), "CANARY_KEY": SECRET},
        user=identity.server,
        group=identity.server,
        extra_groups=None if identity.server is None else [],
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads(line) for line in ended.stdout.splitlines()]


_MARKS = [pytest.mark.timeout(300), pytest.mark.whole]


def combinations() -> Iterator[Any]:
    for tier in TIERS:
        for identity in (each for each in identities() if each.commands is None):
            yield pytest.param(tier, identity, id=f"{tier}, {identity.name}", marks=_MARKS)


@pytest.mark.parametrize(("tier", "identity"), list(combinations()))
def test_an_argument_stays_one_and_what_gets_through_gets_nowhere(
    tier: Tier, identity: Identity, base: Path
) -> None:
    rows = tried(tier, identity, base)
    here = {name for name, program in programs().items() if program not in lacking()}
    assert {row["name"] for row in rows} == {*here, "printf", "git presets"}
    wrong = [(row["name"], row["payload"], what, row) for row in rows if (what := faults(row, tier))]
    assert not wrong, json.dumps(wrong, indent=1)
    assert not silent(rows) & here


COVERED = {
    "argument injection": {"awk-file", "awk-value", "curl", "find", "find-name", "git-grep", "git-log", "git-ls-remote", "git-show",
                           "grep", "make", "man", "perl", "rg", "rsync", "scp", "sed-code", "sed-file", "sort", "split", "ssh",
                           "tar", "tar-remote", "vim", "xargs"},
    "argument injection that gets through": {f"{name}, careless" for name in CARELESS},
    "shell metacharacters, NUL, newline, over-long, terminal escapes": {"printf"},
    "a repository that is hostile": {"git presets"},
    "reading outside": {"reads the users of the machine", "reads a secret outside", "reads the environment of every process",
                        "reads the environment and memory of the server", "finds the secrets of the server in its own environment"},
    "writing outside": {"writes outside", "truncates a file outside", "moves a file out, and one in", "removes what lies outside"},
    "through links": {"reads outside through a link of its own", "reads outside through a link that lay there",
                      "writes outside through a link of its own", "writes outside through a link that lay there",
                      "hard-links a file from outside"},
    "unix sockets": {"connects to a socket of the machine, as of a container engine", "connects to an abstract socket",
                     "sends to a datagram socket of the machine, as of the log"},
    "TCP, UDP and DNS, on loopback and to another host": {"connects to a port of this machine", "connects to another host",
                                                          "sends datagrams", "asks a name server"},
    "fork bombs": {"multiplies", "multiplies, in shell", "makes threads", "runs away by forking and ending"},
    "setsid, nohup, double forks": {"leaves a daemon in a session of its own", "leaves a child that ignores hanging up",
                                    "leaves a daemon by the book", "leaves a daemon, in Perl", "leaves a child behind"},
    "stopped processes, ignored SIGTERM": {"stops itself", "stops its children", "ignores being asked to end",
                                           "answers being asked to end with children"},
    "output floods": {"floods its output", "floods both streams", "floods with one large write"},
    "memory, file and disk bombs": {"takes memory", "takes memory with many processes", "takes memory that nobody needs to have mapped",
                                    "writes one large file", "writes one large file, in shell", "writes many files"},
    "ptrace and kill of the server": {"traces the server", "reads and writes the memory of the server", "kills the server",
                                      "kills the server by other calls", "kills everything that it can"},
    "leaving files in shared directories": {"leaves files in shared directories"},
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(COVERED))
def test_the_tables_have_what_they_are_for(what: str) -> None:
    """No row goes without somebody seeing it: these are the ones that a reader expects, here and in the sandbox's table."""
    rows = {*programs(), "printf", "git presets", *(attack.name for attack in ATTACKS)}
    assert COVERED[what] <= rows
