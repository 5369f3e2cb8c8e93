"""Values quoted for the language that they land in, so that no text becomes syntax there."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterable
from typing import Final

from seawall.scaffold.deploy.deployment import Volume

__all__ = ["bind_source", "compose", "docker", "envfile", "line", "shell", "unit", "yaml", "yaml_list"]

_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9._/~-]+")
_BREAKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]+")


def line(text: str) -> str:
    """The text in one line, without control characters: for comments and labels."""
    return _BREAKS.sub(" ", text).strip()


def docker(text: str) -> str:
    r"""A word of a Dockerfile, in double quotes, where `\`, `"` and `$` mean something (Dockerfile reference, ENV)."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", line(text)) + '"'


def yaml(value: str | float | bool) -> str:  # noqa: FBT001  a value of YAML
    """A YAML 1.2 scalar: JSON is a subset of it, and its strings are never read as something else."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("YAML in these files has no infinite numbers")
    # ASCII only: YAML refuses some characters that JSON allows, such as U+FFFE; lone surrogates are no text.
    return json.dumps(line(value) if isinstance(value, str) and _BREAKS.search(value) else value)


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


def shell(text: str) -> str:
    """One word of a POSIX shell."""
    return shlex.quote(line(text))


def unit(text: str) -> str:
    r"""A value of a systemd unit, in double quotes, where `\`, `"`, `%` and `$` mean something (systemd.syntax)."""
    escaped = line(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
