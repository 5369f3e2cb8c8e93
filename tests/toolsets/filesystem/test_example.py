"""The sample workspace shows what it says it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolsets.filesystem.workbench import workbench

pytestmark = pytest.mark.anyio

WORKSPACE = Path(__file__).parents[3] / "examples" / "workspace"


async def test_the_sample_workspace() -> None:
    async with workbench(WORKSPACE, access="read") as bench:
        diary = await bench.read("notes/keeper-1931.txt")
        assert (diary.details["encoding"], diary.details["newline"]) == ("iso-8859-1", "crlf")
        found = await bench.search(content="green buoy|the lamp", ignore_case=True)
        paths = {match["path"] for match in found["matches"]}
        assert {"charts/harbour.txt", "notes/maintenance.md"} <= paths
        assert (await bench.read("charts/depths.bin", length=6)).text == "REVQVEgA"
