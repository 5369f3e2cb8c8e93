"""Values quoted for the language that they land in, so that no text becomes syntax there."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Final

from seawall.scaffold.deploy.deployment import NOT_TEXT, Deployment, Volume

__all__ = [
    "bind_source",
    "compose",
    "docker",
    "envfile",
    "line",
    "service_hosts",
    "unit",
    "unit_text",
    "yaml",
    "yaml_key",
    "yaml_list",
]

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9._/~-]+")
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]+")
_NOT_IN_YAML: Final = re.compile("[\ufffe\uffff]")


def line(text: str) -> str:
    """The text in one line: a space in place of control characters, line ends, and what is no character at all."""
    return _BREAKS.sub(" ", text)


def docker(text: str) -> str:
    r"""A word of a Dockerfile, in double quotes, where `\`, `"` and `$` mean something (Dockerfile reference, ENV)."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", line(text)) + '"'


def yaml(value: str | float | bool) -> str:  # noqa: FBT001  a value of YAML
    """A YAML 1.2 scalar: JSON is a subset of it, and its strings are never read as something else."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("YAML in these files has no infinite numbers")
    plain = line(value) if isinstance(value, str) else value
    # Not ASCII only: YAML has no pairs of surrogates. Of what JSON leaves as it is, these two are not printable there.
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(plain, ensure_ascii=False))


def yaml_key(text: str) -> str:
    """A name of letters, digits, `.`, `-` and `_` as a key or a value: in quotes where YAML would read another type."""
    return text if _PLAIN_NAME.fullmatch(text) and text.lower() not in NOT_TEXT else yaml(text)


def compose(text: str) -> str:
    """A YAML scalar of a Compose file, where `$` begins a variable (Compose specification, interpolation)."""
    return yaml(text.replace("$", "$$"))


def yaml_list(values: Iterable[str]) -> str:
    """A YAML sequence of such scalars, in one line."""
    return f"[{', '.join(map(yaml, values))}]"


def bind_source(volume: Volume) -> str:
    """Where a volume comes from, in a Compose file: what `.env` says, or else the volume's own source."""
    if _PLAIN_PATH.fullmatch(volume.source):
        return yaml(f"${{{volume.variable}:-{volume.source}}}")
    return compose(volume.source)  # what `}` means in a default differs from program to program


def envfile(text: str) -> str:
    """A value of an env file that Compose reads: plain where that is safe, else in single quotes, which keep `$`."""
    if _PLAIN_PATH.fullmatch(text):
        return text
    return "'" + line(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def unit(text: str) -> str:
    r"""A quoted value of a systemd unit, where `\`, `"` and `%` mean something (systemd.syntax). Not for commands."""
    escaped = line(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def unit_text(text: str) -> str:
    r"""The rest of a line of a systemd unit, where `%` and a `\` at the end mean something; quotes do not."""
    return line(text).replace("%", "%%").rstrip("\\ ")


def service_hosts(namespace: str, deployment: Deployment) -> str:
    """A TOML array of the Host headers that are right in a namespace of Kubernetes, beside the blueprint's own."""
    name = deployment.slug
    inside = (name, f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local")
    return json.dumps([*inside, *deployment.allowed_hosts])
