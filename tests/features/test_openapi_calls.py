"""Calls of real APIs, against a service that is made from their description and checks what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import InvalidArgumentsError
from seawall.testing.arguments import fitting
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation, Encoding
from seawall.types import JsonObject, JsonValue
from support.apis import answers, api, body, client_of, operation, parameter, real, served, shaped
from support.descriptions import SPECS
from support.trying import tried

pytestmark = pytest.mark.whole

SMALL = [
    "petstore-3.0.yaml", "petstore-expanded-2.0.json", "petstore-expanded-3.0.yaml", "link-example-3.0.json",
    "tags-3.2.json", "tictactoe-3.1.json",
]  # fmt: skip
LARGE = ["openai-3.1.json", "kubernetes-swagger-2.0.json"]
SAMPLE = 24  # operations of a large API at a time, at most
SAMPLES = 6


@pytest.mark.parametrize("name", [name for name in SMALL if name in SPECS])
def test_every_operation_of_a_small_api(name: str) -> None:
    description = real(name)
    tried(description, list(description.operations), each=6)


@pytest.mark.parametrize("name", [name for name in LARGE if name in SPECS] or SMALL[:1])
def test_a_sample_of_a_large_api(name: str) -> None:
    """Hypothesis picks the operations, the same ones in every run, and narrows down to the one that fails."""
    description = real(name)
    operations = list(description.operations)
    some = st.lists(
        st.sampled_from(range(len(operations))),
        unique=True,
        min_size=1,
        max_size=min(SAMPLE, len(operations)),
    )

    @settings(
        max_examples=SAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(some)
    def try_them(picked: list[int]) -> None:
        tried(description, [operations[each] for each in picked], each=3)

    try_them()


TEXTS: JsonObject = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 2}
WHOLES: JsonObject = {
    "type": "object",
    "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}},
    "required": ["R", "G"],
    "additionalProperties": False,
}
DEEP: JsonObject = {
    "type": "object",
    "properties": {
        "a": {"type": "string"},
        "b": TEXTS,
        "c": WHOLES,
        "d": {"type": "array", "items": WHOLES, "minItems": 1},
    },
    "required": ["a", "b", "c", "d"],
    "additionalProperties": False,
}
MEMBERS: JsonObject = {
    "type": "object",
    "properties": {
        "s": {"type": "string"},
        "n": {"type": "number"},
        "list": TEXTS,
        "whole": WHOLES,
        "deep": DEEP,
    },
    "required": ["s", "n", "list", "whole", "deep"],
}
DONE = (answers(media_type="", status="204"),)


def styles() -> ApiDescription:
    """An operation for each style and each form of a body."""
    made: list[ApiOperation] = []
    kinds: list[JsonObject] = [{"type": "string", "minLength": 1}, TEXTS, WHOLES]
    for schema in kinds:
        kind = str(schema["type"])
        for place, names in (
            ("path", ["simple", "label", "matrix"]),
            ("query", ["form", "spaceDelimited", "pipeDelimited"]),
            ("header", ["simple"]),
            ("cookie", ["form"]),
        ):
            for style in names:
                for explode in (True, False):
                    path = f"/{kind}/{place}/{style}/{explode}" + ("/{p}" if place == "path" else "")
                    one = parameter("p", place, dict(schema), style=style, explode=explode, required=True)
                    made.append(operation("GET", path, one, responses=DONE))
        coded = parameter("p", "query", dict(schema), media_type="application/json", required=True)
        reserved = parameter("p", "query", dict(schema), allow_reserved=True, required=True)
        made += [operation("GET", f"/{kind}/json", coded, responses=DONE)]
        made += [operation("GET", f"/{kind}/reserved", reserved, responses=DONE)]
    made.append(
        operation(
            "GET", "/deep", parameter("p", "query", DEEP, style="deepObject", required=True), responses=DONE
        )
    )
    form = {"list": Encoding(style="pipeDelimited", explode=False), "deep": Encoding(style="deepObject")}
    for number, (media_type, encoding) in enumerate(
        [
            ("application/json", {}),
            ("application/x-www-form-urlencoded", {}),
            ("application/x-www-form-urlencoded", form),
            ("multipart/form-data", {}),
            ("multipart/form-data", {"deep": Encoding(style="deepObject")}),
        ]
    ):
        made.append(
            operation(
                "POST", f"/body/{number}", body=body(MEMBERS, media_type, encoding=encoding), responses=DONE
            )
        )
    return api(*made)


def delimited(one: ApiOperation, arguments: JsonObject) -> bool:
    """Whether OpenAPI has no way to tell a sign in a value from the one between values."""
    sign = " " if "spaceDelimited" in one.key else "|" if "pipeDelimited" in one.key else None
    return sign is not None and sign in "".join(texts(arguments))


def texts(value: JsonValue) -> Iterator[str]:
    """Every text in the value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def test_every_style_and_form_is_read_back_as_what_was_meant() -> None:
    """By a reader that shares nothing with the writer: not only accepted, but the same values."""
    description = styles()
    made = [(one, fitting(shaped(one, fields=False).schema, 12)) for one in description.operations]

    async def calling(upstream: MockUpstream) -> None:
        async with client_of(upstream.url) as client:
            for one, several in made:
                assert several, one.key
                arrived = len(upstream.received)
                tool = served(one, client, upstream.url, fields=False)
                for arguments in several:
                    refusable = one.parameters and (
                        one.parameters[0].place in {"header", "cookie", "path"} or delimited(one, arguments)
                    )
                    with suppress(InvalidArgumentsError) if refusable else nullcontext():
                        await tool.run(arguments)  # what no header, cookie or path can carry is refused
                    if len(upstream.received) == arrived:
                        continue
                    arrived += 1
                    received = upstream.received[-1]
                    assert received.faults == (), one.key
                    understood = {name: value for (_, name), value in received.values.items()}
                    assert arguments in (understood, received.body), one.key

    with MockUpstream(description) as upstream:
        asyncio.run(calling(upstream))
        assert len({id(each.operation) for each in upstream.received}) == len(made)
