"""What pytest loads: options and fixtures. Light, since it is loaded for every test run in its environment."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from fastmcp import FastMCP

    from seawall.testing.client import Era, ServerClient
    from seawall.testing.rehearsing import Rehearsal
    from seawall.testing.upstream import MockUpstream

__all__ = ["client", "mock_upstream", "pytest_addoption", "rehearsal", "server"]

_ERAS: Final = ("legacy", "2026-07-28")
_LEFT_BEHIND: Final = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".hypothesis"
)

_COPIES: Final = pytest.StashKey[dict[Path, Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seawall-update` records the tools of a server as they are; `seawall_blueprint` names the blueprint."""
    group = parser.getgroup("seawall")
    group.addoption(
        "--seawall-update", action="store_true", help="record the tools of the server as they are now"
    )
    parser.addini(
        "seawall_blueprint", "the blueprint that the fixture `server` assembles", default="seawall.toml"
    )


@pytest.fixture(scope="class")
def rehearsal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    """The server of the blueprint on a copy of the project, with mocks for the APIs behind it."""
    from seawall.testing.rehearsing import rehearsed  # noqa: PLC0415  FastMCP loads slowly

    name = getattr(request.cls, "blueprint", None) or request.config.getini("seawall_blueprint")
    blueprint: Path = request.config.rootpath / str(name)
    if not blueprint.is_file():
        pytest.fail(f"there is no blueprint {name} in {request.config.rootpath}", pytrace=False)
    copies = request.config.stash.setdefault(_COPIES, {})
    if blueprint.parent not in copies:  # once a run: Python would not load a module again from another place
        copies[blueprint.parent] = tmp_path_factory.mktemp("seawall") / blueprint.parent.name
        shutil.copytree(
            blueprint.parent,
            copies[blueprint.parent],
            symlinks=True,
            ignore=_left_behind,
            copy_function=_copy,
        )
    with rehearsed(copies[blueprint.parent] / blueprint.name) as playing:
        yield playing


@pytest.fixture(scope="class")
def server(rehearsal: Rehearsal) -> FastMCP[Any]:
    """The server of the blueprint, on a copy of the project: override it to test another server."""
    return rehearsal.server


@pytest.fixture(scope="class", params=_ERAS)
def client(request: pytest.FixtureRequest, server: FastMCP[Any]) -> Iterator[ServerClient]:
    """A client of `server`, once for each era of the protocol."""
    from seawall.testing.client import ServerClient  # noqa: PLC0415  FastMCP loads slowly

    era: Era = request.param
    with ServerClient.of(server, era) as connected:
        yield connected


@pytest.fixture
def mock_upstream(request: pytest.FixtureRequest) -> Iterator[Callable[[str | Path], MockUpstream]]:
    """Starts a service made from a description: `mock_upstream("specs/petstore.yaml")`, relative to the project.

    It listens on loopback until the test is over, checks each request that it gets, and answers with examples.
    """
    from seawall.testing.upstream import MockUpstream  # noqa: PLC0415  uvicorn and the toolset load slowly

    with ExitStack() as running:

        def started(spec: str | Path) -> MockUpstream:
            return running.enter_context(MockUpstream.of(request.config.rootpath / spec))

        yield started


def _left_behind(directory: str, names: list[str]) -> set[str]:
    """What belongs to tools and not to the server, environments by any name, and directories that are closed to us."""
    folders = [name for name in names if (Path(directory) / name).is_dir()]
    closed = {name for name in folders if not os.access(Path(directory) / name, os.R_OK | os.X_OK)}
    environments = {name for name in folders if (Path(directory) / name / "pyvenv.cfg").is_file()}
    return _LEFT_BEHIND(directory, names) | closed | environments


def _copy(source: str, target: str) -> str:
    """A copy of a file; pipes, sockets and files that are closed to us have none, as for the server's own tools."""
    if stat.S_ISREG(os.lstat(source).st_mode) and os.access(source, os.R_OK):
        shutil.copy2(source, target)
    return target
