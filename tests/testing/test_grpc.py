"""A service made from its descriptors: what comes is judged by them, and what goes out is an example of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import jsonschema_rs
import pytest
from google.protobuf.descriptor import Descriptor

from seawall.testing.arguments import fitting
from seawall.testing.client import ServerClient
from seawall.testing.grpc import MockGrpc, example
from seawall.testing.rehearsing import rehearsed
from seawall.toolsets.grpc.compiling import compiled
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.describing import describe, file_set
from seawall.toolsets.grpc.messages import decoded
from seawall.toolsets.grpc.model import Api
from seawall.toolsets.grpc.schemas import answer_schema
from support.grpc_service import PROTOS, api

OLD = """
syntax = "proto2";
package old;

service Olds {
  rpc GetOld(Old) returns (Old);
}

enum Kind { A = 0; B = 2; }

message Old {
  required string name = 1;
  optional Kind kind = 2;
  repeated int64 numbers = 3;
  optional group Part = 4 { optional string word = 5; }
  map<string, Kind> kinds = 6;
  optional Old inner = 7;
}
"""


def old(directory: Path) -> Api:
    """A service of the older syntax."""
    (directory / "old.proto").write_text(OLD)
    declaration = GrpcDeclaration.model_validate(
        {"kind": "grpc", "endpoint": "http://old.invalid", "proto": ("old.proto",)}
    )
    return describe(file_set(compiled(declaration, directory)))


def messages(found: Api) -> Iterator[Descriptor]:
    yield from dict.fromkeys(each for method in found.methods for each in (method.request, method.response))


def test_an_example_has_a_value_of_every_field_and_fits_the_schema_of_answers(tmp_path: Path) -> None:
    for found in (api(), old(tmp_path)):
        for descriptor in messages(found):
            made = example(descriptor)
            data = decoded(found.pool, descriptor, made.SerializeToString())
            jsonschema_rs.validate(answer_schema(found, descriptor), data)
    everything = example(api().pool.FindMessageTypeByName("pets.v1.Everything"))
    unset = {each.name for each in everything.DESCRIPTOR.fields} - {
        each.name for each, _ in everything.ListFields()
    }
    assert unset == {
        "by_number",
        "nothing",
    }  # the second one of a oneof, and a NullValue, which has but its zero


REQUESTS = {
    "GetPet": {
        b"\x08\x07": "",
        b"\x08": "it is no pets.v1.GetPetRequest",
        b"\xc0\x3e\x01": "GetPetRequest has fields that pets.v1.GetPetRequest does not know",
    },
    "AddPet": {b"\x18\x02": "", b"\x18\x63": "kind has 99, which is no value of it"},
}


@pytest.mark.parametrize("method", REQUESTS)
def test_what_a_message_must_not_have_is_a_fault(method: str) -> None:
    for content, fault in REQUESTS[method].items():
        with (
            MockGrpc(api()) as service,
            grpc.insecure_channel(service.url.removeprefix("http://")) as channel,
        ):
            ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                f"/pets.v1.PetStore/{method}"
            )
            if fault:
                with pytest.raises(grpc.RpcError):
                    ask(content, timeout=30)
            else:
                ask(content, timeout=30)
        (received,) = service.received
        assert received.faults == ((fault,) if fault else ())
        assert received.method == f"pets.v1.PetStore/{method}"


def test_what_is_required_is_missed_in_the_older_syntax(tmp_path: Path) -> None:
    with (
        MockGrpc(old(tmp_path)) as service,
        grpc.insecure_channel(service.url.removeprefix("http://")) as channel,
    ):
        ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/old.Olds/GetOld")
        for content in (b"\x0a\x01a", b"\x0a\x01a\x3a\x00"):
            try:
                ask(content, timeout=30)
            except grpc.RpcError:
                continue
        nowhere: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/old.Olds/Nothing")
        with pytest.raises(grpc.RpcError):
            nowhere(b"", timeout=30)
    assert service.faults == [
        "old.Olds/GetOld: inner lacks name",
        "/old.Olds/Nothing: no such method can be called",
    ]


def test_a_project_calls_every_method_of_a_service_against_its_descriptors(tmp_path: Path) -> None:
    """No name is looked up for it, and no secret is needed: the endpoint of the blueprint is nowhere."""
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "shop"\n\n[[toolset]]\nkind = "grpc"\nendpoint = "https://service.invalid:443"\n'
        f'proto = ["{PROTOS}/pets.proto"]\naccess = "write"\nca = "missing.pem"\n'
        'auth = { scheme = "bearer", token = "env:NO_SUCH_TOKEN" }\n'
    )
    with rehearsed(tmp_path / "seawall.toml") as playing:
        (service,) = playing.services.values()
        assert isinstance(service, MockGrpc)
        with ServerClient.of(playing.server, "2026-07-28") as client:
            for tool, schema in playing.operations.items():
                answered = 0
                for arguments in fitting(schema, 4):
                    outcome = client.call_with(tool, arguments)
                    assert outcome.code in {None, "invalid_arguments"}, (tool, arguments, outcome)
                    answered += outcome.code is None
                assert answered, tool
    assert service.faults == []
    assert {each.method.rpartition("/")[2] for each in service.received} == {
        each.name for each in api().methods if not each.client_streaming
    }
    assert all("authorization" not in each.metadata for each in service.received)
