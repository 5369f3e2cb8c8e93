"""What is added to a project by name: files for the place where the server runs, or is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from seawall.scaffold.deploy.deployment import Deployment
from seawall.scaffold.deploy.listing import bundle_manifest, registry_entry
from seawall.scaffold.deploy.rendering import render

__all__ = ["EXTRAS", "ExtraName", "extra_files"]

ExtraName: TypeAlias = Literal["kubernetes", "systemd", "ci", "mcpb", "registry"]

_BASE: Final = (
    "deployment",
    "horizontalpodautoscaler",
    "kustomization",
    "networkpolicy",
    "poddisruptionbudget",
)
_OVERLAYS: Final = ("dev", "prod")


def extra_files(name: ExtraName, deployment: Deployment) -> Mapping[str, str]:
    """The files of that name, by their paths in the project."""
    return EXTRAS[name](deployment)


def _kubernetes(deployment: Deployment) -> Mapping[str, str]:
    """A kustomize base, and an overlay each for development and production."""
    base = [*_BASE, *(["persistentvolumeclaim"] if deployment.volumes else []), "service", "serviceaccount"]
    paths = [f"kubernetes/base/{each}.yaml" for each in base]
    for overlay in _OVERLAYS:
        paths += [f"kubernetes/overlays/{overlay}/{each}.yaml" for each in ("kustomization", "namespace")]
    return {path: render(f"{path}.j2", deployment) for path in paths}


def _systemd(deployment: Deployment) -> Mapping[str, str]:
    """A unit with the restrictions of the container, and the user that it runs as."""
    return {
        f"systemd/{deployment.account}.{kind}": render(f"systemd/{kind}.j2", deployment)
        for kind in ("service", "sysusers")
    }


def _ci(deployment: Deployment) -> Mapping[str, str]:
    """A workflow for GitHub Actions, and what keeps its pins fresh."""
    return {
        ".github/workflows/ci.yml": render("ci/ci.yml.j2", deployment),
        ".github/dependabot.yml": render("ci/dependabot.yml.j2", deployment),
    }


EXTRAS: Final[Mapping[ExtraName, Callable[[Deployment], Mapping[str, str]]]] = {
    "kubernetes": _kubernetes,
    "systemd": _systemd,
    "ci": _ci,
    "mcpb": bundle_manifest,
    "registry": registry_entry,
}
"""Every extra by its name."""
