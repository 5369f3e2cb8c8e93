"""What is in the Python environment of a project's image, as CycloneDX: `python -m containers.sbom PROJECT OUTPUT`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from containers.building import Builder
from containers.engine import GUARD, Engine, cache

__all__ = ["bill_of_materials"]

_PROGRAM = Path(sys.prefix) / "deploy" / "bin" / "cyclonedx-py"


def bill_of_materials(engine: Engine, image: str, project: Path, output: Path) -> None:
    """Write the bill of the image to `output`, valid and the same bytes for the same image.

    The packages are read from the image's own files; nothing of the image is run.
    """
    root = Path(engine.run("image", "mount", image).strip())
    try:
        packages = [str(path) for path in root.glob("opt/venv/lib/python3.*/site-packages")]
        with tempfile.TemporaryDirectory() as folder:
            # The generator asks an interpreter for its search path; the image's own could not be started here.
            interpreter = Path(folder, "python")
            interpreter.write_text(f"#!{sys.executable}\nprint({json.dumps(packages)!r})\n")
            interpreter.chmod(0o755)
            subprocess.run(
                [
                    _PROGRAM, "environment", "--pyproject", project / "pyproject.toml", "--output-reproducible",
                    "--schema-version", "1.6", "--validate", "--outfile", output, interpreter,
                ],
                timeout=GUARD,
                check=True,
            )  # fmt: skip
    finally:
        engine.ended("image", "umount", image)


def _main(project: Path, output: Path) -> None:
    engine = Engine(cache() / "store")
    image = f"localhost/{project.name}:sbom"
    with tempfile.TemporaryDirectory() as folder:
        Builder(engine, Path(folder)).build(project, image)
    bill_of_materials(engine, image, project, output)


if __name__ == "__main__":
    _main(*(Path(each).absolute() for each in sys.argv[1:]))
