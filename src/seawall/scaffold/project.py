"""What a blueprint means for the files around it, read without this machine's environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from seawall.blueprint import Blueprint, LoadedBlueprint, parse
from seawall.blueprint.deploy import place_of
from seawall.blueprint.overrides import PREFIX, PROFILE_VARIABLE, Invocation, variable_word
from seawall.blueprint.settings import settings
from seawall.errors import UsageError
from seawall.prompts import starter as prompts_starter
from seawall.resources import starter as resources_starter
from seawall.scaffold.deploy import NOT_TEXT, Deployment, DeploymentError, Endpoint, Volume
from seawall.scaffold.sections import starters
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.starter import Folder, Needs

__all__ = ["BLUEPRINT_NAME", "Project", "deployment", "describe", "is_inside", "read_blueprint"]

BLUEPRINT_NAME: Final = "seawall.toml"

_REQUIRED: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_VARIABLE: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}")
_SECRET: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/.+|secret:[A-Za-z0-9][A-Za-z0-9._-]*")
_SECRETS: Final = "/run/secrets"  # where a container finds what `secret:NAME` names
_MOUNTED: Final = f"file:{_SECRETS}/"
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_SYSTEM: Final = frozenset(
    {"app", "bin", "dev", "etc", "lib", "opt", "proc", "run", "sbin", "sys", "tmp", "usr", "var"}
)
_LONGEST: Final = 40  # characters of a volume's name


@dataclass(frozen=True, slots=True)
class Project:
    """A blueprint with what its toolsets, one by one, and its prompts and resources need around it."""

    loaded: LoadedBlueprint
    needs: tuple[Needs, ...]
    offers: tuple[Needs, ...] = ()

    @property
    def all_needs(self) -> tuple[Needs, ...]:
        """Both."""
        return (*self.needs, *self.offers)

    @property
    def sources(self) -> tuple[str, ...]:
        """Files and directories beside the blueprint that belong to the server."""
        return tuple(dict.fromkeys(source for need in self.all_needs for source in need.sources))

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Further packages."""
        return tuple(dict.fromkeys(each for need in self.all_needs for each in need.dependencies))

    @property
    def packages(self) -> tuple[str, ...]:
        """Debian packages for the programs that its toolsets run."""
        return tuple(dict.fromkeys(each for need in self.needs for each in need.packages))

    @property
    def outbound(self) -> tuple[Endpoint, ...]:
        """What its toolsets call, and what the blueprint says that its own functions do, each once.

        Raises:
            DeploymentError: a kind gives no host or port.
        """
        known = [(each.host, each.port) for need in self.all_needs for each in need.outbound]
        known += map(place_of, self.loaded.blueprint.deploy.outbound)
        return tuple(Endpoint(*called) for called in dict.fromkeys(known))


def read_blueprint(
    text: str,
    *,
    kinds: Mapping[str, ToolsetKind],
    environment: Mapping[str, str],
    directory: Path,
    source: str,
) -> LoadedBlueprint:
    """The blueprint with its defaults: what files are made of it must not depend on who makes them.

    Only a variable that has no default is taken from the environment, when the blueprint says nothing without it; the
    profile is that of `[deploy]`.

    Raises:
        BlueprintError: its problems.
    """
    models = {name: kind.declaration for name, kind in kinds.items()}
    needed = set(_REQUIRED.findall(text))
    kept = {name: environment[name] for name in sorted(needed) if name in environment}
    read = partial(parse, text, source=source, directory=directory, kinds=models, environment=kept)
    loaded = read()
    profile = loaded.blueprint.deploy.profile
    return loaded if profile is None else read(invocation=Invocation(profile, chosen_by="deploy.profile"))


def describe(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Project:
    """What each of its toolsets needs, nothing for one whose kind does not say; then its prompts and resources."""
    known, blueprint = starters(kinds), loaded.blueprint
    return Project(
        loaded,
        tuple(known[each.kind].needs(each) if each.kind in known else Needs() for each in blueprint.toolset),
        (prompts_starter.needs_of(blueprint.prompts), *map(resources_starter.needs_of, blueprint.resource)),
    )


def is_inside(path: str) -> bool:
    """Whether a path of a blueprint is one below the project, and not the project itself."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith(("/", "~")) and ".." not in parts


def deployment(project: Project) -> Deployment:
    """The values from which container and manifests are made.

    Raises:
        UsageError: something of the blueprint cannot be said in them.
    """
    blueprint = project.loaded.blueprint
    volumes, places = _volumes(project)
    if _SECRETS not in blueprint.secrets.directories and any(map(_is_named, _references(project.loaded))):
        places = {**places, f"{PREFIX}SECRETS__DIRECTORIES": f'["{_SECRETS}"]'}
    if project.loaded.profile is not None:
        places = {**places, PROFILE_VARIABLE: project.loaded.profile}
    try:
        return Deployment(
            name=blueprint.server.name,
            title=blueprint.server.title,
            version=blueprint.server.version,
            purpose=blueprint.server.purpose,
            python=blueprint.deploy.python,
            memory=blueprint.deploy.memory,
            cpus=blueprint.deploy.cpus,
            replicas=blueprint.deploy.replicas,
            port=blueprint.http.port or 8000,
            files=(BLUEPRINT_NAME, *project.sources),
            packages=project.packages,
            volumes=volumes,
            settings=places,
            environment=tuple(_variables(project.loaded)),
            secrets=tuple(_secrets(project.loaded)),
            outbound=project.outbound,
            issuers=tuple(_issuers(blueprint)),
            authenticated=blueprint.http.auth is not None,
            allowed_hosts=blueprint.http.allowed_hosts,
            shutdown_grace=blueprint.http.shutdown_grace,
        )
    except DeploymentError as error:
        raise UsageError(f"no container can be described for this blueprint: {error}") from error


def _volumes(project: Project) -> tuple[tuple[Volume, ...], Mapping[str, str]]:
    """The directories to mount, each once, and the settings that say where they are in the container."""
    volumes: dict[str, Volume] = {}
    places: dict[str, str] = {}
    for declaration, needs in zip(project.loaded.blueprint.toolset, project.needs, strict=True):
        for folder in needs.folders:
            source = _source(folder.path)
            volume = volumes.get(source) or _volume(
                folder, source, taken=[each.name for each in volumes.values()]
            )
            volumes[source] = replace(volume, writable=volume.writable or folder.writable)
            words = ("toolset", declaration.name or declaration.kind, *folder.setting)
            variable = PREFIX + "__".join(map(variable_word, words)).upper()
            if variable in places:
                raise UsageError(
                    f"two directories of the toolset {words[1]!r} would be told by one variable, {variable}.",
                    hint="Give them, or the toolsets, names that differ in more than signs, spaces and capitals.",
                )
            places[variable] = volume.target
    for word in _recorded(project.loaded.blueprint):
        name = _free(_AUDIT[word], [each.name for each in volumes.values()])
        volumes[f"audit.{word}"] = Volume(name=name, source=name, target=f"/{name}", writable=True, kept=True)
        places[f"{PREFIX}AUDIT__{word.upper()}"] = f"/{name}/"  # a directory: one file for each replica
    return tuple(volumes.values()), places


_AUDIT: Final = {"file": "audit", "checkpoints": "checkpoints"}
"""The settings of `[audit]` that name files, each with its volume."""


def _recorded(blueprint: Blueprint) -> Iterator[str]:
    """Those of them that are set; without a file nothing is recorded."""
    if blueprint.audit.file is not None:
        yield from (word for word in _AUDIT if getattr(blueprint.audit, word) is not None)


def _volume(folder: Folder, source: str, *, taken: list[str]) -> Volume:
    word = _UNFIT.sub("-", folder.name.lower()).strip("-")
    word = word if word[:1].isalpha() and word not in _SYSTEM | NOT_TEXT else f"data-{word}".rstrip("-")
    word = word[:_LONGEST].rstrip("-")
    name = _free(word, taken)
    return Volume(name=name, source=source, target=f"/{name}", writable=folder.writable)


def _free(word: str, taken: list[str]) -> str:
    names = (word, *(f"{word[: _LONGEST - 3]}-{number}" for number in range(2, 100)))
    return next((each for each in names if each not in taken), word)


def _source(path: str) -> str:
    """The path as Compose takes it for one: a bare word would be the name of a volume."""
    return path if path.startswith(("/", "~", "./", "../")) or path in {".", ".."} else f"./{path}"


def _variables(loaded: LoadedBlueprint) -> Iterator[str]:
    """Every variable that the blueprint reads, once; not for what a deployment sets itself."""
    own = {("audit", word) for word in _recorded(loaded.blueprint)}
    texts = (each.written for path, each in loaded.provenance.substituted.items() if path not in own)
    yield from dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text))


def _issuers(blueprint: Blueprint) -> Iterator[Endpoint]:
    """Where the keys are had that tell a caller's token from a forged one."""
    url = getattr(blueprint.http.auth, "jwks_url", None)
    if url is not None:
        parts = urlsplit(url)
        yield Endpoint(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def _references(loaded: LoadedBlueprint) -> Iterator[str]:
    """Every reference to a secret, as it is written."""
    values = (each.value for each in settings(loaded, environment={}) if each.section != ("server",))
    return (value for value in values if isinstance(value, str) and _SECRET.fullmatch(value))


def _is_named(reference: str) -> bool:
    return reference.startswith("secret:")


def _secrets(loaded: LoadedBlueprint) -> Iterator[str]:
    """Every reference to a secret, once, by where a container has it."""
    yield from dict.fromkeys(
        _MOUNTED + each.removeprefix("secret:") if _is_named(each) else each for each in _references(loaded)
    )
