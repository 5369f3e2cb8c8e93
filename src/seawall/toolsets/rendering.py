"""Results in protocol form, each with its size."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastmcp.tools.base import ToolResult
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
)
from pydantic_core import to_json

from seawall.toolsets.interface import AudioBlock, Block, ContentResult, ImageBlock, TextResult, content_size
from seawall.types import JsonObject

__all__ = ["RESULT_META", "SizedResult", "content_answer", "data_answer", "text_answer", "text_of"]

RESULT_META = "io.github.seawall/result"
"""The key in `_meta` under which a text result carries its details as data."""


class SizedResult(ToolResult):
    """A result that knows its size, so that nothing serialises it again only to measure it, and where its note begins.

    It is made without ToolResult's own conversion, which copies structured content once more.
    """

    __slots__ = (
        "_measured",
        "_note",
    )  # a private attribute of the model would cost more than all the rest of this
    if TYPE_CHECKING:
        _measured: int
        _note: str

    @classmethod
    def made(
        cls,
        text: str,
        *,
        size: int,
        data: JsonObject | None = None,
        before: Sequence[ContentBlock] = (),
        note: str = "",
    ) -> SizedResult:
        """A result with one text block, after those of another kind.

        Args:
            text: of the block.
            size: bytes of all of it.
            data: the structured content.
            before: the blocks of another kind.
            note: with which the text ends, see `text_of`; empty when it has none.
        """
        content = [*before, TextContent(type="text", text=text)]
        result = cls.model_construct(content=content, structured_content=data, meta=None, is_error=False)
        object.__setattr__(result, "_measured", size)
        object.__setattr__(result, "_note", note)
        return result

    def replaced(self, result: ToolResult, *, size: int, note: str) -> SizedResult:
        """The same with what stands in another result."""
        made = type(self).model_construct(**dict(result))
        object.__setattr__(made, "_measured", size)
        object.__setattr__(made, "_note", note)
        return made

    @property
    def size(self) -> int:
        """Bytes of the text as UTF-8, of all data as compact JSON, and of all else as base64."""
        return self._measured

    @property
    def text(self) -> str:
        """All of its text without the note."""
        whole = "\n".join(block.text for block in self.content if isinstance(block, TextContent))
        return whole.removesuffix(f"\n\n{self._note}") if self._note else whole

    @property
    def note(self) -> str:
        """The note at the end of the text; empty when there is none."""
        return self._note


def text_of(result: TextResult) -> str:
    """A text result as its caller reads it: the text, a blank line, the note.

    One block, since hosts in wide use show only the first (or only the last) block of a result. The text is
    everything before the last blank line, byte for byte, whether or not it ends with a newline itself.
    """
    return f"{result.text}\n\n{result.note}" if result.note else result.text


def data_answer(data: JsonObject) -> ToolResult:
    """Structured content, and the same compact JSON as text for hosts that read only text."""
    text = to_json(data)
    return SizedResult.made(text.decode(), size=2 * len(text), data=data)


def text_answer(result: TextResult) -> ToolResult:
    """The text with its note; the details in `_meta`."""
    text = text_of(result)
    size = len(text.encode()) + len(to_json(result.details))
    answer = SizedResult.made(text, size=size, note=result.note)
    answer.meta = {RESULT_META: result.details}
    return answer


def content_answer(result: ContentResult, data: JsonObject | None) -> ToolResult:
    """The blocks, then the note; the details as structured content where a schema promises it, else in `_meta`."""
    text = result.note if data is None else to_json(data).decode()
    details = len(to_json(result.details)) if data is None else len(text.encode())
    size = sum(content_size(len(block.data)) for block in result.blocks) + len(text.encode()) + details
    answer = SizedResult.made(text, size=size, data=data, before=[_block(each) for each in result.blocks])
    if data is None:
        answer.meta = {RESULT_META: result.details}
    return answer


def _block(block: Block) -> ContentBlock:
    data = base64.b64encode(block.data).decode()
    if isinstance(block, ImageBlock):
        return ImageContent(type="image", data=data, mime_type=block.media_type)
    if isinstance(block, AudioBlock):
        return AudioContent(type="audio", data=data, mime_type=block.media_type)
    resource = BlobResourceContents(uri=block.uri, mime_type=block.media_type, blob=data)
    return EmbeddedResource(type="resource", resource=resource)
