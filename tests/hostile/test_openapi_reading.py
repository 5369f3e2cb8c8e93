"""Descriptions that want to harm whoever reads them: each ends soon, in a refusal or in something harmless."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from seawall.errors import StartError
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.reading import DirectoryReader, ReadingLimits, closed, read
from support.descriptions import SWAGGER, described, minimal, only, read_value

_TINY = ReadingLimits(bytes=4 * 1024 * 1024, nodes=200_000)


def _doubling(levels: int) -> str:
    """Each list holds the one before ten times (CVE-2003-1564, in YAML)."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


_REFUSED: dict[str, bytes] = {
    "aliases that multiply": f"openapi: 3.0.0\npaths: {{}}\n{_doubling(12)}".encode(),
    "merges that multiply": (
        "a: &a {" + ", ".join(f"k{n}: 1" for n in range(999)) + "}\nb:\n" + "- <<: *a\n" * 999
    ).encode(),
    "JSON that nests": b'{"openapi":"3.0.0","paths":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "JSON that nests just too deep": b'{"openapi":"3.0.0","paths":' + b"[" * 300 + b"]" * 300 + b"}",
    "YAML that nests in flow": b"a: " + b"[" * 100_000,
    "YAML that nests in blocks": b"".join(b" " * n + b"a:\n" for n in range(1000)),
    "YAML that nests in dashes": b"- " * 100_000,
    "too many values": b'{"openapi":"3.0.0","paths":{},"x":[' + b"0," * 300_000 + b"0]}",
    "too many bytes": b'{"openapi":"3.0.0","paths":{},"x":"' + b"x" * 5_000_000 + b'"}',
    "no object": b"[]",
    "a number": b"3.0",
    "nothing known": b'{"asyncapi": "3.0.0"}',
    "an unknown version": b'{"openapi": "4.0.0", "paths": {}}',
    "a version that is an object": b'{"openapi": {}, "paths": {}}',
    "bytes": bytes(range(256)),
}


_REASONS = {
    "aliases that multiply": "more than 200000 values, aliases",
    "merges that multiply": "more than 200000 values, aliases",
    "JSON that nests": "deeper than 256",
    "JSON that nests just too deep": "deeper than 256",
    "YAML that nests in flow": "deeper than 256",
    "YAML that nests in blocks": "deeper than 256",
    "YAML that nests in dashes": "deeper than 256",
    "too many values": "more than 200000 values",
    "too many bytes": "more than the 4194304",
    "no object": "no object",
    "a number": "no object",
    "nothing known": "neither `openapi` nor",
    "an unknown version": "none of 2.0",
    "a version that is an object": "none of 2.0",
    "bytes": "no YAML",
}


@pytest.mark.parametrize("name", _REFUSED)
def test_what_costs_too_much_or_is_none_is_refused(name: str) -> None:
    with pytest.raises(StartError, match=f"the API description cannot be used: .*{_REASONS[name]}"):
        read(_REFUSED[name], limits=_TINY)


def test_a_million_keys_are_read() -> None:
    """One huge map is no fault; where it stands among the paths, it meets the bound on operations."""
    text = '{"openapi":"3.0.0","paths":{' + ",".join(f'"/p{n}":{{"get":{{}}}}' for n in range(300_000)) + "}}"
    description = read(text.encode(), limits=ReadingLimits(operations=1000))
    assert len(description.operations) == 1000
    assert any("299000 operations" in item.message for item in description.faults)
    keys = (
        '{"openapi":"3.0.0","paths":{},"x-map":{' + ",".join(f'"k{n}":{n}' for n in range(1_000_000)) + "}}"
    )
    assert read(keys.encode()).operations == ()


# References that must lead nowhere, with a file in reach of each that they would find.
_NOWHERE = [
    *(
        "../secret.yaml",
        "sub/../../secret.yaml",
        "./../secret.yaml#/x",
        "%2e%2e/secret.yaml",
        "..%2fsecret.yaml",
    ),
    *("/etc/passwd", "//host.example/x.yaml", "file:///etc/passwd", "FILE:/etc/passwd", "file:secret.yaml"),
    *(
        "http://127.0.0.1:9/x.yaml",
        "https://host.example/x.json#/a",
        "ftp://host.example/x",
        "data:text/plain,x",
    ),
    *(
        "..\\secret.yaml",
        "\\\\host\\share\\x.yaml",
        "c:\\secret.yaml",
        "a\0b.yaml",
        ".env",
        "link.yaml",
        "fifo.yaml",
    ),
    *("", "#/components/schemas/Missing", "#/x/y/z", "#nowhere", "missing.yaml", "sub", "./", "x" * 10_000),
]


_DECOYS = [
    *(
        "secret.yaml",
        "etc/passwd",
        "host.example/x.yaml",
        "file:/etc/passwd",
        "FILE:/etc/passwd",
        "file:secret.yaml",
    ),
    *("http:/127.0.0.1:9/x.yaml", "https:/host.example/x.json", "ftp:/host.example/x", "data:text/plain,x"),
    *("..\\secret.yaml", "c:\\secret.yaml", "b.yaml", "host/share/x.yaml"),
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A description's directory: a secret beside it, one in it, a link out of it, and a pipe."""
    inside = tmp_path / "specs"
    (inside / "sub").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("type: string\ndescription: leaked\n")
    (inside / ".env").write_text("description: leaked\n")
    for decoy in _DECOYS:  # what a reference would find if it were bent until it fits
        (inside / decoy).parent.mkdir(parents=True, exist_ok=True)
        (inside / decoy).write_text("type: string\ndescription: leaked\n")
    (inside / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    os.mkfifo(inside / "fifo.yaml")
    return inside


@pytest.mark.parametrize("reference", _NOWHERE)
def test_a_reference_reaches_nothing_but_files_of_the_directory(directory: Path, reference: str) -> None:
    asked: list[str] = []
    schema = {"type": "object", "properties": {"a": {"$ref": reference}}}
    api = minimal({"responses": {}, "parameters": [{"name": "q", "in": "query", "schema": schema}]})
    api["paths"]["/quarantined"] = {"get": {"parameters": [{"$ref": reference}]}}
    with DirectoryReader(directory) as reader:

        def recorded(path: str) -> bytes:
            asked.append(path)
            return reader(path)

        description = read_value(api, source=directory / "api.json", reader=recorded)
    found = only(description).parameters[0].schema
    assert found == {"type": "object", "properties": {"a": {}}}
    assert [item.key for item in description.quarantined] == ["GET /quarantined"]
    assert "leaked" not in str(description)
    assert description.faults
    assert not any(part in {"..", ""} for path in asked for part in path.split("/"))


@pytest.mark.parametrize(
    "components",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/A/properties/x"}},
        {"A": {"allOf": [{"$ref": "#/components/schemas/A"}], "type": "string"}},
        {
            "A": {"anyOf": [{"$ref": "#/components/schemas/B"}]},
            "B": {"not": {"$ref": "#/components/schemas/A"}},
        },
        {"A": {"$ref": "#/components/schemas/A", "description": "d"}},
        {"A": {"items": {"$ref": "#/components/schemas/A"}, "type": "array"}},
        {"A": {"$ref": "#"}},
        {"A": {"$ref": "#/paths"}},
        {"A": {"$ref": "#/paths/~1thing/post/requestBody/content/application~1json/schema"}},
        {"A": {"$dynamicRef": "#"}},
        {"A": {"$recursiveRef": "#"}},
    ],
)
@pytest.mark.parametrize("version", ["3.0.0", "3.1.0"])
def test_circles_end(components: dict[str, Any], version: str) -> None:
    """Whatever the circle, the schema stands alone, compiles, and judges a value."""
    description = described({"$ref": "#/components/schemas/A"}, version, **components)
    body = only(description).body
    assert body is not None
    alone = closed(body.contents[0].schema, description.definitions)
    assert jsonschema_rs.meta.is_valid(alone)
    jsonschema_rs.validator_for(alone, offline=True).is_valid([[["x"]]])


def test_references_that_multiply_stay_definitions() -> None:
    """Thirty levels of two references each: a schema of thirty definitions, not of a billion."""
    ref = "#/components/schemas/A"
    levels = {
        f"A{n}": {"type": "object", "properties": {side: {"$ref": f"{ref}{n + 1}"} for side in "lr"}}
        for n in range(30)
    }
    description = described({"$ref": f"{ref}0"}, **levels, A30={"type": "string"})
    body = only(description).body
    assert body is not None
    assert len(json.dumps(closed(body.contents[0].schema, description.definitions))) < 10_000


def test_choices_of_choices_do_not_multiply_the_work_of_a_validator() -> None:
    """The same with `anyOf`, where each level doubles the ways through one value."""
    ref = "#/components/schemas/A"
    levels = {f"A{n}": {"anyOf": [{"$ref": f"{ref}{n + 1}"}, {"$ref": f"{ref}{n + 1}"}]} for n in range(40)}
    description = described({"$ref": f"{ref}0"}, **levels, A40={"type": "string"})
    body = only(description).body
    assert body is not None
    alone = closed(body.contents[0].schema, description.definitions)
    jsonschema_rs.validator_for(alone, offline=True).is_valid(5)
    assert any("choices of choices" in item.message for item in description.faults)


def test_schemas_that_nest_without_end_are_cut() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        schema = {"type": "object", "properties": {"a": schema}}
    description = described(schema)
    body = only(description).body
    assert body is not None
    jsonschema_rs.validator_for(closed(body.contents[0].schema, description.definitions), offline=True)
    assert any("nest deeper" in item.message for item in description.faults)


def test_pointers_into_each_other_do_not_multiply_what_is_read() -> None:
    """Each of many references leads to another part of the same large schema."""
    wide = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(2000)}}
    nested: dict[str, Any] = wide
    for _ in range(30):
        nested = {"type": "object", "properties": {"n": nested}}
    references = [{"$ref": "#/components/schemas/N" + "/properties/n" * n} for n in range(30)]
    description = described({"anyOf": references}, N=nested)
    with pytest.raises(StartError, match="references counted"):
        read_value(
            {
                "openapi": "3.0.0",
                "paths": minimal(
                    {"requestBody": {"content": {"a/b": {"schema": {"anyOf": references}}}}, "responses": {}}
                )["paths"],
                "components": {"schemas": {"N": nested}},
            },
            limits=ReadingLimits(nodes=20_000),
        )
    assert only(description).body is not None


_EVIL = "a\u202eb\x1b[31m\u2066c\u200b\x00d\ud800\U000e0041\r\u2028e\ufeff"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _everywhere(text: str) -> dict[str, Any]:
    schema = {
        "type": text,
        "title": text,
        "description": text,
        "format": text,
        "pattern": text,
        "default": text,
        "example": text,
        "enum": [text, "fine"],
        "properties": {text: {}, "fine": {"const": text, "examples": [text, {text: text}]}},
        "required": [text, "fine"],
        "x-text": text,
        "patternProperties": {text: {}},
        "dependentRequired": {text: [text]},
        text: text,
    }
    content = {
        text: {},
        f"application/{text}": {},
        "application/json": {"schema": schema, "encoding": {text: {}, "fine": {"contentType": text}}},
    }
    operation = {
        "operationId": text,
        "summary": text,
        "description": text,
        "tags": [text],
        "x-note": {text: text},
        "x-mcp": text,
        "security": [{text: [text]}],
        "servers": [
            {"url": f"https://{text}", "description": text},
            {"url": "https://fine", "description": text},
        ],
        "parameters": [
            {"name": text, "in": "query", "schema": schema},
            {
                "name": "fine",
                "in": "query",
                "schema": schema,
                "description": text,
                "example": text,
                "style": text,
            },
            {"name": "also", "in": "cookie", "content": {text: {"schema": schema}}},
        ],
        "requestBody": {"description": text, "content": content},
        "responses": {text: {}, "200": {"description": text, "content": content}},
    }
    broken = {"parameters": [{"name": text, "in": text}]}
    return {
        "openapi": "3.1.0",
        "info": {"title": text, "version": text, "description": text},
        "servers": [{"url": "https://fine", "description": text}],
        "paths": {
            "/fine": {"post": operation, "get": broken},
            f"/{text}": {"get": {}},
            "/{" + text + "}": {"get": {}},
            "/m": {"additionalOperations": {text: {}}},
            "/ref": {"get": {"parameters": [{"$ref": f"#/{text}"}]}},
            text: None,
        },
        "components": {
            "securitySchemes": {
                text: {"type": "apiKey", "in": "header", "name": text},
                "o": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": text, "scopes": {text: text}}},
                },
            },
            "schemas": {text: schema},
        },
    }


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_nothing_unseen_comes_out_of_any_field(form: str) -> None:
    """Control, bidirectional, zero-width and tag characters and lone surrogates in every field of a description."""
    if form == "json":
        data = json.dumps(_everywhere(_EVIL)).encode()
    else:  # in which a lone surrogate cannot be written
        data = yaml.safe_dump(_everywhere(_EVIL.replace("\ud800", "")), allow_unicode=False).encode()
    description = read(data)
    assert [item.key for item in description.operations] == ["POST /fine"]
    assert len(description.quarantined) >= 4
    seen = 0
    for text in _texts(_plain(description)):
        seen += 1
        text.encode()
        for character in text:
            category = unicodedata.category(character)
            assert character in "\n\t" or category not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}, (
                text,
                character,
            )
    assert seen > 100


def _plain(description: ApiDescription) -> Any:
    return {**{name: _value(getattr(description, name)) for name in ApiDescription.__slots__}}


def _value(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {**asdict(value)}
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return {name: _value(item) for name, item in value.items()} if hasattr(value, "items") else value


# Wrong types wherever something is read: one after the other put into each place of a whole description.
_WRONG: list[Any] = [
    None,
    True,
    7,
    1.5,
    "text",
    "",
    [],
    [None],
    ["text"],
    {},
    {"": None},
    {"$ref": 5},
    {"$ref": {}},
    [[]],
]


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _places(item, (*way, name))


def _with(value: Any, way: tuple[Any, ...], wrong: Any) -> Any:
    if not way:
        return wrong
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[way[0]] = _with(value[way[0]], way[1:], wrong)
    return changed


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
def test_a_wrong_type_anywhere_is_survived(version: str) -> None:
    """Each value of a description, replaced by each wrong one: read or refused in words, and never a surprise inside."""
    whole = _everywhere("fine")
    if version == "2.0":
        whole = SWAGGER
    else:
        whole["openapi"] = f"{version}.0"
    for way in _places(whole):
        for wrong in _WRONG:
            try:
                description = read_value(_with(whole, way, wrong))
            except StartError:
                assert len(way) <= 1, way
                continue
            surprises = [item for item in description.quarantined if "cannot be understood" in item.reason]
            assert not surprises, (way, wrong, surprises)
            for schema in description.definitions.values():
                assert jsonschema_rs.meta.is_valid(schema), (way, wrong)
