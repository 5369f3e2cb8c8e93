"""Results and errors in the forms that clients get (DESIGN section 5)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastmcp.prompts.base import PromptResult
from fastmcp.resources.base import ResourceContent, ResourceResult
from fastmcp.tools.base import InputRequiredToolResult, ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    AudioContent,
    BlobResourceContents,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
)
from pydantic import BaseModel
from pydantic_core import to_json

from seawall.runtime.pipeline.call import Report
from seawall.runtime.request import current_request
from seawall.runtime.searched import found_clean
from seawall.security.redact import KNOWN_SECRETS, Redactor
from seawall.toolsets.rendering import SizedResult
from seawall.types import JsonObject

__all__ = [
    "ERROR_META",
    "OtherPayload",
    "ToolPayload",
    "error_result",
    "protocol_error",
    "reported",
    "spoken",
    "told",
]

ERROR_META = "io.github.seawall/error"
"""The key in `_meta` under which an error result carries its code, message, hint and retryable as data."""

_CUT = "\n\n[cut here: the first {kept} of {total} bytes, since the server's limit for one result is {limit}]"
_OF_PARAMETERS = frozenset({"invalid_arguments", "not_subscribable"})  # codes of what a client can correct
_Model = TypeVar("_Model", bound=BaseModel)
_LONG = 256  # characters of a text that takes longer to search than to remember
_ROOM = 160  # bytes kept free for the closing line


@dataclass(frozen=True, slots=True)
class ToolPayload:
    """The result of a tool."""

    result: ToolResult

    def size(self) -> int:
        """Bytes of all content and data."""
        result = self.result
        if isinstance(result, SizedResult):
            return result.size
        if isinstance(result, InputRequiredToolResult):
            return len(to_json(result.input_required))
        size = sum(_block_size(block) for block in result.content)
        if result.structured_content is not None:
            size += len(to_json(result.structured_content))
        return size if result.meta is None else size + len(to_json(result.meta))

    def cut(self, limit: int) -> ToolPayload | None:
        """The text cut to the limit; None for a result that is not text alone.

        Details in `_meta` go, and a note at the end too: both describe the whole text.
        """
        texts = [block.text for block in self.result.content if isinstance(block, TextContent)]
        if self.result.structured_content is not None or len(texts) != len(self.result.content) or not texts:
            return None
        whole = "\n".join(texts).encode()
        kept = whole[: max(0, limit - _ROOM)].decode(errors="ignore")
        size = len(kept.encode())
        text = kept + _CUT.format(kept=size, total=len(whole), limit=limit)
        made = SizedResult.made(text, size=len(text.encode()))
        made.is_error = self.result.is_error
        return ToolPayload(made)

    def without(self, redactor: Redactor) -> ToolPayload:
        """The same result; the very same object when no secret is in it."""
        result = self.result
        if isinstance(result, InputRequiredToolResult):
            asked = _clean(result.input_required, redactor)
            same = asked is result.input_required
            return self if same else ToolPayload(InputRequiredToolResult(asked))
        content = [_clean_block(block, redactor) for block in result.content]
        data = _clean_object(result.structured_content, redactor)
        meta = _clean_object(result.meta, redactor)
        if data is result.structured_content and meta is result.meta and _same(content, result.content):
            return self
        clean = ToolPayload(
            ToolResult.model_construct(
                content=content, structured_content=data, meta=meta, is_error=result.is_error
            )
        )
        if not isinstance(result, SizedResult):
            return clean
        note = redactor.text(result.note)
        return ToolPayload(result.replaced(clean.result, size=clean.size(), note=note))


@dataclass(frozen=True, slots=True)
class OtherPayload:
    """What a resource, a prompt or a completion gave, or a result that an extension made. It cannot be cut."""

    result: object

    def size(self) -> int:
        """Bytes of its contents as they go over the wire."""
        if isinstance(self.result, ResourceResult):
            return sum(_length(item.content) for item in self.result.contents)
        result = self.result.messages if isinstance(self.result, PromptResult) else self.result
        return len(to_json(result)) if isinstance(result, list | dict) else 0

    def cut(self, limit: int) -> None:
        """None, always: a part of a file or of a dialogue would pass for the whole."""
        del limit

    def without(self, redactor: Redactor) -> OtherPayload:
        """The same result; the very same object when no secret is in it."""
        clean: object
        if isinstance(self.result, ResourceResult):
            clean = _clean_resource(self.result, redactor)
        elif isinstance(self.result, PromptResult):
            clean = _clean_prompt(self.result, redactor)
        elif isinstance(self.result, BaseModel):
            clean = _clean(self.result, redactor)
        elif isinstance(self.result, dict):
            clean = redactor.value(self.result, keys=False)
        else:
            return self
        return self if clean is self.result else OtherPayload(clean)


def _clean(model: _Model, redactor: Redactor) -> _Model:
    """A copy of the model without secrets in any of its values; itself when there are none."""
    dumped = model.model_dump(mode="json", by_alias=True)
    clean = redactor.value(dumped, keys=False)  # the names of a protocol's fields are no secrets
    return model if clean is dumped else type(model).model_validate(clean)


def _clean_object(value: JsonObject | None, redactor: Redactor) -> JsonObject | None:
    clean = redactor.value(value)
    return clean if isinstance(clean, dict) else None


def _clean_block(block: ContentBlock, redactor: Redactor) -> ContentBlock:
    if isinstance(block, TextContent) and block.meta is None:  # nearly all
        text = _clean_text(block.text, redactor)
        return block if text is block.text else block.model_copy(update={"text": text})
    if isinstance(block, ImageContent | AudioContent):
        data = _clean_base64(block.data, redactor)
        block = block if data is block.data else block.model_copy(update={"data": data})
        return block if block.meta is None else _clean(block, redactor)
    if isinstance(block, EmbeddedResource) and isinstance(block.resource, BlobResourceContents):
        blob = _clean_base64(block.resource.blob, redactor)
        if blob is not block.resource.blob:
            block = block.model_copy(update={"resource": block.resource.model_copy(update={"blob": blob})})
    return _clean(block, redactor)


def _clean_base64(text: str, redactor: Redactor) -> str:
    """Base64 without secrets in what it encodes. A mark amid the base64 itself would make it undecodable."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return redactor.text(text)
    clean = redactor.data(data)
    return text if clean is data else base64.b64encode(clean).decode()


def _clean_text(text: str, redactor: Redactor) -> str:
    """The text without secrets. Both halves of the pipeline look: the second finds the very text of the first clean."""
    request = current_request.get() if len(text) >= _LONG else None
    if request is None:
        return redactor.text(text)
    if request.clean is not text:
        text = request.clean = redactor.text(text)
    if redactor is KNOWN_SECRETS:
        found_clean(text)
    return text


def _clean_resource(result: ResourceResult, redactor: Redactor) -> ResourceResult:
    contents = [_clean_content(item, redactor) for item in result.contents]
    meta = redactor.value(result.meta)
    if meta is result.meta and _same(contents, result.contents):
        return result
    return result.model_copy(update={"contents": contents, "meta": meta})


def _clean_prompt(result: PromptResult, redactor: Redactor) -> PromptResult:
    messages = [
        message.model_copy(update={"content": _clean(message.content, redactor)})
        for message in result.messages
    ]
    description = None if result.description is None else redactor.text(result.description)
    meta = _clean_object(result.meta, redactor)
    return result.model_copy(update={"messages": messages, "description": description, "meta": meta})


def _clean_content(item: ResourceContent, redactor: Redactor) -> ResourceContent:
    old = item.content
    new = redactor.text(old) if isinstance(old, str) else redactor.data(old)
    meta = redactor.value(item.meta)
    same = new is old and meta is item.meta
    return item if same else item.model_copy(update={"content": new, "meta": meta})


def _same(new: Sequence[object], old: Sequence[object]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))


def _length(content: str | bytes) -> int:
    return len(content.encode()) if isinstance(content, str) else len(content)


def _block_size(block: object) -> int:
    return len(block.text.encode()) if isinstance(block, TextContent) else len(to_json(block))


def spoken(report: Report) -> str:
    """The whole error as text: some hosts show the model nothing else."""
    return " ".join(part for part in (report.message, report.hint, f"[{report.code}]") if part)


def protocol_error(report: Report) -> MCPError:
    """The error for what has no error result: all but tools."""
    code = INVALID_PARAMS if report.code in _OF_PARAMETERS else INTERNAL_ERROR
    return MCPError(code=code, message=spoken(report), data=error_meta(report))


def error_result(report: Report) -> ToolResult:
    """A tool's error result: text, and the same as data in `_meta`.

    No structured content: a client in wide use refuses it on tools with an output schema (measured).
    """
    return ToolResult(
        content=[TextContent(type="text", text=spoken(report))], meta=error_meta(report), is_error=True
    )


def told(error: Exception, report: Report, redactor: Redactor) -> Exception:
    """The error to raise: itself, or the same with the report's words and without secrets in its data."""
    data = error.error.data if isinstance(error, MCPError) else None
    clean = redactor.value(data)
    if report.message == str(error) and clean is data:
        return error
    code = error.error.code if isinstance(error, MCPError) else INVALID_PARAMS
    return MCPError(code=code, message=report.message, data=clean)


def error_meta(report: Report) -> dict[str, object]:
    """The error as data, under our key."""
    data: dict[str, object] = {
        "code": report.code,
        "message": report.message,
        "hint": report.hint,
        "retryable": report.retryable,
    }
    if report.reference is not None:
        data["reference"] = report.reference
    return {ERROR_META: data}


def reported(result: ToolResult) -> Report:
    """The report inside of an error result; for one that a tool worded itself, that it failed."""
    data = (result.meta or {}).get(ERROR_META)
    if not isinstance(data, dict):
        return Report("tool_failed", "The tool answered with an error result.", None, retryable=False)
    return Report(
        code=str(data.get("code")),
        message=str(data.get("message")),
        hint=data.get("hint"),
        retryable=bool(data.get("retryable")),
        reference=data.get("reference"),
    )
