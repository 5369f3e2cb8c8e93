"""What an assistant does with examples/commands, and what an attacker does: the same calls wherever it is served."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from documents.markdown import ROOT
from support.clients import Client

__all__ = ["EXAMPLE", "TOOLS", "attack", "repository", "state", "use"]

EXAMPLE: Final = ROOT / "examples" / "commands"
TOOLS: Final = [
    "git_blame", "git_diff", "git_log", "git_show", "git_status", "ruff_check", "run_tests", "search_text",
]  # fmt: skip
SECRET: Final = "canary-beside-the-workspace"  # noqa: S105  what must not be read
_NAP: Final = "86395.125"

_SUMS: Final = "import os\n\n\ndef double(x):\n    return 2 * x\n"
_GOOD: Final = "from sums import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
_HOSTILE: Final = f"""
import os, pathlib, socket, subprocess
import pytest
HERE = pathlib.Path(__file__).parent
@pytest.mark.parametrize("place", [HERE / "new", HERE.parent / "new", "/tmp/seawall-example-new", "/var/tmp/seawall-example-new"])
def test_writes(place):
    with pytest.raises(OSError):
        open(place, "w").close()
@pytest.mark.parametrize("place", [HERE.parent / "secret", "/etc/passwd", "/etc/shadow", f"/proc/{{os.getppid()}}/environ", "/proc/1/environ"])
def test_reads(place):
    with pytest.raises(OSError):
        print(open(place, "rb").read())
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX])
def test_connects(family):
    with pytest.raises(OSError):
        socket.socket(family).connect(("127.0.0.1", 9) if family == socket.AF_INET else ("::1", 9) if family == socket.AF_INET6 else "/run/docker.sock")
def test_has_nothing_of_the_server():
    assert not [name for name in os.environ if "SEAWALL" in name or "CANARY" in name]
def test_stays():
    subprocess.Popen("nohup sleep {_NAP} >/dev/null 2>&1 & sleep {_NAP} &", shell=True)
"""
"""Tests of a hostile repository: each passes where what it tries is refused."""


def repository(workspace: Path, *, owner: int | None = None) -> None:
    """A small Python project with a history, and a secret beside it."""
    workspace.mkdir(exist_ok=True)
    (workspace / "sums.py").write_text(_SUMS)
    (workspace / "test_sums.py").write_text(_GOOD)
    (workspace / "test_hostile.py").write_text(_HOSTILE)
    (workspace.parent / "secret").write_text(SECRET)
    (workspace / "way_out").symlink_to("../secret")
    clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for line in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "Double what there is"]):
        subprocess.run(["git", *line], cwd=workspace, env=clean, check=True)
    (workspace / "notes.md").write_text("the tide comes in\n")
    (workspace / "sums.py").write_text(f"{_SUMS}\n\nNAMES = os.sep, 'l'\n")
    if owner is not None:
        for path in (workspace, *workspace.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


def state(workspace: Path) -> dict[str, tuple[int, bytes]]:
    """Every file, those of git too."""
    return {
        str(path.relative_to(workspace)): (path.lstat().st_mode, b"" if path.is_dir() else path.read_bytes())
        for path in sorted(workspace.rglob("*"))
    }


async def use(client: Client) -> None:
    """Each of its tools, with what it is for."""
    assert sorted(tool["name"] for tool in await client.list_tools()) == TOOLS
    for tool, arguments, words in (
        ("git_status", {}, "?? notes.md"),
        ("git_log", {"count": 5, "stat": True}, "Double what there is"),
        ("git_diff", {"paths": ["sums.py"]}, "+NAMES = os.sep"),
        ("git_show", {"object": "HEAD:sums.py"}, "def double"),
        ("git_blame", {"file": "sums.py", "lines": "4,5"}, "Ada"),
        ("search_text", {"pattern": r"def \w+_double"}, "test_sums.py:4:"),
        ("run_tests", {"paths": ["test_sums.py"]}, "1 passed"),
        ("run_tests", {"words": "no_such_test"}, "deselected"),
    ):
        answer = await client.call(tool, arguments)
        assert not answer.value["isError"], (tool, answer.text)
        assert words in answer.text, (tool, answer.text)
    found = await client.call("ruff_check", {"paths": ["test_hostile.py"]})
    assert {each["code"] for each in found.data["result"]} >= {"I001"}, found.text


_ATTACKS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("git_log", {"ref": "--output=pwned"}),
    ("git_log", {"ref": "HEAD;touch pwned"}),
    ("git_log", {"paths": ["../secret"]}),
    ("git_log", {"author": "x\n--output=pwned"}),
    ("git_show", {"object": "--output=pwned"}),
    ("git_show", {"object": "HEAD:../secret"}),
    ("git_show", {"object": "-O/etc/passwd"}),
    ("git_diff", {"from": "--no-index", "to": "/etc/passwd"}),
    ("git_diff", {"paths": ["/etc/passwd"]}),
    ("git_blame", {"file": "way_out"}),
    ("git_blame", {"file": "sums.py", "ref": "--contents=/etc/passwd"}),
    ("git_blame", {"file": "sums.py", "lines": "1,2 --contents=/etc/passwd"}),
    ("search_text", {"pattern": "canary", "path": ".."}),
    ("search_text", {"pattern": "canary", "path": "way_out"}),
    ("search_text", {"pattern": "root:", "path": "/etc"}),
    ("search_text", {"pattern": "x\0y"}),
    ("search_text", {"pattern": "x" * 5000}),
    ("ruff_check", {"paths": ["--fix"]}),
    ("ruff_check", {"paths": ["../secret"]}),
    ("run_tests", {"paths": ["--basetemp=."]}),
    ("run_tests", {"paths": ["/etc/passwd"]}),
    ("run_tests", {"most_failures": "1 -p evil"}),
)
"""Calls that are refused, or come to nothing."""


async def attack(client: Client, workspace: Path) -> None:
    """Nothing is read beside the workspace, nothing in it is changed, and no process is left."""
    before = state(workspace)
    told = [json.dumps((await client.call(tool, arguments)).value) for tool, arguments in _ATTACKS]
    for text, (tool, arguments) in zip(told, _ATTACKS, strict=True):
        assert SECRET not in text, (tool, arguments)
        assert "root:x:0" not in text, (tool, arguments)
        assert '"isError": true' in text, (tool, arguments, text)
    for glob in ("--pre=sh", "../*", "/etc/*"):
        answer = await client.call("search_text", {"pattern": "canary", "globs": [glob]})
        assert SECRET not in answer.text
    hostile = await client.call("run_tests", {"paths": ["test_hostile.py"]})
    assert "14 passed" in hostile.text, hostile.text
    assert state(workspace) == before
    assert not [line for line in _commands() if _NAP.encode() in line]


def _commands() -> list[bytes]:
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                found.append((each / "cmdline").read_bytes())
            except OSError:
                continue  # it has ended
    return found
