"""Reads the secrets that a blueprint refers to: `env:NAME` or `file:/absolute/path`.

Every message names the reference and never the value. Docker and Kubernetes hand over secrets as files;
of such a file one line end at its end is not part of the secret.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from seawall.errors import StartError
from seawall.security.redact import KNOWN_SECRETS

__all__ = ["MAX_SECRET_SIZE", "Secret", "read_secret", "resolve"]

MAX_SECRET_SIZE: Final = 64 * 1024
"""Bytes that a secret may have."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and what is known about its source.

    Attributes:
        value: the secret; left out of the representation, so that no log or traceback shows it by chance.
        world_readable: True when every user of the machine may read the file that it comes from.
    """

    value: str = field(repr=False)
    world_readable: bool = False


def resolve(reference: str, *, environment: Mapping[str, str] | None = None) -> str:
    """The secret that a reference names; as `read_secret`, for callers that need the value alone."""
    return read_secret(reference, environment=environment).value


def read_secret(reference: str, *, environment: Mapping[str, str] | None = None) -> Secret:
    """Read the secret that a reference names. From then on it is taken out of what leaves this process.

    Args:
        reference: `env:NAME` or `file:/absolute/path`.
        environment: where NAME is looked up; the process's own environment when None.

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
    else:
        # The text may be the secret itself, written where a reference belongs: it is not repeated.
        raise StartError(
            "a secret is given by something that is no reference.",
            hint="Write env:NAME or file:/absolute/path.",
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


def _from_file(reference: str, path: str) -> Secret:
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for its writer. Links are followed: Kubernetes
        # mounts each secret as a link, and the operator alone names the path.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise _unreadable(reference, error) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unusable(reference, "it is not a regular file", "Name the file that holds the secret.")
        content = _content(reference, descriptor)
    finally:
        os.close(descriptor)
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
