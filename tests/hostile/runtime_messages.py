"""Rows: ids of every type, and messages that are no good JSON, JSON-RPC or MCP, on every wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from hostile.runtime_cases import HTTP, NEW, OLD, STDIO, Case, on, said
from hostile.runtime_world import Line, call
from support.clients.interface import Json
from support.clients.raw import request

__all__ = ["IDS", "MESSAGES"]

_Made: TypeAlias = Callable[[Json], bytes | Json]
"""Makes what is sent from a good call of `echo`."""

_ID = "MCP basic, Requests: the id is a string or an integer"
_INVALID = "JSON-RPC 2.0 §5.1: -32600 for what is no request"
_PARSE = "JSON-RPC 2.0 §5.1: -32700 for what is no JSON"
_PARAMS = "JSON-RPC 2.0 §5.1: -32602 for wrong params"
_ARGUMENTS = "MCP tools, Error handling: invalid arguments are a tool error, in words for the model"
_STRICT = "SECURITY.md: what parsers read differently is refused (RFC 7493)"
_DROPPED = "JSON-RPC 2.0 §4.1: no answer to a notification"


def _sends(make: _Made, request_id: Any = 1) -> Callable[[Line], str]:
    def send(line: Line) -> str:
        message = call(line.era, "echo", text="x")
        return said(line.ask(make(message), like=message), request_id=request_id)

    return send


def _changed(**parts: Any) -> _Made:
    """With other members; None stands for null."""
    return lambda message: json.dumps(message | parts).encode()


def _without(*names: str) -> _Made:
    return lambda message: json.dumps({name: message[name] for name in message if name not in names}).encode()


def _params(**parts: Any) -> _Made:
    return lambda message: json.dumps(message | {"params": message["params"] | parts}).encode()


def _bytes(old: bytes, new: bytes) -> _Made:
    """With other bytes."""

    def make(message: Json) -> bytes:
        good = json.dumps(message).encode()
        assert good.count(old) == 1
        return good.replace(old, new)

    return make


def _text(new: bytes) -> _Made:
    """With another argument than the string `x`."""
    return _bytes(b'"text": "x"', b'"text": ' + new)


def _plain(data: bytes) -> _Made:
    return lambda _message: data


def _id(name: str, request_id: Any) -> list[Case]:
    send = _sends(lambda message: {**message, "id": request_id}, request_id)
    promise = f"{_ID}, and comes back as it was"
    return on(f"the id {name}", promise, send, {HTTP: "200 result", STDIO: "result"})


def _no_id(name: str, literal: bytes) -> list[Case]:
    send = _sends(_bytes(b'"id": 1', b'"id": ' + literal))
    return on(
        f"the id {name}",
        f"{_ID}; -32600 otherwise",
        send,
        {NEW: "400 -32600", OLD: ("400 -32600", "202"), STDIO: ("-32600", "no answer")},
    )


_JSON_OF_A_KIND: Final = frozenset(  # RFC 8259 leaves these to the parser (§8.2, §9)
    {
        "the id of 5,000 digits",
        "the id of half a surrogate pair",
        "half a surrogate pair",
        "arrays 100,000 deep",
        "arrays 500 deep",
        "a number of 5,000 digits",
    }
)


def _no_json(name: str, make: _Made, **bare: str) -> list[Case]:
    """What is no JSON; `bare` says what the bare server answers on HTTP 2026 and 2025 and on stdio."""
    return on(
        name,
        _STRICT if name in _JSON_OF_A_KIND else _PARSE,
        _sends(make),
        {
            NEW: ("400 -32700", bare.get("new", "400 -32700")),
            OLD: ("400 -32700", bare.get("old", "400 -32700")),
            STDIO: ("-32700", bare.get("stdio", "no answer")),
        },
    )


def _no_request(name: str, make: _Made) -> list[Case]:
    """JSON that is no request: the transport of 2025 words it as -32602."""
    return on(
        name,
        _INVALID,
        _sends(make),
        {NEW: "400 -32600", OLD: ("400 -32600", "400 -32602"), STDIO: ("-32600", "no answer")},
    )


def _doubtful(name: str, make: _Made) -> list[Case]:
    return on(
        name,
        _STRICT,
        _sends(make),
        {HTTP: ("400 -32600", "200 result"), STDIO: ("-32600", "result")},
    )


IDS: Final[tuple[Case, ...]] = (
    *_id("7", 7),
    *_id("0", 0),
    *_id("-1", -1),
    *_id("2^80", 2**80),
    *_id('"a"', "a"),
    *_id('"7"', "7"),
    *_id("of no characters", ""),
    *_id("of 10,000 characters", "x" * 10_000),
    *_no_id("null", b"null"),
    *_no_id("true", b"true"),
    *_no_id("1.5", b"1.5"),
    *_no_id("1e2", b"1e2"),
    *_no_id("{}", b"{}"),
    *_no_id("[1]", b"[1]"),
    *_no_json("the id of 5,000 digits", _bytes(b'"id": 1', b'"id": ' + b"9" * 5000)),
    *_no_json(
        "the id of half a surrogate pair",
        _bytes(b'"id": 1', b'"id": "\\ud800"'),
        new="200 result with another id",
    ),
)

DEEP: Final = b"[" * 100_000 + b"]" * 100_000
_ERROR_WORDS = ("200 tool error `invalid_arguments`", "200 tool error")
_STDIO_WORDS = ("tool error `invalid_arguments`", "tool error")

MESSAGES: Final[tuple[Case, ...]] = (
    *_no_json("no JSON", _plain(b"{no json}")),
    *on(
        "nothing",
        _PARSE + "; a blank line is none",
        _sends(_plain(b"")),
        {HTTP: "400 -32700", STDIO: "no answer"},
    ),
    *_no_json("bytes that are no UTF-8", _text(b'"\xff\xfe"'), stdio="result"),
    *_no_json("a surrogate as UTF-8", _text(b'"\xed\xa0\x80"'), new="200 result", stdio="result"),
    *_no_json("half a surrogate pair", _text(b'"\\ud800"'), new="200 result"),
    *_no_json("a NUL in a string", _text(b'"\0"')),
    *on(
        "an escaped NUL in a string",
        "RFC 8259 §7: it is a character",
        _sends(_text(b'"\\u0000"')),
        {HTTP: "200 result", STDIO: "result"},
    ),
    *_no_json("NULs", _plain(b"\0\0\0")),
    *_no_json(
        "a byte order mark", lambda message: b"\xef\xbb\xbf" + json.dumps(message).encode(), new="200 result"
    ),
    *_no_json("UTF-16", lambda message: json.dumps(message).encode("utf-16"), new="200 result"),
    *_no_json("arrays 100,000 deep", _text(DEEP)),
    *_no_json("arrays 500 deep", _text(b"[" * 500 + b"]" * 500), new="200 tool error"),
    *_no_json("a number of 5,000 digits", _text(b"9" * 5000)),
    *_no_json("NaN", _text(b"NaN"), new="200 tool error", old="200 tool error", stdio="tool error"),
    *on(
        "1e999",
        _STRICT,
        _sends(_text(b"1e999")),
        {HTTP: ("400 -32600", "200 tool error"), STDIO: ("-32600", "tool error")},
    ),
    *_doubtful("the method twice", _bytes(b'"method"', b'"method": "ping", "method"')),
    *_doubtful("the tool's name twice", _bytes(b'"name": "echo"', b'"name": "block", "name": "echo"')),
    *_doubtful("the id twice", _bytes(b'"id": 1', b'"id": 2, "id": 1')),
    *_no_request("a batch", lambda message: json.dumps([message]).encode()),
    *_no_request("an empty batch", _plain(b"[]")),
    *_no_request("a number", _plain(b"1")),
    *_no_request("another version of JSON-RPC", _changed(jsonrpc="1.0")),
    *_no_request("no version of JSON-RPC", _without("jsonrpc")),
    *_no_request("a method that is a number", _changed(method=1)),
    *_no_request("params in an array", _changed(params=[1])),
    *_no_request("params in a string", _changed(params="x")),
    *on(
        "an answer that nobody asked for",
        "MCP 2025-11-25 transports: 202; 2026-07-28: the client sends none",
        _sends(_plain(b'{"jsonrpc": "2.0", "id": 5, "result": {}}')),
        {NEW: "400 -32600", OLD: "202", STDIO: "no answer"},
    ),
    *on(
        "an unknown method",
        "JSON-RPC 2.0 §5.1: -32601; MCP 2026-07-28 transports: 404",
        lambda line: said(line.ask(request(line.era, 1, "no/such/method"))),
        {NEW: "404 -32601", OLD: "200 -32601", STDIO: "-32601"},
    ),
    *on(
        "an unknown notification",
        _DROPPED,
        _sends(_plain(b'{"jsonrpc": "2.0", "method": "notifications/none"}')),
        {HTTP: "202", STDIO: "no answer"},
    ),
    *on("a call without id", _DROPPED, _sends(_without("id")), {HTTP: "202", STDIO: "no answer"}),
    *on(
        "no params",
        _PARAMS,
        _sends(_without("params")),
        {NEW: "400 -32602", OLD: "200 -32602", STDIO: "-32602"},
    ),
    *on(
        "arguments in an array",
        _PARAMS,
        _sends(_params(arguments=[1])),
        {NEW: "400 -32602", OLD: "200 -32602", STDIO: "-32602"},
    ),
    *on(
        "`_meta` that is a number",
        _PARAMS,
        _sends(_params(_meta=1)),
        {NEW: "400 -32602", OLD: "200 -32602", STDIO: "-32602"},
    ),
    *on(
        "a name of a tool that is not the header's",
        "MCP 2026-07-28 transports, Headers: 400 and -32020; elsewhere there is no such header",
        _sends(_params(name="none")),
        {
            NEW: "400 -32020",
            OLD: ("200 tool error `unknown_tool`", "200 tool error"),
            STDIO: ("tool error `unknown_tool`", "tool error"),
        },
    ),
    *[
        case
        for name, arguments in (
            ("a missing argument", {}),
            ("an argument of another type", {"text": 1}),
            ("an argument too many", {"text": "x", "more": 1}),
        )
        for case in on(
            name, _ARGUMENTS, _sends(_params(arguments=arguments)), {HTTP: _ERROR_WORDS, STDIO: _STDIO_WORDS}
        )
    ],
)
