"""A new project as values: every file with its text, before anything is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final, cast

from seawall.blueprint import LoadedBlueprint
from seawall.errors import BlueprintError, UsageError
from seawall.scaffold.deploy import EXTRAS as PLACES
from seawall.scaffold.deploy import ExtraName, container_files, extra_files
from seawall.scaffold.manifest import MANIFEST_NAME, ManagedFile, Manifest, digest, dump
from seawall.scaffold.offering import Surroundings
from seawall.scaffold.project import BLUEPRINT_NAME, Project, deployment, describe, is_inside, read_blueprint
from seawall.scaffold.render import TEMPLATES_VERSION, Templates
from seawall.scaffold.request import ProjectRequest, clean_text
from seawall.scaffold.sections import OFFERS, Begun, begin, blueprint_text, starters
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.lock import LOCK_NAME

__all__ = ["EXTRAS", "Introduction", "Maker", "Plan"]

EXTRAS: Final[tuple[str, ...]] = tuple(PLACES)
"""What `--with` and `seawall add` can add by name."""

_BEGIN: Final = "<!-- What the server offers, as it says itself. -->"
_END: Final = "<!-- From here on it is yours. -->"
_SAID_BY_THE_SERVER: Final = ("tests/surface.json",)
_UNFIT_AT_THE_END: Final = re.compile(r"[^A-Za-z0-9]+$")


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the planned server says of itself.

    Attributes:
        summary: purpose, tools and first commands as Markdown, for the README.
        surface: its tools as text, which the project's test compares with.
        lock: text of seawall.lock; empty when nothing is to lock.
        missing: why there is neither.
    """

    summary: str = ""
    surface: str = ""
    lock: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written.

    Attributes:
        files: text by path relative to the project, with `/`, in the order in which a person reads them.
        notes: what was inferred, one sentence each.
    """

    files: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def introduced(self, said: Introduction) -> Plan:
        """The same plan, with what the server says of itself."""
        if said.missing:
            lack = (
                f"README.md has no list of tools, and tests/surface.json is not recorded yet: {said.missing}"
            )
            later = "As soon as `seawall check` is content, `python -m pytest --seawall-update` records it."
            return replace(self, notes=(*self.notes, lack, later))
        before, begin, rest = self.files["README.md"].partition(_BEGIN)
        _, end, after = rest.partition(_END)
        readme = f"{before}{begin}\n{said.summary.strip()}\n{end}{after}"
        told = {"README.md": readme, "tests/surface.json": said.surface}
        return replace(self, files={**self.files, **told, **({LOCK_NAME: said.lock} if said.lock else {})})


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the files of projects.

    Attributes:
        kinds: the installed kinds of toolset.
        version: of Seawall, as the project shall require it.
        environment: for variables of a blueprint that have no default.
        templates: the texts.
        templates_version: which ones they are.
    """

    kinds: Mapping[str, ToolsetKind]
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    templates: Templates = field(default_factory=Templates)
    templates_version: int = TEMPLATES_VERSION

    def new(self, request: ProjectRequest) -> Plan:
        """A project from what somebody wants.

        Raises:
            UsageError: something that is wanted cannot be had.
        """
        known = starters(self.kinds)
        begun = tuple(begin(each, known) for each in request.toolsets)
        offers = [
            (each.table, OFFERS[each.table].start(clean_text(each.answer, what=f"--{each.table}")))
            for each in request.offers
        ]
        text = blueprint_text(request, begun, offers, self.templates)
        try:
            loaded = self._read(text)
        except BlueprintError as error:
            raise UsageError(" ".join(problem.message for problem in error.problems)) from error
        project = describe(loaded, self.kinds)
        around = Surroundings((BLUEPRINT_NAME, *self._managed(project, request.extras)), _folders(project))
        starts = [*(each.start for each in begun), *(around.settled(start) for _, start in offers)]
        own = {path: content for start in starts for path, content in start.files.items()}
        notes = [*(note for _, start in offers for note in start.notes), *_inferred(begun)]
        return self._whole(text, loaded, own, request.extras, notes=tuple(notes), written=True)

    def around(
        self, text: str, *, source: str, code: Mapping[str, str], extras: tuple[str, ...] = ()
    ) -> Plan:
        """A project around a blueprint that exists; its text is kept as it is, unless its format is an older one.

        Args:
            text: of the blueprint.
            source: what to call it.
            code: the files that it names, by their paths beside it, as `sources` says.
            extras: what is added by name.

        Raises:
            BlueprintError: its problems.
            UsageError: no project can be made around it.
        """
        loaded = self._read(text, source=source)
        migrated = loaded.migrated
        text = text if migrated is None else migrated.text
        empty = [PurePosixPath(path) for path in _folders(describe(loaded, self.kinds))]
        own = {**code, **{str(path / ".gitkeep"): "" for path in empty}}
        notes = () if migrated is None else migrated.notes
        notes += tuple(f"{path} is empty: put there what is to be served." for path in empty)
        return self._whole(text, loaded, own, extras, notes=notes)

    def sources(self, text: str, *, source: str) -> tuple[str, ...]:
        """The files and directories beside a blueprint that belong to its server.

        Raises:
            BlueprintError: its problems.
        """
        return describe(self._read(text, source=source), self.kinds).sources

    def folders(self, text: str, *, source: str = BLUEPRINT_NAME) -> tuple[str, ...]:
        """The directories below the blueprint that its toolsets work on, and that no image holds.

        Raises:
            BlueprintError: its problems.
        """
        return _folders(describe(self._read(text, source=source), self.kinds))

    def managed(
        self, text: str, extras: tuple[str, ...], *, source: str = BLUEPRINT_NAME
    ) -> Mapping[str, str]:
        """The files that follow from a blueprint and the chosen extras, as they should be now.

        Raises:
            BlueprintError: its problems.
        """
        return self._managed(describe(self._read(text, source=source), self.kinds), extras)

    def _read(self, text: str, *, source: str = BLUEPRINT_NAME) -> LoadedBlueprint:
        return read_blueprint(
            text, kinds=self.kinds, environment=self.environment, directory=Path("/"), source=source
        )

    def _managed(self, project: Project, extras: tuple[str, ...]) -> Mapping[str, str]:
        values = deployment(project)
        files = {
            "server.py": self.templates.render("server.py"),
            "tests/test_server.py": self.templates.render("test_server.py"),
            **container_files(values),
        }
        for name in extras:
            files |= extra_files(cast("ExtraName", name), values)
        return files

    def _whole(
        self,
        text: str,
        loaded: LoadedBlueprint,
        own: Mapping[str, str],
        extras: tuple[str, ...],
        *,
        notes: tuple[str, ...],
        written: bool = False,
    ) -> Plan:
        project = describe(loaded, self.kinds)
        managed = self._managed(project, extras)
        recorded = {BLUEPRINT_NAME: text, **managed} if written else managed
        manifest = Manifest(
            seawall=self.version,
            templates=self.templates_version,
            extras=extras,
            files={path: ManagedFile(digest(content)) for path, content in recorded.items()},
        )
        ours = {
            "pyproject.toml": self._pyproject(project),
            "README.md": self._readme(project),
            ".gitignore": self.templates.render("gitignore"),
            **managed,
            MANIFEST_NAME: dump(manifest),
        }
        _refuse_clashes(own, {BLUEPRINT_NAME, *ours, *_SAID_BY_THE_SERVER})
        return Plan({BLUEPRINT_NAME: text, **own, **ours}, notes)

    def _pyproject(self, project: Project) -> str:
        server = project.loaded.blueprint.server
        return self.templates.render(
            "pyproject.toml",
            server=server,
            package=_UNFIT_AT_THE_END.sub("", server.name).lower(),
            dependencies=(f"seawall>={self.version}", *project.dependencies),
            test_dependencies=(f"seawall[testing]>={self.version}",),
        )

    def _readme(self, project: Project) -> str:
        return self.templates.render(
            "README.md",
            server=project.loaded.blueprint.server,
            requirements=" ".join(
                shlex.quote(each) for each in (f"seawall[testing]>={self.version}", *project.dependencies)
            ),
            code=tuple(_said_of(project)),
            begin=_BEGIN,
            end=_END,
        )


def _folders(project: Project) -> tuple[str, ...]:
    """The directories of the project that its toolsets work on."""
    found = (folder.path for need in project.needs for folder in need.folders)
    return tuple(path for path in found if is_inside(path))


def _said_of(project: Project) -> Iterator[str]:
    """One line for each sort of source: where it is, and what it is."""
    said: dict[str, list[str]] = {}
    for need in project.all_needs:
        links = (
            f"`{name}`" if any(sign in name for sign in "*?") else f"[{name}]({name})"
            for name in need.sources
        )
        said.setdefault(need.words, []).extend(links)
    for words, named in said.items():
        if named:
            yield f"{', '.join(dict.fromkeys(named))}: {words}."


def _refuse_clashes(own: Iterable[str], made: Collection[str]) -> None:
    """Refuse what would take the place of another file, or be a directory and a file at the same time.

    Raises:
        UsageError: code or a directory of the blueprint has the name of a file that a project has.
    """
    within = {str(parent): path for path in made for parent in PurePosixPath(path).parents}
    for path in own:
        around = next((str(parent) for parent in PurePosixPath(path).parents if str(parent) in made), None)
        clash = path if path in made else around or within.get(path)
        if clash is not None:
            raise UsageError(
                f"{path} cannot be a part of the project: {clash} is a file that every project has.",
                hint="Give it another name in the blueprint.",
            )


def _inferred(begun: tuple[Begun, ...]) -> list[str]:
    """What nobody was asked, in sentences."""
    notes = [note for each in begun for note in each.start.notes]
    writable = any(each.request.writable for each in begun)
    notes.append(
        'Tools may change things (access = "write").'
        if writable
        else "Nothing can be changed: read-only (--write allows it)."
    )
    return [
        *notes,
        "Every call is validated, ends after 30 s and answers with 1 MiB at most; errors are masked.",
        "Served over stdio, and in the container too; HTTP listens on 127.0.0.1 only.",
    ]
