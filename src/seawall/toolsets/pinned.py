"""The document that a declaration names: a file beside the blueprint or, pinned by its hash, something at a URL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from seawall.errors import BlueprintError, Problem, SeawallError, StartError
from seawall.security.budget import Deadline
from seawall.security.egress import fetch

__all__ = ["PinnedDocument"]

_FETCHED_WITHIN: Final = 60.0  # seconds for some megabytes


@dataclass(frozen=True, slots=True)
class PinnedDocument:
    """What a declaration says of a document.

    Attributes:
        place: path, which starts at the blueprint when it is relative, or an https URL.
        sha256: what it must hash to, in small hexadecimal digits; empty for anything, of a file alone.
        largest: bytes that are read at most.
        setting: the setting that names it, for messages.
        words: what it is, such as `API description`.
        networks: private addresses or networks at which a URL may be, as the operator wrote them.
    """

    place: str
    sha256: str
    largest: int
    setting: str
    words: str
    networks: tuple[str, ...] = ()

    @property
    def remote(self) -> bool:
        """Whether it is at a URL."""
        return "://" in self.place

    def path(self, directory: Path) -> Path:
        """Where the file is."""
        return directory / Path(self.place).expanduser()

    def content(self, directory: Path) -> bytes:
        """All of it, and one byte more than `largest` when it is larger. Blocks.

        Raises:
            BlueprintError: it is not the one that is pinned, or a URL without a pin.
            StartError: it cannot be had.
        """
        if self.remote:
            return self._fetched()
        try:
            with self.path(directory).open("rb") as file:
                content = file.read(self.largest + 1)
        except OSError as error:
            raise StartError(
                f"the {self.words} {self.place} cannot be read: {error.strerror or error}.",
                hint=f"`{self.setting}` names a file; a relative path starts at the blueprint.",
            ) from error
        if self.sha256 and not hmac.compare_digest(hashlib.sha256(content).hexdigest(), self.sha256):
            raise BlueprintError(
                [
                    _problem(
                        f"{self.place} is not the {self.words} whose hash this is; look at what changed",
                    )
                ]
            )
        return content

    def _fetched(self) -> bytes:
        if not self.sha256:
            message = f"the {self.words} at a URL needs `sha256`, the hash of what was looked at"
            raise BlueprintError([_problem(message)])

        async def fetching() -> bytes:
            deadline = Deadline.after(_FETCHED_WITHIN)
            return await fetch(
                self.place,
                max_bytes=self.largest,
                deadline=deadline,
                sha256=self.sha256,
                networks=[ip_network(each) for each in self.networks],
            )

        # A server may be put together inside of a running loop, which must not wait for its own coroutine.
        with ThreadPoolExecutor(1, thread_name_prefix="seawall-fetch") as apart:
            try:
                return apart.submit(asyncio.run, fetching()).result()
            except StartError:
                raise
            except SeawallError as error:
                raise StartError(
                    f"the {self.words} cannot be fetched: {error.message}", hint=error.hint
                ) from error


def _problem(message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key="sha256",
        found="",
        allowed="64 hexadecimal digits",
        suggestion=None,
        message=message,
    )
