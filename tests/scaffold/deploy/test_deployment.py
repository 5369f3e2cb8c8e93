"""A deployment refuses what its files cannot hold, and its files say what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from scaffold.deploy.reading import yaml_document
from seawall.scaffold.deploy import (
    EXTRAS,
    Deployment,
    DeploymentError,
    Endpoint,
    Volume,
    container_files,
    extra_files,
)


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
        ("true", "/a"),
        ("on", "/a"),
    ],
)
def test_a_volume_has_a_plain_name_and_a_place_of_its_own(name: str, target: str) -> None:
    with pytest.raises(DeploymentError, match="allowed"):
        Volume(name=name, source=".", target=target)


@pytest.mark.parametrize("name", ["on", "Yes", "true", "NULL", "n", "default", "kube-system", "1x"])
def test_a_name_that_is_something_else_to_yaml_or_a_cluster_gets_a_prefix(name: str) -> None:
    """`metadata.name: on` is true, and the namespace kube-system is not ours to restrict."""
    deployment = Deployment(name=name)
    assert deployment.slug == f"mcp-{name.lower()}"
    assert Deployment(name=f"{name}-files").slug == f"{name.lower()}-files" or name in {"kube-system", "1x"}


@pytest.mark.parametrize("name", ["root", "postgres", "docker", "systemd", "mcp-x", "a" * 64])
def test_on_a_host_the_server_is_never_somebody_else(name: str) -> None:
    """A unit with `User=root`, or with `StateDirectory=docker`, would own what it must not even read."""
    deployment = Deployment(name=name, volumes=(Volume(name="a", source="./a", target="/a"),))
    made = extra_files("systemd", deployment)
    unit = next(text for path, text in made.items() if path.endswith(".service"))
    said = re.findall(r"^(?:User|Group|StateDirectory)=(\S+)", unit, re.MULTILINE)

    assert len(said) == 3
    assert set(said) == {deployment.account}
    assert deployment.account.startswith("mcp-")
    assert len(deployment.account) <= 31
    assert f"/opt/{deployment.account}/" in unit


@pytest.mark.parametrize("name", ["on", "Y", "null", "True"])
def test_a_variable_or_secret_of_any_name_is_a_text_in_yaml(name: str) -> None:
    deployment = Deployment(
        name="x", environment=("OFF",), secrets=(f"env:{name}", f"file:/run/secrets/{name}")
    )
    compose = yaml_document(container_files(deployment)["compose.yaml"])
    pod = yaml_document(extra_files("kubernetes", deployment)["kubernetes/base/deployment.yaml"])
    (variable,) = pod["spec"]["template"]["spec"]["containers"][0]["env"]

    assert set(compose["x-environment"]) == {"OFF", name}
    assert compose["secrets"] == {name: {"file": f"./secrets/{name}"}}
    assert compose["x-hardened"]["secrets"] == [name]
    assert (variable["name"], variable["valueFrom"]["secretKeyRef"]["key"]) == (name, name)


def test_a_variable_of_the_blueprint_never_takes_away_what_env_says() -> None:
    """Of two lines with one name the last would count, and it is empty."""
    volume = Volume(name="workspace", source="./workspace", target="/workspace")
    deployment = Deployment(name="x", volumes=(volume,), environment=("WORKSPACE_DIR", "HTTP_PORT", "OTHER"))
    lines = container_files(deployment)[".env.example"].splitlines()
    said = [line for line in lines if "=" in line and not line.startswith("#")]

    assert said == ["WORKSPACE_DIR=./workspace", "OTHER=", "HTTP_PORT=8000"]


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


def test_what_an_engine_keeps_is_a_volume_of_its_own_everywhere() -> None:
    """Nobody has to make a directory for it; where there is no engine, a directory is chosen or made by the unit."""
    deployment = Deployment(
        name="x",
        volumes=(Volume(name="audit", source="audit", target="/audit", writable=True, kept=True),),
        settings={"SEAWALL_AUDIT__FILE": "/audit/"},
    )
    files = dict(container_files(deployment))
    for name in EXTRAS:
        files |= extra_files(name, deployment)
    compose = yaml_document(files["compose.yaml"])
    pod = yaml_document(files["kubernetes/base/deployment.yaml"])["spec"]["template"]["spec"]
    unit = files["systemd/mcp-x.service"]
    bundle = json.loads(files["manifest.json"])

    assert compose["volumes"] == {"audit": {}}
    for service in ("stdio", "http"):
        (mounted,) = compose["services"][service]["volumes"]
        assert mounted == {"type": "volume", "source": "audit", "target": "/audit", "read_only": False}
    assert '"-o", "1000", "-g", "1000", "/audit"]' in files["Dockerfile"]
    assert "AUDIT_DIR" not in files[".env.example"]
    assert {"name": "audit", "mountPath": "/audit", "readOnly": False} in pod["containers"][0]["volumeMounts"]
    assert "name: x-audit" in files["kubernetes/base/persistentvolumeclaim.yaml"]
    assert 'Environment="SEAWALL_AUDIT__FILE=/var/lib/mcp-x/audit/"' in unit
    assert "StateDirectory=mcp-x mcp-x/audit\n" in unit
    assert bundle["server"]["mcp_config"]["env"]["SEAWALL_AUDIT__FILE"] == "${user_config.audit}/"
    assert bundle["user_config"]["audit"]["type"] == "directory"
    assert "dst=/audit" in files["server.json"]


def test_a_bundle_has_what_the_server_is_made_of_whatever_its_name() -> None:
    ignored = extra_files("mcpb", Deployment(name="x"))[".mcpbignore"].splitlines()
    kept = Deployment(name="x", files=("seawall.toml", "workspace", "kubernetes/guide.md"))
    assert {"workspace/", "kubernetes/", "secrets/"} <= set(ignored)
    assert set(ignored) - set(extra_files("mcpb", kept)[".mcpbignore"].splitlines()) == {
        "workspace/",
        "kubernetes/",
    }


def test_nobody_is_let_in_without_authentication_unless_it_is_said() -> None:
    for authenticated in (True, False):
        deployment = Deployment(name="x", authenticated=authenticated)
        files = {**container_files(deployment), **extra_files("kubernetes", deployment)}
        told = {name for name, text in files.items() if "ALLOW_UNAUTHENTICATED" in text}

        assert told == (set() if authenticated else {"compose.yaml", "kubernetes/base/kustomization.yaml"})


def test_without_other_hosts_to_call_the_network_is_closed() -> None:
    for outbound in (True, False):
        deployment = Deployment(name="x", outbound=(Endpoint("api.example"),) if outbound else ())
        policy = yaml_document(extra_files("kubernetes", deployment)["kubernetes/base/networkpolicy.yaml"])
        unit = extra_files("systemd", deployment)["systemd/mcp-x.service"]
        stdio = yaml_document(container_files(deployment)["compose.yaml"])["services"]["stdio"]

        assert bool(policy["spec"]["egress"]) is outbound
        assert ("IPAddressDeny=any" in unit) is not outbound
        assert (stdio.get("network_mode") == "none") is not outbound


def rules(deployment: Deployment) -> list[dict[str, Any]]:
    """What the network policy lets out."""
    policy = yaml_document(extra_files("kubernetes", deployment)["kubernetes/base/networkpolicy.yaml"])
    found: list[dict[str, Any]] = policy["spec"]["egress"]
    return found


def ports(rule: dict[str, Any]) -> list[int]:
    return [each["port"] for each in rule["ports"]]


def test_only_what_is_called_is_opened() -> None:
    """Addresses one by one; names as public addresses at their ports, with the way to find them."""
    dns, first, second, public = rules(
        Deployment(
            name="x",
            outbound=(
                Endpoint("10.1.2.3", 5432),
                Endpoint("2001:db8::1"),
                Endpoint("api.example", 8443),
                Endpoint("other.example"),
                Endpoint("localhost", 9000),
            ),
        )
    )
    assert ports(dns) == [53, 53]
    assert (first["to"], ports(first)) == ([{"ipBlock": {"cidr": "10.1.2.3/32"}}], [5432])
    assert (second["to"], ports(second)) == ([{"ipBlock": {"cidr": "2001:db8::1/128"}}], [443])
    assert ports(public) == [443, 8443]
    assert "10.0.0.0/8" in public["to"][0]["ipBlock"]["except"]


def test_a_host_that_is_not_known_beforehand_is_any_public_one() -> None:
    dns, public = rules(Deployment(name="x", outbound=(Endpoint(),)))
    assert (ports(dns), ports(public)) == ([53, 53], [443])


def test_addresses_alone_need_no_names_and_hold_the_unit_to_them() -> None:
    deployment = Deployment(name="x", outbound=(Endpoint("10.1.2.3", 5432),))
    unit = extra_files("systemd", deployment)["systemd/mcp-x.service"]
    assert len(rules(deployment)) == 1
    assert "IPAddressDeny=any\nIPAddressAllow=localhost 10.1.2.3/32\n" in unit


def test_a_name_of_the_cluster_is_not_guessed_but_told() -> None:
    deployment = Deployment(name="x", outbound=(Endpoint("db.shop.svc", 5432), Endpoint("redis")))
    text = extra_files("kubernetes", deployment)["kubernetes/base/networkpolicy.yaml"]
    assert [ports(rule) for rule in rules(deployment)] == [[53, 53]]
    assert "# db.shop.svc:5432 is not opened" in text


def test_the_server_itself_is_nowhere_else() -> None:
    deployment = Deployment(
        name="x", outbound=(Endpoint("localhost"), Endpoint("127.0.0.1"), Endpoint("::1"))
    )
    stdio = yaml_document(container_files(deployment)["compose.yaml"])["services"]["stdio"]
    assert rules(deployment) == []
    assert stdio["network_mode"] == "none"


def test_keys_of_an_authorization_server_are_had_over_http_alone() -> None:
    """Without them every caller would be refused; over stdio there are no callers to ask for."""
    deployment = Deployment(name="x", issuers=(Endpoint("login.example"),))
    stdio = yaml_document(container_files(deployment)["compose.yaml"])["services"]["stdio"]
    assert [ports(rule) for rule in rules(deployment)] == [[53, 53], [443]]
    assert stdio["network_mode"] == "none"


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("a b", 1),
        ("x\nPrivileged: true", 1),
        ("a/b", 1),
        ("a" * 64, 1),
        ("a.", 0),
        ("a", 65536),
        ("::1%eth0", 1),
        (".", 1),
        ("é", 1),
    ],
)
def test_what_is_called_is_a_host_and_a_port(host: str, port: int) -> None:
    with pytest.raises(DeploymentError, match="allowed"):
        Endpoint(host, port)


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


def test_the_workflow_installs_what_the_project_needs_and_what_its_tests_need() -> None:
    workflow = yaml_document(extra_files("ci", Deployment(name="x"))[".github/workflows/ci.yml"])
    commands = "\n".join(step.get("run", "") for step in workflow["jobs"]["test"]["steps"])

    assert "['project']['dependencies']" in commands
    assert '"seawall[testing]"' in commands
