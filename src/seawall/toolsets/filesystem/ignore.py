"""What `.gitignore` files exclude, matched in linear time: such a file is content, and content may be hostile.

Semantics of git-scm.com/docs/gitignore: the last matching pattern of the innermost file decides, `!` takes back,
and nothing below an excluded directory is looked at. Other sources of git's rules (`.git/info/exclude`, the
user's own file) are not read: they do not belong to the workspace.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pathspec import GitIgnoreSpec

from seawall.errors import PathError
from seawall.security.jail import Roots

__all__ = ["IgnoreRules"]

_NAME: Final = ".gitignore"
_SIZE_LIMIT: Final = 256 * 1024  # bytes; what is longer is not read, for nobody writes such a file by hand
_LINE_LIMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one directory: those of its own file, and those of the directories above it.

    Attributes:
        base: length of the path, with its slash, of the directory that `spec` belongs to.
        spec: the patterns of the innermost file that has any; None at the outermost level.
        outer: the rules of the directories above.
    """

    base: int = 0
    spec: GitIgnoreSpec | None = None
    outer: IgnoreRules | None = None

    def within(self, roots: Roots, directory: str) -> IgnoreRules:
        """The rules below `directory`, a path relative to the roots with a slash at its end, or the empty text."""
        spec = _load(roots, directory)
        return self if spec is None else IgnoreRules(len(directory), spec, self)

    def excludes(self, path: str, *, directory: bool) -> bool:
        """Whether the rules exclude the path, seen from the roots."""
        rules: IgnoreRules | None = self
        while rules is not None and rules.spec is not None:
            below = path[rules.base :]
            verdict = rules.spec.check_file(f"{below}/" if directory else below).include
            if verdict is not None:
                return verdict
            rules = rules.outer
        return False


def _load(roots: Roots, directory: str) -> GitIgnoreSpec | None:
    try:
        with roots.open_file(f"{directory}{_NAME}") as file:
            if file.status.size > _SIZE_LIMIT:
                return None
            data = os.pread(file.fd, _SIZE_LIMIT, 0)
    except PathError:  # most often there is none; one that may not be read excludes nothing
        return None
    return _compiled(data.decode("utf-8-sig", errors="replace").splitlines()[:_LINE_LIMIT])


def _compiled(lines: Iterable[str]) -> GitIgnoreSpec | None:
    sound = [line for line in lines if line.strip() and not line.startswith("#") and _sound(line)]
    return GitIgnoreSpec.from_lines(sound, backend="re2") if sound else None


def _sound(line: str) -> bool:
    """Git passes over a pattern that it cannot read; so do we."""
    try:
        GitIgnoreSpec.from_lines([line], backend="re2")
    except ValueError:
        return False
    return True
