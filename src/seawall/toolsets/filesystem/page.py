"""What is told beside the text of a part: one line for the model, the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from seawall.security.jail import FileStatus
from seawall.toolsets.filesystem.text import TextFormat, newline_style
from seawall.toolsets.filesystem.windows import BASE64, Position
from seawall.types import JsonObject

__all__ = ["Page", "described", "timestamp"]


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a file, as it goes to the caller.

    Attributes:
        text: decoded text without byte order mark, or base64.
        data: the bytes of the file that it stands for; a byte order mark before them counts as their own.
        start: where they begin.
        end: the byte behind its last one.
        line: number of its first line, or None when it was not counted.
        rows: how many lines it shows.
        following: where the rest of the window begins, or None when this is its end.
        damaged: whether the text is not all that the bytes say: U+FFFD stands for some, or they would not come back.
        earlier: whether lines before it were asked for and left out.
    """

    text: str
    data: bytes
    start: int
    end: int
    line: int | None = None
    rows: int = 0
    following: Position | None = None
    damaged: bool = False
    earlier: bool = False

    def note(self, details: JsonObject) -> str:
        """One line: what this is, and how to go on."""
        parts = [f"bytes {self.start}-{self.end} of {details['size']}"]
        if self.line is not None and self.rows:
            parts.insert(0, f"lines {self.line}-{self.line + self.rows - 1}")
        parts.append(str(details["encoding"]))
        if details.get("bom"):
            parts.append("with byte order mark")
        if details.get("newline", "none") != "none":
            parts.append(f"{details['newline']} line endings")
        parts.append(f"modified {details['modified']}")
        if "sha256" in details:
            parts.append(f"sha256 {details['sha256']}")
        return f"[{', '.join(parts)}]{''.join(f' {remark}' for remark in self._remarks(details))}"

    def _remarks(self, details: JsonObject) -> list[str]:
        remarks: list[str] = []
        if self.end == self.start and self.start:
            remarks.append("The file ends before this window.")
        if self.damaged:
            remarks.append(
                "Some bytes are no valid text, or text with no way back (U+FFFD stands for the former): do not write it back."
            )
        if self.earlier:
            remarks.append(f"The lines before byte {self.start} did not fit: read them by offset and length.")
        if "hard_links" in details:
            remarks.append(f"The file has {details['hard_links']} names (hard links).")
        if "changed" in details:
            remarks.append("The file is being changed by someone else.")
        if "next" in details:
            remarks.append(f'More follows: call again with path and next="{details["next"]}".')
        return remarks


def described(
    page: Page, form: TextFormat | None, path: str, status: FileStatus, *, whole: bool
) -> JsonObject:
    """The details of a part. `form` is None for bytes."""
    span: JsonObject = {"offset": page.start, "length": page.end - page.start}
    if page.line is not None and page.rows:
        span |= {"start_line": page.line, "end_line": page.line + page.rows - 1}
    details: JsonObject = {
        "path": path,
        "encoding": form.encoding if form else BASE64,
        "size": status.size,
        "modified": timestamp(status.modified_ns),
        "range": span,
    }
    if form is not None:
        style = newline_style(page.text) if whole else form.newline  # else that of the file's head
        details |= {"bom": bool(form.bom), "newline": style}
    if page.following is not None:
        details["next"] = page.following.cursor(status)
    if page.damaged:
        details["damaged"] = True
    if page.earlier:
        details["earlier"] = True
    if status.links > 1:
        details["hard_links"] = status.links
    return details


def timestamp(nanoseconds: int) -> str:
    """ISO 8601 in UTC, to the second; `unknown` for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(nanoseconds // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "unknown"
