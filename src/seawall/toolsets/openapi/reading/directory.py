"""The files beside a description, through the jail: a reference reaches its directory and nothing else."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from seawall.security.jail import Jail, JailPolicy
from seawall.toolsets.openapi.reading.limits import ReadingLimits

__all__ = ["DirectoryReader"]


class DirectoryReader:
    """Reads files of one directory for `read`; a context manager.

    Links are followed while they stay inside; names that bear secrets, such as `.env`, are refused as everywhere.
    """

    def __init__(self, directory: Path, limits: ReadingLimits | None = None) -> None:
        """Hold the directory open.

        Raises:
            StartError: it is no directory, or cannot be read.
        """
        self._limit = (limits or ReadingLimits()).bytes
        self._jail = Jail.open(directory, JailPolicy(), label="the directory of the API description")

    def __call__(self, path: str) -> bytes:
        """The bytes of a file, one more than the limit at most.

        Raises:
            PathError: it is none of the directory's files.
        """
        with self._jail.open_file(path) as file:
            return file.read_at(0, self._limit + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._jail.close()
