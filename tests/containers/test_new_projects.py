"""What `seawall new` makes becomes a container as it is, and serves there what it serves outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from containers.building import Builder
from containers.engine import Engine
from containers.projects import new
from containers.serving import over_http, over_stdio
from features.test_scaffolded_project import PROJECTS, calls

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]


@pytest.mark.parametrize("kind", PROJECTS)
async def test_a_new_project_is_a_container_as_it_is(
    engine: Engine, builder: Builder, tmp_path: Path, own: Callable[[Path], None], kind: str
) -> None:
    project = new(tmp_path / "project", *PROJECTS[kind])
    workspace = project / "workspace"
    workspace.mkdir(exist_ok=True)
    own(workspace)
    image = f"localhost/new-{kind}:test"
    builder.build(project, image)

    by_stdio = await calls(over_stdio(engine, image, workspace, tmp_path / "server.log"), "fastmcp-handshake")
    with over_http(engine, image, workspace) as served:
        assert served.container.healthy()
        assert await calls(served.endpoint, "fastmcp-modern") == by_stdio != set()
