"""The guard of files: what callers may touch lies beneath a root that is held open, and nothing else does."""

from __future__ import annotations

from seawall.security.jail.jail import Jail
from seawall.security.jail.opening import OpenDirectory, OpenFile
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.roots import Roots
from seawall.security.jail.rules import PathRules
from seawall.security.jail.status import Entry, FileKind, FileStatus
from seawall.security.jail.tiers import JailTier, jail_tier
from seawall.security.jail.writing import WriteMode

__all__ = [
    "Entry",
    "FileKind",
    "FileStatus",
    "Jail",
    "JailPolicy",
    "JailTier",
    "OpenDirectory",
    "OpenFile",
    "PathRules",
    "Roots",
    "WriteMode",
    "jail_tier",
]
