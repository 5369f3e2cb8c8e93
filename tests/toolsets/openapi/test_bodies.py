"""Bodies in every form, read back by parsers that are not ours where there are any."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import pytest

from seawall.errors import InvalidArgumentsError
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.openapi.model import Encoding
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamRequest
from support.apis import body, client_of, operation, requested, served, shaped
from support.descriptions import read_value

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def members(**schemas: JsonValue) -> JsonObject:
    return {"type": "object", "properties": dict(schemas)}


def sent(arguments: JsonObject, schema: JsonObject, media_type: str, **encoding: Encoding) -> UpstreamRequest:
    one = operation("POST", "/t", body=body(schema, media_type, encoding=encoding))
    assert ArgumentSchema(shaped(one).schema).faults(arguments) == ()
    return requested(one, arguments)


def content_type(request: UpstreamRequest) -> str:
    return dict(request.headers)["Content-Type"]


def form(arguments: JsonObject, schema: JsonObject, **encoding: Encoding) -> list[tuple[str, str]]:
    data = sent(arguments, schema, FORM, **encoding).body or b""
    return parse_qsl(data.decode(), keep_blank_values=True, strict_parsing=True)


def parts(request: UpstreamRequest) -> list[Message]:
    head = f"Content-Type: {content_type(request)}\r\n\r\n".encode()
    message = message_from_bytes(head + (request.body or b""))
    assert message.is_multipart()
    return [part for part in message.get_payload() if isinstance(part, Message)]


def test_json_is_compact_and_utf_8() -> None:
    request = sent({"a": "ü", "b": [1, 2.5, None]}, members(a={"type": "string"}, b={}), "application/json")
    assert (request.body, content_type(request)) == (
        '{"a":"ü","b":[1,2.5,null]}'.encode(),
        "application/json",
    )


def test_a_form_escapes_what_separates() -> None:
    value = "a b&c=d+e%ü\r\n*-._~"
    assert form({"x": value}, members(x={"type": "string"})) == [("x", value)]


def test_members_of_a_form_go_by_their_type() -> None:
    schema = members(
        n={"type": "integer"}, many={"type": "array"}, one={"type": "object"}, no={"type": "boolean"}
    )
    assert form({"n": 1, "many": ["a", "b"], "one": {"a": 1}, "no": False}, schema) == [
        ("n", "1"),
        ("many", "a"),
        ("many", "b"),
        ("one", '{"a":1}'),
        ("no", "false"),
    ]


def test_a_style_of_the_encoding_is_obeyed() -> None:
    schema = members(a={"type": "array"}, b={"type": "object"}, c={"type": "array"}, d={"type": "object"})
    assert form(
        {"a": ["x", "y"], "b": {"k": {"l": [1, 2]}}, "c": ["x", "y"], "d": {"k": 1}},
        schema,
        a=Encoding(style="form", explode=False),
        b=Encoding(style="deepObject"),
        c=Encoding(style="spaceDelimited"),
        d=Encoding(content_type="application/json"),
    ) == [("a", "x,y"), ("b[k][l]", "1"), ("b[k][l]", "2"), ("c", "x y"), ("d", '{"k":1}')]


def test_reserved_characters_that_are_allowed_do_not_break_a_form() -> None:
    data = sent(
        {"a": "x/y&z=+1 2"}, members(a={"type": "string"}), FORM, a=Encoding(allow_reserved=True)
    ).body
    assert data == b"a=x/y%26z=%2B1+2"


def test_a_file_of_a_multipart_body_has_its_name_type_and_bytes() -> None:
    picture = b"\x89PNG\r\n\x1a\n\x00\xff"
    file: JsonObject = {
        "base64": base64.b64encode(picture).decode(),
        "name": "ab ü.png",
        "media_type": "image/png",
    }
    schema = members(file={"type": "string", "format": "binary"}, title={"type": "string"})
    request = sent({"file": file, "title": "Tïtle\r\n--x"}, schema, MULTIPART)
    assert 'form-data; name="file"; filename="ab ü.png"\r\n'.encode() in (request.body or b"")
    found = parts(request)
    assert [part.get_param("name", header="content-disposition") for part in found] == ["file", "title"]
    assert found[0].get_content_type() == "image/png"
    assert found[0].get_payload(decode=True) == picture
    assert found[1].get_filename() is None
    assert found[1].get_payload(decode=True) == "Tïtle\r\n--x".encode()


def test_a_file_may_be_text_and_has_a_name_of_its_own_when_none_is_given() -> None:
    (part,) = parts(sent({"f": {"text": "ä"}}, members(f={"format": "binary", "type": "string"}), MULTIPART))
    assert (part.get_filename(), part.get_content_type(), part.get_content_charset()) == (
        "f",
        "text/plain",
        "utf-8",
    )
    assert part.get_payload(decode=True) == "ä".encode()


def test_the_encoding_says_what_a_file_is() -> None:
    jpeg = base64.b64encode(b"\xff\xd8\xffrest").decode()
    for declared, said in [
        ("image/jpeg", "image/jpeg"),
        ("image/*", "image/jpeg"),
        ("application/pdf, image/png", "application/pdf"),
    ]:
        request = sent({"f": {"base64": jpeg}}, members(f={}), MULTIPART, f=Encoding(content_type=declared))
        assert parts(request)[0].get_content_type() == said


def test_several_files_objects_and_lists() -> None:
    schema = members(
        files={"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 2},
        meta={"type": "object"},
        tags={"type": "array", "items": {"type": "string"}},
    )
    found = parts(
        sent(
            {"files": [{"text": "1"}, {"text": "2"}], "meta": {"a": 1}, "tags": ["x", "y"]}, schema, MULTIPART
        )
    )
    assert [(part.get_param("name", header="content-disposition"), part.get_payload(decode=True)) for part in found] == [
        ("files", b"1"), ("files", b"2"), ("meta", b'{"a":1}'), ("tags", b"x"), ("tags", b"y"),
    ]  # fmt: skip
    assert found[2].get_content_type() == "application/json"


def test_deep_members_of_a_multipart_body() -> None:
    found = parts(
        sent({"m": {"a": {"b": 1}}}, members(m={"type": "object"}), MULTIPART, m=Encoding(style="deepObject"))
    )
    assert [part.get_param("name", header="content-disposition") for part in found] == ["m[a][b]"]


@pytest.mark.parametrize(
    "file",
    [
        {"text": "a", "name": "a\r\nX: 1"},
        {"text": "a", "name": "../a"},
        {"text": "a", "name": ""},
        {"text": "a", "media_type": "text/plain\r\nX: 1"},
        {"text": "a", "base64": "aGk="},
        {"base64": "a"},
        {"name": "a"},
        "aGk=",
    ],
)
def test_a_file_that_cannot_be_sent_is_refused_by_its_schema(file: Any) -> None:
    one = operation("POST", "/t", body=body(members(f={"type": "string", "format": "binary"}), MULTIPART))
    assert ArgumentSchema(shaped(one).schema).faults({"f": file})


@pytest.mark.parametrize(
    ("media_type", "schema", "value", "data", "said"),
    [
        ("application/octet-stream", {}, "AP8=", b"\x00\xff", "application/octet-stream"),
        (
            "image/*",
            {"type": "string"},
            {"base64": "R0lGODlh", "media_type": "image/gif"},
            b"GIF89a",
            "image/gif",
        ),
        (
            "application/x-ndjson",
            {"type": "object"},
            [{"a": 1}, {}],
            b'{"a":1}\n{}\n',
            "application/x-ndjson",
        ),
        ("application/json-seq", {"type": "array"}, [1, 2], b"\x1e1\n\x1e2\n", "application/json-seq"),
        ("application/*+json", {"type": "array"}, [1], b"[1]", "application/x+json"),
        (FORM, {"type": "string"}, "a=1&b=%20", b"a=1&b=%20", FORM),
        ("text/plain", {"type": "string"}, "ü\n", "ü\n".encode(), "text/plain; charset=utf-8"),
        (
            "text/plain; charset=iso-8859-1",
            {"type": "string"},
            "ü",
            b"\xfc",
            "text/plain; charset=iso-8859-1",
        ),
        ("application/xml", {"type": "object"}, "<a>ü</a>", "<a>ü</a>".encode(), "application/xml"),
        ("application/yaml", {"type": "object"}, {"a": 1}, b'{"a":1}', "application/yaml"),
        ("*/*", {"type": "object"}, {"a": 1}, b'{"a":1}', "application/json"),
        ("application/x-ndjson", {"type": "string"}, '{"a":1}\n', b'{"a":1}\n', "application/x-ndjson"),
    ],
)
def test_any_other_body(
    media_type: str, schema: JsonObject, value: JsonValue, data: bytes, said: str
) -> None:
    request = sent({"body": value}, schema, media_type)
    assert (request.body, content_type(request)) == (data, said)


def test_a_charset_that_has_not_the_characters_is_told() -> None:
    one = operation("POST", "/t", body=body({"type": "string"}, "text/plain; charset=us-ascii"))
    with pytest.raises(InvalidArgumentsError, match="us-ascii"):
        requested(one, {"body": "ü"})


def test_a_form_that_is_one_argument_must_be_an_object() -> None:
    one = operation("POST", "/t", body=body({"oneOf": [{"type": "object"}, {"type": "string"}]}, FORM))
    assert requested(one, {"body": {"a": "1"}}).body == b"a=1"
    with pytest.raises(InvalidArgumentsError, match="must be an object"):
        requested(one, {"body": "a=1&admin=1"})


@pytest.mark.anyio
async def test_parts_without_names_are_what_the_description_says_of_their_places() -> None:
    """`prefixEncoding` and `itemEncoding` (OpenAPI 3.2, 4.14.5): files are bytes there, too, and the mock reads them."""
    form = {
        "schema": {
            "type": "array",
            "prefixItems": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"type": "string"}],
            "items": {},
        },
        "prefixEncoding": [{"contentType": "application/json"}, {}],
        "itemEncoding": {"contentType": "image/png"},
    }
    raw: Any = {
        "post": {"requestBody": {"required": True, "content": {"multipart/mixed": form}}, "responses": {}}
    }
    description = read_value({"openapi": "3.2.0", "paths": {"/mixed": raw}})
    (one,) = description.operations
    picture = b"\x89PNG\r\n\x1a\n\x00\xff"
    file: JsonObject = {"base64": base64.b64encode(picture).decode()}
    arguments: JsonObject = {"body": [{"a": 1}, "words", file, {**file, "name": "b.png"}]}
    assert not ArgumentSchema(shaped(one).schema).faults(arguments)
    assert ArgumentSchema(shaped(one).schema).faults({"body": [{"a": 1}, "words", "no file"]})
    request = requested(one, arguments)
    assert content_type(request).startswith("multipart/mixed; boundary=")
    found = parts(request)
    assert [part.get_content_type() for part in found] == [
        "application/json",
        "text/plain",
        "image/png",
        "image/png",
    ]
    assert [part.get_payload(decode=True) for part in found] == [b'{"a":1}', b"words", picture, picture]
    assert [part.get_filename() for part in found] == [None, None, None, "b.png"]
    with MockUpstream(description) as service:
        async with client_of(service.url) as client:
            await served(one, client, service.url).run(arguments)
    assert service.faults == []
