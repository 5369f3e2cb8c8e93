"""What a server in a hardened container can do, and what becomes of it when it fails. Seen from outside."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import anyio
import httpx2
import pytest

from containers.engine import Engine
from containers.serving import Served, eventually, over_http
from support.clients import Answer, Client, connect

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900), pytest.mark.anyio]

_WRITABLE = """
import os
for top, folders, files in os.walk("/"):
    folders[:] = [each for each in folders if os.path.join(top, each) not in ("/proc", "/sys")]
    try:
        os.close(os.open(os.path.join(top, ".probe"), os.O_CREAT | os.O_WRONLY, 0o600))
        os.unlink(os.path.join(top, ".probe"))
    except OSError:
        continue
    print(top)
"""


def test_the_server_has_no_rights(engine: Engine, image: str, workspace: Path) -> None:
    """User 1000 without capabilities, and none to be had; seccomp is on."""
    with over_http(engine, image, workspace) as served:
        status = served.container.status()

    assert status["Uid"].split() == ["1000"] * 4
    assert status["Gid"].split() == ["1000"] * 4
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_files_are_written_in_the_workspace_and_the_temporary_folders_alone(
    engine: Engine, image: str, workspace: Path
) -> None:
    """Tried in every folder of the container, whatever the modes say."""
    with over_http(engine, image, workspace) as served:
        writable = served.container.execute("python", "-c", _WRITABLE).split()

    assert sorted(writable) == ["/dev/mqueue", "/dev/shm", "/tmp", "/workspace"]


def test_health_follows_the_workspace(engine: Engine, image: str, workspace: Path) -> None:
    """The HEALTHCHECK of the image turns when the directory on the host is deleted."""
    with over_http(engine, image, workspace) as served:
        assert served.container.healthy()
        shutil.rmtree(workspace)
        assert not served.container.healthy()
        assert served.status("/livez") == 200
        assert served.status("/readyz") == 503


async def test_a_call_under_way_is_finished_when_the_container_is_stopped(
    engine: Engine, several_image: str, workspace: Path
) -> None:
    """SIGTERM: not ready at once, the call gets its answer, and the process ends by itself with status 0."""
    answers: list[Answer] = []

    async def ask(client: Client) -> None:
        answers.append(await client.call("slow", {"seconds": 4}))

    with over_http(engine, several_image, workspace) as served:
        async with connect("fastmcp-modern", served.endpoint) as client:
            await client.list_tools()
            async with anyio.create_task_group() as group:
                group.start_soon(ask, client)
                await anyio.sleep(1.5)
                engine.run("kill", "--signal=TERM", served.container.name)
                await anyio.to_thread.run_sync(eventually, lambda: served.status("/readyz") != 200)
        assert served.container.wait() == 0

    (answer,) = answers
    assert "done after 4.0 s" in str(answer.value)


async def test_memory_is_bounded_and_the_server_comes_back(
    engine: Engine, several_image: str, workspace: Path
) -> None:
    """A call that takes too much ends the container (137); started again, it serves."""
    with over_http(engine, several_image, workspace) as served:
        assert not await _survives(served, mebibytes=900)
        assert served.container.wait() == 137

        engine.run("start", served.container.name)
        eventually(served.ready, served.container.logs)
        assert await _survives(served, mebibytes=1)


async def test_a_container_that_should_restart_does(
    engine: Engine, several_image: str, workspace: Path
) -> None:
    with over_http(engine, several_image, workspace, "--restart=on-failure:3") as served:
        before = served.container.pid
        assert not await _survives(served, mebibytes=900)
        eventually(lambda: served.container.pid not in {0, before} and served.ready(), served.container.logs)


async def _survives(served: Served, *, mebibytes: int) -> bool:
    """Whether the server answers a call that takes that much memory."""
    with contextlib.suppress(
        httpx2.HTTPError, AssertionError
    ):  # the connection breaks before or within the answer
        async with connect("raw-modern", served.endpoint) as client:
            return not (await client.call("grow", {"mebibytes": mebibytes})).value["isError"]
    return False


def test_over_stdio_health_is_whether_the_tools_can_be_listed(
    engine: Engine, image: str, workspace: Path
) -> None:
    """There is no port to ask; at SIGTERM the server ends by itself, with its client still there."""
    mounted = f"--volume={workspace}:/workspace:rw"
    with engine.started(
        image, "--interactive", "--network=none", mounted, name="seawall-test-stdio"
    ) as container:
        eventually(lambda: '"ready"' in container.logs(), container.logs)
        assert container.healthy()
        assert container.execute("seawall", "health") == "healthy: 4 tools listed.\n"
        shutil.rmtree(workspace)
        assert not container.healthy()
        engine.run("kill", "--signal=TERM", container.name)
        assert container.wait() == 0
