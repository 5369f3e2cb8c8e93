"""The wheel: the same bytes wherever and whenever it is built, with all that it needs and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from documents.markdown import ROOT

pytestmark = pytest.mark.whole

_PARTS = ("src", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two builds of one source, in folders of different names and with files of different times."""
    return [_built(tmp_path_factory.mktemp(name), name) for name in ("first", "second-and-longer")]


def _built(folder: Path, name: str) -> Path:
    source = folder / name
    source.mkdir()
    for part in _PARTS:
        whole = ROOT / part
        if whole.is_dir():
            # Without their times: each copy is as old as its making.
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(whole, source / part, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(whole, source / part)
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel", "--no-deps", "--no-build-isolation",
         "--wheel-dir", folder / "dist", source],
        env={"PATH": "", "SOURCE_DATE_EPOCH": "1767225600", "HOME": str(folder), "TZ": "Asia/Kolkata" if len(name) > 5 else "UTC"},
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=100,
    )  # fmt: skip
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def test_two_builds_give_the_same_bytes(wheels: list[Path]) -> None:
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_it_has_the_package_with_its_templates_and_nothing_else(wheels: list[Path]) -> None:
    names = zipfile.ZipFile(wheels[0]).namelist()
    package = ROOT / "src" / "seawall"
    source = {
        f"seawall/{path.relative_to(package)}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert {name for name in names if not name.startswith("seawall-")} == source
    assert "seawall/scaffold/deploy/templates/Dockerfile.j2" in names
