"""Descriptions in all their forms, and what is wrong with them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2

from seawall.errors import BlueprintError, StartError
from seawall.toolsets.grpc.compiling import compiled
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.describing import UnusableError, describe, file_set, file_set_of_text
from seawall.toolsets.grpc.schemas import argument_schema
from seawall.toolsets.grpc.source import as_text
from support.grpc_service import PROTOS, api, descriptors


def declared(**more: Any) -> GrpcDeclaration:
    return GrpcDeclaration.model_validate({"kind": "grpc", "endpoint": "https://a.example", **more})


def test_a_set_as_text_says_the_same_as_its_bytes() -> None:
    found = file_set(descriptors())
    assert file_set_of_text(as_text(found)) == found


def test_comments_of_methods_are_read() -> None:
    assert next(each for each in api().methods if each.name == "GetPet").comment == "Finds one pet."


def test_a_set_without_protobufs_own_files_gets_them() -> None:
    found = file_set(descriptors())
    own = [each for each in found.file if not each.name.startswith("google/")]
    assert len(describe(descriptor_pb2.FileDescriptorSet(file=own)).methods) == len(api().methods)


def test_a_set_without_its_imports_says_how_it_has_to_be_made() -> None:
    found = file_set(descriptors())
    lonely = [each for each in found.file if each.name == "pets.proto"]
    with pytest.raises(UnusableError, match="include_imports"):
        describe(descriptor_pb2.FileDescriptorSet(file=lonely))


def test_files_that_import_each_other_are_refused() -> None:
    files = [
        descriptor_pb2.FileDescriptorProto(name="a.proto", dependency=["b.proto"]),
        descriptor_pb2.FileDescriptorProto(name="b.proto", dependency=["a.proto"]),
    ]
    with pytest.raises(UnusableError, match="imports itself"):
        describe(descriptor_pb2.FileDescriptorSet(file=files))


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", b"not descriptors at all", bytes(100)])
def test_bytes_that_are_no_set_are_refused(content: bytes) -> None:
    with pytest.raises(UnusableError):
        describe(file_set(content))


def test_every_fault_of_proto_files_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.proto").write_text('syntax = "proto3";\nmessage A {\n  Foo x = 1;\n  Bar y = 2;\n}\n')
    with pytest.raises(BlueprintError) as caught:
        compiled(declared(proto=("a.proto",)), tmp_path)
    places = [
        (Path(each.source).name, each.line, each.column, each.message) for each in caught.value.problems
    ]
    assert places == [
        ("a.proto", 3, 3, '"Foo" is not defined.'),
        ("a.proto", 4, 3, '"Bar" is not defined.'),
    ]


def test_nothing_beside_proto_path_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.proto").write_text('syntax = "proto3";\n')
    (tmp_path / "in" / "a.proto").write_text('syntax = "proto3";\nimport "../out.proto";\n')
    with pytest.raises(BlueprintError):
        compiled(declared(proto=("in/a.proto",)), tmp_path)
    with pytest.raises(BlueprintError, match="problem"):
        compiled(declared(proto=("out.proto",), proto_path="in"), tmp_path)


def test_more_source_than_allowed_is_not_compiled(tmp_path: Path) -> None:
    shutil.copytree(PROTOS, tmp_path / "p")
    with pytest.raises(StartError, match="larger than 1000 bytes"):
        compiled(declared(proto=("p/pets.proto",), descriptor_size=1000), tmp_path)


def test_field_behaviour_makes_arguments_required_and_leaves_answers_out(tmp_path: Path) -> None:
    """Whether or not google/api is known: its options are read as what they are on the wire."""
    (tmp_path / "google" / "api").mkdir(parents=True)
    (tmp_path / "google" / "api" / "field_behavior.proto").write_text(
        'syntax = "proto3";\npackage google.api;\nimport "google/protobuf/descriptor.proto";\n'
        "extend google.protobuf.FieldOptions { repeated FieldBehavior field_behavior = 1052 [packed = false]; }\n"
        "enum FieldBehavior { FIELD_BEHAVIOR_UNSPECIFIED = 0; OPTIONAL = 1; REQUIRED = 2; OUTPUT_ONLY = 3; }\n"
    )
    (tmp_path / "a.proto").write_text(
        'syntax = "proto3";\nimport "google/api/field_behavior.proto";\nmessage A {\n'
        "  string name = 1 [(google.api.field_behavior) = REQUIRED];\n"
        "  string made = 2 [(google.api.field_behavior) = OUTPUT_ONLY];\n  string note = 3;\n}\n"
    )
    found = describe(file_set(compiled(declared(proto=("a.proto",)), tmp_path)))
    schema: Any = argument_schema(found, found.pool.FindMessageTypeByName("A"))
    assert (list(schema["properties"]), schema["required"]) == (["name", "note"], ["name"])


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"proto": ("a.proto",), "descriptors": "a.binpb"},
        {"proto": ("a.proto",), "reflection": True},
        {"descriptors": "a", "certificate": "c.pem"},
        {"descriptors": "a", "endpoint": "http://a.example", "ca": "ca.pem"},
        {"descriptors": "a", "endpoint": "unix:///run/pets.sock"},
        {"descriptors": "a", "endpoint": "dns:///a.example:443"},
        {"descriptors": "a", "endpoint": "ipv4:10.0.0.1:443"},
        {"descriptors": "a", "endpoint": "https://a.example/path"},
        {"descriptors": "a", "redirects": 1},
    ],
    ids=str,
)
def test_declarations_that_mean_nothing_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        declared(**more)
