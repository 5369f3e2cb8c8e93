"""Reading a description: bytes to an `ApiDescription`, tolerant of what real ones get wrong."""

from __future__ import annotations

from seawall.toolsets.openapi.reading.closing import Definitions, closed, resolved
from seawall.toolsets.openapi.reading.directory import DirectoryReader
from seawall.toolsets.openapi.reading.limits import ReadingLimits
from seawall.toolsets.openapi.reading.reader import read
from seawall.toolsets.openapi.reading.references import DocumentReader

__all__ = ["Definitions", "DirectoryReader", "DocumentReader", "ReadingLimits", "closed", "read", "resolved"]
