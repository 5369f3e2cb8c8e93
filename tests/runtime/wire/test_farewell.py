"""No known secret leaves in any message, and what has none in it leaves byte for byte as it came."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seawall.runtime.wire import farewell
from seawall.runtime.wire.farewell import CleanResponse, without_secrets
from seawall.security.redact import Redactor

SECRET = 'hunter2 "quoted" é'  # noqa: S105  the point of these tests
NOTICE = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": [f"<{SECRET}>"]}}
CLEAN = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": ["<[redacted]>"]}}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    redactor = Redactor()
    redactor.add(SECRET)
    monkeypatch.setattr(farewell, "KNOWN_SECRETS", redactor)
    return redactor


def line(message: Any, *, ascii_only: bool = True) -> bytes:
    return json.dumps(message, ensure_ascii=ascii_only).encode() + b"\n"


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_secret_is_taken_out_of_a_message(ascii_only: bool) -> None:
    clean = without_secrets(line(NOTICE, ascii_only=ascii_only))
    assert json.loads(clean) == CLEAN
    assert clean.endswith(b"\n")


@pytest.mark.parametrize("message", [CLEAN, {"jsonrpc": "2.0", "id": 1, "result": {}}])
def test_a_message_without_one_is_the_very_same_object(message: Any) -> None:
    given = line(message)
    assert without_secrets(given) is given


def test_the_id_is_the_clients_own_and_stays() -> None:
    clean = json.loads(without_secrets(line({"jsonrpc": "2.0", "id": SECRET, "result": {"text": SECRET}})))
    assert clean == {"jsonrpc": "2.0", "id": SECRET, "result": {"text": "[redacted]"}}


async def passed(kind: bytes, *bodies: bytes) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    response = CleanResponse(send)
    length = str(sum(map(len, bodies))).encode()
    headers = [(b"content-type", kind), (b"content-length", length)]
    await response.send({"type": "http.response.start", "status": 200, "headers": headers})
    for number, body in enumerate(bodies, start=1):
        await response.send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})
    return sent


@pytest.mark.anyio
@pytest.mark.parametrize("cut", [None, 60])
async def test_a_json_body_is_cleaned_whole_and_its_length_told_anew(cut: int | None) -> None:
    body = json.dumps(NOTICE).encode()
    bodies = [body] if cut is None else [body[:cut], body[cut:]]
    start, last = await passed(b"application/json", *bodies)
    assert json.loads(last["body"]) == CLEAN
    assert dict(start["headers"])[b"content-length"] == str(len(last["body"])).encode()


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [b"application/json", b"text/event-stream"])
async def test_who_made_a_body_may_have_searched_it(kind: bytes) -> None:
    """Only whoever made the message can say so; the word is no part of it."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    body = line(NOTICE)
    for clean in (True, False):
        response = CleanResponse(send)
        await response.send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
        )
        part = body if kind == b"application/json" else b"data: " + body
        await response.send({"type": "http.response.body", "body": part, farewell.CLEAN: clean})
    assert [
        SECRET in json.loads(part["body"].removeprefix(b"data: "))["params"]["data"][0] for part in sent[1::2]
    ] == [
        True,
        False,
    ]


@pytest.mark.anyio
async def test_events_are_cleaned_one_by_one_and_go_out_at_once() -> None:
    event = b"event: message\r\ndata: " + json.dumps(NOTICE).encode() + b"\r\n\r\n"
    _, first, ping = await passed(b"text/event-stream", event, b": ping\r\n\r\n")
    head, data, *rest = first["body"].split(b"\r\n")
    assert (head, rest) == (b"event: message", [b"", b""])
    assert json.loads(data.removeprefix(b"data: ")) == CLEAN
    assert ping["body"] == b": ping\r\n\r\n"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [b"application/json", b"text/event-stream"])
async def test_a_body_that_was_searched_goes_out_piece_by_piece(kind: bytes) -> None:
    """None is held back for the next one: that is what the pieces are for."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    response = CleanResponse(send)
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
    await response.send(start)
    for number, body in enumerate([b"one", b"two", b""], start=1):
        piece = {"type": "http.response.body", "body": body, "more_body": number < 3, farewell.CLEAN: True}
        await response.send(piece)
        assert [start, *[b"one", b"two", b""][:number]] == [sent[0], *(each["body"] for each in sent[1:])]
