"""Lines to messages and back. What is refused stands in hostile/test_stdio.py, on a real wire."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from seawall.runtime.wire.messages import Fault, line_of, parse, refusal


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1.5,null]}}', JSONRPCRequest),
        (b'{"jsonrpc":"2.0","id":"x","method":"m"}\r', JSONRPCRequest),
        (b'{"jsonrpc":"2.0","method":"m"}', JSONRPCNotification),
        (b'{"jsonrpc":"2.0","id":1,"result":{}}', JSONRPCResponse),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}', JSONRPCError),
    ],
)
def test_each_kind_of_message_is_told_apart(line: bytes, form: type) -> None:
    assert type(parse(line)) is form


@given(st.binary())
def test_nothing_makes_it_raise(line: bytes) -> None:
    assert isinstance(parse(line), Fault)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_gives_a_message_or_a_fault(value: object) -> None:
    parse(json.dumps(value).encode())
    parse(json.dumps({"jsonrpc": "2.0", "id": value, "method": value, "params": value}).encode())


@given(st.text() | st.floats() | st.dictionaries(st.text(), st.text()))
def test_a_line_is_one_line_of_json_in_utf_8(value: object) -> None:
    """Also for what JSON cannot say: NaN becomes null, as JavaScript writes it."""
    line = line_of(JSONRPCResponse(jsonrpc="2.0", id=1, result={"value": value}))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line.decode(), parse_constant=pytest.fail)["id"] == 1


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, object()])
def test_a_result_that_cannot_be_written_becomes_an_error_of_the_same_id(value: object) -> None:
    line = line_of(JSONRPCResponse(jsonrpc="2.0", id="x", result={"value": value}))
    assert (json.loads(line)["id"], json.loads(line)["error"]["code"]) == ("x", -32603)


def test_a_notification_that_cannot_be_written_is_an_error_of_the_tool() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        line_of(JSONRPCNotification(jsonrpc="2.0", method="m", params={"a": "\ud800"}))


def test_a_refusal_without_an_id_says_null() -> None:
    """JSON-RPC 2.0 section 5: the member is required, and null when the id could not be made out."""
    assert json.loads(line_of(refusal(Fault(-32700, "no"))))["id"] is None
