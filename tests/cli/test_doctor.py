"""`seawall doctor` tells what this machine can enforce, honestly and in words."""

from __future__ import annotations

import dataclasses
import json
import platform

import pytest

from cli.processes import Seawall
from seawall.cli.doctor import Diagnosis, Remark, examine, remarks
from seawall.security.capabilities import Bubblewrap
from seawall.security.jail import JailTier
from seawall.security.sandbox import Tier, best_tier


def test_it_tells_this_machine_as_data(seawall: Seawall) -> None:
    ended = seawall("doctor", "--json")
    assert (ended.status, ended.err) == (0, "")
    told = json.loads(ended.out)
    assert list(told) == ["ok", "machine", "sandbox", "python", "packages", "remarks"]
    assert told["machine"] == dataclasses.asdict(examine().machine)
    assert told["sandbox"]["tier"] == best_tier()
    assert told["python"] == platform.python_version()
    assert {"seawall", "fastmcp", "mcp", "pydantic"} <= set(told["packages"])


def test_it_tells_this_machine_in_words(called: Seawall) -> None:
    ended = called("doctor")
    assert (ended.status, ended.err) == (0, "")
    for name in ("jail", "openat2", "sandbox", "Landlock", "seccomp", "bwrap", "Python", "packages"):
        assert name in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def weakened(**changes: object) -> Diagnosis:
    diagnosis = examine()
    return dataclasses.replace(diagnosis, machine=dataclasses.replace(diagnosis.machine, **changes))  # type: ignore[arg-type]


def remark(diagnosis: Diagnosis, name: str) -> Remark:
    (found,) = (each for each in remarks(diagnosis) if each.name == name)
    return found


def test_a_machine_without_a_jail_fails() -> None:
    diagnosis = weakened(jail=JailTier("none", usable=False, sentence="Not on Windows."))
    assert diagnosis.exit_status == 1
    assert remark(diagnosis, "jail").state == "bad"
    assert "Not on Windows." in remark(diagnosis, "jail").meaning


def test_a_weaker_tier_is_named_as_weaker_and_passes() -> None:
    diagnosis = weakened(
        jail=JailTier("descriptors", usable=True, sentence="The server walks."), openat2=False
    )
    assert diagnosis.exit_status == 0
    assert remark(diagnosis, "jail").state == remark(diagnosis, "openat2").state == "weaker"


@pytest.mark.parametrize(("user", "state"), [(0, "weaker"), (1000, "good")])
def test_running_as_root_is_named_as_weaker(user: int, state: str) -> None:
    assert remark(weakened(user_id=user), "user").state == state


def test_why_bwrap_does_not_work_is_told() -> None:
    broken = Bubblewrap("/usr/bin/bwrap", works=False, reason="No permissions to create new namespace")
    assert "No permissions" in remark(weakened(bubblewrap=broken), "bwrap").value


@pytest.mark.parametrize(
    ("best", "state"), [(Tier.BUBBLEWRAP, "good"), (Tier.LANDLOCK, "weaker"), (None, "weaker")]
)
def test_the_tier_of_the_sandbox_is_told_with_what_is_lacking(best: Tier | None, state: str) -> None:
    diagnosis = examine()
    found = dataclasses.replace(diagnosis.sandbox, best=best, lacking={Tier.BUBBLEWRAP: "no namespaces"})
    told = remark(dataclasses.replace(diagnosis, sandbox=found), "sandbox")
    assert told.state == state
    assert told.value == (f"{best} tier." if best else "none.")
    assert "bwrap: no namespaces." in told.meaning


def test_every_remark_says_something_about_the_user() -> None:
    """Only plain facts stand without a meaning."""
    assert all(each.meaning or each.state == "plain" for each in remarks(examine()))
