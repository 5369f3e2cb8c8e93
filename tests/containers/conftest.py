"""What the container tests share: the engine, and images built once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from containers.building import Builder
from containers.engine import Engine, cache
from containers.projects import EXAMPLE, several

USER = 1000


@pytest.fixture(scope="session")
def engine() -> Engine:
    """podman, with a store that stays from run to run: base images and cached layers are in it."""
    engine = Engine(cache() / "store")
    engine.run("image", "prune", "--force", "--filter=until=24h")
    return engine


@pytest.fixture(scope="session")
def builder(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(engine, tmp_path_factory.mktemp("building"))


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project examples/filesystem-mcp, with things beside it that must not get into its image."""
    project = tmp_path_factory.mktemp("example") / "filesystem-mcp"
    shutil.copytree(EXAMPLE, project)
    (project / ".env").write_text("TOKEN=canary-in-env\n")
    (project / "secrets").mkdir()
    (project / "secrets" / "token").write_text("canary-in-secrets\n")
    (project / ".git").mkdir()
    (project / ".git" / "config").write_text("canary-in-git\n")
    (project / "workspace").mkdir(exist_ok=True)
    (project / "workspace" / "canary.txt").write_text("canary-in-workspace\n")
    return project


@pytest.fixture(scope="session")
def image(builder: Builder, example: Path) -> str:
    """The image of examples/filesystem-mcp."""
    builder.build(example, "localhost/filesystem-mcp:test")
    return "localhost/filesystem-mcp:test"


@pytest.fixture(scope="session")
def several_image(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of a project with two kinds of toolset, among them functions that burden their server."""
    project = several(tmp_path_factory.mktemp("several"))
    builder.build(project, "localhost/several:test")
    return "localhost/several:test"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder that belongs to the user within the containers."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "notes.txt").write_text("the tide comes in\n")
    _own(folder)
    return folder


@pytest.fixture
def own() -> Callable[[Path], None]:
    """Hands everything below a folder to the user within the containers."""
    return _own


def _own(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)


@pytest.fixture(autouse=True)
def _reachable(tmp_path: Path) -> None:
    """The folders of pytest are closed to other users; the one in the container must get through to a mounted one."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
