"""A project that exists: what it was made with, what it would be made of now, and what is added to it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from seawall.blueprint.document import decode
from seawall.blueprint.migrate import FORMAT, MIGRATIONS, Migrated, migrate
from seawall.errors import BlueprintError, UsageError
from seawall.prompts.starter import first_text
from seawall.scaffold.edit import add_entry
from seawall.scaffold.manifest import MANIFEST_NAME, ManagedFile, Manifest, digest, load
from seawall.scaffold.offering import Surroundings
from seawall.scaffold.plan import EXTRAS, Maker
from seawall.scaffold.project import BLUEPRINT_NAME, is_inside
from seawall.scaffold.request import ToolsetRequest, clean_text
from seawall.scaffold.sections import OFFERS, begin, offer_text, starters, toolset_text
from seawall.scaffold.staging import Change, apply, recover
from seawall.scaffold.tree import LinkError, Tree
from seawall.scaffold.upgrade import Upgrade, plan_upgrade
from seawall.toolsets.starter import Start

__all__ = ["Addition", "Existing"]

_RECORD: Final = "It is new to the tests: record them with `python -m pytest --seawall-update`."
_MARK: Final = "\ufeff"  # a byte order mark, which TOML does not know and some editors write


@dataclass(frozen=True, slots=True)
class Addition:
    """What is to be added, and what follows from it.

    Attributes:
        upgrade: what happens to the managed files; its changes hold all that is to be written.
        notes: what a person should know, one sentence each.
        section: the text that goes into the blueprint, or empty.
        files: what is new beside the managed files, such as a first prompt.
    """

    upgrade: Upgrade
    notes: tuple[str, ...] = ()
    section: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Existing:
    """One project in its directory.

    Attributes:
        directory: where it is.
        maker: makes the files that it should have.
    """

    directory: Path
    maker: Maker

    @property
    def made(self) -> bool:
        """Whether `seawall new` made the project."""
        return (self.directory / MANIFEST_NAME).is_file()

    def recover(self) -> None:
        """Take back what a killed run left unfinished.

        Raises:
            UsageError: it cannot be done.
        """
        try:
            recover(self.directory)
        except OSError as error:
            raise _refused(self.directory, error) from error

    def upgraded(self) -> Upgrade:
        """What an upgrade would do. Writes nothing.

        Raises:
            UsageError: the directory holds no project of Seawall, or something in it is no plain file.
            StartError: its manifest cannot be used.
            BlueprintError: its blueprint has problems.
        """
        with _Reading(self.directory) as tree:
            text = _blueprint(tree)
            if tree.kind(MANIFEST_NAME) is None and (alone := self._alone(tree, text)):
                return alone
            return self._upgrade(tree, text, _manifest(tree))

    def with_extra(self, name: str) -> Addition:
        """Files for one more place to run.

        Raises:
            UsageError, StartError, BlueprintError: as `upgraded`; or there is no such extra.
        """
        if name not in EXTRAS:
            raise self._unknown(name)
        with _Reading(self.directory) as tree:
            manifest = _manifest(tree)
            if name in manifest.extras:
                raise UsageError(
                    f"{name} is part of this project already.", hint="`seawall upgrade` updates it."
                )
            return Addition(self._upgrade(tree, _blueprint(tree), manifest, extra=name))

    def with_toolset(self, request: ToolsetRequest) -> Addition:
        """One more toolset in the blueprint, with the files that its kind brings; a file that is there stays.

        Raises:
            UsageError, StartError, BlueprintError: as `upgraded`; or the toolset cannot be added.
        """
        with _Reading(self.directory) as tree:
            text = _blueprint(tree)
            self._refuse_older(text)
            named = _named(request, text)
            begun = begin(named, starters(self.maker.kinds))
            return self._added(tree, text, toolset_text(begun), begun.start, _recorded(tree))

    def with_prompt(self, name: str) -> Addition:
        """One more prompt, and the directory of prompts when it is the first one; a file that is there stays.

        Raises:
            UsageError, StartError, BlueprintError: as `upgraded`; or the name is none.
        """
        with _Reading(self.directory) as tree:
            text = _blueprint(tree)
            self._refuse_older(text)
            start = OFFERS["prompts"].start(name)
            table = tomllib.loads(text.removeprefix(_MARK)).get("prompts", {})
            directory = table.get("directory") if isinstance(table, dict) else None
            if directory is not None:
                if not is_inside(str(directory)):
                    raise UsageError(
                        f"the prompts are in {directory}, outside of the project.",
                        hint="Write the file there.",
                    )
                files = {f"{PurePosixPath(directory)}/{name}.md": first_text(name)}
                return self._added(tree, text, "", Start(files=files), _recorded(tree))
            if table:
                raise UsageError(
                    "[prompts] has no directory.",
                    hint='Write `directory = "prompts"` into it, and try again.',
                )
            return self._added(tree, text, offer_text("prompts", start), start, _recorded(tree))

    def with_resource(self, answer: str) -> Addition:
        """One more resource, with the file that it brings; one that is there stays.

        Raises:
            UsageError, StartError, BlueprintError: as `upgraded`; or it cannot be added.
        """
        with _Reading(self.directory) as tree:
            text = _blueprint(tree)
            self._refuse_older(text)
            start = OFFERS["resource"].start(clean_text(answer, what="the resource"))
            present = tomllib.loads(text.removeprefix(_MARK)).get("resource", [])
            uri = next(str(each.value) for each in start.settings if each.name == "uri")
            if uri in {each.get("uri") for each in present if isinstance(each, dict)}:
                raise UsageError(
                    f"there is a resource {uri} already.",
                    hint="Write this one by hand, with a URI of its own.",
                )
            start = self._surroundings(tree, text).settled(start)
            return self._added(tree, text, offer_text("resource", start), start, _recorded(tree))

    def _surroundings(self, tree: Tree, text: str) -> Surroundings:
        manifest = _manifest(tree) if tree.kind(MANIFEST_NAME) is not None else Manifest("", 0)
        made = {BLUEPRINT_NAME, MANIFEST_NAME, *manifest.files, *self._made(text, manifest.extras)}
        folders = self.maker.folders(text, source=str(self.directory / BLUEPRINT_NAME))
        return Surroundings(made, folders, tree)

    def _added(
        self, tree: Tree, text: str, section: str, start: Start, more: tuple[str, ...] = ()
    ) -> Addition:
        edited, changes = text, dict[str, Change]()
        if section:
            (table,) = tomllib.loads(section)
            edited = text[: text.startswith(_MARK)] + add_entry(text.removeprefix(_MARK), table, section)
            changes[BLUEPRINT_NAME] = Change(edited, digest(text))
        notes = list(start.notes)
        for path, content in start.files.items():
            if tree.kind(path) is None:
                changes[path] = Change(content)
            else:
                notes.append(f"{path} is there already and stays as it is.")
        notes += more
        new = tuple(path for path in changes if path != BLUEPRINT_NAME)
        manifest = _manifest(tree) if tree.kind(MANIFEST_NAME) is not None else None
        if manifest is None:
            self._checked(edited)
            return Addition(Upgrade((), changes), tuple(notes), section, new)
        known = manifest.files.get(BLUEPRINT_NAME)
        if known is not None and known.sha256 == digest(text):
            files = {**manifest.files, BLUEPRINT_NAME: ManagedFile(digest(edited))}
            manifest = replace(manifest, files=files)
        upgrade = self._upgrade(tree, edited, manifest)
        return Addition(replace(upgrade, changes={**changes, **upgrade.changes}), tuple(notes), section, new)

    def _unknown(self, word: str) -> UsageError:
        known = ", ".join(("toolset", "prompt", "resource", *EXTRAS))
        return UsageError(f"there is nothing called {word!r} to add.", hint=f"There are {known}.")

    def apply(self, upgrade: Upgrade) -> None:
        """Write what was decided: all of it, or nothing.

        Raises:
            UsageError: something has changed meanwhile, or cannot be written.
        """
        try:
            apply(self.directory, upgrade.changes)
        except OSError as error:
            raise _refused(self.directory, error) from error

    def _upgrade(self, tree: Tree, text: str, manifest: Manifest, *, extra: str | None = None) -> Upgrade:
        if manifest.templates > self.maker.templates_version:
            raise UsageError(
                f"this project was made by a newer Seawall ({manifest.seawall}).",
                hint="Upgrade Seawall first.",
            )
        extras = manifest.extras if extra is None else (*manifest.extras, extra)
        if unknown := [each for each in extras if each not in EXTRAS]:
            raise UsageError(f"{MANIFEST_NAME} names extras that do not exist: {', '.join(unknown)}.")
        wanted = self._made(text, extras)
        new = Manifest(self.maker.version, self.maker.templates_version, extras)
        migrated = migrate(text, MIGRATIONS)
        if migrated is not None:
            wanted = {BLUEPRINT_NAME: migrated.text, **wanted}
        planned = plan_upgrade(manifest, wanted, tree.read, new=new, owned=(BLUEPRINT_NAME,))
        return planned if migrated is None else replace(planned, notes=_told(migrated))

    def _alone(self, tree: Tree, text: str) -> Upgrade | None:
        """What becomes of a blueprint without a project, when its format is an older one."""
        self._made(text, ())  # its problems come first
        migrated = migrate(text, MIGRATIONS)
        if migrated is None:
            return None
        nothing = Manifest(self.maker.version, self.maker.templates_version)
        planned = plan_upgrade(nothing, {BLUEPRINT_NAME: migrated.text}, tree.read, new=nothing)
        changes = {path: each for path, each in planned.changes.items() if path != MANIFEST_NAME}
        return replace(planned, changes=changes, notes=_told(migrated))

    def _refuse_older(self, text: str) -> None:
        if (migrated := migrate(text, MIGRATIONS)) is not None:
            raise UsageError(
                f"{BLUEPRINT_NAME} has format {migrated.before}, and what is added has format {FORMAT}.",
                hint="`seawall upgrade` brings it up to date first.",
            )

    def _made(self, text: str, extras: tuple[str, ...]) -> Mapping[str, str]:
        return self.maker.managed(text, extras, source=str(self.directory / BLUEPRINT_NAME))

    def _checked(self, text: str) -> None:
        try:
            self._made(text, ())
        except BlueprintError as error:
            raise UsageError(" ".join(problem.message for problem in error.problems)) from error


def _recorded(tree: Tree) -> tuple[str, ...]:
    """What is to be done about a surface that was recorded."""
    return (_RECORD,) if tree.kind("tests/surface.json") is not None else ()


class _Reading:
    """The project's tree for the length of a `with`; what is no plain file in it is told as a wrong call."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> Tree:
        try:
            self._tree = Tree(self._directory)
        except OSError as error:
            raise _refused(self._directory, error) from error
        return self._tree

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self._tree.close()
        if isinstance(error, OSError):
            raise _refused(self._directory, error) from error


def _told(migrated: Migrated) -> tuple[str, ...]:
    return (
        f"{BLUEPRINT_NAME} has format {migrated.before}; this is how it reads in format {FORMAT}:",
        *migrated.notes,
    )


def _blueprint(tree: Tree) -> str:
    content = tree.read(BLUEPRINT_NAME)
    if content is None:
        raise UsageError(
            f"there is no {BLUEPRINT_NAME} here.", hint="Go to a project, or name its directory."
        )
    return decode(content, source=BLUEPRINT_NAME)


def _manifest(tree: Tree) -> Manifest:
    content = tree.read(MANIFEST_NAME)
    if content is None:
        raise UsageError(
            f"there is no {MANIFEST_NAME} here: this is no project that `seawall new` made.",
            hint=f"Make one around your blueprint: `seawall new DIR --from {BLUEPRINT_NAME}`.",
        )
    return load(content.decode("utf-8", "replace"))


def _named(request: ToolsetRequest, text: str) -> ToolsetRequest:
    """The request with a name that the blueprint does not have yet, and a prefix for tools of the same names."""
    data = tomllib.loads(text.removeprefix(_MARK))
    present = [entry for entry in data.get("toolset", []) if isinstance(entry, dict)]
    taken = {entry.get("name") or entry.get("kind") for entry in present}
    if request.name and request.name in taken:
        raise UsageError(f"there is a toolset {request.name!r} already.", hint="Give another `--name`.")
    if request.kind not in {entry.get("kind") for entry in present}:
        return request
    name = request.name or next(
        each for number in range(2, 1000) if (each := f"{request.kind}-{number}") not in taken
    )
    return replace(request, name=name, prefix=request.prefix or f"{name.replace('-', '_')[:23]}_")


def _refused(directory: Path, error: OSError) -> UsageError:
    if isinstance(error, LinkError):
        return UsageError(
            f"{error.filename} in {directory} {error.strerror}.",
            hint="Nothing was written. Links are not followed: move it away.",
        )
    return UsageError(
        f"the project in {directory} cannot be used: {error.strerror or error}.", hint="Nothing was written."
    )
