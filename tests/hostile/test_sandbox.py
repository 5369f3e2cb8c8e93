"""Hostile programs in the sandbox, one table: on each tier, as each user, none gets out and nothing of it is left.

`sandbox_attacks.py` has the rows, `sandbox_host.py` is the server that they run in; here is what must be true of each row.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hostile.sandbox_attacks import ATTACKS, PROVABLE
from hostile.sandbox_far import Far, far_host, possible
from hostile.sandbox_faults import faults
from hostile.sandbox_users import ORDINARY, Identity, environment_of, host_of, identities
from seawall.security.sandbox import Tier, examine

TIERS = [tier for tier in Tier if tier not in examine().lacking]


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory that every user can pass through; pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="seawall-attacks-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def attack(tier: str, identity: Identity, base: Path, far: Far | None = None) -> dict[str, dict[str, Any]]:
    """Run the table; what came of each row, by its name."""
    host = {} if far is None else {"host": far.address, "port": far.port, "connecting": True}
    setting = json.dumps({"tier": tier, "user": identity.commands, "base": str(base), **host})
    environment = environment_of(identity, base)
    ended = subprocess.run(
        [identity.python, "-B", host_of(identity, base)],
        input=setting + "\n",
        text=True,
        capture_output=True,
        env={**environment, "CANARY_KEY": "CANARY of the environment"},
        user=identity.server,
        group=identity.server,
        extra_groups=None if identity.server is None else [],
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return {row["name"]: row for row in map(json.loads, ended.stdout.splitlines())}


_MARKS = [pytest.mark.timeout(300), pytest.mark.whole]


def combinations() -> Iterator[Any]:
    for tier in TIERS:
        for identity in identities():
            yield pytest.param(tier, identity, id=f"{tier}, {identity.name}", marks=_MARKS)


@pytest.mark.parametrize(("tier", "identity"), list(combinations()))
def test_nothing_gets_out_and_nothing_is_left(tier: Tier, identity: Identity, base: Path) -> None:
    rows = attack(tier, identity, base)
    assert set(rows) == {one.name for one in ATTACKS if tier.at_least(one.tier)}
    wrong = {name: (what, row["said"]) for name, row in rows.items() if (what := faults(row))}
    assert not wrong, json.dumps(wrong, indent=1)


@pytest.mark.timeout(300)
def test_the_attackers_get_through_where_nothing_holds_them(base: Path) -> None:
    """Otherwise the table would prove nothing. These depend on what an ordinary user of this machine may do."""
    rows = attack("", ORDINARY if os.geteuid() == 0 else identities()[0], base)
    held = {
        "finds descriptors that it was not given",
        "hides a tree from whoever cleans up",
        "reads disks and kernel memory",
        "opens a file by its handle",
        "makes devices and sockets",
        "becomes another user",
        "uses a program that gives rights",
        "has rights of root",
        "leaves files in shared directories",
        "reads the environment of every process",
        "reads the environment and memory of the server",
    }
    silent = {name for name, row in rows.items() if not (row["escaped"] or row["changed"] or row["hits"])}
    assert silent <= held
    assert len(rows) - len(silent) >= len(PROVABLE) * 2 // 3


@pytest.mark.whole
@pytest.mark.timeout(300)
@pytest.mark.parametrize("identity", identities(), ids=lambda identity: identity.name)
@pytest.mark.parametrize("tier", TIERS if possible() else [])
def test_nobody_comes_to_another_host(tier: Tier, identity: Identity, base: Path) -> None:
    """With a real network behind the machine, in a namespace: first the attackers themselves, then the sandbox."""
    for name in ("free", "held"):
        (base / name).mkdir()
        (base / name).chmod(0o777)
    with far_host(base) as far:
        attack("", identity, base / "free", far)
        came = far.hits
        assert any(hit == "tcp" for hit in came)
        assert any(hit.startswith("udp") for hit in came)
        rows = attack(tier, identity, base / "held", far)
        assert not [name for name, row in rows.items() if faults(row)]
        assert far.hits == came


def test_a_tier_says_what_is_lacking_or_works() -> None:
    """On Linux every tier is either tried below, or named with a reason."""
    assert sys.platform == "linux"
    found = examine()
    assert all(found.lacking.get(tier) or tier in TIERS for tier in Tier)
