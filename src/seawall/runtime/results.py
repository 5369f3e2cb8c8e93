"""Results and errors in the forms that clients get (DESIGN section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from fastmcp.prompts.base import PromptResult
from fastmcp.resources.base import ResourceResult
from fastmcp.tools.base import InputRequiredToolResult, ToolResult
from mcp_types import TextContent
from pydantic_core import to_json

from seawall.runtime.pipeline.call import Report
from seawall.toolsets.serving import SizedResult

__all__ = ["ERROR_META", "OtherPayload", "ToolPayload", "error_result", "reported", "spoken"]

ERROR_META = "io.github.seawall/error"
"""The key in `_meta` under which an error result carries its code, message, hint and retryable as data."""

_CUT = "\n\n[cut here: the first {kept} of {total} bytes, since the server's limit for one result is {limit}]"
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


@dataclass(frozen=True, slots=True)
class OtherPayload:
    """What a resource or prompt gave, or a result that an extension made. It cannot be cut."""

    result: object

    def size(self) -> int:
        """Bytes of its contents as they go over the wire."""
        if isinstance(self.result, ResourceResult):
            return sum(_length(item.content) for item in self.result.contents)
        return len(to_json(self.result.messages)) if isinstance(self.result, PromptResult) else 0

    def cut(self, limit: int) -> None:
        """None, always: a part of a file or of a dialogue would pass for the whole."""
        del limit


def _length(content: str | bytes) -> int:
    return len(content.encode()) if isinstance(content, str) else len(content)


def _block_size(block: object) -> int:
    return len(block.text.encode()) if isinstance(block, TextContent) else len(to_json(block))


def spoken(report: Report) -> str:
    """The whole error as text: some hosts show the model nothing else."""
    return " ".join(part for part in (report.message, report.hint, f"[{report.code}]") if part)


def error_result(report: Report) -> ToolResult:
    """A tool's error result: text, and the same as data in `_meta`.

    No structured content: a client in wide use refuses it on tools with an output schema (measured).
    """
    return ToolResult(
        content=[TextContent(type="text", text=spoken(report))], meta=error_meta(report), is_error=True
    )


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
