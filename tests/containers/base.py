"""A stand-in for the official Python image, made of Debian's packages and this machine's Python; no registry is asked.

It has what the Dockerfile relies on: `python` and `pip` on PATH, Debian around them, root as user. Its size is not the
official image's: only what a project adds to it is measured.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from containers.engine import GUARD, Engine, EngineError, cache

__all__ = ["base_image", "interpreter"]

_LIBRARIES = (
    "ca-certificates,libssl3,libffi8,libsqlite3-0,libreadline8,zlib1g,libbz2-1.0,liblzma5,libncursesw6,libexpat1,"
    "libuuid1,netbase,tzdata"
)
_DEBIANS_PYTHON = "ca-certificates,netbase,tzdata,python3,python3-pip,python3-venv"
_UNNEEDED = ("man", "doc", "locale")


def interpreter(version: str) -> Path:
    """A Python of that version (`3.12`) on this machine, or else the one that runs the tests."""
    candidates = [shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout.strip()
        candidates += [str(path) for path in sorted(Path(root, "versions").glob(f"{version}.*/bin/python"))]
    for candidate in reversed([each for each in candidates if each]):
        asked = "import sys; print('%d.%d' % sys.version_info[:2])"
        told = subprocess.run([candidate, "-c", asked], capture_output=True, text=True, check=False)
        if told.stdout.strip() == version:
            return Path(candidate)
    return Path(sys.executable)


def base_image(engine: Engine, tag: str, *, packages: str, programs: tuple[str, ...] = ()) -> None:
    """Make the image `python:VERSION-slim-bookworm`.

    The Debian and Python in it are kept in the store. `packages` identifies the folders that a build on it will mount:
    the engine's cache of layers looks at the base, but not at what is mounted. `programs` are further packages of Debian,
    which `apt-get install` in a Dockerfile finds to be there.
    """
    version = re.fullmatch(r"python:(3\.[0-9]+)(?:\.[0-9]+)?-slim-bookworm", tag)
    assert version is not None, f"{tag} is not a literal tag of the official image"
    prefix = _prefix(interpreter(version[1]))
    recipe = hashlib.sha256(
        f"{inspect.getsource(sys.modules[__name__])}{prefix}{programs}".encode()
    ).hexdigest()
    kept = f"localhost/seawall-base:{recipe[:16]}"
    if not engine.has(kept):
        _make(engine, prefix, kept, programs)
    labelled = f"FROM {kept}\nLABEL seawall.test.packages={packages}\n"
    dockerfile = cache() / "Dockerfile"
    dockerfile.write_text(labelled)
    engine.run("build", "--quiet", "--pull=never", "--format=docker", f"--tag={tag}", f"--file={dockerfile}")


def _make(engine: Engine, prefix: Path | None, tag: str, programs: tuple[str, ...]) -> None:
    rootfs = cache() / "rootfs"
    shutil.rmtree(rootfs, ignore_errors=True)
    try:
        beside = _DEBIANS_PYTHON if prefix is None else _LIBRARIES
        _debian(rootfs, ",".join((beside, *programs)))
        _python(rootfs, prefix)
        _import(engine, rootfs, tag)
    finally:
        shutil.rmtree(rootfs, ignore_errors=True)


def _prefix(python: Path) -> Path | None:
    """Where that Python is installed; None for Debian's own, which comes as a package."""
    asked = subprocess.run(
        [python, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True, check=True
    )
    prefix = Path(asked.stdout.strip())
    return None if prefix == Path("/usr") else prefix


def _debian(rootfs: Path, packages: str) -> None:
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _UNNEEDED]
    made = subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={packages}",
            *excluded,
            "bookworm",
            rootfs,
        ],
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    if made.returncode != 0:
        raise EngineError(made.stderr)
    for each in ("var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(rootfs / each, ignore_errors=True)


def _python(rootfs: Path, prefix: Path | None) -> None:
    local = rootfs / "usr" / "local"
    if prefix is None:
        (local / "bin" / "python").symlink_to("/usr/bin/python3")
        return
    unneeded = shutil.ignore_patterns("test", "__pycache__", "*.a", "share", "site-packages")
    shutil.copytree(prefix, local, symlinks=True, dirs_exist_ok=True, ignore=unneeded)
    (library,) = prefix.glob("lib/python3.*/site-packages")
    for each in library.glob("pip*"):
        shutil.copytree(each, local / library.relative_to(prefix) / each.name)
    version = library.parent.name
    for name in ("python3", "python"):
        (local / "bin" / name).unlink(missing_ok=True)
        (local / "bin" / name).symlink_to(version)
    pip = local / "bin" / "pip"
    pip.write_text('#!/bin/sh\nexec /usr/local/bin/python3 -m pip "$@"\n')
    pip.chmod(0o755)
    subprocess.run(["chroot", rootfs, "ldconfig"], check=True)


def _import(engine: Engine, rootfs: Path, tag: str) -> None:
    archive = rootfs.with_suffix(".tar")
    with tarfile.open(archive, "w") as file:
        file.add(rootfs, arcname=".")
    changes = (
        "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ENV LANG=C.UTF-8",
    )
    engine.run("import", "--quiet", *(f"--change={each}" for each in changes), archive, tag)
    archive.unlink()
