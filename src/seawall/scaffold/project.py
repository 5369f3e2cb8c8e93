"""What a blueprint means for the files around it, read without this machine's environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from seawall.blueprint import LoadedBlueprint, parse
from seawall.blueprint.settings import settings
from seawall.scaffold.deploy import Deployment, Volume
from seawall.scaffold.sections import starters
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.starter import Folder, Needs

__all__ = ["BLUEPRINT_NAME", "Project", "describe", "read_blueprint"]

BLUEPRINT_NAME: Final = "seawall.toml"

_REQUIRED: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_VARIABLE: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}")
_SECRET: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/.+")
_HOME: Final = "/app"


@dataclass(frozen=True, slots=True)
class Project:
    """A blueprint with what its kinds need around it."""

    loaded: LoadedBlueprint
    needs: tuple[Needs, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Files and directories beside the blueprint that belong to the server."""
        return tuple(dict.fromkeys(source for need in self.needs for source in need.sources))

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Further packages."""
        return tuple(dict.fromkeys(each for need in self.needs for each in need.dependencies))


def read_blueprint(
    text: str,
    *,
    kinds: Mapping[str, ToolsetKind],
    environment: Mapping[str, str],
    directory: Path,
    source: str,
) -> LoadedBlueprint:
    """The blueprint with its defaults: what files are made of it must not depend on who makes them.

    Only a variable that has no default is taken from the environment, when the blueprint says nothing without it.

    Raises:
        BlueprintError: its problems.
    """
    models = {name: kind.declaration for name, kind in kinds.items()}
    needed = set(_REQUIRED.findall(text))
    kept = {name: environment[name] for name in sorted(needed) if name in environment}
    return parse(text, source=source, directory=directory, kinds=models, environment=kept)


def describe(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Project:
    """What each of its toolsets needs; nothing for one whose kind does not say."""
    known = starters(kinds)
    return Project(
        loaded,
        tuple(
            known[each.kind].needs(each) if each.kind in known else Needs()
            for each in loaded.blueprint.toolset
        ),
    )


def deployment(project: Project) -> Deployment:
    """The values from which container and manifests are made."""
    loaded = project.loaded
    server, http = loaded.blueprint.server, loaded.blueprint.http
    return Deployment(
        name=server.name,
        title=server.title or server.name,
        version=server.version,
        purpose=server.purpose,
        sources=project.sources,
        dependencies=project.dependencies,
        port=http.port or 8000,
        volumes=tuple(_volumes(project)),
        environment=tuple(_variables(loaded)),
        secrets=tuple(_secrets(loaded)),
    )


def _volumes(project: Project) -> Iterator[Volume]:
    for number, needs in enumerate(project.needs):
        for folder in needs.folders:
            written = project.loaded.provenance.text(("toolset", number, *folder.setting))
            yield _volume(folder, written)


def _volume(folder: Folder, written: str | None) -> Volume:
    """A variable that is the whole setting lets the container choose the place; without one it is the setting's."""
    whole = _VARIABLE.fullmatch(written or "")
    if whole is not None:
        return Volume(folder.path, f"/{folder.name}", folder.writable, variable=whole[1])
    place = PurePosixPath(_HOME) / folder.path.removeprefix("~/")
    return Volume(folder.path, str(place), folder.writable)


def _variables(loaded: LoadedBlueprint) -> Iterator[str]:
    """Every variable that the blueprint reads, once."""
    texts = (each.written for each in loaded.provenance.substituted.values())
    yield from dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text))


def _secrets(loaded: LoadedBlueprint) -> Iterator[str]:
    """Every reference to a secret, once."""
    values = (each.value for each in settings(loaded, environment={}) if each.section != ("server",))
    yield from dict.fromkeys(value for value in values if isinstance(value, str) and _SECRET.fullmatch(value))
