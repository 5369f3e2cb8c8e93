"""What a client can write to a stdio server, or leave unread, and what tools can print: each with its answer.

Every row is sent to a server that has served the rows before it, and is followed by a call that must be answered.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hostile.stdio_wire import ERAS, Wire, serving
from seawall.runtime.wire.lines import LINE_LIMIT
from support.servers import GUARD

pytestmark = pytest.mark.whole

PARSE, INVALID, UNKNOWN = -32700, -32600, -32601
MEBIBYTE = 1024**2


@pytest.fixture(scope="module", params=ERAS)
def wire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with serving(tmp_path_factory.mktemp("stdio"), request.param) as served:
        yield served


class Row(NamedTuple):
    """Bytes, and the answers to them: code, id and a part of the message. None for none at all."""

    name: str
    data: bytes
    code: int | None
    id: Any = None
    says: str = ""


def message(**parts: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **parts}).encode() + b"\n"


DEEP = 100_000
ROWS = [
    Row("no JSON", b"{no json}\n", PARSE),
    Row("a word", b"hello\n", PARSE),
    Row("half an object", b'{"jsonrpc": "2.0",\n', PARSE),
    Row("two objects in a line", b"{} {}\n", PARSE),
    Row("a comment", b"{} // no\n", PARSE),
    Row("single quotes", b"{'jsonrpc': '2.0'}\n", PARSE),
    Row("a control character", b'{"jsonrpc":"2.0","id":1,"method":"a\x01"}\n', PARSE),
    Row("NUL bytes", b"\0\0\0\n", PARSE),
    Row("a byte order mark", b"\xef\xbb\xbf{}\n", PARSE),
    Row("UTF-16", '{"jsonrpc":"2.0"}'.encode("utf-16") + b"\n", PARSE),
    Row("bytes that are no UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}\n', PARSE),
    Row("an overlong UTF-8 sequence", b'{"jsonrpc":"2.0","id":1,"method":"\xc0\xaf"}\n', PARSE),
    Row("a surrogate in UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xed\xa0\x80"}\n', PARSE),
    Row("an escaped lone surrogate", b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}\n', PARSE),
    Row("NaN", b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":NaN}}\n', PARSE),
    Row("Infinity", b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":-Infinity}}\n', PARSE),
    Row("a number of 5,000 digits", b'{"id":1,"method":"x","params":{"a":' + b"9" * 5000 + b"}}\n", PARSE),
    Row("arrays 100,000 deep", b"[" * DEEP + b"]" * DEEP + b"\n", PARSE, says="recursion"),
    Row("objects 100,000 deep", b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"\n", PARSE, says="recursion"),
    Row("a number beyond a double", b'{"id":1,"method":"x","params":{"a":1e999}}\n', INVALID, says="double"),
    Row("a name twice", b'{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}\n', INVALID, says="twice"),
    Row("a name twice inside", b'{"id":1,"method":"x","params":{"p":1,"p":2}}\n', INVALID, says="twice"),
    Row("null", b"null\n", INVALID, says="no object"),
    Row("a number", b"5\n", INVALID, says="no object"),
    Row("a string", b'"ping"\n', INVALID, says="no object"),
    Row("a batch", b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]\n', INVALID, says="batch"),
    Row("an empty batch", b"[]\n", INVALID, says="batch"),
    Row("an empty object", b"{}\n", INVALID, says="method"),
    Row("the id null", message(id=None, method="ping"), INVALID, says="id"),
    Row("a fraction as id", message(id=1.5, method="ping"), INVALID, says="id"),
    Row("true as id", message(id=True, method="ping"), INVALID, says="id"),
    Row("an object as id", message(id={}, method="ping"), INVALID, says="id"),
    Row("a list as id", message(id=[1], method="ping"), INVALID, says="id"),
    Row("another version", b'{"jsonrpc":"1.0","id":7,"method":"ping"}\n', INVALID, 7, "jsonrpc"),
    Row("no version", b'{"id":"seven","method":"ping"}\n', INVALID, "seven", "jsonrpc"),
    Row("a number as method", message(id=8, method=8), INVALID, 8, "method"),
    Row("a list as params", message(id=9, method="ping", params=[1]), INVALID, 9, "params"),
    Row("an answer to nothing", message(id=5, result={}), None),
    Row("an error to nothing", message(id=5, error={"code": 1, "message": "x"}), None),
    Row("an answer of a wrong form", message(id=5, result=1), INVALID, None, "result"),
    Row("an unknown notification", message(method="notifications/nonsense"), None),
    Row("a cancel of nothing", message(method="notifications/cancelled", params={"requestId": 77}), None),
    Row("a cancel of null", message(method="notifications/cancelled", params={"requestId": None}), None),
    Row("blank lines", b"\n\r\n   \n\t\n", None),
    Row("100,000 newlines", b"\n" * 100_000, None),
    Row("a line over the limit", b"x" * (LINE_LIMIT + 1) + b"\n", INVALID, says=str(LINE_LIMIT)),
    Row("a line of 30 MiB", b'{"a":"' + b"x" * (30 * MEBIBYTE) + b'"}\n', INVALID, says=str(LINE_LIMIT)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_strange_line_gets_one_clear_answer_and_the_next_call_works(wire: Wire, row: Row) -> None:
    wire.send(row.data)
    answers = wire.alive()
    if row.code is None:
        assert answers == []
        return
    (answer,) = answers
    assert (answer["error"]["code"], answer["id"]) == (row.code, row.id)
    assert row.says in answer["error"]["message"]


@pytest.mark.parametrize("request_id", [0, -1, 10**30, "", "1", "ä\n\0", "x" * 10_000], ids=str)
def test_ids_come_back_as_they_were(wire: Wire, request_id: Any) -> None:
    wire.send(message(id=request_id, method="nonsense"))
    (answer,) = wire.alive()
    assert (type(answer["id"]), answer["id"]) == (type(request_id), request_id)
    assert answer["error"]["code"] == UNKNOWN or wire.era == "modern"


def test_an_id_that_is_in_use_twice_gets_two_answers(wire: Wire) -> None:
    wire.begin("wait", seconds=0.2)
    wire.number -= 1
    number = wire.begin("wait", seconds=0.2)
    assert [answer["id"] for answer in (wire.line(), wire.line())] == [number, number]
    wire.alive()


def test_lines_end_in_crlf_and_come_in_pieces_and_together(wire: Wire) -> None:
    for piece in (b'{"jsonrpc":"2.0","id":"a",', b'"method":"nonsense"}', b"\r\n"):
        wire.send(piece)
        time.sleep(0.05)
    wire.send(message(id="b", method="nonsense") + message(id="c", method="nonsense"))
    assert {answer["id"] for answer in wire.alive()} == {"a", "b", "c"}


def test_the_longest_line_is_served(wire: Wire) -> None:
    start = message(id="long", method="nonsense", params={"a": ""})[:-4]
    wire.send(start + b"x" * (LINE_LIMIT - len(start) - 3) + b'"}}\n')
    (answer,) = wire.alive()
    assert (answer["id"], answer["error"]["code"]) == ("long", UNKNOWN) or wire.era == "modern"


def test_an_endless_line_is_refused_before_its_end_and_not_kept(wire: Wire) -> None:
    before = _resident(wire)
    for _ in range(100):
        wire.send(b"x" * MEBIBYTE)
    assert wire.line()["error"]["code"] == INVALID
    assert _resident(wire) - before < 40 * MEBIBYTE
    wire.send(b"\n")
    assert wire.alive() == []


@pytest.mark.parametrize("tool", ["say", "say_open", "write_descriptor", "c_library", "child"])
def test_what_a_tool_prints_is_in_the_log_and_not_in_the_protocol(tmp_path: Path, tool: str) -> None:
    with serving(tmp_path, "modern") as served:
        served.call(tool, text="stray output of a tool")
        assert served.alive() == []
        messages, log = served.end()
        assert messages == []
        assert "stray output of a tool" in log
        assert "printed while it was imported" in log
        assert "written while it was imported" in log


def test_tools_find_an_empty_standard_input(wire: Wire) -> None:
    assert wire.call("read_input") == "[]"


def test_a_result_that_is_no_unicode_is_an_error_and_nothing_else_suffers(wire: Wire) -> None:
    *others, answer = wire.until(wire.begin("surrogate"))
    assert others == []
    assert "error" in answer or answer["result"]["isError"]
    wire.alive()


class TestAClientThatDoesNotRead:
    """It finds its pipe full, the server's memory bounded, and every answer when it reads at last."""

    @pytest.mark.parametrize("era", ERAS)
    @pytest.mark.parametrize(
        "line",
        [
            pytest.param(("echo", {"text": "x"}), id="calls"),
            pytest.param(("letters", {"count": 200_000}), id="large results"),
            pytest.param(("wait", {"seconds": 0}), id="coroutines"),
            pytest.param(b"no json\n", id="no JSON"),
            pytest.param(message(id=1, method="nonsense"), id="errors"),
        ],
    )
    def test_memory_is_bounded(self, tmp_path: Path, era: Any, line: Any) -> None:
        with serving(tmp_path, era) as served:
            served.call("letters", count=200_000)
            before = _resident(served)
            assert _write_until_full(served, line) < 40 * MEBIBYTE
            assert _resident(served) - before < 150 * MEBIBYTE
            served.process.send_signal(signal.SIGTERM)
            assert served.process.wait(GUARD) == 0

    def test_every_answer_comes_when_it_reads_at_last(self, tmp_path: Path) -> None:
        with serving(tmp_path, "modern") as served:
            begun = served.number + 1
            _write_until_full(served, ("letters", {"count": 5000}))
            sent = range(begun, served.number + 1)
            first = [
                served.line()["id"] for _ in range(100)
            ]  # which makes room for the rest of the last line
            served.send(served.unwritten)
            assert {*first, *(served.line()["id"] for _ in sent[100:])} == set(sent)
            assert served.alive() == []

    @pytest.mark.parametrize("how", ["eof", signal.SIGTERM, signal.SIGINT])
    def test_the_server_ends_all_the_same(self, tmp_path: Path, how: Any) -> None:
        with serving(tmp_path, "modern") as served:
            _write_until_full(served, ("letters", {"count": 200_000}))
            if how == "eof":
                assert served.process.stdin is not None
                served.process.stdin.close()
            else:
                served.process.send_signal(how)
            assert served.process.wait(GUARD) == 0

    def test_one_that_closed_its_end_is_noticed_at_the_next_answer(self, tmp_path: Path) -> None:
        with serving(tmp_path, "modern") as served:
            assert served.process.stdout is not None
            served.process.stdout.close()
            served.begin("echo", text="x")
            assert served.process.wait(GUARD) == 0
            assert served.process.stderr is not None
            assert b"Traceback" not in served.process.stderr.read()


class TestTheEnd:
    @pytest.mark.parametrize("how", ["eof", signal.SIGTERM])
    def test_calls_that_end_soon_are_answered(self, tmp_path: Path, how: Any) -> None:
        with serving(tmp_path, "handshake") as served:
            number = served.begin("wait", seconds=0.3)
            if how == "eof":
                messages, _ = served.end()
            else:
                time.sleep(0.1)  # so that the request arrives before the signal
                served.process.send_signal(how)
                messages = list(iter(served.line, None))
                assert served.process.wait(GUARD) == 0
            (answer,) = messages
            assert (answer["id"], answer["result"]["content"][0]["text"]) == (number, "waited")

    def test_calls_that_take_long_are_cut_off(self, tmp_path: Path) -> None:
        with serving(tmp_path, "handshake") as served:
            number = served.begin("wait", seconds=3600)
            (answer,), log = served.end()
            assert (answer["id"], answer["error"]["code"]) == (number, -32000)
            assert '"cancelled"' in log

    def test_the_last_line_needs_no_newline(self, tmp_path: Path) -> None:
        with serving(tmp_path, "modern") as served:
            served.send(message(id="last", method="nonsense").rstrip())
            (answer,), _ = served.end()
            assert answer["id"] == "last"


def test_a_client_of_2024_is_served(tmp_path: Path) -> None:
    with serving(tmp_path, "handshake", version="2024-11-05") as served:
        assert served.call("echo", text="old") == "old"


def test_the_output_is_not_made_non_blocking_for_others(tmp_path: Path) -> None:
    """With `2>&1` the log stands on the same pipe, and whoever writes there must not get EAGAIN."""
    reader, writer = os.pipe()
    with open(reader, "rb", buffering=0) as output:  # noqa: PTH123  a descriptor
        with serving(tmp_path, "modern", stdout=writer, stderr=writer) as served:
            served.begin("echo", text="x")
            text = b""
            while b'"result"' not in text:
                ready, _, _ = select.select([output], [], [], GUARD)
                assert ready
                text += os.read(reader, 1 << 16)
            assert os.get_blocking(writer)
        os.close(writer)


def _resident(wire: Wire) -> int:
    """Bytes of memory of the server (proc(5))."""
    for line in Path(f"/proc/{wire.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def _write_until_full(wire: Wire, what: Any) -> int:
    """Write lines, reading nothing, until the server takes no more for a second; how many bytes it took.

    The last line is left half written, or not begun.
    """
    assert wire.process.stdin is not None
    descriptor = wire.process.stdin.fileno()
    os.set_blocking(descriptor, False)
    sent, rest = 0, b""
    try:
        while sent < 100 * MEBIBYTE:
            rest = rest or (what if isinstance(what, bytes) else wire.line_of(what[0], **what[1]))
            _, ready, _ = select.select([], [descriptor], [], 1.0)
            if not ready:
                break
            with contextlib.suppress(BlockingIOError):
                taken = os.write(descriptor, rest)
                sent, rest = sent + taken, rest[taken:]
    finally:
        os.set_blocking(descriptor, True)
    wire.unwritten = rest
    return sent
