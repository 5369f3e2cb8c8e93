"""From the operating system's words to the caller's: every errno, none with the host's path."""

from __future__ import annotations

import errno
import os

import pytest

from seawall import errors
from seawall.security.jail.refusals import refusal


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, errors.PathNotFoundError),
        (errno.EACCES, errors.PathPermissionError),
        (errno.EPERM, errors.PathPermissionError),
        (errno.EXDEV, errors.PathEscapeError),
        (errno.ENOTDIR, errors.NotDirectoryError),
        (errno.EISDIR, errors.NotRegularFileError),
        (errno.ENXIO, errors.NotRegularFileError),
        (errno.ENODEV, errors.NotRegularFileError),
        (errno.EEXIST, errors.PathExistsError),
        (errno.ENOTEMPTY, errors.DirectoryNotEmptyError),
        (errno.ELOOP, errors.PathInvalidError),
        (errno.ENAMETOOLONG, errors.PathInvalidError),
        (errno.EINVAL, errors.PathInvalidError),
        (errno.EILSEQ, errors.PathInvalidError),
        (errno.EROFS, errors.StorageError),
        (errno.ENOSPC, errors.StorageError),
        (errno.EDQUOT, errors.StorageError),
        (errno.EFBIG, errors.StorageError),
        (errno.EIO, errors.StorageError),
        (errno.ESTALE, errors.StorageError),
        (errno.EBUSY, errors.StorageError),
        (errno.ETXTBSY, errors.StorageError),
        (errno.EMFILE, errors.OverloadedError),
        (errno.ENFILE, errors.OverloadedError),
        (errno.ENOMEM, errors.OverloadedError),
    ],
    ids=lambda value: errno.errorcode.get(value, "") if isinstance(value, int) else "",
)
def test_each_has_its_own_error(number: int, kind: type[errors.OperationError]) -> None:
    """The right class, the caller's path, and not a word of the path that the system call was given."""
    told = refusal(OSError(number, os.strerror(number), "/srv/secret/place"), "docs/a.txt")
    assert type(told) is kind
    assert "/srv" not in str(told)
    if isinstance(told, errors.PathError):
        assert told.path == "docs/a.txt"


def test_every_errno_gives_some_error() -> None:
    """Nothing that an operating system may answer, now or later, gets through as it is."""
    for number in (*errno.errorcode, 9999):
        assert isinstance(refusal(OSError(number, "x"), "a"), errors.OperationError)
    assert isinstance(refusal(OSError("without a number"), "a"), errors.StorageError)
