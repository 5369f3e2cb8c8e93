"""The description that a declaration names: from a file or, pinned by its hash, from a URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import DirectoryReader, ReadingLimits, read
from seawall.toolsets.pinned import PinnedDocument

__all__ = ["load", "referred"]

_ELSEWHERE: Final = re.compile(rb"""\$ref["']?\s*:\s*["']?[^#"'\s]""")


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
    document = PinnedDocument(
        declaration.spec,
        declaration.sha256,
        declaration.spec_size,
        "spec",
        "API description",
        declaration.networks,
    )
    content = document.content(directory)
    if document.remote:
        return read(content, limits=limits)
    path = document.path(directory)
    with DirectoryReader(path.parent, limits) as reader:
        return read(content, source=path, reader=reader, limits=limits)


def referred(path: Path) -> dict[str, bytes]:
    """The files beside a description that its references lead to, by their paths from its directory.

    Raises:
        OSError: the description cannot be read.
        StartError: it is none.
    """
    content = path.read_bytes()
    if not _ELSEWHERE.search(content):
        return {}
    found: dict[str, bytes] = {}
    with DirectoryReader(path.parent) as reader:

        def kept(name: str) -> bytes:
            found[name] = reader(name)
            return found[name]

        read(content, source=path, reader=kept)
    return found
