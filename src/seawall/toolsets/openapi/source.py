"""The description that a declaration names: from a file or, pinned by its hash, from a URL."""

from __future__ import annotations

from pathlib import Path

from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import DirectoryReader, ReadingLimits, read
from seawall.toolsets.pinned import PinnedDocument

__all__ = ["load"]


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
        declaration.spec, declaration.sha256, declaration.spec_size, "spec", "API description"
    )
    content = document.content(directory)
    if document.remote:
        return read(content, limits=limits)
    path = document.path(directory)
    with DirectoryReader(path.parent, limits) as reader:
        return read(content, source=path, reader=reader, limits=limits)
