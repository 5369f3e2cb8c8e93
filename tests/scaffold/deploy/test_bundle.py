"""The manifest of an MCP bundle, judged by the tool that packs bundles."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from documents.markdown import ROOT
from scaffold.deploy.test_quoting import HOSTILE, hostile
from seawall.scaffold.deploy import Deployment, Volume, extra_files

pytestmark = pytest.mark.node

_PROGRAM = ROOT / "tests" / "support" / "node" / "node_modules" / ".bin" / "mcpb"

_RECORDING = Deployment(
    name="x",
    volumes=(Volume(name="audit", source="audit", target="/audit", writable=True, kept=True),),
    settings={"SEAWALL_AUDIT__FILE": "/audit/"},
)


def _judged(folder: Path, deployment: Deployment) -> subprocess.CompletedProcess[str]:
    manifest = folder / "manifest.json"
    manifest.write_text(extra_files("mcpb", deployment)["manifest.json"])
    return subprocess.run(
        [_PROGRAM, "validate", manifest], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "deployment", [Deployment(name="x"), _RECORDING, hostile(HOSTILE[0]), hostile(HOSTILE[2])]
)
def test_the_manifest_is_valid(tmp_path: Path, deployment: Deployment) -> None:
    judged = _judged(tmp_path, deployment)

    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_the_judge_would_see_a_wrong_one(tmp_path: Path) -> None:
    manifest = json.loads(extra_files("mcpb", Deployment(name="x"))["manifest.json"])
    del manifest["server"]["type"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    judged = subprocess.run(
        [_PROGRAM, "validate", tmp_path / "manifest.json"], capture_output=True, timeout=60, check=False
    )

    assert judged.returncode != 0
