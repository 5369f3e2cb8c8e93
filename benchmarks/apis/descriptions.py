"""The descriptions: real ones, which the repository does not hold but for the smallest, found as the tests find them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Api", "found"]

_ROOT = Path(__file__).absolute().parents[2]
_NODE = _ROOT / "tests" / "support" / "node"
_NAMES = (
    ("petstore", "petstore-3.0.yaml"),
    ("openai", "openai-3.1.json"),
    ("kubernetes", "kubernetes-swagger-2.0.json"),
)


@dataclass(frozen=True)
class Api:
    """One description.

    Attributes:
        name: of the API.
        file: the description as it is published.
        other: the same for FastMCP, which takes OpenAPI 3: converted where it is older; None where there is no converter.
    """

    name: str
    file: Path
    other: Path | None


def found(directory: Path, *, smallest: bool = False) -> list[Api]:
    """Those that are on this machine.

    Args:
        directory: where to put what is converted.
        smallest: only the first, which the repository holds.
    """
    apis = []
    for name, file in _NAMES[:1] if smallest else _NAMES:
        path = next((folder / file for folder in _folders() if (folder / file).is_file()), None)
        if path is not None:
            apis.append(Api(name, path, _converted(path, directory) if "swagger" in file else path))
    return apis


def _folders() -> list[Path]:
    beside = [up / "shared" / "specs" for up in Path(__file__).absolute().parents]
    named = os.environ.get("SEAWALL_TEST_SPECS")
    return [_ROOT / "tests" / "data" / "specs", *([Path(named)] if named else beside)]


def _converted(file: Path, directory: Path) -> Path | None:
    """The file in OpenAPI 3.0, by swagger2openapi (`make node-clients`)."""
    if not (_NODE / "node_modules" / "swagger2openapi").is_dir() or shutil.which("node") is None:
        return None
    target = directory / f"{file.stem}-converted.json"
    with target.open("wb") as output:
        subprocess.run(["node", str(_NODE / "convert.mjs"), str(file)], stdout=output, check=True)
    return target
