"""The hostile table of the sandbox inside a container as podman makes it by default, with its own seccomp profile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from containers.engine import HARDENED, Engine
from hostile.sandbox_attacks import ATTACKS
from hostile.sandbox_faults import faults
from hostile.sandbox_users import SOURCE
from seawall.security.sandbox import Tier

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

_TIERS = """
import json
from seawall.security.sandbox import examine
found = examine()
print(json.dumps([found.best, {str(tier): reason for tier, reason in found.lacking.items()}]))
"""
KINDS = {"default": (), "hardened": HARDENED}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The attacks, where every user of a container can read them."""
    copy = tmp_path / "table" / "hostile"
    shutil.copytree(SOURCE / "tests/hostile", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (copy.parent, *copy.parent.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy.parent


def python(
    engine: Engine, image: str, table: Path, *flags: str, arguments: tuple[str, ...], told: str = ""
) -> str:
    """What a program in a new container writes, which is told one line."""
    line = table / "line"
    line.write_text(told)
    with line.open("rb") as stdin:
        ended = engine.ended(
            "run", "--rm", "--interactive", "--pull=never", "--network=none", "--entrypoint=python",
            f"--volume={table}:/table:ro", "--env=PYTHONPATH=/table", *flags, image, "-B", *arguments,
            stdin=stdin.fileno(),
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_container_has_landlock_and_says_why_it_has_no_namespaces(
    engine: Engine, image: str, table: Path, kind: str, user: int
) -> None:
    said = python(engine, image, table, f"--user={user}", *KINDS[kind], arguments=("-c", _TIERS))
    best, lacking = json.loads(said)
    assert best == Tier.LANDLOCK
    assert list(lacking) == [Tier.BUBBLEWRAP]


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("tier", [Tier.LANDLOCK, Tier.LIMITS])
def test_nothing_gets_out_and_nothing_is_left(
    engine: Engine, image: str, table: Path, tier: Tier, user: int
) -> None:
    setting = json.dumps({"tier": tier, "user": None, "base": "/tmp"}) + "\n"
    said = python(
        engine, image, table, f"--user={user}", "--env=CANARY_KEY=CANARY of the environment",
        arguments=("/table/hostile/sandbox_host.py",), told=setting,
    )  # fmt: skip
    rows = {row["name"]: row for row in map(json.loads, said.splitlines())}
    assert set(rows) == {one.name for one in ATTACKS if tier.at_least(one.tier)}
    wrong = {name: (what, row["said"]) for name, row in rows.items() if (what := faults(row))}
    assert not wrong, json.dumps(wrong, indent=1)
