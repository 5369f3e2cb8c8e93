"""`seawall lock`: writes the names down, whole or not at all, and tells what is different."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.processes import Seawall
from seawall.toolsets.lock import LOCK_NAME, read_lock

SPEC = Path(__file__).parents[1] / "data" / "specs" / "petstore-3.0.yaml"
BLUEPRINT = f'[server]\nname = "pets"\n\n[[toolset]]\nkind = "openapi"\nname = "petstore"\nspec = "{SPEC}"\n'


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    path = tmp_path / "seawall.toml"
    path.write_text(BLUEPRINT + 'base_url = "https://petstore.example"\n', encoding="utf-8")
    return path


def test_names_are_written_and_kept(called: Seawall, blueprint: Path) -> None:
    ended = called("lock", blueprint)
    assert (ended.status, ended.err) == (0, "")
    assert "Wrote seawall.lock with 8 operations." in ended.out
    locked = read_lock(blueprint.parent)
    assert locked is not None
    assert locked["petstore"]["GET /pet/{petId}"].name == "getPetById"
    assert sorted(path.name for path in blueprint.parent.iterdir()) == [LOCK_NAME, "seawall.toml"]
    assert "seawall.lock" not in called("check", blueprint).out


def test_what_is_different_is_told_and_accepted(called: Seawall, blueprint: Path) -> None:
    called("lock", blueprint)
    blueprint.write_text(blueprint.read_text(encoding="utf-8") + 'access = "write"\n', encoding="utf-8")
    checked = called("check", blueprint, "--strict")
    assert checked.status == 1
    assert "+ DELETE /pet/{petId}: deletePet (may destroy)" in checked.out
    ended = called("lock", blueprint)
    assert "petstore: + DELETE /pet/{petId}: deletePet (may destroy)" in ended.out
    assert called("check", blueprint, "--strict").status == 0


def test_a_lock_file_that_is_none_is_named_and_left(called: Seawall, blueprint: Path) -> None:
    lock = blueprint.parent / LOCK_NAME
    lock.write_text("<<<<<<< ours\n", encoding="utf-8")
    assert LOCK_NAME in called("check", blueprint).err + called("check", blueprint).out
    assert called("lock", blueprint).status == 1
    assert lock.read_text(encoding="utf-8") == "<<<<<<< ours\n"


def test_where_names_are_the_sources_own_nothing_is_written(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "files"\n\n[[toolset]]\nkind = "filesystem"\nroots = "."\n', encoding="utf-8"
    )
    assert "Nothing to lock" in called("lock", tmp_path / "seawall.toml").out
    assert not (tmp_path / LOCK_NAME).exists()
