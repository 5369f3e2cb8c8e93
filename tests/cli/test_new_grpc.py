"""`seawall new --grpc`: a project around a description, whatever stands in that description, whose own tests pass."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from cli.processes import Seawall, environment
from reference.hostile import TEXTS
from seawall.toolsets.cleaning import is_clean_name

_TEXT = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
_ONE = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
PETS = """
syntax = "proto3";

package pets.v1;

import "google/protobuf/timestamp.proto";

service PetStore {
  // Finds one pet.
  rpc GetPet(GetPetRequest) returns (Pet);
  // All pets, one by one.
  rpc ListPets(GetPetRequest) returns (stream Pet);
  rpc AddPet(Pet) returns (Pet);
}

message GetPetRequest {
  // Its number.
  int64 pet_id = 1;
}

message Pet {
  int64 id = 1;
  string name = 2;
  google.protobuf.Timestamp born = 3;
  oneof owner { string person = 4; string house = 5; }
}
"""


def hostile() -> bytes:
    """A description with hostile texts wherever a comment or a free name may stand: a method and a message for each."""
    file = descriptor_pb2.FileDescriptorProto(name="words.proto", package="words", syntax="proto3")
    service = file.service.add(name="Words")
    for number, text in enumerate(TEXTS):
        name = f".words.Word{number}"
        service.method.add(name=f"GetWord{number}", input_type=name, output_type=name)
        field = file.message_type.add(name=f"Word{number}").field.add(
            name="word", number=1, type=_TEXT, label=_ONE
        )
        if is_clean_name(text):
            field.json_name = text
        for path in ((4, number), (4, number, 2, 0), (6, 0, 2, number), (6, 0), (12,), (2,), ()):
            file.source_code_info.location.add(
                path=path,
                span=(0, 0, 1),
                leading_comments=text,
                trailing_comments=text,
                leading_detached_comments=[text],
            )
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


def test_hostile_text_in_every_field_injects_nothing(called: Seawall, tmp_path: Path) -> None:
    described = tmp_path / "words.binpb"
    described.write_bytes(hostile())
    ended = called("new", "harbour", "--grpc", str(described))
    assert ended.status == 0, ended.err
    assert not set(ended.out) & set("\x1b\x07\u202e")
    project = tmp_path / "harbour"
    data = tomllib.loads((project / "seawall.toml").read_text(encoding="utf-8"))
    assert set(data) == {"server", "toolset"}
    (toolset,) = data["toolset"]
    assert toolset["descriptors"] == "specs/words.txtpb"
    assert set(toolset) == {"kind", "descriptors", "endpoint"}
    for name in (
        "Dockerfile",
        "compose.yaml",
        "server.py",
        "tests/test_server.py",
        ".env.example",
        ".gitignore",
    ):
        content = (project / name).read_text(encoding="utf-8")
        assert not [text for text in TEXTS if len(text) > 3 and text in content], name
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<(script|img|h1|b)", readme)
    assert not re.search(r"(?<!\\)\]\(javascript:", readme)
    surface = json.loads((project / "tests" / "surface.json").read_text(encoding="utf-8"))
    assert set(surface) == {f"get_word_{number}" for number in range(len(TEXTS))}
    assert all(list(each["inputSchema"]["properties"]) == ["word"] for each in surface.values())
    told = json.dumps(surface, ensure_ascii=False)
    assert not set(told) & set("\x1b\x07\x00\u202e\u2066\ufeff")
    checked = called("check", project / "seawall.toml")
    assert checked.status in {0, 1}, checked.out
    assert not set(checked.out) & set("\x1b\x07\u202e")


@pytest.mark.whole
def test_its_own_tests_call_every_method(called: Seawall, tmp_path: Path) -> None:
    """Against a service made of the descriptors: nothing listens at the endpoint, and the tests notice a fault."""
    (tmp_path / "pets.proto").write_text(PETS)
    ended = called("new", "shop", "--grpc", "pets.proto", "--write")
    assert ended.status == 0, ended.err
    project = tmp_path / "shop"
    passed = ran_tests(project)
    assert passed.returncode == 0, passed.stdout
    assert called("check", project / "seawall.toml", "--strict").status == 0
    (project / "tests" / "test_calls.py").write_text(
        "def test_calls(rehearsal, client):\n"
        "    for tool in rehearsal.operations:\n"
        "        assert client.call(tool).code is None, tool\n"
        "    (service,) = rehearsal.services.values()\n"
        "    assert {each.method.rpartition('/')[2] for each in service.received} == {'GetPet', 'ListPets', 'AddPet'}\n"
        "    assert service.faults == []\n"
    )
    passed = ran_tests(project)
    assert passed.returncode == 0, passed.stdout


def ran_tests(project: Path) -> subprocess.CompletedProcess[str]:
    line = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    return subprocess.run(
        line, cwd=project, env=environment({}), capture_output=True, text=True, timeout=100, check=False
    )


def test_the_reference_and_the_settings_know_the_kind(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "pets.proto").write_text(PETS)
    assert called("new", "shop", "--grpc", "pets.proto").status == 0
    project = tmp_path / "shop"
    assert called("docs", project / "seawall.toml").status == 0
    pages = {each.name: each.read_text(encoding="utf-8") for each in (project / "docs").glob("*.md")}
    assert "Finds one pet." in pages["tools.md"]
    assert "service.invalid" in pages["security.md"]
    settings = called("config", project / "seawall.toml")
    assert settings.status == 0
    assert "message_size" in settings.out
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert "the service's description, and the names of its operations" in readme
    assert "'seawall[grpc]'" in readme
