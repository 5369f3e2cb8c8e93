"""The installed kinds: found by entry point, and a broken one is one clear line."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import Distribution, EntryPoint, distribution
from pathlib import Path

import pytest

from seawall.errors import StartError
from seawall.toolsets.registry import GROUP, declarations, installed_kinds


def entry(tmp_path: Path, value: str, name: str = "toy") -> EntryPoint:
    """An entry point of a distribution that is on disk, as an installer would leave it."""
    metadata = tmp_path / "acme_tools-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-tools\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")
    (found,) = Distribution.at(metadata).entry_points
    return found


def test_the_kinds_of_this_package_are_found() -> None:
    assert "filesystem" in installed_kinds()


def test_a_kind_of_another_distribution_is_found_by_its_own_name(tmp_path: Path) -> None:
    kinds = installed_kinds([entry(tmp_path, "runtime.toy:KIND")])
    assert list(kinds) == ["toy"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("acme.nothing:KIND", "ModuleNotFoundError"),
        ("runtime.toy:NOTHING", "AttributeError"),
        ("runtime.toy:SECRET", "it has no name and no declaration and no build"),
    ],
)
def test_a_broken_entry_point_names_its_distribution_and_itself(
    tmp_path: Path, value: str, reason: str
) -> None:
    kinds = installed_kinds([entry(tmp_path, value)])
    with pytest.raises(StartError) as caught:
        kinds["toy"]
    message = str(caught.value)
    assert "acme-tools" in message
    assert value in message
    assert reason in message


def test_a_kind_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    twice = entry(tmp_path, "runtime.toy:KIND")
    with pytest.raises(StartError, match="is there already"):
        installed_kinds([twice, twice])


def test_a_kind_that_has_another_name_than_its_entry_point_is_refused(tmp_path: Path) -> None:
    kinds = installed_kinds([entry(tmp_path, "runtime.toy:KIND", name="game")])
    with pytest.raises(StartError, match="it calls itself 'toy'"):
        kinds["game"]


def test_a_server_imports_the_kinds_that_it_serves_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_text(
        'def add(a: int, b: int) -> int:\n    """Add."""\n    return a + b\n'
    )
    blueprint = tmp_path / "seawall.toml"
    blueprint.write_text('[server]\nname = "one"\n[[toolset]]\nkind = "python"\nmodule = "functions"\n')
    code = (
        "import sys, seawall; seawall.assemble(sys.argv[1]); "
        "print(*sorted({name.split('.')[2] for name in sys.modules if name.startswith('seawall.toolsets.')}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, blueprint], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    loaded = set(ended.stdout.split())
    ours = {each.name for each in distribution("seawall").entry_points if each.group == GROUP}
    assert loaded & ours == {"python"}, ended.stderr


def test_what_is_known_of_the_kinds_is_known_without_loading_one(tmp_path: Path) -> None:
    kinds = declarations(installed_kinds([entry(tmp_path, "acme.nothing:KIND")]))
    assert "toy" in kinds
    assert "tides" not in kinds
    assert list(kinds) == ["toy"]
    assert len(kinds) == 1
