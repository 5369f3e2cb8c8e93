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

from hostile.command_faults import faults, silent
from hostile.command_host import SECRET, lacking, programs
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


def combinations() -> Iterator[Any]:
    for tier in TIERS:
        for identity in (each for each in identities() if each.commands is None):
            # One of them in every run of the tests; all where there is time for it.
            quick = tier is Tier.LANDLOCK and identity == identities()[0]
            marks = [pytest.mark.timeout(300), *([] if quick else [pytest.mark.whole])]
            yield pytest.param(tier, identity, id=f"{tier}, {identity.name}", marks=marks)


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
