"""A fast start leaves the collector as it was."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from subprocess import run

import pytest

from seawall.cli.startup import collect_less_often, without_collection


@pytest.fixture(autouse=True)
def _as_before() -> object:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_is_off_inside_and_as_before_outside(collecting: bool) -> None:
    before = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        with without_collection():
            inside = gc.isenabled()
        assert (inside, gc.isenabled()) == (False, collecting)
        assert gc.get_freeze_count() > 0
    finally:
        (gc.enable if before else gc.disable)()


def test_taking_the_standard_streams_loads_nothing_heavy() -> None:
    """They are taken before anything of a user is imported, so before everything else is, too."""
    script = "import sys, seawall.runtime.wire.claim; sys.exit(bool({'fastmcp', 'pydantic', 'asyncio'} & set(sys.modules)))"
    assert run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_server_loads_nothing_of_what_its_blueprint_does_not_have(tmp_path: Path) -> None:
    blueprint = '[server]\nname = "plain"\n[[toolset]]\nkind = "filesystem"\nroots = "."\n'
    (tmp_path / "seawall.toml").write_text(blueprint)
    script = (
        "import sys, seawall.cli.running, seawall\n"
        "seawall.assemble('seawall.toml')\n"
        "heavy = {'jinja2', 'docket', 'redis', 'grpc', 'graphql', 'prometheus_client', 'stamina', 'ctypes.util'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_only_the_youngest_are_looked_at_less_often() -> None:
    _, middle, old = gc.get_threshold()
    collect_less_often()
    assert gc.get_threshold() == (10_000, middle, old)
    assert gc.isenabled()
