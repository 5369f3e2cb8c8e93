"""What a command may touch is swapped for a link that leads out, as fast as the kernel allows, while it is called.

Between the look at a path and the moment when the sandbox opens it, the name can mean something else. Calls may be refused
then; none may show what lies outside.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.errors import OperationError, SandboxStartError
from seawall.security.sandbox import Reach, Sandbox, Tier
from support.sandboxes import execution
from toolsets.command.yard import TIERS, Yard

pytestmark = pytest.mark.anyio

CALLS = 60
SECRET = "canary-b74e01-outside"  # noqa: S105  what a program must not read
COMMANDS = """
[[command]]
name = "look"
argv = ["cat", "{outside}", "../area/file"]
reads = ["keep", "area"]
success = [0, 1]

[[command]]
name = "change"
argv = ["touch", "{other}/made", "../area/made"]
reads = ["keep"]
writes = ["area"]
success = [0, 1]
"""


@contextlib.contextmanager
def swapped(first: Path, second: Path) -> Iterator[None]:
    """Swap the two names meanwhile."""
    attacker = Path(__file__).with_name("jail_attacker.py")
    with subprocess.Popen(
        [sys.executable, attacker, first, second], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("tier", TIERS)
async def test_no_link_that_is_swapped_in_leads_a_command_out(tmp_path: Path, tier: str) -> None:
    outside, workspace = tmp_path / "outside", tmp_path / "workspace"
    for directory in (outside, workspace / "area", workspace / "keep"):
        directory.mkdir(parents=True)
    (outside / "file").write_text(SECRET)
    (workspace / "area" / "file").write_text("inside")
    (workspace / "trap").symlink_to("../outside")
    shown: list[str] = []
    text = COMMANDS.format(outside=outside / "file", other=outside)
    async with Yard.of(tmp_path, text, tier=tier, roots="./workspace") as yard:
        with swapped(workspace / "area", workspace / "trap"):
            for _ in range(CALLS):
                for name in ("look", "change"):
                    try:
                        shown.append((await yard.answer(name)).text)
                    except OperationError as error:
                        shown.append(str(error))
        if (workspace / "area").is_symlink():
            (workspace / "trap").rename(workspace / "spare")
            (workspace / "area").unlink()
            (workspace / "spare").rename(workspace / "area")
        assert "inside" in await yard.text("look"), "calls come through when nobody swaps"
    assert SECRET not in "\n".join(shown)
    assert [path.name for path in outside.iterdir()] == ["file"]


@pytest.mark.parametrize("tier", TIERS)
async def test_a_path_that_is_another_file_by_now_starts_nothing(tmp_path: Path, tier: str) -> None:
    """Without an attacker who has to be lucky; and the caller is told no path of the host."""
    (tmp_path / "meant").mkdir()
    (tmp_path / "other").mkdir()
    status = (tmp_path / "meant").stat()
    reach = Reach(reads=(tmp_path / "other",), known=((tmp_path / "other", (status.st_dev, status.st_ino)),))
    async with Sandbox(tier=Tier(tier)) as sandbox:
        with pytest.raises(SandboxStartError, match="not what it was") as caught:
            await sandbox.run(execution("/bin/true", reach=reach))
        assert str(tmp_path) not in str(caught.value)
        with pytest.raises(SandboxStartError) as gone:
            await sandbox.run(execution("/bin/true", reach=Reach(reads=(tmp_path / "gone",))))
        assert str(tmp_path) not in str(gone.value)
