"""Images of projects, built from their own Dockerfiles without a network."""

from __future__ import annotations

import contextlib
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

from containers.base import base_image, interpreter
from containers.engine import GUARD, Engine, cache
from documents.markdown import ROOT

__all__ = ["PINS", "Builder", "product_wheel"]

PINS = ROOT / "requirements" / "runtime.txt"
_EXTRA_PINS = ROOT / "requirements" / "lint.txt"
_EXTRAS = (
    "grpcio",
    "grpcio-reflection",
    "grpcio-tools",
    "protobuf",
    "setuptools",
    "fastmcp-tasks",
    "pytest",
    "ruff",
)
"""What extras of ours and examples/commands bring in; pinned where the tests and linters are."""


class Builder:
    """Builds images of which every package comes from a folder: our own `wheel`, and the pinned ones of others."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self._engine = engine
        self._directory = directory
        self.wheel = product_wheel(directory / "product")
        self._packages = hashlib.sha256(self.wheel.read_bytes() + _pins().encode()).hexdigest()
        self._configuration = directory / "pip.conf"
        self._configuration.write_text("[global]\nno-index = true\nfind-links =\n  /wheels\n  /product\n")

    def build(self, project: Path, image: str) -> None:
        """Build the project's Dockerfile, on a stand-in for the base that it names."""
        tag = _base_of(project / "Dockerfile")
        base_image(self._engine, tag, packages=self._packages, programs=_programs_of(project / "Dockerfile"))
        mounts = {
            _wheels(tag.removeprefix("python:").partition("-")[0]): "/wheels",
            self.wheel.parent: "/product",
            self._configuration: "/etc/pip.conf",
        }
        volumes = [f"--volume={source}:{target}:ro" for source, target in mounts.items()]
        self._engine.run(
            "build", "--quiet", "--layers", "--pull=never", "--format=docker", "--network=none", *volumes,
            f"--tag={image}", project,
        )  # fmt: skip


def product_wheel(directory: Path) -> Path:
    """This package as a wheel."""
    directory.mkdir(parents=True, exist_ok=True)
    _pip(Path(sys.executable), "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", directory, ROOT)
    (wheel,) = directory.glob("*.whl")
    return wheel


def _base_of(dockerfile: Path) -> str:
    (tag,) = set(re.findall(r"(?m)^FROM (\S+)", dockerfile.read_text()))
    return str(tag)


def _programs_of(dockerfile: Path) -> tuple[str, ...]:
    """The Debian packages that it installs: without a network, they must be there."""
    found = re.findall(r"(?m)^RUN apt-get update && apt-get install \S+ \S+ (.+?) &&", dockerfile.read_text())
    return tuple(sorted(name for names in found for name in names.split()))


def _pins() -> str:
    """The pins of everything that a project of ours may depend on, each with its hashes."""
    entries = re.findall(r"(?m)^[a-z0-9].*(?:\n .*)*", _EXTRA_PINS.read_text())
    pinned = {_named(entry): entry for entry in entries}
    ours = PINS.read_text()
    there = {_named(line) for line in ours.splitlines()}
    extras = [pinned[each] for each in sorted(_brought(_EXTRAS) - there)]
    return "\n".join([ours, *extras, ""])


def _named(pin: str) -> str:
    """The package of a pin, as `name[extra]==1.0`."""
    return re.split(r"[\[=]", pin, maxsplit=1)[0]


def _brought(names: Iterable[str]) -> set[str]:
    """These packages, and all that they need in turn."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-").replace(".", "-")
        if name in found:
            continue
        found.add(name)
        with contextlib.suppress(PackageNotFoundError):  # a program, which needs none
            needed = [Requirement(each) for each in requires(name) or ()]
            waiting += [
                each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})
            ]
    return found


def _wheels(version: str) -> Path:
    """The wheels of these pins for that Python, fetched once for them."""
    short = ".".join(version.split(".")[:2])
    pins = _pins()
    directory = cache() / f"wheels-{short}-{hashlib.sha256(pins.encode()).hexdigest()[:16]}"
    complete = directory / ".complete"
    if not complete.exists():
        directory.mkdir(exist_ok=True)
        wanted = directory / ".pins"
        wanted.write_text(pins)
        chosen = ("--only-binary=:all:", "--require-hashes", "--no-deps")  # every one is named
        _pip(interpreter(short), "download", *chosen, "--dest", directory, "--requirement", wanted)
        complete.touch()
    return directory


def _pip(python: Path, *arguments: str | Path) -> None:
    subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=GUARD,
        check=True,
    )
