"""Reads the secrets that a blueprint refers to: `env:NAME`, `file:/absolute/path` or `secret:NAME`.

Every message names the reference and never the value. Docker and Kubernetes hand over secrets as files;
of such a file one line end at its end is not part of the secret.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from seawall.errors import StartError
from seawall.security.redact import KNOWN_SECRETS

__all__ = ["MAX_SECRET_SIZE", "SECRET_DIRECTORIES", "Secret", "SecretDirectories", "read_secret", "resolve"]

_TURNS: Final = 10  # of links, while one secret is opened
_READING: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

MAX_SECRET_SIZE: Final = 64 * 1024
"""Bytes that a secret may have."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and what is known about its source.

    Attributes:
        value: the secret; left out of the representation, so that no log or traceback shows it by chance.
        world_readable: True when every user of the machine may read the file that it comes from.
    """

    value: str = field(repr=False)
    world_readable: bool = False


def resolve(
    reference: str,
    *,
    environment: Mapping[str, str] | None = None,
    directories: SecretDirectories | None = None,
) -> str:
    """The secret that a reference names; as `read_secret`, for callers that need the value alone."""
    return read_secret(reference, environment=environment, directories=directories).value


def read_secret(
    reference: str,
    *,
    environment: Mapping[str, str] | None = None,
    directories: SecretDirectories | None = None,
) -> Secret:
    """Read the secret that a reference names. From then on it is taken out of what leaves this process.

    Args:
        reference: `env:NAME`, `file:/absolute/path`, or `secret:NAME` for a file in one of `SECRET_DIRECTORIES`.
        environment: where NAME is looked up; the process's own environment when None.
        directories: where those files are looked up; `SECRET_DIRECTORIES` when None.

    Raises:
        StartError: no valid reference, nothing there, empty, not UTF-8, holding a NUL, larger than
            `MAX_SECRET_SIZE`, or not a regular file.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env" and _NAME.fullmatch(place):
        value = (os.environ if environment is None else environment).get(place)
        if value is None:
            raise _unusable(reference, "the variable is not set", "Set it for the server's process.")
        secret = Secret(value)
    elif scheme == "file" and place.startswith("/") and "\0" not in place:
        secret = _from_file(reference, place)
    elif scheme == "secret" and _FILE_NAME.fullmatch(place):
        secret = (directories or SECRET_DIRECTORIES).read(reference, place)
    else:
        # The text may be the secret itself, written where a reference belongs: it is not repeated.
        raise StartError(
            "a secret is given by something that is no reference.",
            hint="Write env:NAME, file:/absolute/path or secret:NAME.",
        )
    _check(reference, secret.value)
    KNOWN_SECRETS.add(secret.value)
    return secret


def _check(reference: str, value: str) -> None:
    if not value:
        raise _unusable(reference, "it is empty", "Put the secret there.")
    if "\0" in value:
        raise _unusable(reference, "it holds a NUL", "A secret is text.")
    if len(value.encode("utf-8", "surrogateescape")) > MAX_SECRET_SIZE:
        raise _too_large(reference)


class SecretDirectories:
    """Directories in which secrets are mounted, as Docker, Podman and Kubernetes do it. A process has one list of them.

    A link is followed as long as it ends in the directory itself: Kubernetes makes each secret a link by way of `..data`,
    and lays new values beside the old ones before it turns that. Whoever may write there could give the server any
    secret, so neither the file nor the directory may be open to others for that.
    """

    def __init__(self, paths: Iterable[str] = ("/run/secrets",)) -> None:
        """Args: paths: of the directories; the first that has a name counts."""
        self._paths = tuple(paths)

    def use(self, paths: Iterable[str]) -> None:
        """Look in these, in their order, from now on."""
        self._paths = tuple(paths)

    def read(self, reference: str, name: str) -> Secret:
        """The secret in the first directory that has a file of that name.

        Raises:
            StartError: none has, or the file or its directory is not as it should be.
        """
        for directory in self._paths:
            path = f"{directory.rstrip('/')}/{name}"
            if os.path.lexists(path):
                return _from_directory(reference, name, directory)
        raise _unusable(
            reference,
            f"none of {', '.join(self._paths) or 'no directory'} has it",
            "Mount it there, or name its directory in secrets.directories.",
        )


SECRET_DIRECTORIES: Final = SecretDirectories()
"""Those of this process, as its blueprint says."""


def _from_directory(reference: str, name: str, directory: str) -> Secret:
    try:
        around = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            descriptor = _opened(name, around)
        except OSError:
            os.close(around)
            raise
    except OSError as error:
        raise _unreadable(reference, error) from None
    try:
        _judge(reference, descriptor, around, directory)
        secret = _from_descriptor(reference, descriptor)
        # A mount shows root's files to whoever is inside; a file of this user's own could be closed to others.
        own = os.fstat(descriptor).st_uid == os.geteuid() != 0
        return Secret(secret.value, world_readable=own and secret.world_readable)
    finally:
        os.close(descriptor)
        os.close(around)


def _opened(name: str, around: int) -> int:
    """Open the secret, also while Kubernetes turns its links and takes the old values away.

    Raises:
        OSError: it cannot be opened.
    """
    for _ in range(_TURNS):
        with suppress(FileNotFoundError):
            return os.open(name, _READING, dir_fd=around)
    return os.open(name, _READING, dir_fd=around)


def _judge(reference: str, descriptor: int, around: int, directory: str) -> None:
    """Refuse what others could have put there.

    Raises:
        StartError: they could.
    """
    file, outside = os.fstat(descriptor), os.fstat(around)
    if not _place_of(descriptor).is_relative_to(_place_of(around)):
        raise _unusable(reference, f"it leads out of {directory}", "Mount the secret itself there.")
    if outside.st_mode & stat.S_IWOTH and not outside.st_mode & stat.S_ISVTX:
        raise _unusable(reference, f"everybody may write into {directory}", "Take the right away: chmod o-w.")
    if file.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unusable(reference, "others may write it", "Take the right away: chmod go-w.")
    if file.st_uid not in {0, os.geteuid(), outside.st_uid}:
        raise _unusable(
            reference,
            "it belongs to another user",
            "It should be root's, this user's, or the directory's owner's.",
        )


def _place_of(descriptor: int) -> Path:
    """Where an open file is, after all links; by the kernel, so that nothing can be turned meanwhile."""
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:
        raise StartError(
            "secrets.directories needs /proc, which is not there.", hint="Use file:/path."
        ) from None


def _from_file(reference: str, path: str) -> Secret:
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for its writer. Links are followed: Kubernetes
        # mounts each secret as a link, and the operator alone names the path.
        descriptor = os.open(path, _READING)
    except OSError as error:
        raise _unreadable(reference, error) from None
    try:
        return _from_descriptor(reference, descriptor)
    finally:
        os.close(descriptor)


def _from_descriptor(reference: str, descriptor: int) -> Secret:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise _unusable(reference, "it is not a regular file", "Name the file that holds the secret.")
    content = _content(reference, descriptor)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # Without the cause: it carries the bytes.
        raise _unusable(reference, "it is not UTF-8 text", "A secret is text.") from None
    value = text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
    return Secret(value, world_readable=bool(status.st_mode & stat.S_IROTH))


def _content(reference: str, descriptor: int) -> bytes:
    content = bytearray()
    try:
        while chunk := os.read(descriptor, MAX_SECRET_SIZE + 3 - len(content)):
            content += chunk
            if len(content) > MAX_SECRET_SIZE + 2:  # two more for the line end, which does not count
                raise _too_large(reference)
    except OSError as error:
        raise _unreadable(reference, error) from None
    return bytes(content)


def _unreadable(reference: str, error: OSError) -> StartError:
    reason = error.strerror or "the operating system refuses it"
    return _unusable(reference, reason, "The server's user must be able to read it.")


def _too_large(reference: str) -> StartError:
    return _unusable(reference, f"it has more than {MAX_SECRET_SIZE} bytes", "A secret is a short text.")


def _unusable(reference: str, reason: str, hint: str) -> StartError:
    return StartError(f"the secret {reference!r} cannot be used: {reason}.", hint=hint)
