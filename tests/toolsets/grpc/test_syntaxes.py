"""Descriptions in proto2 and in editions: what they require is required, whatever the syntax calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from seawall.toolsets.grpc.compiling import compiled
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.describing import describe, file_set
from seawall.toolsets.grpc.messages import NotAMessageError, decoded, encoded
from seawall.toolsets.grpc.schemas import argument_schema

TWO = """
syntax = "proto2";
package a;
enum E { option allow_alias = true; X = 5; Y = 6; Z = 6; }
message A {
  required string name = 1;
  optional E e = 2 [default = Y];
  repeated group Part = 3 { optional int32 n = 1; required bytes b = 2; }
  oneof o { string s = 4; A inner = 5; }
  extensions 100 to 200;
  map<int32, A> kids = 7;
}
extend A { optional string more = 100; }
"""
EDITION = """
edition = "2023";
package a;
message A {
  string name = 1 [features.field_presence = LEGACY_REQUIRED];
  int32 zero = 3 [features.field_presence = IMPLICIT];
  A inner = 4 [features.message_encoding = DELIMITED];
}
"""
FINE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (TWO, {"name": "x"}, {"name": "x", "part": [], "kids": {}}),
    (TWO, {"name": "x", "e": "Z"}, {"name": "x", "e": "Y", "part": [], "kids": {}}),
    (TWO, {"name": "x", "part": [{"b": "AA=="}]}, {"name": "x", "part": [{"b": "AA=="}], "kids": {}}),
    (
        TWO,
        {"name": "x", "inner": {"name": "y"}},
        {"name": "x", "inner": {"name": "y", "part": [], "kids": {}}, "part": [], "kids": {}},
    ),
    (EDITION, {"name": ""}, {"name": "", "zero": 0}),
    (
        EDITION,
        {"name": "x", "inner": {"name": "y"}},
        {"name": "x", "zero": 0, "inner": {"name": "y", "zero": 0}},
    ),
]
WRONG: list[tuple[str, dict[str, Any], bool]] = [
    (TWO, {}, True),
    (TWO, {"name": "x", "part": [{}]}, True),
    (TWO, {"name": "x", "kids": {"x": {"name": "y"}}}, True),
    (TWO, {"name": "x", "[a.more]": "y"}, True),
    (TWO, {"name": "x", "s": "a", "inner": {"name": "y"}}, False),
    (TWO, {"name": "x", "kids": {"99999999999": {"name": "y"}}}, False),
    (EDITION, {}, True),
    (EDITION, {"name": "x", "inner": {}}, True),
]
"""Whether the schema says it already; the rest is found when the message is made."""


def described(directory: Path, text: str) -> Any:
    (directory / "a.proto").write_text(text)
    values = {"kind": "grpc", "endpoint": "http://a.invalid", "proto": ("a.proto",)}
    return describe(file_set(compiled(GrpcDeclaration.model_validate(values), directory)))


@pytest.mark.parametrize(("text", "given", "comes"), FINE, ids=[f"{row[0][1:9]} {row[1]}" for row in FINE])
def test_what_a_message_may_be_goes_and_comes_back(
    tmp_path: Path, text: str, given: dict[str, Any], comes: dict[str, Any]
) -> None:
    api = described(tmp_path, text)
    message = api.pool.FindMessageTypeByName("a.A")
    jsonschema_rs.validate(argument_schema(api, message), given)
    assert decoded(api.pool, message, encoded(api.pool, message, given)) == comes


@pytest.mark.parametrize(
    ("text", "given", "by_schema"), WRONG, ids=[f"{row[0][1:9]} {row[1]}" for row in WRONG]
)
def test_what_a_message_may_not_be_is_refused(
    tmp_path: Path, text: str, given: dict[str, Any], *, by_schema: bool
) -> None:
    api = described(tmp_path, text)
    message = api.pool.FindMessageTypeByName("a.A")
    assert jsonschema_rs.is_valid(argument_schema(api, message), given) is not by_schema
    if not by_schema:
        with pytest.raises(NotAMessageError):
            encoded(api.pool, message, given)
