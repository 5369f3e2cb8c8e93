"""Results that are no text: their blocks, their size, and secrets within what they encode."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from mcp_types import AudioContent, BlobResourceContents, EmbeddedResource, ImageContent, TextContent

from seawall.runtime.results import ToolPayload
from seawall.security.redact import MARK, Redactor
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.interface import (
    AudioBlock,
    BinaryBlock,
    CallContext,
    ContentResult,
    DataResult,
    Hints,
    ImageBlock,
    Operation,
    OperationResult,
    TextResult,
)
from seawall.toolsets.rendering import RESULT_META, SizedResult
from seawall.toolsets.serving import OperationTool
from seawall.types import JsonObject

pytestmark = pytest.mark.anyio

SECRET = "hunter2-hunter2"  # noqa: S105  nobody's
DATA = b"\x00\x01" + SECRET.encode() + b"\xff"
BLOCKS = (
    ImageBlock(DATA, "image/png"),
    AudioBlock(DATA, "audio/wav"),
    BinaryBlock(DATA, "font/ttf", "response://a/b"),
)
ANY: JsonObject = {"type": "object", "properties": {"status": {"type": "integer"}}, "required": ["status"]}


async def made(
    result: OperationResult, output: JsonObject | None = None, **settings: Any
) -> tuple[SizedResult, OperationTool]:
    async def handler(arguments: JsonObject, context: CallContext) -> OperationResult:
        return result

    hints = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)
    operation = Operation("tool", "", "", {"type": "object"}, output, hints, handler, varies=True)
    tool = OperationTool.of(operation, response_limit=1 << 20, **settings)
    answer = await tool.run({})
    assert isinstance(answer, SizedResult)
    return answer, tool


async def test_blocks_come_in_their_order_with_the_note_last() -> None:
    answer, _ = await made(ContentResult(BLOCKS, "three", {"status": 200}))
    encoded = base64.b64encode(DATA).decode()
    assert answer.content == [
        ImageContent(type="image", data=encoded, mime_type="image/png"),
        AudioContent(type="audio", data=encoded, mime_type="audio/wav"),
        EmbeddedResource(
            type="resource",
            resource=BlobResourceContents(uri="response://a/b", mime_type="font/ttf", blob=encoded),
        ),
        TextContent(type="text", text="three"),
    ]
    assert (answer.structured_content, answer.meta) == (None, {RESULT_META: {"status": 200}})


async def test_its_size_is_at_least_what_goes_over_the_wire() -> None:
    big = ContentResult((ImageBlock(b"x" * 1000, "image/png"),), "one", {"status": 200})
    answer, _ = await made(big)
    wire = sum(len(block.model_dump_json(by_alias=True, exclude_none=True)) for block in answer.content)
    assert wire <= answer.size <= wire + 600


@pytest.mark.parametrize(
    "result",
    [
        TextResult("a", "n", {"status": 1}),
        DataResult({"status": 1}),
        ContentResult(BLOCKS, "n", {"status": 1}),
    ],
)
@pytest.mark.parametrize(("output", "settings"), [(ANY, {}), (None, {"results": "json"})])
async def test_where_a_schema_promises_data_every_form_has_it(
    result: OperationResult, output: JsonObject | None, settings: dict[str, Any]
) -> None:
    answer, tool = await made(result, output, **settings)
    assert tool.output_schema is not None
    assert answer.structured_content is not None
    assert ArgumentSchema(tool.output_schema).fits(answer.structured_content)
    assert json.loads(answer.content[-1].text) == answer.structured_content  # type: ignore[union-attr]


async def test_secrets_are_taken_out_of_what_is_encoded_and_it_can_still_be_decoded() -> None:
    answer, _ = await made(ContentResult(BLOCKS, f"note {SECRET}", {"status": 200}))
    redactor = Redactor()
    redactor.add(SECRET)
    clean = ToolPayload(answer).without(redactor).result
    image, audio, file, note = clean.content
    clear = DATA.replace(SECRET.encode(), MARK.encode())
    for text in (image.data, audio.data, file.resource.blob):  # type: ignore[union-attr]
        assert base64.b64decode(text, validate=True) == clear
    assert note.text == f"note {MARK}"  # type: ignore[union-attr]


async def test_what_has_no_secret_is_the_very_same() -> None:
    answer, _ = await made(ContentResult(BLOCKS, "note", {"status": 200}))
    redactor = Redactor()
    redactor.add("another-secret")
    payload = ToolPayload(answer)
    assert payload.without(redactor) is payload
    assert payload.cut(100) is None
