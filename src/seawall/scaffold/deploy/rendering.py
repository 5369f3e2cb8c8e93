"""The templates of deployment files, rendered without access to anything but what they are given."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seawall.scaffold.deploy import quoting
from seawall.scaffold.deploy.deployment import Deployment

__all__ = ["render"]

_MEBIBYTE: Final = 1024**2


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("seawall.scaffold.deploy"),
        undefined=StrictUndefined,
        autoescape=False,  # no HTML: each value is quoted for its own language by a filter
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for name in quoting.__all__:
        environment.filters[name] = getattr(quoting, name)
    return environment


def render(template: str, deployment: Deployment) -> str:
    """The text that a template gives for a deployment, which is `d` there."""
    places = {each.target: f"/var/lib/{deployment.account}/{each.name}" for each in deployment.volumes}
    values = {
        "memory": deployment.memory // _MEBIBYTE,
        "millicores": math.ceil(deployment.cpus * 1000),
        "percent": math.ceil(deployment.cpus * 100),
        "named": {
            "HTTP_PORT",
            *(each.variable for each in deployment.volumes if not each.kept),
        },  # what .env says
        "state": {**places, **{f"{target}/": f"{place}/" for target, place in places.items()}},
    }
    return _environment().get_template(template).render(d=deployment, **values)
