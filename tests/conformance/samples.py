"""The smallest real files of each binary kind, base64 as the protocol carries them."""

from typing import Final

from mcp_types import AudioContent, EmbeddedResource, ImageContent, TextResourceContents

__all__ = ["PNG", "audio", "embedded_text", "image"]

PNG: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
"""A red PNG of one pixel."""

_WAV: Final = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA=="
"""Two silent samples, 8 bit mono at 8 kHz."""


def image() -> ImageContent:
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def audio() -> AudioContent:
    return AudioContent(type="audio", data=_WAV, mime_type="audio/wav")


def embedded_text(uri: str, text: str, *, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(
        type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    )
