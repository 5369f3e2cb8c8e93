"""What `seawall new` makes becomes a container as it is, and serves there what it serves outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from containers.building import Builder
from containers.engine import Engine
from containers.projects import NAMED, new
from containers.serving import over_http, over_stdio
from support.beginnings import BEGINNINGS, SECRETS, begin, calls, services
from support.clients import connect

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]

_BRIDGE = "podman"
"""The network that a container is on when nothing else is said. Its own names are those of any other one's."""
_HOST = "host.containers.internal"
"""The name under which a container reaches services of the machine that it runs on."""

_CERTIFICATES = "/authority.pem"


def _bridge(engine: Engine) -> tuple[str, str]:
    """The address of this machine on the engine's own network, and that network."""
    (found,) = json.loads(engine.run("network", "inspect", _BRIDGE))
    (subnet,) = found["subnets"]
    return subnet["gateway"], subnet["subnet"]


def _told(settings: Mapping[str, str]) -> Iterator[str]:
    """The flags that give a container its variables, and the certificates of which one tells."""
    for name, value in settings.items():
        if name == "SSL_CERT_FILE":
            yield f"--volume={value}:{_CERTIFICATES}:ro"
            yield f"--env={name}={_CERTIFICATES}"
        else:
            yield f"--env={name}={value}"


@pytest.mark.parametrize("kind", BEGINNINGS)
async def test_a_new_project_is_a_container_as_it_is(
    engine: Engine, builder: Builder, tmp_path: Path, own: Callable[[Path], None], kind: str
) -> None:
    """A service that it asks runs beside it, and is named by variables, as its operator does."""
    project = begin(kind, tmp_path / "project", *NAMED)
    workspace = project / "workspace"
    workspace.mkdir(exist_ok=True)
    own(workspace)
    image = f"localhost/new-{kind}:test"
    builder.build(project, image)

    gateway, subnet = _bridge(engine)
    with services(kind, host=gateway, network=subnet) as asked:
        told = list(_told({name: value.replace(gateway, _HOST) for name, value in asked.settings.items()}))
        log, network = tmp_path / "server.log", _BRIDGE if told else "none"
        stdio = over_stdio(engine, image, workspace, log, *told, network=network)
        by_stdio = await calls(stdio, "fastmcp-handshake")
        once = asked.counts
        with over_http(engine, image, workspace, *told) as served:
            assert served.container.healthy()
            assert await calls(served.endpoint, "fastmcp-modern") == by_stdio
        assert all(once)
        assert all(more > before for more, before in zip(asked.counts, once, strict=True))


async def test_without_a_way_to_its_service_a_call_says_so(
    engine: Engine, builder: Builder, tmp_path: Path
) -> None:
    """The container that has no network is an honest one: it serves, and tells which service cannot be reached."""
    project = new(tmp_path / "project", *BEGINNINGS["openapi"])
    builder.build(project, "localhost/new-openapi:test")
    told = [f"--env={name}={value}" for name, value in SECRETS.items()]
    endpoint = over_stdio(engine, "localhost/new-openapi:test", project, tmp_path / "server.log", *told)
    async with connect("raw-modern", endpoint) as client:
        answer = await client.call("getInventory", {})
    assert answer.own_meta("error")["code"] == "upstream_unavailable"
    assert "petstore3.swagger.io" in answer.text
