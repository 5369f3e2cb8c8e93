"""Many operations behind three tools: one to search, one to describe, one to call. For every kind of toolset."""

from seawall.toolsets.discovery.catalogue import Catalogue
from seawall.toolsets.discovery.index import Index
from seawall.toolsets.discovery.tools import CALL, RESERVED, Discovery

__all__ = ["CALL", "RESERVED", "Catalogue", "Discovery", "Index"]
