"""The page of the log: each record with its fields. That it is complete, tests find out from the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.markdown import code, page, table

__all__ = ["EVERYWHERE", "RECORDS", "Record", "records_page"]

_INTRODUCTION: Final = """\
The server writes its log to standard error: one JSON object a line, or lines for people on a terminal
([`log.format`](settings.md#logformat)). A field that has nothing to say is left out. No record holds the values of arguments, and secrets that
came from references are taken out. Records of the libraries (warnings and errors, at `debug` all) come in the same form. A reader of the log
that is too slow never stops the server: records are dropped then, and counted."""


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        event: its `event`.
        level: how important it is.
        when: it is written.
        fields: what each of its own fields means.
    """

    event: str
    level: str
    when: str
    fields: dict[str, str]


EVERYWHERE: Final = {
    "event": "What happened, in the words of this page.",
    "level": "`debug`, `info`, `warning` or `error`.",
    "logger": "The part of the server that says so.",
    "timestamp": "When, in UTC (ISO 8601).",
    "exception": "The traceback, of an unexpected error.",
}
"""The fields that every record has, or may have."""

_REQUEST_ID: Final = "Seawall's own id of the call; the reference that a caller is told."
RECORDS: Final = (
    Record(
        "call",
        "info; warning when it failed",
        "A call has ended, however it did.",
        {
            "request_id": _REQUEST_ID,
            "rpc_id": "The client's JSON-RPC id.",
            "protocol": "The negotiated version of MCP.",
            "kind": "`tool`, `resource`, `prompt`, `completion` or `subscription`.",
            "name": "The tool's or prompt's name, or the resource's URI.",
            "principal": "Who called: `local` on stdio; over HTTP the token's subject, or `anonymous`.",
            "outcome": "`ok`; `refused` for a reason that the caller was told; `failed` unexpectedly; `cancelled`.",
            "code": "The [error's code](errors.md), of a call that was refused or failed.",
            "milliseconds": "How long it took.",
            "bytes": "Size of the result.",
        },
    ),
    Record(
        "internal error",
        "error",
        "Something unexpected happened in a call; its caller was told the reference alone.",
        {"reference": _REQUEST_ID, "kind": "As in `call`.", "name": "As in `call`."},
    ),
    Record(
        "implementation not closed cleanly",
        "warning",
        "What carries out a contract raised when it was closed, took too long, or left something running.",
        {"implementation": "As the blueprint names it.", "reason": "What happened."},
    ),
    Record(
        "session not ended",
        "warning",
        "A session that made room for another one could not be ended.",
        {"status": "What FastMCP answered to the request that ends it."},
    ),
    Record(
        "signing keys cannot be fetched",
        "warning",
        "The authorization server did not give its keys. Known ones go on.",
        {"error": "Why."},
    ),
    Record(
        "ready",
        "info",
        "The server answers from now on. Not written when the banner is shown, or with `--json`.",
        {
            "url": "Where; null on stdio.",
            "transport": "`stdio` or `http`.",
            "name": "The server's name.",
            "access": "`write` when any tool can change something, else `read`.",
            "tools": "Each tool with the tokens that its description costs a model.",
            "tokens": "Their sum.",
            "pid": "The process.",
        },
    ),
    Record("serving", "info", "The same for `seawall.run`.", {"url": "Where."}),
    Record(
        "variable sets nothing",
        "warning",
        "An environment variable begins with `SEAWALL_` and names no setting. Its value is not told.",
        {"name": "The variable.", "hint": "Which one was meant, perhaps."},
    ),
    Record(
        "older format",
        "warning",
        "The blueprint has an older format and was read as one of today's; nothing was written.",
        {"message": "What each setting was taken for.", "hint": "`seawall upgrade` writes it down."},
    ),
    Record(
        "challenge",
        "info",
        "A caller over HTTP lacked scopes and was told which, before there was a call (`http.on_missing_scope`).",
        {
            "request_id": _REQUEST_ID,
            "principal": "As in `call`.",
            "kind": "As in `call`.",
            "name": "As in `call`.",
            "scopes": "Those that the use needs.",
        },
    ),
    Record(
        "reloaded",
        "info",
        "The blueprint was read again at SIGHUP, and holds from now on.",
        {"changed": "The settings that differ from before."},
    ),
    Record(
        "reload refused: the settings stay as they are",
        "error",
        "The blueprint was read again at SIGHUP and cannot be taken over.",
        {"reasons": "What is wrong with it, or what can change at a start only; one sentence each."},
    ),
    Record(
        "prompts changed: they are read at a start only",
        "warning",
        "The files of the prompts say something else than what is served, after a reload.",
        {},
    ),
    Record(
        "audit: records cannot be written",
        "error",
        "Calls cannot be recorded from now on. Written once.",
        {"reason": "Why.", "calls": "What becomes of calls: `refuse` or `continue`."},
    ),
    Record("audit: records can be written again", "warning", "What waited was recorded.", {}),
    Record(
        "audit: the last records are lost",
        "error",
        "The server ended while calls could not be recorded, or while the disk did not answer.",
        {"records": "How many waited."},
    ),
    Record(
        "audit: the last line was not whole and was taken away",
        "warning",
        "A server before this one was killed while it wrote.",
        {"bytes": "Of that line."},
    ),
    Record("audit: the file was moved, a new one is begun", "info", "The audit was rotated.", {}),
    Record(
        "audit: the file of checkpoints was taken away, a new one is begun",
        "warning",
        "Checkpoints from before are gone from where they were kept.",
        {},
    ),
    Record("stopped", "info", "The server has ended in order.", {}),
    Record(
        "not ready",
        "warning",
        "`/readyz` began to answer 503 because of a toolset, or since calls are refused that cannot be recorded. Written "
        "once for each fault.",
        {
            "toolset": "Its name; `[[resource]]` for the blueprint's own resources, `[audit]` for the records of calls.",
            "fault": "What is wrong, in one sentence.",
        },
    ),
    Record(
        "degraded",
        "warning",
        "A part of a toolset does not work, such as a service that does not answer; `/readyz` goes on answering 200. Written "
        "once for each reason, when `/readyz` is asked.",
        {
            "toolset": "Its name; `[audit]` for the records of calls that go on without one.",
            "fault": "What does not work, in one sentence.",
        },
    ),
    Record(
        "request sent again",
        "info",
        "A request to a service failed and is sent again.",
        {
            "host": "Of the service.",
            "reason": "Why it failed.",
            "attempt": "How many have failed until now.",
            "wait": "Seconds until then.",
        },
    ),
    Record(
        "request",
        "info",
        "An HTTP request was answered. Health probes that found all well are left out.",
        {
            "client": "Address and port.",
            "method": "Of HTTP.",
            "path": "Without the query.",
            "status": "Of HTTP.",
        },
    ),
    Record(
        "line refused",
        "warning",
        "A line on stdio was no message; the client was answered with an error of JSON-RPC.",
        {"code": "Of JSON-RPC.", "reason": "What is wrong with the line, without its content."},
    ),
    Record(
        "input schema cannot be compiled",
        "warning",
        "A tool of a hardened server has an input schema that is not valid. Of a function FastMCP still checks the arguments; "
        "calls of any other tool are refused.",
        {"name": "The tool."},
    ),
    Record(
        "records dropped",
        "warning",
        "The reader of the log was too slow.",
        {"count": "How many records are missing here."},
    ),
)


def records_page() -> str:
    """The whole page."""
    parts = ["## Fields of every record", _fields(EVERYWHERE)]
    for record in RECORDS:
        parts += [f"## {code(record.event)}", f"{record.when} Level: {record.level}."]
        parts += [_fields(record.fields)] if record.fields else []
    return page("Log", _INTRODUCTION, *parts)


def _fields(fields: dict[str, str]) -> str:
    return table(("field", "meaning"), [(code(name), words) for name, words in fields.items()])
