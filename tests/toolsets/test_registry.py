"""The installed kinds: found by entry point, and a broken one is one clear line."""

from __future__ import annotations

from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import pytest

from seawall.errors import StartError
from seawall.toolsets.registry import GROUP, installed_kinds


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
    with pytest.raises(StartError) as caught:
        installed_kinds([entry(tmp_path, value)])
    message = str(caught.value)
    assert "acme-tools" in message
    assert value in message
    assert reason in message


def test_a_kind_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    twice = entry(tmp_path, "runtime.toy:KIND")
    with pytest.raises(StartError, match="is there already"):
        installed_kinds([twice, twice])
