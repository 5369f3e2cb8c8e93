"""The toolset as a server holds it: what it offers, its life, and how its work ends early."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest
from pydantic import ValidationError

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import OverloadedError, StartError
from seawall.security.budget import WorkerPool
from seawall.toolsets.filesystem import KIND, FilesystemDeclaration
from seawall.toolsets.interface import Host
from toolsets.filesystem.workbench import Workbench, build, context, workbench

pytestmark = pytest.mark.anyio

HAY = "".join(hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(16_000))
SLOW = "[a-f].{400}[a-f].{400}needle"  # a minute and more for each file of hay


def test_reading_alone_is_offered_unless_writing_is_asked_for(tmp_path: Path) -> None:
    names = [operation.name for operation in build(tmp_path, access="read").operations]
    assert names == ["read_file", "list_directory", "search_files"]
    names = [operation.name for operation in build(tmp_path, access="write").operations]
    assert names == ["read_file", "write_file", "list_directory", "search_files"]


def test_a_client_may_rely_on_the_hints(tmp_path: Path) -> None:
    for operation in build(tmp_path).operations:
        writes = operation.name == "write_file"
        hints = operation.hints
        assert (hints.read_only, hints.destructive, hints.idempotent, hints.open_world) == (
            not writes,
            writes,
            not writes,
            False,
        )


def test_schemas_are_sound_closed_and_short(tmp_path: Path) -> None:
    operations = build(tmp_path).operations
    for operation in operations:
        for schema in (operation.parameters, operation.output or {"additionalProperties": False}):
            jsonschema_rs.meta.validate(schema)
            assert schema["additionalProperties"] is False
        properties = operation.parameters["properties"]
        assert isinstance(properties, dict)
        assert all(isinstance(one, dict) and one["description"] for one in properties.values())
    listed = [
        {"name": o.name, "description": o.description, "inputSchema": o.parameters, "outputSchema": o.output}
        for o in operations
    ]
    assert len(json.dumps(listed, separators=(",", ":"))) < 8000


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"roots": 5},
        {"roots": "x", "symlinks": "everywhere"},
        {"roots": "x", "hard_links": "yes"},
        {"roots": "x", "max_file_size": 0},
        {"roots": "x", "unknown": 1},
    ],
)
def test_a_bad_declaration_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FilesystemDeclaration.model_validate({"kind": "filesystem"} | settings)


def test_a_malformed_deny_pattern_is_refused_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="deny"):
        build(tmp_path, deny=("# a comment",))


async def test_a_missing_root_stops_the_start(tmp_path: Path) -> None:
    toolset = build(tmp_path, roots=str(tmp_path / "absent"))
    with pytest.raises(StartError):
        await toolset.start()
    await toolset.close()


async def test_a_relative_root_starts_at_the_blueprint(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a").write_text("found")
    async with workbench(tmp_path, roots="inside") as bench:
        assert (await bench.read("a")).text == "found"


async def test_a_root_that_goes_is_a_fault(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    toolset = build(root)
    assert toolset.faults()
    await toolset.start()
    assert list(toolset.faults()) == []
    shutil.rmtree(root)
    assert toolset.faults()
    assert str(tmp_path) not in "".join(toolset.faults())
    await toolset.close()


async def test_leftovers_of_a_killed_writer_are_removed_at_the_start(tmp_path: Path) -> None:
    leftover = tmp_path / "d" / ".seawall-0123456789abcdef.tmp"
    leftover.parent.mkdir()
    leftover.write_text("half a file")
    async with workbench(tmp_path, access="read"):
        await asyncio.sleep(0.05)
    assert leftover.exists()
    async with workbench(tmp_path, access="write") as bench:
        assert (await bench.listing("d", hidden=True))["entries"] == []
        await _until(lambda: not leftover.exists())


async def test_a_cancelled_search_frees_its_worker(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(HAY)
    workers = WorkerPool(size=1, queued=0)
    toolset = build(tmp_path, workers=workers, access="read")
    await toolset.start()
    search = next(one for one in toolset.operations if one.name == "search_files")
    call = asyncio.ensure_future(search.handler({"content": SLOW}, context()))
    await _until(lambda: workers.busy == 1)
    await asyncio.sleep(0.05)
    with pytest.raises(OverloadedError):
        await search.handler({"content": "x"}, context())
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await _until(lambda: workers.busy == 0)
    await toolset.close()


async def test_close_ends_what_is_under_way(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(HAY)
    workers = WorkerPool(size=2, queued=0)
    toolset = build(tmp_path, workers=workers, access="read")
    await toolset.start()
    search = next(one for one in toolset.operations if one.name == "search_files")
    call = asyncio.ensure_future(search.handler({"content": SLOW}, context()))
    await _until(lambda: workers.busy >= 1)
    await toolset.close()
    await asyncio.gather(call, return_exceptions=True)
    await _until(lambda: workers.busy == 0)


async def test_the_kind_refuses_a_declaration_of_another(tmp_path: Path) -> None:
    with pytest.raises(StartError):
        KIND.build(ToolsetDeclaration(kind="other"), Host(tmp_path, WorkerPool(size=1, queued=1), 1 << 20))


async def test_many_calls_at_once(bench: Workbench) -> None:
    (bench.directory / "a.txt").write_text("x\n" * 1000)
    answers = await asyncio.gather(
        *(bench.read("a.txt") for _ in range(20)), *(bench.search(content="x", limit=5) for _ in range(20))
    )
    assert len({str(answer) for answer in answers}) == 2


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens at once; the limit only guards against a hang."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)
