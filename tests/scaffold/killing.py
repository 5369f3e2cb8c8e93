"""Writes a project in child processes that are killed after every single step, and looks at what each leaves.

Run with a directory; prints one line a fault. Apart from the test, since it forks.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seawall.scaffold import staging
from seawall.scaffold.manifest import digest
from seawall.scaffold.staging import Change
from seawall.scaffold.tree import Tree

FILES = {"a.txt": "new a\n", "deep/er/b.txt": "new b\n", "c.txt": "new c\n"}
STEPS = ("make_directory", "create", "link", "rename", "unlink", "remove_directory", "copy_mode", "settle")
MOST = 200


def main(directory: Path) -> None:
    for name, act in (("fresh", fresh), ("replaced", replaced), ("taken back", taken_back)):
        for step in range(1, MOST):
            place = directory / f"{name}-{step}"
            place.mkdir()
            if not act(place, step):
                break
        else:
            fault(f"{name}: never ended")


def fresh(place: Path, step: int) -> bool:
    killed = die_at(step, lambda: staging.create(place / "project", FILES))
    project = place / "project"
    if project.exists() and contents(project) != FILES:
        fault(f"fresh, killed at {step}: half a project: {contents(project)}")
    staging.create(place / "next", {"x": "x"})
    if left := [each.name for each in place.iterdir() if each.name not in {"project", "next"}]:
        fault(f"fresh, killed at {step}: left behind {left}")
    return killed


def replaced(place: Path, step: int) -> bool:
    changes = old_project(place)
    killed = die_at(step, lambda: staging.apply(place, changes))
    for name, text in contents(place).items():
        if name in FILES and text not in {FILES[name], name}:
            fault(f"replaced, killed at {step}: {name} is half written: {text!r}")
    staging.recover(place)
    expect(place, step, "replaced")
    return killed


def taken_back(place: Path, step: int) -> bool:
    """The repair itself is killed, too."""
    changes = old_project(place)
    die_at(22, lambda: staging.apply(place, changes))
    killed = die_at(step, lambda: staging.recover(place))
    staging.recover(place)
    expect(place, step, "taken back")
    return killed


def fault(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def old_project(place: Path) -> dict[str, Change]:
    for name in ("a.txt", "c.txt", "other.txt"):
        (place / name).write_text(name)
    known = {"a.txt": digest("a.txt"), "c.txt": digest("c.txt")}
    return {name: Change(text, known.get(name)) for name, text in FILES.items()}


def expect(place: Path, step: int, what: str) -> None:
    """As it was, or as it should become: never anything between."""
    before = {name: name for name in ("a.txt", "c.txt", "other.txt")}
    found = contents(place)
    if found not in (before, {**before, **FILES}):
        fault(f"{what}, killed at {step}: {found}")
    if found == before and (place / "deep").exists():
        fault(f"{what}, killed at {step}: an empty directory stays")


def contents(place: Path) -> dict[str, str]:
    return {str(path.relative_to(place)): path.read_text() for path in place.rglob("*") if path.is_file()}


def die_at(step: int, act: Callable[[], None]) -> bool:
    """Run it in a child that kills itself before its nth step; whether it was killed."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(method: Callable[..., Any]) -> Callable[..., Any]:
            def counting(*arguments: Any, **named: Any) -> Any:
                nonlocal count
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return method(*arguments, **named)

            return counting

        for name in STEPS:
            setattr(Tree, name, counted(getattr(Tree, name)))
        act()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
