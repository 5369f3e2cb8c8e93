"""What a caller gets: every answer, whatever the description foresaw, within the size of one answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.security.budget import WorkerPool
from seawall.security.redact import KNOWN_SECRETS
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.continuation import START, continuation
from seawall.toolsets.interface import (
    AudioBlock,
    BinaryBlock,
    ContentResult,
    DataResult,
    Hints,
    ImageBlock,
    Operation,
    OperationResult,
    TextResult,
)
from seawall.toolsets.openapi.calling import Calling
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.request import Sending
from seawall.toolsets.openapi.responses import Answers, Asked, output_schema
from seawall.toolsets.projection import Projection
from seawall.toolsets.rendering import SizedResult
from seawall.toolsets.serving import OperationTool
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamResponse
from support.apis import BASE, answered, answers, operation, shaped

PET: JsonObject = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
LISTS = operation("GET", "/pets", responses=(answers({"type": "array", "items": PET}),))
READS = operation("GET", "/pet", responses=(answers(PET), answers(media_type="", status="204")))
PNG = b"\x89PNG\r\n\x1a\n\x00\x00"


def result(
    one: ApiOperation, response: UpstreamResponse, *, limit: int = 64 * 1024, **asked: Any
) -> OperationResult:
    return Answers(one, {}, tool="tool").render(response, Asked(**asked), limit=limit)


def data(one: ApiOperation, response: UpstreamResponse, **more: Any) -> JsonObject:
    made = result(one, response, **more)
    assert isinstance(made, DataResult)
    return made.data


def test_json_is_data() -> None:
    assert data(READS, answered('{"id":1}')) == {"status": 200, "body": {"id": 1}}
    assert data(LISTS, answered("[]", "application/json; charset=utf-8")) == {"status": 200, "body": []}


@pytest.mark.parametrize("body", ['{"id":"one"}', "{}", "[1]", "null", '"text"'])
def test_a_body_that_breaks_its_description_is_delivered_with_a_warning(body: str) -> None:
    made = data(READS, answered(body))
    assert made["body"] == json.loads(body)
    assert "does not fit its description" in str(made["warnings"])


@pytest.mark.parametrize("status", [200, 204, 202])
def test_an_answer_without_a_body_is_no_failure(status: int) -> None:
    made = data(READS, answered("", "", status=status))
    assert made["status"] == status
    assert ("warnings" in made) == (status == 200)


@pytest.mark.parametrize(
    ("body", "media_type", "value"),
    [
        (b"\xef\xbb\xbf[1]", "application/json", [1]),
        ("[1]".encode("utf-16"), "application/json", [1]),
        (b"[1]", "text/plain", [1]),
        (b"[1]", "", [1]),
        (b"[1]", "application/problem+json", [1]),
        (b"[1]", "text/html", [1]),
    ],
)
def test_json_is_found_whatever_it_is_called(body: bytes, media_type: str, value: JsonValue) -> None:
    assert data(LISTS, answered(body, media_type))["body"] == value


@pytest.mark.parametrize(
    ("body", "media_type", "text", "note"),
    [
        (b"<html>", "text/html", "<html>", "the answer is text/html instead of application/json"),
        (b"{oops", "application/json", "{oops", "says that it is JSON, and is not"),
        (b"[NaN]", "application/json", "[NaN]", "says that it is JSON, and is not"),
        (b"[" * 100_000, "application/json", None, "says that it is JSON, and is not"),
        ("ü".encode("latin-1"), "text/plain; charset=ISO-8859-1", "ü", ""),
        ("ü".encode("latin-1"), "text/plain", "\ufffd", "some bytes are no utf-8"),
        ("ü".encode(), "text/plain; charset=zlib", "ü", "the charset 'zlib' is unknown"),
        (b"<a/>", "application/xml", "<a/>", "application/xml."),
        (b"<svg/>", "image/svg+xml", "<svg/>", "image/svg+xml."),
        ("ü".encode(), "", "ü", ""),
    ],
)
def test_text_is_text(body: bytes, media_type: str, text: str | None, note: str) -> None:
    made = result(READS, answered(body, media_type))
    assert isinstance(made, TextResult)
    assert text is None or made.text == text
    assert note in made.note


def test_pictures_recordings_and_files_are_content() -> None:
    one = operation(responses=(answers(media_type="image/*"),))
    image = result(one, answered(PNG, "image/png"))
    sound = result(one, answered(b"\x00\x01", "audio/mpeg"))
    file = result(
        one,
        answered(b"%PDF-\x00", "application/pdf", disposition='attachment; filename="../a b.pdf"'),
    )
    unnamed = result(one, answered(b"\x00\x01", ""))
    assert isinstance(image, ContentResult)
    assert isinstance(sound, ContentResult)
    assert isinstance(file, ContentResult)
    assert isinstance(unnamed, ContentResult)
    assert image.blocks == (ImageBlock(PNG, "image/png"),)
    assert (image.note, image.details["status"]) == ("image/png, 10 bytes.", 200)
    assert sound.blocks == (AudioBlock(b"\x00\x01", "audio/mpeg"),)
    assert file.blocks == (BinaryBlock(b"%PDF-\x00", "application/pdf", "response://tool/a%20b.pdf"),)
    assert unnamed.blocks == (BinaryBlock(b"\x00\x01", "application/octet-stream", "response://tool/body"),)


@pytest.mark.parametrize("complete", [True, False])
def test_a_file_that_is_too_large_is_told_of_and_left_out(complete: bool) -> None:
    size = 80_000 if complete else 10
    made = data(READS, answered(b"\x00" * size, "image/png", complete=complete))
    assert "left out" in str(made["note"])
    assert "body" not in made


def test_a_long_list_is_cut_and_says_how_to_go_on() -> None:
    items = [{"id": number, "text": "x" * 100} for number in range(1000)]
    seen: list[JsonValue] = []
    word: JsonValue = None
    while True:
        start = START if word is None else continuation(str(word))
        made = data(
            LISTS, answered(json.dumps(items)), limit=20_000, continues=True, projects=True, start=start
        )
        assert 2 * len(json.dumps(made, separators=(",", ":"))) <= 20_000
        seen += made["body"]  # type: ignore[arg-type]
        word = made.get("next")
        if word is None:
            break
        assert "Call again with `next`" in str(made["note"])
    assert seen == items


def test_the_longest_list_within_an_object_is_cut() -> None:
    answer = {"total": 500, "data": {"items": ["x" * 100] * 500, "few": [1, 2]}}
    made = data(operation(), answered(json.dumps(answer)), limit=20_000)
    body: Any = made["body"]
    assert (body["total"], body["data"]["few"]) == (500, [1, 2])
    assert 10 < len(body["data"]["items"]) < 500
    assert "of 500 of `data.items`" in str(made["note"])
    assert "next" not in made


def test_what_has_no_list_is_cut_as_text() -> None:
    made = result(operation(), answered(json.dumps({"a": '"' * 50_000})), limit=10_000, projects=True)
    assert isinstance(made, TextResult)
    assert "`fields` selects" in made.note
    assert made.text.startswith('{"a":"')


def test_fields_that_do_not_work_on_an_answer_lose_nothing_of_it() -> None:
    made = data(LISTS, answered('[{"id":1}]'), fields=Projection.of("sum(@)"), projects=True)
    assert made["body"] == [{"id": 1}]
    assert "`fields` was not used: it does not work on this answer" in str(made["warnings"])


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (r'{"a":"\ud800x"}', {"a": "\ufffdx"}),
        (r'{"\uDFFF":[" \ud83d\ude00"]}', {"\ufffd": [" \U0001f600"]}),
        ("[" * 150 + "]" * 150, None),
    ],
)
def test_what_json_can_write_and_no_answer_can_carry_is_replaced(body: str, value: JsonValue) -> None:
    made = data(READS, answered(body))
    assert made["body"] == (json.loads(body) if value is None else value)


@pytest.mark.parametrize(
    "body", ["[" * 300 + "]" * 300, '{"a":' * 400 + "1" + "}" * 400, '{"a":1e999}', "[-1e999]"]
)
def test_json_that_cannot_be_handed_on_as_such_is_text(body: str) -> None:
    made = result(READS, answered(body))
    assert isinstance(made, TextResult)
    assert made.text == body


def test_an_expression_that_nests_without_end_loses_nothing_of_the_answer() -> None:
    made = data(READS, answered("[" * 150 + "]" * 150), fields=Projection.of("[" * 120 + "@" + "]" * 120))
    assert "goes too deep" in str(made["warnings"])


SECRET = "k3y-" + "".join(chr(0x41 + number) for number in range(20))


@pytest.mark.parametrize(
    "expression",
    [
        "reverse(key)",
        "starts_with(key, 'k3y-')",
        "contains(key, 'ABC')",
        "keys(@) | map(&reverse(@), @)",
        "sort([key, 'k3y-AB'])[0]",
    ],
)
@pytest.mark.parametrize("escaped", [False, True])
def test_no_expression_works_on_a_secret_that_the_service_repeats(expression: str, *, escaped: bool) -> None:
    KNOWN_SECRETS.add(SECRET)
    text = "".join(f"\\u{ord(sign):04x}" for sign in SECRET) if escaped else SECRET
    made = data(READS, answered(f'{{"key":"{text}","{text}":1}}'), fields=Projection.of(expression))
    cleaned = Projection.of(expression).select({"key": "[redacted]", "[redacted]": 1})
    assert made["body"] == cleaned


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_a_secret_is_not_cut_in_two(media_type: str) -> None:
    KNOWN_SECRETS.add(SECRET)
    for more in range(40):
        text = "x" * (1000 + more) + SECRET + "y" * 4000
        made = result(
            READS,
            answered(json.dumps(text) if "json" in media_type else text, media_type),
            limit=4096 - 512,
        )
        assert isinstance(made, TextResult)
        assert "k3y" not in made.text
        assert "k3y" not in made.note


def test_a_warning_does_not_show_the_beginning_of_a_secret() -> None:
    KNOWN_SECRETS.add(SECRET)
    made = data(READS, answered(json.dumps({"id": "x" * 70 + SECRET})))
    assert "k3y" not in str(made["warnings"])


def test_fields_select_before_anything_is_cut() -> None:
    items = [{"id": number, "text": "x" * 1000} for number in range(100)]
    made = data(
        LISTS, answered(json.dumps(items)), limit=10_000, fields=Projection.of("[].id"), projects=True
    )
    assert made == {"status": 200, "body": list(range(100))}


TYPES = [
    "application/json",
    "",
    "text/plain",
    "image/png",
    "audio/x",
    "application/pdf",
    "a; charset=x",
    ";;",
]
JSON_TEXTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=50),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
).map(lambda value: json.dumps(value).encode())


@given(
    st.builds(
        answered, st.binary(max_size=3000) | JSON_TEXTS, st.sampled_from(TYPES), complete=st.booleans()
    ),
    st.integers(2000, 5000),
    st.sampled_from([READS, LISTS, operation(responses=())]),
    st.sampled_from(["text", "json", "schema"]),
)
def test_no_answer_is_ever_lost(response: UpstreamResponse, limit: int, one: ApiOperation, form: str) -> None:
    """Whatever comes is delivered in each form, within the limit, with data that fits its schema."""

    async def send(*_: object) -> UpstreamResponse:
        return response

    calling = Calling(
        one,
        shaped(one),
        sending=Sending(BASE),
        definitions={},
        send=send,
        workers=WorkerPool(size=1, queued=1),
    )
    served = Operation(
        "tool", "", "", {"type": "object"}, output_schema(one, {}) if form == "schema" else None,
        Hints(True, False, True, True), calling, varies=True,
    )  # fmt: skip
    tool = OperationTool.of(served, response_limit=limit, results="json" if form == "json" else "text")
    made = asyncio.run(tool.run({}))
    assert isinstance(made, SizedResult)
    assert made.size <= limit
    if tool.output_schema is not None:
        assert made.structured_content is not None
        assert ArgumentSchema(tool.output_schema).fits(made.structured_content)


def test_headers_that_the_operator_lists_are_told_and_no_others() -> None:
    response = UpstreamResponse(
        200,
        {"content-type": "application/json", "x-left": "7\u202e", "etag": '"e"', "location": "/pets/1"},
        b'{"id":1}',
        True,
        BASE,
    )
    told = Answers(READS, {}, tool="tool", headers=["x-left", "etag", "x-none"])
    made = told.render(response, Asked(), limit=64 * 1024)
    assert isinstance(made, DataResult)
    assert made.data == {"status": 200, "headers": {"x-left": "7 ", "etag": '"e"'}, "body": {"id": 1}}
    assert not ArgumentSchema(output_schema(READS, {})).faults(made.data)
    text = told.render(
        UpstreamResponse(200, {"content-type": "text/plain", "x-left": "7"}, b"words", True, BASE),
        Asked(),
        limit=64 * 1024,
    )
    assert isinstance(text, TextResult)
    assert "x-left: 7." in text.note
    assert "headers" not in data(READS, response)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("ü€😀\n" * 20_000, "text/csv"),
        (json.dumps({"id": 1, "name": "ü" * 90_000}), "application/json"),
    ],
)
def test_a_text_that_is_cut_goes_on_where_it_ended(content: str, media_type: str) -> None:
    one = operation("GET", "/text", responses=(answers({"type": "string"}, media_type),))
    start, whole = START, ""
    for _ in range(100):
        made = result(one, answered(content, media_type), start=start, continues=True)
        assert isinstance(made, TextResult)
        assert made.text
        whole += made.text
        if "next" not in made.details:
            break
        start = continuation(str(made.details["next"]))
    assert (json.loads(whole) == json.loads(content)) if "json" in media_type else (whole == content)
    assert "next" not in result(one, answered(content, media_type)).details  # type: ignore[union-attr]


def test_an_operation_that_answers_with_text_can_be_gone_on_with() -> None:
    for media_type in ("text/csv", "application/xml", "application/x-ndjson"):
        assert shaped(operation("GET", "/text", responses=(answers({}, media_type),))).continues
        assert not shaped(operation("POST", "/text", responses=(answers({}, media_type),))).continues
    assert not shaped(operation("GET", "/text", responses=(answers({}, "image/png"),))).continues


def test_a_text_may_have_a_next_page() -> None:
    one = operation("GET", "/text", responses=(answers({}, "text/csv"),))
    made = result(one, answered("a,b", "text/csv"), continues=True, after=lambda _: "page 2")
    assert isinstance(made, TextResult)
    assert continuation(str(made.details["next"])).position == "page 2"


def test_fields_that_could_not_be_used_are_told() -> None:
    fields = Projection.of("id")
    for response in (answered("words", "text/plain"), answered('{"id":1', complete=False)):
        made = result(READS, response, fields=fields, projects=True)
        assert isinstance(made, TextResult)
        assert "`fields` was not used" in str(made.details["warnings"])


ITEMS = operation("GET", "/lines", responses=(answers({"type": "array", "items": PET}, "application/jsonl"),))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ('{"id":1}\n{"id":2}\n', "application/jsonl"),
        ('{"id":1}\r\n\r\n{"id":2}', "application/x-ndjson"),
        ('\x1e{"id":1}\n\x1e{"id":2}\n', "application/json-seq"),
    ],
)
def test_lines_of_json_are_a_list(content: str, media_type: str) -> None:
    assert data(ITEMS, answered(content, media_type)) == {"status": 200, "body": [{"id": 1}, {"id": 2}]}
    selected = data(ITEMS, answered(content, media_type), fields=Projection.of("[].id"), projects=True)
    assert selected["body"] == [1, 2]


def test_a_line_that_does_not_fit_its_description_is_told() -> None:
    made = data(ITEMS, answered('{"id":"one"}\n', "application/jsonl"))
    assert "does not fit its description" in str(made["warnings"])
    broken = result(ITEMS, answered('{"id":1}\n{"id', "application/jsonl"))
    assert isinstance(broken, TextResult)
    cut_off = data(ITEMS, answered('{"id":1}\n{"id', "application/jsonl", complete=False))
    assert cut_off["body"] == [{"id": 1}]
    assert "larger than" in str(cut_off["note"])
    assert "not among" in str(data(LISTS, answered("[1]\n", "application/jsonl"))["warnings"])


def test_lines_hold_no_secret() -> None:
    KNOWN_SECRETS.add("line-secret-4711")
    made = data(ITEMS, answered('{"id":"line-secret-4711"}\n', "application/jsonl"))
    assert "4711" not in str(made)
