"""The toolset as a whole: what it reaches, reports and leaves out, and how a project begins with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from seawall.blueprint import load
from seawall.cli.checking import examine
from seawall.errors import BlueprintError, Problem, UsageError
from seawall.security.budget import WorkerPool
from seawall.toolsets.grpc import KIND, GrpcDeclaration
from seawall.toolsets.grpc.toolset import GrpcToolset, grpc_toolset
from seawall.toolsets.interface import Host
from seawall.toolsets.starter import Outbound
from support.grpc_service import PROTOS, descriptors, serving
from support.grpc_world import blueprint

SOURCE = Path(__file__).parents[3] / "src" / "seawall"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    workers = WorkerPool(size=1, queued=1)
    yield Host(tmp_path, workers, 1024**2)
    workers.close()


def toolset(host: Host, **more: Any) -> GrpcToolset:
    (host.directory / "shop.binpb").write_bytes(descriptors())
    values = {"kind": "grpc", "endpoint": "https://shop.example:8443", "descriptors": "shop.binpb", **more}
    return grpc_toolset(GrpcDeclaration.model_validate(values), host)


def problems(path: Path) -> Sequence[Problem]:
    """What `check` tells of a blueprint that cannot be used."""
    loaded = load(path, kinds={"grpc": GrpcDeclaration}, environment={})
    with pytest.raises(BlueprintError) as caught:
        examine(loaded, {"grpc": KIND}, {})
    return caught.value.problems


def test_it_says_what_it_reaches(host: Host) -> None:
    auth = {
        "scheme": "oauth2",
        "token_url": "https://login.example/token",
        "client_id": "shop",
        "client_secret": "env:SECRET",
    }
    reached = toolset(host, auth=auth, networks=("10.0.0.0/8",)).reach()
    assert [each.subject for each in reached] == ["https://shop.example:8443", "https://login.example"]
    assert "public addresses and 10.0.0.0/8" in reached[0].limits


def test_it_reports_what_was_found_and_what_cannot_be_served(host: Host) -> None:
    made = toolset(host)
    report = made.report()
    assert (report.source, report.found) == ("gRPC: pets.v1.PetStore", 14)
    assert [each.name for each in made.left_out()] == [
        "pets.v1.PetStore/UploadPhotos",
        "pets.v1.PetStore/Chat",
    ]


def test_every_operation_says_what_it_answers(host: Host) -> None:
    for operation in toolset(host).operations:
        assert operation.answer is not None
        answer: Any = operation.answer()
        assert answer["type"] == "object"


def test_check_finds_an_override_of_nothing_with_its_line(tmp_path: Path) -> None:
    more = '\n[toolset.override."pets.v1.PetStore/GetPett"]\nname = "x"\n'
    (problem,) = problems(blueprint(tmp_path, "https://a.example", more))
    assert "did you mean 'pets.v1.PetStore/GetPet'" in problem.message
    assert problem.line == 11


def test_check_finds_faults_of_a_proto_file_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.proto").write_text('syntax = "proto3";\n\nmessage A { Nothing x = 1; }\n')
    found = problems(blueprint(tmp_path, "https://a.example", described='proto = ["a.proto"]'))
    assert [(Path(each.source).name, each.line) for each in found] == [("a.proto", 3)]


def test_check_finds_a_file_that_is_not_the_pinned_one(tmp_path: Path) -> None:
    (problem,) = problems(blueprint(tmp_path, "https://a.example", f'sha256 = "{"0" * 64}"\n'))
    assert "is not the file whose hash this is" in problem.message
    assert problem.line is not None


def test_a_project_begins_with_proto_files_and_what_they_import() -> None:
    started = KIND.starter.start(str(PROTOS / "pets.proto"))
    assert set(started.files) == {"protos/pets.proto", "protos/kinds.proto"}
    assert {each.name for each in started.settings if each.active} == {"proto", "endpoint"}


def test_a_project_begins_with_descriptors_as_text(tmp_path: Path) -> None:
    (tmp_path / "My Shop.binpb").write_bytes(descriptors())
    started = KIND.starter.start(str(tmp_path / "My Shop.binpb"))
    assert list(started.files) == ["specs/my-shop.txtpb"]


def test_a_project_begins_with_a_service_that_describes_itself() -> None:
    with serving(reflects=True) as shop:
        started = KIND.starter.start(shop.url)
    assert 'name: "PetStore"' in started.files["specs/service.txtpb"]
    settings = {each.name: each.value for each in started.settings if each.active}
    assert settings["endpoint"] == shop.url
    assert settings["networks"] == ("127.0.0.0/8",)


@pytest.mark.parametrize("answer", ["", "nowhere.proto", "bad.proto", "bad.binpb", "ftp://a", "https://a/b"])
def test_an_answer_that_cannot_be_used_is_told(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.proto").write_text('syntax = "proto3";\nmessage A { B b = 1; }\n')
    (tmp_path / "bad.binpb").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="--grpc"):
        KIND.starter.start(answer)


def test_a_deployment_is_given_the_description_and_the_extra() -> None:
    values = {
        "kind": "grpc",
        "endpoint": "https://a.example",
        "proto": ("protos/a.proto",),
        "ca": "certs/ca.pem",
    }
    needs = KIND.starter.needs(GrpcDeclaration.model_validate(values))
    assert needs.sources == ("protos", "certs/ca.pem", "seawall.lock")
    assert needs.dependencies == ("seawall[grpc]",)
    assert needs.outbound == (Outbound("a.example", 443),)


def test_names_that_were_locked_stay(host: Host) -> None:
    (host.directory / "seawall.lock").write_text(
        'format = 1\n\n["grpc"]\n"pets.v1.PetStore/GetPet" = { name = "fetch", risk = "reads", arguments = [] }\n'
    )
    assert "fetch" in {each.name for each in toolset(host).outlines()}


def test_an_unknown_service_is_refused(host: Host) -> None:
    with pytest.raises(BlueprintError):
        toolset(host, services=("no.such.Service",))


def test_grpc_is_imported_where_it_is_spoken_alone() -> None:
    imports = re.compile(r"^\s*(?:import|from) (?:grpc|google|grpc_tools|grpc_reflection)\b", re.MULTILINE)
    found = {
        path.relative_to(SOURCE).parent.as_posix()
        for path in SOURCE.rglob("*.py")
        if imports.search(path.read_text())
    }
    assert found == {"security/egress", "testing", "toolsets/grpc"}  # the second plays the service
