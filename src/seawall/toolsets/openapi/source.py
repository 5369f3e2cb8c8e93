"""The description that a declaration names: from a file or, pinned by its hash, from a URL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from seawall.errors import BlueprintError, Problem, SeawallError, StartError
from seawall.security.budget import Deadline
from seawall.security.egress import fetch
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import DirectoryReader, ReadingLimits, read

__all__ = ["load"]

_FETCHED_WITHIN: Final = 60.0  # seconds for a description of some megabytes


def load(declaration: OpenApiDeclaration, directory: Path) -> ApiDescription:
    """Read the description. Blocks: a large one takes seconds.

    Args:
        declaration: names it.
        directory: where a relative path starts.

    Raises:
        BlueprintError: it is not the one that is pinned, or a URL without a pin.
        StartError: it cannot be had, or is no description.
    """
    limits = ReadingLimits(bytes=declaration.spec_size)
    if "://" in declaration.spec:
        return read(_fetched(declaration), limits=limits)
    path = directory / Path(declaration.spec).expanduser()
    try:
        with path.open("rb") as file:
            content = file.read(declaration.spec_size + 1)
    except OSError as error:
        raise StartError(
            f"the API description {declaration.spec} cannot be read: {error.strerror or error}.",
            hint="`spec` names a file; a relative path starts at the blueprint.",
        ) from error
    if declaration.sha256:
        _check(content, declaration)
    with DirectoryReader(path.parent, limits) as reader:
        return read(content, source=path, reader=reader, limits=limits)


def _fetched(declaration: OpenApiDeclaration) -> bytes:
    if not declaration.sha256:
        raise BlueprintError(
            [_problem("sha256", "a description from a URL needs `sha256`, the hash of what was looked at")]
        )

    async def fetching() -> bytes:
        deadline = Deadline.after(_FETCHED_WITHIN)
        return await fetch(
            declaration.spec,
            max_bytes=declaration.spec_size,
            deadline=deadline,
            sha256=declaration.sha256,
        )

    # A server may be put together inside of a running loop, which must not wait for its own coroutine.
    with ThreadPoolExecutor(1, thread_name_prefix="seawall-fetch") as apart:
        try:
            return apart.submit(asyncio.run, fetching()).result()
        except StartError:
            raise
        except SeawallError as error:
            raise StartError(
                f"the API description cannot be fetched: {error.message}", hint=error.hint
            ) from error


def _check(content: bytes, declaration: OpenApiDeclaration) -> None:
    if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), declaration.sha256):
        raise BlueprintError(
            [
                _problem(
                    "sha256",
                    f"{declaration.spec} is not the description whose hash this is; look at what changed",
                )
            ]
        )


def _problem(key: str, message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found="",
        allowed="64 hexadecimal digits",
        suggestion=None,
        message=message,
    )
