"""A deployment refuses what its files cannot hold, and its files say what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scaffold.deploy.reading import yaml_document
from seawall.scaffold.deploy import EXTRAS, Deployment, DeploymentError, Volume, container_files, extra_files


@pytest.mark.parametrize(
    "values",
    [
        {"files": ("../secret",)},
        {"files": ("/etc/passwd",)},
        {"files": ("a b",)},
        {"files": ("a\nRUN x",)},
        {"files": (".env",)},
        {"files": ("specs/../../x",)},
        {"files": ("$HOME",)},
        {"files": ("a*",)},
        {"files": ("",)},
        {"environment": ("A B",)},
        {"environment": ("A=1",)},
        {"environment": ("1A",)},
        {"settings": {"PATH\n": "x"}},
        {"secrets": ("hunter2",)},
        {"secrets": ("env:A-B",)},
        {"secrets": ("file:/etc/shadow",)},
        {"secrets": ("file:/run/secrets/../x",)},
        {"secrets": ("file:/run/secrets/",)},
        {"secrets": ("file:/run/secrets/a/b",)},
        {"namespace": "nodots"},
        {"namespace": 'com.example/x"'},
        {"registry": "Host/X Y"},
        {"name": ""},
        {"version": ""},
        {
            "volumes": (
                Volume(name="a", source=".", target="/a"),
                Volume(name="a", source=".", target="/b"),
            )
        },
        {
            "volumes": (
                Volume(name="a", source=".", target="/a"),
                Volume(name="b", source=".", target="/a"),
            )
        },
    ],
)
def test_what_could_mean_something_else_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(DeploymentError, match="allowed"):
        Deployment(**({"name": "x"} | values))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("a", "/"),
        ("a", "/etc"),
        ("a", "/usr/lib"),
        ("a", "/tmp"),
        ("a", "/app"),
        ("a", "workspace"),
        ("a", "/a b"),
        ("a", "/a/../etc"),
        ("a", "/a\n"),
        ("a", '/a", "b'),
        ("A", "/a"),
        ("-a", "/a"),
        ("", "/a"),
        ("a" * 41, "/a"),
    ],
)
def test_a_volume_has_a_plain_name_and_a_place_of_its_own(name: str, target: str) -> None:
    with pytest.raises(DeploymentError, match="allowed"):
        Volume(name=name, source=".", target=target)


def test_every_extra_gives_files_of_its_own() -> None:
    deployment = Deployment(name="x")
    made = [set(container_files(deployment)), *(set(extra_files(name, deployment)) for name in EXTRAS)]

    assert all(made)
    assert sum(map(len, made)) == len(set().union(*made))


def test_the_image_has_what_the_deployment_names_and_compose_gives_what_it_says() -> None:
    deployment = Deployment(
        name="Team Files",
        version="1.0+local",
        python="3.13.2",
        memory=256 * 1024**2,
        cpus=1.5,
        port=9000,
        files=("seawall.toml", "specs"),
        volumes=(Volume(name="docs", source="./docs", target="/docs"),),
        shutdown_grace=40.5,
    )
    files = container_files(deployment)
    http = yaml_document(files["compose.yaml"])["services"]["http"]

    assert files["Dockerfile"].count("FROM python:3.13.2-slim-bookworm") == 2
    assert "COPY specs ./specs" in files["Dockerfile"]
    assert "!specs\n" in files[".dockerignore"]
    assert http["image"] == "team-files:1.0-local"
    assert (http["mem_limit"], http["memswap_limit"], http["cpus"]) == ("256m", "256m", 1.5)
    assert http["stop_grace_period"] == "46s"
    assert http["ports"] == ["127.0.0.1:${HTTP_PORT:-9000}:9000"]
    assert http["volumes"][0]["read_only"] is True
    assert "DOCS_DIR=./docs" in files[".env.example"]


def test_nobody_is_let_in_without_authentication_unless_it_is_said() -> None:
    for authenticated in (True, False):
        deployment = Deployment(name="x", authenticated=authenticated)
        files = {**container_files(deployment), **extra_files("kubernetes", deployment)}
        told = {name for name, text in files.items() if "ALLOW_UNAUTHENTICATED" in text}

        assert told == (set() if authenticated else {"compose.yaml", "kubernetes/base/kustomization.yaml"})


def test_without_other_hosts_to_call_the_network_is_closed() -> None:
    for outbound in (True, False):
        deployment = Deployment(name="x", outbound=outbound)
        policy = yaml_document(extra_files("kubernetes", deployment)["kubernetes/base/networkpolicy.yaml"])
        unit = extra_files("systemd", deployment)["systemd/x.service"]
        stdio = yaml_document(container_files(deployment)["compose.yaml"])["services"]["stdio"]

        assert bool(policy["spec"]["egress"]) is outbound
        assert ("IPAddressDeny=any" in unit) is not outbound
        assert (stdio.get("network_mode") == "none") is not outbound


def test_secrets_come_as_files_where_the_blueprint_reads_files() -> None:
    deployment = Deployment(
        name="x", environment=("API_KEY", "URL"), secrets=("env:API_KEY", "file:/run/secrets/t.pem")
    )
    kubernetes = extra_files("kubernetes", deployment)["kubernetes/base/deployment.yaml"]
    pod = yaml_document(kubernetes)["spec"]["template"]["spec"]
    compose = yaml_document(container_files(deployment)["compose.yaml"])

    assert {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True} in pod["containers"][0][
        "volumeMounts"
    ]
    assert [each["name"] for each in pod["containers"][0]["env"]] == ["API_KEY"]
    assert compose["services"]["http"]["secrets"] == ["t.pem"]
    assert compose["services"]["http"]["environment"]["URL"] == "${URL-}"
    assert compose["services"]["stdio"]["environment"]["API_KEY"].startswith("${API_KEY:?")


def test_the_registry_and_the_image_agree_on_the_name() -> None:
    deployment = Deployment(name="x", namespace="io.github.someone", registry="registry.example/someone")
    entry = json.loads(extra_files("registry", deployment)["server.json"])

    assert entry["name"] == "io.github.someone/x"
    assert (
        f'io.modelcontextprotocol.server.name="{entry["name"]}"' in container_files(deployment)["Dockerfile"]
    )
    assert entry["packages"][0]["identifier"] == "registry.example/someone/x:0.1.0"
    assert "version" not in entry["packages"][0]  # the tag says it


def test_actions_are_pinned_by_commit_and_have_few_rights() -> None:
    workflow = yaml_document(extra_files("ci", Deployment(name="x"))[".github/workflows/ci.yml"])
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]

    assert workflow["permissions"] == {}
    assert all(job["permissions"] == {"contents": "read"} for job in workflow["jobs"].values())
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(len(each.partition("@")[2]) == 40 for each in used)
