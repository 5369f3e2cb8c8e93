"""What every kind that hands out files declares in the same words, and the jail policy that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from seawall.blueprint.quantities import ByteSize, SizeRule
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import (
    FileTooLargeError,
    HardLinkError,
    NotDirectoryError,
    NotRegularFileError,
    OperationError,
    PathDeniedError,
    PathEscapeError,
    PathInvalidError,
    PathNotFoundError,
    PathPermissionError,
    StartError,
    StorageError,
)
from seawall.security.jail import JailPolicy, PathRules
from seawall.toolsets.interface import Reach
from seawall.toolsets.starter import Folder

__all__ = [
    "FILE_ERRORS",
    "RootedDeclaration",
    "jail_policy",
    "reach_of_roots",
    "root_directories",
    "root_folders",
]

FILE_ERRORS: Final[tuple[type[OperationError], ...]] = (
    PathInvalidError,
    PathEscapeError,
    PathDeniedError,
    PathNotFoundError,
    NotRegularFileError,
    NotDirectoryError,
    HardLinkError,
    PathPermissionError,
    FileTooLargeError,
    StorageError,
)
"""What any work on files below a root may fail with."""


class RootedDeclaration(ToolsetDeclaration):
    """Settings of a toolset that works on files below one or several roots."""

    deny: tuple[str, ...] = Field(
        default=(),
        description="Paths that nobody may read, list, search or write, in .gitignore syntax. "
        "Adds to the built-in list of secret-bearing names; `!pattern` takes one back.",
        examples=[["*.sql", "/drafts/private", "**/node_modules/"]],
    )
    max_file_size: ByteSize = Field(
        default=10 * 1024**2, description="Limit for work on a whole file, such as writing it."
    )
    symlinks: Literal["inside", "refuse"] = Field(
        default="inside",
        description="`inside` follows symbolic links that stay inside the root; `refuse` follows none.",
    )
    hard_links: Literal["read", "refuse"] = Field(
        default="read",
        description="Whether a file with several names (hard links) may be read. Writing one is always refused.",
    )


def jail_policy(declaration: RootedDeclaration, *, writable: bool, roots: Iterable[str] = ()) -> JailPolicy:
    """What the declaration allows beneath its roots; `roots` are their names, if they have any.

    Raises:
        StartError: `deny` has a malformed pattern, or one that begins with the name of a root.
    """
    _refuse_root_names(declaration, roots)
    try:
        rules = PathRules.compile(declaration.deny)
    except ValueError as error:
        name = declaration.name or declaration.kind
        raise StartError(f"`deny` of the toolset {name!r}: {error}.") from error
    return JailPolicy(
        writable=writable,
        follow_symlinks=declaration.symlinks == "inside",
        read_hard_links=declaration.hard_links == "read",
        max_file_size=declaration.max_file_size,
        rules=rules,
    )


def _refuse_root_names(declaration: RootedDeclaration, roots: Iterable[str]) -> None:
    """Callers see `docs/private`, but the rules of the root `docs` only see `private`: the pattern would not match."""
    named = {name.casefold() for name in roots if name}
    for pattern in declaration.deny:
        first, slash, _ = pattern.removeprefix("!").lstrip("./").partition("/")
        if slash and first.casefold() in named:
            raise StartError(
                f"`deny` of the toolset {declaration.name or declaration.kind!r}: {pattern!r} begins with the name of a"
                " root, but patterns are relative to each root.",
                hint=f"Leave out {first + '/'!r}; write '**/{first}/…' if a directory of that name is meant.",
            )


def root_directories(roots: str | Mapping[str, str], directory: Path) -> dict[str, Path]:
    """The directories that `roots` names, by their names; relative ones start at `directory`."""
    named = {"": roots} if isinstance(roots, str) else roots
    return {name: directory / Path(path).expanduser() for name, path in named.items()}


def reach_of_roots(declaration: RootedDeclaration, roots: str | Mapping[str, str]) -> Iterator[Reach]:
    """What a toolset touches that works on files below these roots and nowhere else."""
    access = "read and write" if declaration.access == "write" else "read"
    limits = ["nothing outside of it, whatever a path or link says"]
    limits.append("names that hold secrets (`.env`, keys, …) denied")
    if declaration.deny:
        limits.append(f"denied as well: {', '.join(f'`{pattern}`' for pattern in declaration.deny)}")
    limits.append(f"files of at most {SizeRule.text(declaration.max_file_size)} as a whole")
    limits.append(
        "symbolic links followed inside"
        if declaration.symlinks == "inside"
        else "symbolic links not followed"
    )
    if declaration.hard_links == "refuse":
        limits.append("files with several names refused")
    named = {"": roots} if isinstance(roots, str) else roots
    for name, path in named.items():
        seen_as = (f"callers see it as `{name}/`",) if name else ()
        yield Reach("files", path, access, (*seen_as, *limits))


def root_folders(declaration: ToolsetDeclaration) -> tuple[Folder, ...]:
    """The directories that a deployment must mount for the declaration's `roots`."""
    roots: str | Mapping[str, str] | None = getattr(declaration, "roots", None)
    writable = declaration.access == "write"
    if isinstance(roots, str):
        return (Folder(("roots",), roots, "workspace", writable),)
    return tuple(Folder(("roots", name), path, name, writable) for name, path in (roots or {}).items())
