"""How strongly the jail holds on this machine, named honestly."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from seawall.security.jail import _openat2

__all__ = ["JailTier", "jail_tier", "unsupported"]


@dataclass(frozen=True, slots=True)
class JailTier:
    """One rung of the ladder.

    Attributes:
        name: `kernel`, `descriptors` or `none`.
        usable: whether a jail can be opened at all.
        sentence: what that means, for a person.
    """

    name: str
    usable: bool
    sentence: str


_KERNEL = JailTier(
    "kernel",
    usable=True,
    sentence=(
        "The kernel itself (openat2) keeps paths beneath their root, also while others rename and swap links; a path "
        "with links of its own is walked name by name on directory descriptors, which holds it as well."
    ),
)
_DESCRIPTORS = JailTier(
    "descriptors",
    usable=True,
    sentence=(
        "Paths are walked name by name on directory descriptors, without following links unseen. They cannot leave "
        "the root, also while others swap links; but it is the server that ensures it, not the kernel."
    ),
)
_DESCRIPTORS_MACOS = JailTier(
    "descriptors",
    usable=True,
    sentence=(
        f"{_DESCRIPTORS.sentence} On macOS this is tested less than on Linux, rename without replacing takes two "
        "steps, and another mount of the same volume is not recognised."
    ),
)


def jail_tier() -> JailTier:
    """The tier that a jail gets on this machine."""
    reason = unsupported()
    if reason is not None:
        return JailTier("none", usable=False, sentence=reason)
    if _openat2.available():
        return _KERNEL
    return _DESCRIPTORS_MACOS if sys.platform == "darwin" else _DESCRIPTORS


def unsupported() -> str | None:
    """Why no jail can be opened here; None when one can."""
    needed = (os.open, os.stat, os.mkdir, os.rename, os.unlink, os.rmdir, os.readlink, os.link)
    if not all(function in os.supports_dir_fd for function in needed) or os.scandir not in os.supports_fd:
        return (
            f"Files cannot be served on {sys.platform}: Python has no operations relative to an open directory "
            "there, and without them no path can be held inside its root. Use Linux, or WSL on Windows."
        )
    if sys.getfilesystemencoding() != "utf-8":
        return (
            f"Files cannot be served with file names in {sys.getfilesystemencoding()}: what is checked would not be "
            "what is opened. Set PYTHONUTF8=1 or a UTF-8 locale."
        )
    return None
