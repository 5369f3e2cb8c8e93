"""As whom the hostile table runs: root, root that gives its programs to another user, and an ordinary user."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
SOURCE = Path(__file__).parents[2]
PYTHONS = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")
LOADED = """
import importlib, pathlib, sys
top = pathlib.Path(sys.argv[1])
importlib.import_module(sys.argv[2])
places = [pathlib.Path(each.__file__) for each in list(sys.modules.values()) if getattr(each, "__file__", None)]
print(*sorted({each.relative_to(top).parts[0] for each in places if each.is_relative_to(top)}))
"""
"""Names in the directory of packages what a module brings in."""


@dataclass(frozen=True)
class Identity:
    """Who runs the server, and whose its programs are.

    Attributes:
        name: for people.
        server: user and group of the server; None for our own.
        commands: those of the programs, when the server is root's.
    """

    name: str
    server: int | None
    commands: int | None

    @property
    def python(self) -> str:
        """An interpreter that this user may run: our own may lie where only we get to."""
        return sys.executable if self.server is None else _python_for(self.server)


ORDINARY = Identity("ordinary user", NOBODY, None)


def identities() -> tuple[Identity, ...]:
    """Those that this process can put on."""
    if os.geteuid() != 0:
        return (Identity("ordinary user", None, None),)
    return (Identity("root", None, None), Identity("root, another user", None, NOBODY), ORDINARY)


def host_of(identity: Identity, base: Path, name: str = "sandbox_host") -> Path:
    """The program of a table, where this user can read it."""
    return (SOURCE / "tests" if identity.server is None else base / "copy") / f"hostile/{name}.py"


def environment_of(identity: Identity, base: Path, name: str = "sandbox_host") -> dict[str, str]:
    """Where it finds the package, its tests and what they need; copies, because ours may lie where only we get to."""
    if identity.server is None:
        paths = [SOURCE / "src", SOURCE / "tests", *map(Path, sys.path[1:])]
        return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))}
    copy = base / "copy"
    packages = Path(sysconfig.get_path("purelib"))
    shutil.copytree(SOURCE / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("hostile", "toolsets/command"):
        shutil.copytree(SOURCE / "tests" / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    ours = os.pathsep.join([str(SOURCE / "src"), str(SOURCE / "tests")])
    told = subprocess.run(
        [sys.executable, "-c", LOADED, packages, f"hostile.{name}"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ours},
        capture_output=True,
        text=True,
        check=True,
    )
    for part in ("seawall", *told.stdout.split()):
        path = packages / part
        if path.is_dir():
            shutil.copytree(path, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.exists():
            shutil.copy(path, copy)
        for each in packages.glob(f"{part}-*.dist-info"):
            shutil.copytree(each, copy / each.name)
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(copy)}


@functools.cache
def _python_for(user: int) -> str:
    for python in PYTHONS:
        command = [
            python,
            "-I",
            "-S",
            "-c",
            f"import ctypes, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})",
        ]
        try:
            ended = subprocess.run(command, user=user, group=user, extra_groups=[], check=False)
        except OSError:
            continue
        if ended.returncode == 0:
            return python
    message = f"no Python of these can be run by an ordinary user: {', '.join(PYTHONS)}"
    raise RuntimeError(message)
