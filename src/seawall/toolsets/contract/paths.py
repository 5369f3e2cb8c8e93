"""Paths that a method takes or gives: each is one below the toolset's roots, checked by the jail.

The method gets a path of the host, which it opens itself. Whoever may write into the root could exchange a link between
the check and that; a method to which this matters takes a `seawall.Jail` and a text instead.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

from pydantic import AfterValidator, PlainSerializer, WithJsonSchema

from seawall.errors import PathInvalidError, PathNotFoundError
from seawall.security.jail import FileKind, Roots
from seawall.toolsets.functions.injection import Resources
from seawall.toolsets.functions.signature import Annotation, UnfitError
from seawall.types import JsonObject

__all__ = ["JailedPaths", "unchecked"]

_LONGEST: Final = 4096  # characters; the system's own limit is one of bytes
_SCHEMA: Final[JsonObject] = {"type": "string", "format": "path", "minLength": 1, "maxLength": _LONGEST}


class JailedPaths:
    """Puts the jail into annotations.

    Attributes:
        used: whether any annotation had a path.
    """

    def __init__(self, roots: Mapping[str, Path] | None, resources: Resources, *, may_write: bool) -> None:
        """Take the roots.

        Args:
            roots: directories by their names, None when the toolset declares none.
            resources: holds the open roots at the time of a call.
            may_write: whether a path may be that of something that is to be made.
        """
        self._roots = roots
        self._resources = resources
        self._may_write = may_write
        self.used = False

    def __call__(self, annotation: Annotation) -> Annotation:
        """The annotation with checked paths in the place of paths.

        Raises:
            UnfitError: it has a path, and there are no roots.
        """
        return _rewritten(annotation, self._jailed)

    def _jailed(self) -> Annotation:
        if self._roots is None:
            raise UnfitError(
                "a Path is one below the `roots` of the toolset, and it declares none",
                allowed='`roots = "./data"` in the blueprint',
            )
        self.used = True
        shown = PlainSerializer(self._shown, return_type=str)
        return Annotated[Path, AfterValidator(self._checked), shown, WithJsonSchema({**_SCHEMA})]

    def _checked(self, path: Path) -> Path:
        """The path on the host.

        Raises:
            PathError: it leads out, is denied, or is not there.
        """
        roots = self._resources.opened(read_only=True).roots
        text = path.as_posix()
        try:
            roots.status(text)
        except PathNotFoundError:
            if not (self._may_write and _can_be_made(roots, path)):
                raise
        directories = self._roots or {}
        if "" in directories:
            return directories[""] / path
        name, *rest = path.parts or ("",)
        if name not in directories:
            raise PathInvalidError(path=text, reason="is the place of all roots, and no file or directory")
        return directories[name].joinpath(*rest)

    def _shown(self, path: PurePath) -> str:
        """The path as callers write it.

        Raises:
            ValueError: it is not below the roots; callers learn nothing of it.
        """
        for name, directory in (self._roots or {}).items():
            if path.is_absolute() and path.is_relative_to(directory) and ".." not in path.parts:
                return (PurePath(name) / path.relative_to(directory)).as_posix()
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("a path of a result is not below the roots")
        return path.as_posix()


def unchecked(schema: object) -> bool:
    """Whether a schema has a path that the jail does not check: one within a class of the author's."""
    if isinstance(schema, list):
        return any(unchecked(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    if (
        schema.get("format") in {"path", "file-path", "directory-path"}
        and schema.get("maxLength") != _LONGEST
    ):
        return True
    return any(unchecked(each) for each in schema.values())


def _can_be_made(roots: Roots, path: Path) -> bool:
    """Whether nothing has that name, not even a link that leads nowhere, and its parent is a directory."""
    try:
        roots.status(path.as_posix(), follow=False)
    except PathNotFoundError:
        return roots.status(path.parent.as_posix()).kind is FileKind.DIRECTORY
    return False


def _rewritten(
    annotation: Annotation, jailed: Callable[[], Annotation], within: frozenset[str] = frozenset()
) -> Annotation:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return jailed() if issubclass(annotation, PurePath) else annotation
    named = _named(annotation)
    if named is not None:
        name, meant = named
        inner = meant if name in within else _rewritten(meant, jailed, within | {name})
        return annotation if inner is meant else inner
    origin: Any = get_origin(annotation)
    if origin is None or origin is Literal:
        return annotation
    before = get_args(annotation)
    if origin is Annotated:
        inner = _rewritten(before[0], jailed, within)
        return annotation if inner is before[0] else Annotated[(inner, *before[1:])]
    after = tuple(
        each if isinstance(each, list) or each is ... else _rewritten(each, jailed, within) for each in before
    )
    return annotation if after == before else _remade(annotation, origin, after)


def _named(annotation: Annotation) -> tuple[str, Annotation] | None:
    """The name of a type that is another one, which may hold itself, and that one."""
    if isinstance(annotation, NewType):
        return annotation.__name__, annotation.__supertype__
    if type(annotation).__name__ == "TypeAliasType":
        return annotation.__name__, annotation.__value__
    return None


def _remade(annotation: Annotation, origin: Any, arguments: tuple[Any, ...]) -> Annotation:  # noqa: ANN401  any
    if origin in {Union, types.UnionType}:
        return Union[arguments]  # noqa: UP007  made at run time
    copy = getattr(annotation, "copy_with", None)
    return types.GenericAlias(origin, arguments) if copy is None else copy(arguments)
