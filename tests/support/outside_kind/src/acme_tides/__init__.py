"""The kind `tides`: when the water is high. Made outside of Seawall, with its public interface alone."""

from .toolset import TidesKind

__all__ = ["KIND"]

KIND = TidesKind()
