"""From a blueprint's file to frozen values, or to every problem that it has."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.document import MAX_SIZE, decode, read_document
from seawall.blueprint.explain import Explainer, NameClash
from seawall.blueprint.interpolate import fill
from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath, Locations, locate, path_of
from seawall.blueprint.overrides import Overrides, names, override, read_array, read_scalar
from seawall.blueprint.tree import get, put, toolset_names
from seawall.blueprint.validate import Fault, FaultKind, validate
from seawall.blueprint.vocabulary import Vocabulary
from seawall.errors import BlueprintError, Problem, StartError

__all__ = ["LoadedBlueprint", "load", "parse"]


@dataclass(frozen=True, slots=True)
class LoadedBlueprint:
    """A blueprint with what its text does not say.

    Attributes:
        blueprint: the values.
        directory: the blueprint's own directory, absolute; its relative paths start here.
        source: what to call the file in a message.
        locations: where everything stands in the text.
        variables: the environment variable that set a setting, for those that one set.
    """

    blueprint: Blueprint
    directory: Path
    source: str
    locations: Locations = field(default_factory=lambda: locate(""), repr=False, compare=False)
    variables: Mapping[KeyPath, str] = field(default_factory=dict, repr=False, compare=False)

    def placed(self, problem: Problem) -> Problem:
        """The problem with its place, for one of this blueprint that was found out without the text.

        Such a one has a key, and no line. When the name itself is what was found, the place is the name's.
        """
        if problem.line is not None or problem.source not in {"", self.source}:
            return problem
        path = path_of(problem.key)
        for length in range(len(path), 0, -1):
            if variable := self.variables.get(path[:length]):
                return replace(problem, source=variable)
        about_name = bool(path) and problem.found == path[-1]  # an unknown name, not its value
        place = self.locations.key(path) if about_name else self.locations.value(path)
        return replace(problem, source=self.source, line=place.line, column=place.column)


def load(path: Path, *, kinds: Kinds, environment: Mapping[str, str]) -> LoadedBlueprint:
    """Read the blueprint at `path`; the rest is as in `parse`.

    Raises:
        BlueprintError: the file is no valid blueprint; holds every problem.
        StartError: there is no such regular file, or it cannot be read.
    """
    source = str(path)
    text = decode(_content(path), source=source)
    directory = path.absolute().parent
    return parse(text, source=source, directory=directory, kinds=kinds, environment=environment)


def parse(
    text: str, *, source: str, directory: Path, kinds: Kinds, environment: Mapping[str, str]
) -> LoadedBlueprint:
    """Read a blueprint from its text.

    Args:
        text: TOML, at most 1 MiB.
        source: what to call the text in problems.
        directory: where its relative paths start; they stay as written.
        kinds: the models of `[[toolset]]`, by the word that stands as `kind`.
        environment: the variables for `${NAME}` and for overrides such as `SEAWALL_HTTP__PORT`.

    Raises:
        BlueprintError: holds every problem of the text and of the overrides, in file order.
    """
    document = read_document(text, source=source)
    filled = fill(document.data, environment)
    data = filled.data
    # The vocabulary is costly to make, and a blueprint without overrides does not need it.
    overridden = override(data, environment, Vocabulary(kinds)) if names(environment) else Overrides()
    replaced = overridden.variables
    texts = {path for path, each in filled.substituted.items() if each.whole} | set(replaced)
    blueprint, faults = validate(data, kinds)
    if reread := _reread(data, faults, texts, set(replaced)):
        blueprint, faults = validate(data, kinds)
        for path in reread.keys() & {fault.path for fault in faults if fault.kind is FaultKind.TYPE}:
            put(data, path, reread[path])  # it was a text after all: explain the text
    explainer = Explainer(source, data, document.locations, replaced, filled.substituted, kinds)
    unfilled = [each for each in dict.fromkeys(filled.unfilled) if not _covered(each.path, replaced)]
    empty = {each.path for each in unfilled}
    faulty = [fault for fault in faults if fault.path not in empty]
    problems = explainer.problems([*unfilled, *faulty, *_name_clashes(data)]) + overridden.problems
    if problems or blueprint is None:
        raise BlueprintError(problems)
    return LoadedBlueprint(blueprint, directory, source, document.locations, replaced)


def _content(path: Path) -> bytes:
    """The bytes of the file, at most one more than allowed."""
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(path, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            what = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
            raise StartError(
                f"the blueprint {str(path)!r} {what}.", hint="Name the seawall.toml file itself."
            )
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(descriptor)


def _unreadable(path: Path, error: OSError | ValueError) -> StartError:
    reason = (error.strerror or "cannot be read") if isinstance(error, OSError) else "no valid file name"
    missing = isinstance(error, OSError) and error.errno == errno.ENOENT
    hint = "Write one, or name another file." if missing else "The server's user must be able to read it."
    return StartError(f"the blueprint {str(path)!r} cannot be read: {reason}.", hint=hint)


def _reread(
    data: dict[str, Any], faults: list[Fault], texts: set[KeyPath], arrays: set[KeyPath]
) -> dict[KeyPath, str]:
    """Read as numbers, booleans or (in overrides) arrays the texts of variables that failed as strings.

    Only a text that came whole from a variable: `port = "8000"` stays the mistake that it is.
    Changes the data in place and hands back the texts that it replaced.
    """
    replaced: dict[KeyPath, str] = {}
    for fault in faults:
        if fault.kind is not FaultKind.TYPE or fault.path not in texts:
            continue
        text = get(data, fault.path)
        value: object = read_scalar(text)
        if value is None and fault.path in arrays:
            value = read_array(text)
        if value is not None:
            put(data, fault.path, value)
            replaced[fault.path] = text
    return replaced


def _covered(path: KeyPath, replaced: Mapping[KeyPath, str]) -> bool:
    return any(path[:length] in replaced for length in range(1, len(path) + 1))


def _name_clashes(data: Mapping[str, Any]) -> Iterator[NameClash]:
    first: dict[str, KeyPath] = {}
    for number, name in toolset_names(data):
        entry: KeyPath = ("toolset", number)
        path = (*entry, "name") if get(data, (*entry, "name")) else entry
        if name in first:
            yield NameClash(path, first[name], name)
        first.setdefault(name, path)
