"""What every kind that hands out files declares in the same words, and the jail policy that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from seawall.blueprint.quantities import ByteSize
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import StartError
from seawall.security.jail import JailPolicy, PathRules

__all__ = ["RootedDeclaration", "jail_policy", "root_directories"]


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
