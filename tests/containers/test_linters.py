"""Other people's linters on every file of a deployment, without a network. What they find is explained here, or fixed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from containers.projects import example_deployment, write
from seawall.scaffold.deploy import EXTRAS, Deployment, Endpoint, Volume, container_files, extra_files

pytestmark = [pytest.mark.podman, pytest.mark.timeout(300)]

_PROGRAMS = Path(sys.prefix) / "deploy" / "bin"
_FULL = Deployment(
    name="Full. Of_Everything",
    version="1.2.3+build.4",
    title='It\'s "full"',
    purpose="Everything at once:\n# secrets, Redis, other hosts.",
    cpus=1.5,
    replicas=3,
    port=9000,
    files=("seawall.toml", "server.py", "specs"),
    volumes=(
        Volume(name="data", source="/srv/da ta/$x", target="/data"),
        Volume(name="work-space", source="./workspace", target="/mnt/work", writable=True),
        Volume(name="audit", source="audit", target="/audit", writable=True, kept=True),
    ),
    settings={
        "SEAWALL_AUDIT__FILE": "/audit/",
        "SEAWALL_TOOLSET__FILES__ROOTS__DATA": "/data",
        "SEAWALL_TOOLSET__FILES__ROOTS__WORK": "/mnt/work",
    },
    environment=("BASE_URL", "API_KEY"),
    secrets=("env:API_KEY", "file:/run/secrets/ci-token", "file:/run/secrets/key.pem"),
    authenticated=True,
    outbound=(Endpoint("api.example", 8443), Endpoint("192.0.2.7"), Endpoint("db.shop.svc")),
    redis=True,
    allowed_hosts=("mcp.example",),
    namespace="io.github.someone",
)
_EXPLAINED = {
    # 1000 is what people expect to own a workspace that they mount; a cluster maps it, or the overlay changes it.
    "CKV_K8S_40",
    # The digest is known once the image is pushed; overlays/prod has the line for it.
    "CKV_K8S_43",
}
_EXPLAINED_OF_FULL = {
    # The blueprint says env:API_KEY, so it is an environment variable; file:/run/secrets/… gives a file.
    "CKV_K8S_35",
}


@pytest.fixture(scope="module", params=["example", "full"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of a deployment: of the example, and of one that has everything."""
    name = str(request.param)
    deployment = example_deployment() if name == "example" else _FULL
    folder: Path = tmp_path_factory.mktemp(name) / name
    write(folder, dict(container_files(deployment)))
    for name in EXTRAS:
        write(folder, dict(extra_files(name, deployment)))
    for overlay in ("dev", "prod"):
        made = _ended("kubectl", "kustomize", folder / "kubernetes" / "overlays" / overlay)
        assert made.returncode == 0, made.stderr
        write(folder, {f"{overlay}.yaml": made.stdout})
    return folder


def _ended(program: str, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_PROGRAMS / program if (_PROGRAMS / program).exists() else program, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "HOME": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _clean(program: str, *arguments: str | Path, cwd: Path | None = None) -> None:
    ended = _ended(program, *arguments, cwd=cwd)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"


def test_hadolint_finds_nothing_in_the_dockerfile(project: Path) -> None:
    _clean("hadolint", "--failure-threshold=style", project / "Dockerfile")


@pytest.mark.parametrize("version", ["1.31", "1.37"])
@pytest.mark.parametrize("overlay", ["dev", "prod"])
def test_the_manifests_are_valid_for_old_and_new_kubernetes(
    project: Path, overlay: str, version: str
) -> None:
    _clean("kubernetes-validate", "--strict", "--kubernetes-version", version, project / f"{overlay}.yaml")


def test_the_validator_would_see_a_typing_error(project: Path, tmp_path: Path) -> None:
    wrong = (project / "prod.yaml").read_text().replace("readinessProbe", "readynessProbe")
    write(tmp_path, {"wrong.yaml": wrong})

    assert _ended("kubernetes-validate", "--strict", tmp_path / "wrong.yaml").returncode != 0


def test_checkov_finds_nothing_that_is_not_explained(project: Path) -> None:
    files = ("prod.yaml", "dev.yaml", "Dockerfile", ".github/workflows/ci.yml")
    chosen = [argument for file in files for argument in ("--file", file)]
    ended = _ended(
        "checkov", "--framework", "kubernetes", "dockerfile", "github_actions", "secrets", "--output", "json",
        "--quiet", "--skip-download", *chosen, cwd=project,
    )  # fmt: skip
    reports: list[dict[str, Any]] = json.loads(ended.stdout)
    found = {check["check_id"] for report in reports for check in report["results"]["failed_checks"]}

    allowed = _EXPLAINED | (_EXPLAINED_OF_FULL if project.name == "full" else set())
    overlay_of_one = {"CKV_K8S_15"}  # dev takes the image that was just built on the node: IfNotPresent
    assert found == allowed | overlay_of_one
    assert {report["check_type"] for report in reports} >= {"kubernetes", "dockerfile", "github_actions"}


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.compose-spec", "compose.yaml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("vendor.dependabot", ".github/dependabot.yml"),
    ],
)
def test_the_files_fit_their_published_schemas(project: Path, schema: str, file: str) -> None:
    _clean("check-jsonschema", "--builtin-schema", schema, project / file)


def test_zizmor_finds_nothing_in_the_workflow(project: Path) -> None:
    _clean("zizmor", "--offline", "--no-progress", "--persona=auditor", project / ".github")


def test_systemd_understands_every_line_of_the_unit(project: Path, tmp_path: Path) -> None:
    """And counts few points of exposure, of ten: what is left are the network and the file system that it serves."""
    (unit,) = (project / "systemd").glob("*.service")
    text = unit.read_text()
    program = (
        next(line for line in text.splitlines() if line.startswith("ExecStart=")).split("=")[1].split()[0]
    )
    write(tmp_path, {unit.name: text.replace(program, "/bin/true")})

    told = _ended("systemd-analyze", "verify", tmp_path / unit.name)
    assert (told.returncode, told.stderr) == (0, "")
    limit = "20" if "IPAddressDeny=any" in text else "25"
    _clean("systemd-analyze", "security", "--offline=true", f"--threshold={limit}", "--no-pager", unit)


def test_compose_understands_every_line(project: Path) -> None:
    environment = "BASE_URL=x\nAPI_KEY=y\n"
    write(project, {".env": environment})
    _clean("podman-compose", "-f", project / "compose.yaml", "config", cwd=project)
