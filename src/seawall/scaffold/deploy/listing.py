"""How a server is offered to people: the manifest of an MCP bundle, and an entry for the MCP registry. Both are JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from seawall.scaffold.deploy.deployment import Deployment, Volume
from seawall.types import JsonObject, JsonValue

__all__ = ["bundle_manifest", "registry_entry"]

_MANIFEST_VERSION: Final = "0.4"
_REGISTRY_SCHEMA: Final = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_SHORT: Final = 100  # characters of a title or description in the registry
_HARDENED: Final = (
    ("--read-only", None),
    ("--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=64m"),  # noqa: S108  a mount in the container
    ("--cap-drop", "ALL"),
    ("--security-opt", "no-new-privileges"),
    ("--pids-limit", "128"),
)


def bundle_manifest(deployment: Deployment) -> Mapping[str, str]:
    """`manifest.json` of an MCP bundle (manifest version 0.4): the host runs the project with uv, on Linux or macOS.

    Source: https://github.com/modelcontextprotocol/mcpb, MANIFEST.md. Where the container has a volume, the person who
    installs the bundle chooses a directory.
    """
    chosen = {each.target: f"${{user_config.{each.name}}}" for each in deployment.volumes}
    chosen |= {f"{target}/": f"{value}/" for target, value in chosen.items()}
    given: JsonObject = {name: chosen.get(value, value) for name, value in deployment.settings.items()}
    asked = [*deployment.variables, *deployment.secret_variables]
    given |= {name: f"${{user_config.{name.lower()}}}" for name in asked}
    questions: JsonObject = {each.name: _directory(each) for each in deployment.volumes}
    questions |= {name.lower(): _question(name, secret=name in deployment.secret_variables) for name in asked}
    manifest: JsonObject = {
        "manifest_version": _MANIFEST_VERSION,
        "name": deployment.slug,
        "display_name": deployment.title or deployment.name,
        "version": deployment.version,
        "description": deployment.summary,
        "author": {"name": deployment.author or deployment.namespace},
        "server": {
            "type": "uv",
            "entry_point": "server.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "seawall", "serve", "seawall.toml"],
                "env": given,
            },
        },
        "tools_generated": True,
        "user_config": questions,
        "compatibility": {"platforms": ["linux", "darwin"], "runtimes": {"python": ">=3.11"}},
    }
    return {"manifest.json": _json(manifest), ".mcpbignore": _ignored(deployment)}


def _ignored(deployment: Deployment) -> str:
    """But what the server is made of, whatever its name."""
    own = {each.partition("/")[0] for each in deployment.files}
    return "".join(line for line in _IGNORED.splitlines(keepends=True) if line.strip("/\n") not in own)


_IGNORED: Final = """\
# What stays out of the bundle.
.env
.git/
.github/
.venv/
.dockerignore
Dockerfile
compose.yaml
kubernetes/
secrets/
systemd/
tests/
workspace/
__pycache__/
"""


def registry_entry(deployment: Deployment) -> Mapping[str, str]:
    """`server.json` of the MCP registry (schema of 2025-12-11): the image, started over stdio, hardened.

    Source: https://github.com/modelcontextprotocol/registry, server.schema.json and the requirements for images. The
    image's label `io.modelcontextprotocol.server.name` holds the same name, which is how the registry knows the owner.
    """
    runtime: list[JsonValue] = [_flag(*each) for each in _HARDENED]
    runtime += [_mount(each) for each in deployment.volumes]
    variables: list[JsonValue] = [
        {"name": name, "isRequired": True, "isSecret": name in deployment.secret_variables}
        for name in (*deployment.variables, *deployment.secret_variables)
    ]
    package: JsonObject = {
        "registryType": "oci",
        "identifier": f"{deployment.registry}/{deployment.image}",
        "runtimeHint": "docker",
        "runtimeArguments": runtime,
        "transport": {"type": "stdio"},
    }
    if variables:
        package["environmentVariables"] = variables
    entry: JsonObject = {
        "$schema": _REGISTRY_SCHEMA,
        "name": deployment.published,
        "title": _shortened(deployment.title or deployment.name),
        "description": _shortened(deployment.summary),
        "version": deployment.version,
        "packages": [package],
    }
    return {"server.json": _json(entry)}


def _directory(volume: Volume) -> JsonObject:
    use = "read and change" if volume.writable else "read"
    return {
        "type": "directory",
        "title": volume.name.replace("-", " ").capitalize(),
        "description": f"The directory that the server may {use}.",
        "required": True,
    }


def _question(name: str, *, secret: bool) -> JsonObject:
    return {
        "type": "string",
        "title": name,
        "description": f"Value of {name}, which the server needs.",
        "required": True,
        "sensitive": secret,
    }


def _flag(name: str, value: str | None) -> JsonObject:
    return (
        {"type": "named", "name": name} if value is None else {"type": "named", "name": name, "value": value}
    )


def _mount(volume: Volume) -> JsonObject:
    name = f"{volume.name}_directory".replace("-", "_")
    option = "" if volume.writable else ",readonly"
    return {
        "type": "named",
        "name": "--mount",
        "value": f"type=bind,src={{{name}}},dst={volume.target}{option}",
        "isRequired": True,
        "variables": {
            name: {"description": "Directory on this machine.", "format": "filepath", "isRequired": True}
        },
    }


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1].rstrip()}…"


def _json(value: JsonObject) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
