"""Rows: a secret in exceptions, results, notifications and the log; and results over the limit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from hostile.runtime_cases import HTTP, STDIO, Case, on, said
from hostile.runtime_plays import eventually
from hostile.runtime_tools import FORMS, LIMIT, SECRET
from hostile.runtime_world import Line, call
from support.clients.interface import Json
from support.clients.raw import request

__all__ = ["SECRETS"]

_Ask = Callable[[Line, str], Json]


def shown(text: str) -> bool:
    """Whether the secret is in the text, in one of its forms."""
    return any(form(SECRET) in text or json.dumps(form(SECRET))[1:-1] in text for form in FORMS.values())


def _told(ask: _Ask) -> Callable[[Line], str]:
    """What is answered, and whether the secret is in it, over all of its forms."""

    def play(line: Line) -> str:
        heard = [line.ask(ask(line, form)) for form in FORMS]
        told = [form for form, each in zip(FORMS, heard, strict=True) if shown(each.text)]
        words = sorted({said(each) for each in heard})
        return f"{' and '.join(words)}, {'with ' + ', '.join(told) if told else 'without the secret'}"

    return play


def _tool(name: str) -> _Ask:
    def ask(line: Line, form: str) -> Json:
        message = call(line.era, name, form=form)
        message["params"].setdefault("_meta", {}).update(
            {"progressToken": "p", "io.modelcontextprotocol/logLevel": "debug"}
        )
        return message

    return ask


def _resource(kind: str) -> _Ask:
    return lambda line, form: request(line.era, 1, "resources/read", {"uri": f"hostile://{kind}/{form}"})


def _prompt(name: str) -> _Ask:
    return lambda line, form: request(line.era, 1, "prompts/get", {"name": name, "arguments": {"form": form}})


def _logged(line: Line) -> str:
    """What the rows above, and one failure more, left in the server's log."""
    _told(_tool("broken"))(line)
    log = line.server.log
    assert eventually(lambda: "cannot log in with" in log.read_text()), "there is no traceback"
    return "with the secret" if shown(log.read_text()) else "without the secret"


def _size(ask: Callable[[Line], Json]) -> Callable[[Line], str]:
    def play(line: Line) -> str:
        heard = line.ask(ask(line))
        within = len(json.dumps(heard.messages)) < LIMIT + 2000
        return f"{said(heard)}, {'within the limit' if within else 'over the limit'}"

    return play


def _large(what: str) -> Callable[[Line], Json]:
    size = 2 * LIMIT
    return {
        "text": lambda line: call(line.era, "text_of", size=size),
        "data": lambda line: call(line.era, "data_of", size=size),
        "resource": lambda line: request(line.era, 1, "resources/read", {"uri": f"hostile://size/{size}"}),
        "prompt": lambda line: request(
            line.era, 1, "prompts/get", {"name": "prompt_of", "arguments": {"size": str(size)}}
        ),
    }[what]


def _row(name: str, promise: str, send: Callable[[Line], str], guarded: str, bare: str) -> list[Case]:
    """A row whose answers differ between HTTP and stdio in the status alone."""
    return on(name, promise, send, {HTTP: (f"200 {guarded}", f"200 {bare}"), STDIO: (guarded, bare)})


_REDACTED = "SECURITY.md: no known secret leaves in any message or the log, nor in common encodings"
_MASKED = "SECURITY.md: an unexpected error tells a reference and nothing else"
_BOUNDED = "SECURITY.md: a result is bounded in bytes"
_WITHOUT, _WITH = "without the secret", "with plain, base64, percent"
_WITHIN, _OVER = "within the limit", "over the limit"
_NOTES = "notifications/message notifications/progress result"

SECRETS: Final[tuple[Case, ...]] = (
    *_row(
        "a tool fails, the secret in its exception",
        _MASKED,
        _told(_tool("broken")),
        f"tool error `internal_error`, {_WITHOUT}",
        f"tool error, {_WITH}",
    ),
    *_row(
        "a tool refuses, the secret in its words",
        _REDACTED,
        _told(_tool("refusing")),
        f"tool error `tool_failed`, {_WITHOUT}",
        f"tool error, {_WITH}",
    ),
    *_row(
        "the secret in a result",
        _REDACTED,
        _told(_tool("telling")),
        f"result, {_WITHOUT}",
        f"result, {_WITH}",
    ),
    *_row(
        "the secret in a log message and in progress",
        _REDACTED,
        _told(_tool("chatting")),
        f"{_NOTES}, {_WITHOUT}",
        f"{_NOTES}, {_WITH}",
    ),
    *_row(
        "the secret in a resource",
        _REDACTED,
        _told(_resource("secret")),
        f"result, {_WITHOUT}",
        f"result, {_WITH}",
    ),
    *_row(
        "a resource fails, the secret in its exception",
        _MASKED,
        _told(_resource("broken")),
        f"-32603, {_WITHOUT}",
        f"-32603, {_WITH}",
    ),
    *_row(
        "the secret in a prompt",
        _REDACTED,
        _told(_prompt("secret_prompt")),
        f"result, {_WITHOUT}",
        f"result, {_WITH}",
    ),
    *_row(
        "a prompt fails, the secret in its exception",
        _MASKED,
        _told(_prompt("broken_prompt")),
        f"-32603, {_WITHOUT}",
        f"-32603, {_WITH}",
    ),
    *on(
        "what all of these left in the log",
        _REDACTED,
        _logged,
        {(*HTTP, *STDIO): ("without the secret", "with the secret")},
    ),
    *[
        case
        for what, guarded in (
            ("text", "tool error `response_too_large`"),
            ("data", "tool error `response_too_large`"),
            ("resource", "-32603"),
            ("prompt", "-32603"),
        )
        for case in _row(
            f"a result over the limit: {what}",
            _BOUNDED,
            _size(_large(what)),
            f"{guarded}, {_WITHIN}",
            f"result, {_OVER}",
        )
    ],
)
