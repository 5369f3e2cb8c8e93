"""A configuration file that belongs to another program: read, kept as a backup, and replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from seawall.errors import StartError, UnsafeError

__all__ = ["ConfigFile"]

_LARGEST: Final = 64 * 1024**2  # bytes
_NEW: Final = 0o600  # such files hold tokens of other servers sooner or later
_HOPS: Final = 40  # links that lead to links, as the kernel counts


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file, as it was when it was read.

    Attributes:
        path: the file itself; where a link was followed, what it leads to.
        data: its bytes; None when there is none.
        mode: its permissions.
        owner: its user and group.
    """

    path: Path
    data: bytes | None
    mode: int = _NEW
    owner: tuple[int, int] | None = None

    @classmethod
    def read(cls, path: Path, *, base: Path, follow: bool) -> ConfigFile:
        """Read the file.

        Args:
            path: of the file, absolute.
            base: links in its directories below this one count too.
            follow: whether a link may be followed.

        Raises:
            UnsafeError: a link leads elsewhere, and `follow` does not allow it.
            StartError: it is no regular file, too large, or cannot be read.
        """
        if (link := _first_link(path, base)) is not None:
            if not follow:
                raise UnsafeError(
                    f"{link} is a link to {os.readlink(link)}: what it leads to would be changed.",  # noqa: PTH115  as written
                    hint="--follow-link allows it.",
                )
            path = _target(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return cls(path, None)
        except OSError as error:
            raise _unusable(path, "read", error) from error
        with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise StartError(f"{path} is no regular file.")
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise StartError(f"{path} has more than {_LARGEST // 1024**2} MiB.")
        return cls(path, data, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))

    def replace(self, data: bytes) -> Path | None:
        """Write the new content, whole or not at all; gives the backup of the old one, if there was any.

        Raises:
            StartError: somebody changed the file since it was read, or it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.data is None:
                self._create(self.path, data)
                return None
            backup = self._backup()
            temporary = self._temporary(data)
            try:
                self._refuse_change()
                temporary.replace(self.path)
            finally:
                temporary.unlink(missing_ok=True)
        except FileExistsError as error:
            raise _changed(self.path) from error
        except OSError as error:
            raise _unusable(self.path, "written", error) from error
        else:
            _sync_directory(self.path.parent)
            return backup

    def _refuse_change(self) -> None:
        if self.path.is_symlink() or self.path.read_bytes() != self.data:
            raise _changed(self.path)

    def _backup(self) -> Path:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        for number in range(100):
            name = f"{self.path.name}.{now}{f'-{number}' if number else ''}.bak"
            backup = self.path.with_name(name)
            with suppress(FileExistsError):
                self._create(backup, self.data or b"")
                return backup
        raise FileExistsError(f"{self.path}: too many backups")

    def _create(self, path: Path, data: bytes) -> None:
        """A new file that is complete when it has its name: written beside it and linked, which never replaces."""
        temporary = self._temporary(data)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if path.exists():
                raise FileExistsError(path) from None
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _temporary(self, data: bytes) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor
                file.write(data)
                file.flush()
                if self.owner is not None and self.owner != (os.geteuid(), os.getegid()):
                    os.fchown(descriptor, *self.owner)  # before the mode: a change of owner takes bits away
                os.fchmod(descriptor, self.mode)
                os.fsync(descriptor)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Path(name)


def _first_link(path: Path, base: Path) -> Path | None:
    """The first link among the file and its directories below the base."""
    parts = path.relative_to(base).parts if path.is_relative_to(base) else (path.name,)
    place = base if path.is_relative_to(base) else path.parent
    for part in parts:
        place /= part
        if place.is_symlink():
            return place
    return None


def _target(path: Path) -> Path:
    """What the path leads to; the operator agreed to change that."""
    try:
        found = os.path.realpath(path, strict=path.exists())  # noqa: TID251  the operator's own file, and no caller's
    except OSError as error:
        raise _unusable(path, "read", error) from error
    return Path(found)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed(path: Path) -> StartError:
    return StartError(f"{path} was changed meanwhile; nothing was written.", hint="Try again.")


def _unusable(path: Path, what: str, error: OSError) -> StartError:
    return StartError(f"{path} cannot be {what}: {error.strerror or error}.")
