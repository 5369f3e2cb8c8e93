"""From a blueprint's file to frozen values, or to every problem that it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.compose import compose
from seawall.blueprint.document import Document, decode, read_document, read_file
from seawall.blueprint.explain import Explainer
from seawall.blueprint.interpolate import Substituted, fill
from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath, Locations, locate, path_of
from seawall.blueprint.migrate import FORMAT, MIGRATIONS, Migrated, format_of, migrate
from seawall.blueprint.origin import Default, FileOrigin, Origin, ProfileOrigin
from seawall.blueprint.overrides import Invocation, Overrides
from seawall.blueprint.profiles import PROFILE, Layered
from seawall.blueprint.syntax import file_problem
from seawall.errors import BlueprintError, Problem

__all__ = ["LoadedBlueprint", "Provenance", "load", "parse"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the values of a blueprint came from.

    Attributes:
        source: what to call the file.
        locations: where everything stands in it.
        layered: the chosen profile over the file.
        overrides: what environment and flags set.
        substituted: the strings of the file that held `${…}`, as they are written there.
        whole: the file's text.
    """

    source: str = ""
    locations: Locations = field(default_factory=lambda: locate(""))
    layered: Layered = field(default_factory=lambda: Layered({}))
    overrides: Overrides = field(default_factory=Overrides)
    substituted: Mapping[KeyPath, Substituted] = field(default_factory=dict)
    whole: str = ""

    def origin(self, path: KeyPath) -> Origin:
        """Where the effective value of the setting at `path` came from."""
        if override := self.overrides.covering(path):
            return override
        place = self.layered.written(path)
        if place not in self.locations.keys:
            return Default()
        position = self.locations.key(place)
        if place[0] == PROFILE:
            return ProfileOrigin(str(place[1]), position.line, position.column)
        return FileOrigin(self.source, position.line, position.column)

    def text(self, path: KeyPath) -> str | None:
        """The string with `${…}` of which the effective value was made, or None."""
        substituted = self.substituted.get(self.layered.written(path))
        return None if substituted is None or self.overrides.covering(path) else substituted.written


@dataclass(frozen=True, slots=True)
class LoadedBlueprint:
    """A blueprint with what its text does not say.

    Attributes:
        blueprint: the effective values.
        directory: the blueprint's own directory, absolute; its relative paths start here.
        source: what to call the file in a message.
        profile: the name of the chosen profile, or None.
        profiles: the names of all profiles, in file order.
        provenance: where each value came from.
        migrated: what was read in place of the text, which has an older format; None when it has the one of today.
    """

    blueprint: Blueprint
    directory: Path
    source: str
    profile: str | None = None
    profiles: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=Provenance, repr=False, compare=False)
    migrated: Migrated | None = field(default=None, repr=False, compare=False)

    def refers_to(self, variable: str) -> bool:
        """Whether the text names the environment variable, in `${…}` or in a reference to a secret."""
        return re.search(rf"\b{re.escape(variable)}\b", self.provenance.whole) is not None

    def placed(self, problem: Problem) -> Problem:
        """The problem with its place, for one of this blueprint that was found out without the text.

        Such a one has a key, and no line. When the name itself is what was found, the place is the name's.
        """
        if problem.line is not None or problem.source not in {"", self.source}:
            return problem
        known, path = self.provenance, path_of(problem.key)
        if override := known.overrides.covering(path):
            return replace(problem, source=override.label)
        about_name = bool(path) and problem.found == path[-1]  # an unknown name, not its value
        written = known.layered.written(path)
        place = known.locations.key(written) if about_name else known.locations.value(written)
        return replace(problem, source=self.source, line=place.line, column=place.column)


def load(
    path: Path, *, kinds: Kinds, environment: Mapping[str, str], invocation: Invocation | None = None
) -> LoadedBlueprint:
    """Read the blueprint at `path`; the rest is as in `parse`.

    Raises:
        BlueprintError: the file is no valid blueprint; holds every problem.
        StartError: there is no such regular file, or it cannot be read.
    """
    source = str(path)
    return parse(
        decode(read_file(path), source=source),
        source=source,
        directory=path.absolute().parent,
        kinds=kinds,
        environment=environment,
        invocation=invocation,
    )


def parse(
    text: str,
    *,
    source: str,
    directory: Path,
    kinds: Kinds,
    environment: Mapping[str, str],
    invocation: Invocation | None = None,
) -> LoadedBlueprint:
    """Read a blueprint from its text.

    A value comes from the strongest that gives one: default < file < profile < environment < flag. All profiles
    are checked, chosen or not.

    Args:
        text: TOML, at most 1 MiB.
        source: what to call the text in problems.
        directory: where its relative paths start; they stay as written.
        kinds: the models of `[[toolset]]`, by the word that stands as `kind`.
        environment: the variables for `${NAME}`, for overrides such as `SEAWALL_HTTP__PORT`, and
            `SEAWALL_PROFILE`, which chooses a profile.
        invocation: what the call says: the profile and flags, above the environment.

    Raises:
        BlueprintError: holds every problem of the text, of its profiles and of the overrides, in file order.
    """
    document = read_document(text, source=source)
    migrated = _brought_here(document, text, source)
    if migrated is not None:
        document = read_document(migrated.text, source=source)
    filled = fill(document.data, environment)
    made = compose(filled, kinds=kinds, environment=environment, invocation=invocation or Invocation())
    origins = made.overrides.origins
    labels = {path: origin.label for path, origin in origins.items()}
    explainer = Explainer(source, made.data, document.locations, labels, filled.substituted, kinds)
    problems = explainer.problems(made.faults) + made.overrides.problems
    if problems or made.blueprint is None:
        raise BlueprintError(problems)
    provenance = Provenance(
        source, document.locations, made.layered, made.overrides, filled.substituted, text
    )
    return LoadedBlueprint(
        made.blueprint, directory, source, made.layered.profile, made.profiles, provenance, migrated
    )


def _brought_here(document: Document, text: str, source: str) -> Migrated | None:
    """The text in the format of today, when it has an older one.

    Raises:
        BlueprintError: it has a newer one, of which nothing more can be said.
    """
    found = format_of(document.data)
    if found is None or found <= FORMAT:
        return None if found == FORMAT else migrate(text, MIGRATIONS)
    place = document.locations.value(("format",))
    message = (
        f"`format = {found}`: this blueprint was written by a newer Seawall. "
        f"This one reads formats up to {FORMAT}: upgrade Seawall."
    )
    allowed = str(FORMAT)
    problem = file_problem(source, place, found=str(found), allowed=allowed, message=message)
    raise BlueprintError([replace(problem, key="format")])
