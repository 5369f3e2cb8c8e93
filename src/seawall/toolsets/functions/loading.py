"""Imports the module that a blueprint names, or says in one problem why it cannot be."""

from __future__ import annotations

import difflib
import importlib
import linecache
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from traceback import FrameSummary, extract_tb
from types import ModuleType

from seawall.errors import BlueprintError, Problem
from seawall.security.output import output_on_stderr
from seawall.toolsets.functions.source import Place, problem

__all__ = ["load_module", "load_named", "raised_at"]


def load_module(name: str, directory: Path, *, key: str) -> ModuleType:
    """The module of that name, with `directory` first on the search path; `key` is the setting that names it.

    What the module prints while it is imported goes to standard error: standard output may be the protocol's.

    Raises:
        BlueprintError: there is no such module, another one of that name is imported already, or it raises.
    """
    if sys.path[:1] != [str(directory)]:
        sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    _refuse_another(name, key)
    try:
        with output_on_stderr():
            return importlib.import_module(name)
    except SyntaxError as error:
        raise BlueprintError([_syntax(error, name)]) from error
    except ModuleNotFoundError as error:
        if f"{name}.".startswith(f"{error.name}."):
            raise BlueprintError([_missing(name, directory, key)]) from None
        raise BlueprintError([_raised(error, name, directory)]) from error
    except (Exception, SystemExit) as error:
        raise BlueprintError([_raised(error, name, directory)]) from error


def load_named(name: str, directory: Path, *, key: str) -> object:
    """What `package.module:Name` names; `key` is the setting that says so.

    Raises:
        BlueprintError: the module cannot be imported, or has nothing of that name.
    """
    module, _, path = name.partition(":")
    found: object = load_module(module, directory, key=key)
    for part in path.split("."):
        owner = found
        try:
            found = getattr(owner, part)
        except AttributeError:
            public = (
                [each for each in vars(owner) if not each.startswith("_")]
                if hasattr(owner, "__dict__")
                else []
            )
            close = difflib.get_close_matches(part, public, n=1)
            raise BlueprintError(
                [
                    _declared(
                        name,
                        f"{module} has no {path!r}",
                        key=key,
                        allowed="a module and a name in it, as package.module:Name",
                        suggestion=f"{module}:{path.removesuffix(part)}{close[0]}" if close else None,
                    )
                ]
            ) from None
    return found


def _refuse_another(name: str, key: str) -> None:
    """A module that is imported already, or a package around it, must be the one to which the search path leads."""
    path: Sequence[str] | None = None
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        prefix = ".".join(parts[:length])
        loaded, found = sys.modules.get(prefix), PathFinder.find_spec(prefix, path)
        if loaded is None or found is None:
            return
        there, here = _origin(getattr(loaded, "__spec__", None)), _origin(found)
        if there != here:
            where = there or "the interpreter itself"
            message = f"a module named {prefix!r} is imported already, from {where}, so that {here} cannot be"
            raise BlueprintError(
                [_declared(name, message, key=key, allowed="a module whose name nothing else has")]
            )
        path = found.submodule_search_locations


def _origin(spec: ModuleSpec | None) -> str:
    if spec is None:
        return ""
    if spec.has_location and spec.origin:
        return spec.origin
    return ", ".join(spec.submodule_search_locations or ())


def _missing(name: str, directory: Path, key: str) -> Problem:
    close = difflib.get_close_matches(name, list(_neighbours(name, directory)), n=1)
    return _declared(
        name,
        f"there is no module {name!r} in {directory} or elsewhere on the module search path",
        key=key,
        allowed="a module that can be imported",
        suggestion=close[0] if close else None,
    )


def _neighbours(name: str, directory: Path) -> Iterator[str]:
    """Names that may have been meant: modules beside the missing one, or below a package of another name."""
    parent = name.rpartition(".")[0]
    package = sys.modules.get(
        parent
    )  # importing the module has imported all packages around it that there are
    if package is not None:
        yield from (
            f"{parent}.{item.name}" for item in pkgutil.iter_modules(getattr(package, "__path__", []))
        )
        return
    rest = name.partition(".")[2]
    for item in pkgutil.iter_modules([str(directory)]):
        yield from [f"{item.name}.{rest}"] if item.ispkg and rest else [item.name]


def _declared(name: str, message: str, *, key: str, allowed: str, suggestion: str | None = None) -> Problem:
    """A problem of the declaration itself."""
    return problem(Place("", found=name), key=key, message=message, allowed=allowed, suggestion=suggestion)


def _syntax(error: SyntaxError, name: str) -> Problem:
    start = max(0, (error.offset or 1) - 1)
    same_line = error.end_lineno == error.lineno
    end = max((error.end_offset or 0) - 1, start + 1) if same_line else None
    found = (error.text or "")[start:end].strip()
    place = Place(error.filename or name, error.lineno, error.offset or None, found)
    return problem(place, key=name, message=f"not valid Python: {error.msg}", allowed="valid Python")


def raised_at(error: BaseException, name: str, directory: Path) -> Place:
    """The line of the user's own, in the module `name` or beside it, that led to the error."""
    frames = _own_frames(error, name, directory) or extract_tb(error.__traceback__)[-1:]
    return _place(frames[-1]) if frames else Place("")


def _raised(error: BaseException, name: str, directory: Path) -> Problem:
    reason = " ".join(str(error).split()) or "no message"
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return problem(
        raised_at(error, name, directory),
        key=name,
        message=f"importing {name} failed here: {type(error).__name__}: {reason}",
        allowed=f"{missing} installed beside Seawall" if missing else "a module that can be imported",
    )


def _own_frames(error: BaseException, name: str, directory: Path) -> list[FrameSummary]:
    """The frames of the user's own code: from the module's package, or from below the blueprint's directory."""
    found = PathFinder.find_spec(name.partition(".")[0])
    places = (found.submodule_search_locations if found else None) or ()
    packages = tuple(f"{place}{os.sep}" for place in places)
    below = f"{directory}{os.sep}"

    def is_own(file: str) -> bool:
        if file.startswith(packages) or (found is not None and file == found.origin):
            return True
        return file.startswith(below) and "site-packages" not in Path(file.removeprefix(below)).parts

    return [frame for frame in extract_tb(error.__traceback__) if is_own(frame.filename)]


def _place(frame: FrameSummary) -> Place:
    """The code to which the frame points; the line where its columns are not known."""
    line = linecache.getline(frame.filename, frame.lineno or 0)
    if frame.colno is None or frame.end_colno is None or frame.lineno != frame.end_lineno:
        return Place(frame.filename, frame.lineno)
    text = line.encode()
    found = text[frame.colno : frame.end_colno].decode(errors="replace")
    column = len(text[: frame.colno].decode(errors="replace")) + 1
    return Place(frame.filename, frame.lineno, column, found)
