"""What an image is made of."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from containers.building import PINS, Builder
from containers.engine import Engine, EngineError
from containers.projects import EXAMPLE, example_deployment, write
from seawall.scaffold.deploy import Deployment, container_files

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

_MEBIBYTE = 1024**2


def test_an_image_says_what_it_is_and_runs_as_an_ordinary_user(engine: Engine, image: str) -> None:
    configuration = engine.image(image)["Config"]

    assert configuration["User"] == "1000:1000"
    assert configuration["Entrypoint"] == ["seawall"]
    assert configuration["Cmd"] == ["serve"]
    assert configuration["StopSignal"] in {"SIGTERM", "15"}
    assert engine.image(image)["Healthcheck"]["Test"] == ["CMD", "seawall", "health"]
    labels = configuration["Labels"]
    assert labels["org.opencontainers.image.title"] == "Filesystem"
    assert labels["org.opencontainers.image.description"] == example_deployment().purpose
    assert labels["org.opencontainers.image.base.name"] == "python:3.12-slim-bookworm"
    assert labels["io.modelcontextprotocol.server.name"] == "com.example/filesystem-mcp"


def test_a_project_adds_little_to_its_base(engine: Engine, image: str) -> None:
    added = engine.image(image)["Size"] - engine.image(example_deployment().base)["Size"]

    assert added < 140 * _MEBIBYTE


def test_an_image_holds_neither_secrets_nor_history_nor_files_of_the_workspace(
    engine: Engine, image: str
) -> None:
    searched = engine.run(
        "run", "--rm", "--network=none", "--user=0:0", "--entrypoint=grep", image,
        "--recursive", "--files-with-matches", "--no-messages", "--regexp=canary-in-", "--regexp=name = .filesystem-mcp",
        "/app", "/opt", "/workspace", "/home", "/root", "/tmp", "/srv", "/var",
    )  # fmt: skip

    assert searched.split() == ["/app/seawall.toml"]  # the one place of the second pattern


def test_what_runs_cannot_be_changed_by_its_user_and_has_no_installer(engine: Engine, image: str) -> None:
    """The packages belong to root, and the environment has no pip."""
    owners = engine.run(
        "run", "--rm", "--network=none", "--entrypoint=find", image, "/app", "/opt/venv", "!", "-user", "root"
    )
    pip = engine.run(
        "run", "--rm", "--network=none", "--entrypoint=find", image, "/opt/venv", "-name", "pip*"
    )

    assert owners == ""
    assert not any(path.endswith(("/pip", "/bin/pip")) for path in pip.split())


def test_with_pins_every_package_is_checked_by_its_hash(
    engine: Engine, builder: Builder, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    pins = PINS.read_text()
    right = hashlib.sha256(builder.wheel.read_bytes()).hexdigest()

    write(project, {"requirements.txt": f"{pins}\nseawall==0.1.0 --hash=sha256:{'0' * 64}\n"})
    with pytest.raises(EngineError, match="DO NOT MATCH THE HASHES"):
        builder.build(project, "localhost/pinned:test")

    write(project, {"requirements.txt": f"{pins}\nseawall==0.1.0 --hash=sha256:{right}\n"})
    builder.build(project, "localhost/pinned:test")
    assert (
        engine.run("run", "--rm", "--network=none", "localhost/pinned:test", "--version") == "seawall 0.1.0\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        'He said "no" \\ $HOME ${PATH} `id` $(id)',
        "two\nlines\r\nRUN touch /pwned",
        "ends with a backslash \\",
        "{{ 7 * 7 }} {% raw %} {# no #} %s",
        "naïve — 日本語 🌊",
        "' OR 1=1; -- #",
    ],
)
def test_a_label_holds_any_text_as_it_is(engine: Engine, tmp_path: Path, text: str) -> None:
    """Built for real from the very lines of the Dockerfile: what the builder reads is what was meant."""
    dockerfile = container_files(
        Deployment(name="x", title=text, purpose=text, settings={"SEAWALL_TEXT": text})
    )
    wanted = [
        line
        for line in dockerfile["Dockerfile"].splitlines()
        if line.startswith(("LABEL", "      ", "ENV SEAWALL"))
    ]
    labels = [
        line
        for line in wanted
        if "opencontainers" in line or "modelcontextprotocol" in line or "SEAWALL" in line
    ]
    write(tmp_path, {"Dockerfile": "\n".join(["FROM scratch", *labels]) + "\n"})

    engine.run(
        "build", "--quiet", "--format=docker", "--network=none", "--tag=localhost/labelled:test", tmp_path
    )

    configuration = engine.image("localhost/labelled:test")["Config"]
    shown = " ".join(text.split())
    assert configuration["Labels"]["org.opencontainers.image.title"] == shown
    assert configuration["Labels"]["org.opencontainers.image.description"] == shown
    assert f"SEAWALL_TEXT={shown}" in configuration["Env"]
    assert set(configuration["Labels"]) <= {
        "io.buildah.version",
        "io.modelcontextprotocol.server.name",
        *(f"org.opencontainers.image.{each}" for each in ("title", "description", "version", "base.name")),
    }
