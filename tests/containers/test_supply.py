"""What an image was made of can be told, package by package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containers.engine import Engine
from containers.projects import EXAMPLE
from containers.sbom import bill_of_materials

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

_INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps(sorted([each.name.lower().replace("_", "-").replace(".", "-"), each.version] for each in distributions(path=[
    path for path in __import__("sys").path if "/opt/venv" in path]))))
"""


def test_the_bill_of_materials_names_every_package_of_the_image(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    """Compared with what Python itself finds in the container; the same image gives the same bytes."""
    bills = [tmp_path / "one.json", tmp_path / "two.json"]
    for bill in bills:
        bill_of_materials(engine, image, EXAMPLE, bill)
    installed = json.loads(
        engine.run("run", "--rm", "--network=none", "--entrypoint=python", image, "-c", _INSTALLED)
    )

    assert bills[0].read_bytes() == bills[1].read_bytes()
    bill = json.loads(bills[0].read_text())
    named = sorted(
        [each["name"].lower().replace("_", "-").replace(".", "-"), each["version"]]
        for each in bill["components"]
    )
    assert named == installed
    assert ["seawall", "0.1.0"] in named
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "filesystem-mcp"
    assert all(each["purl"].startswith("pkg:pypi/") for each in bill["components"])
