"""What one jail allows: a frozen value, made once from the blueprint."""

from __future__ import annotations

from dataclasses import dataclass, field

from seawall.security.jail.rules import PathRules

__all__ = ["JailPolicy"]

_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class JailPolicy:
    """What callers may do within one root. Every default is the safe one.

    Attributes:
        writable: whether anything may be changed at all.
        follow_symlinks: whether symbolic links that stay inside the root are followed; others never are.
        cross_mounts: whether paths may pass into file systems that are mounted below the root.
        read_hard_links: whether files with several names may be read; they are never written.
        max_file_size: bytes that one write, or one reading of a whole file, may have. Whoever holds a descriptor
            bounds reading from it.
        rules: the names that are off limits.
    """

    writable: bool = False
    follow_symlinks: bool = True
    cross_mounts: bool = True
    read_hard_links: bool = True
    max_file_size: int = 10 * _MEBIBYTE
    rules: PathRules = field(default_factory=PathRules.compile)
