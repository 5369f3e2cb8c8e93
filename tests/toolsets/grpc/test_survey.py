"""Names and hints of methods, before any schema is made."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.model import Method
from seawall.toolsets.grpc.survey import hints_of, page_names, survey, words_of
from support.grpc_service import api

EMPTY = api().pool.FindMessageTypeByName("google.protobuf.Empty")


def method(name: str, level: str = "", service: str = "a.Shop") -> Method:
    return Method(service, name, EMPTY, EMPTY, client_streaming=False, server_streaming=False, level=level)


def surveyed(**more: Any) -> Any:
    values = {"kind": "grpc", "endpoint": "https://a.example", "descriptors": "a.binpb", **more}
    return survey(api(), GrpcDeclaration.model_validate(values), locked={})


@pytest.mark.parametrize(
    ("name", "level", "reads"),
    [
        ("GetPet", "", True),
        ("ListPets", "", True),
        ("BatchGetPets", "", True),
        ("SearchPets", "", True),
        ("getPet", "", True),
        ("GetOrCreatePet", "", False),
        ("ReadAndClear", "", False),
        ("ListThenDelete", "", False),
        ("Getaway", "", False),
        ("Listen", "", False),
        ("DeletePet", "", False),
        ("Batch", "", False),
        ("GetPet", "IDEMPOTENT", False),
        ("DeletePet", "NO_SIDE_EFFECTS", True),
    ],
)
def test_only_what_is_said_or_plainly_named_to_read_does(name: str, level: str, *, reads: bool) -> None:
    hints = hints_of(method(name, level))
    assert hints.read_only is reads
    assert hints.destructive is not reads
    assert hints.idempotent is (reads or level == "IDEMPOTENT")


def test_names_are_split_at_capitals_and_digits() -> None:
    assert words_of("GetHTTPProxyV2") == ("get", "http", "proxy", "v", "2")


def test_client_streaming_is_left_out_with_a_reason() -> None:
    assert {each.name for each in surveyed().unservable} == {
        "pets.v1.PetStore/UploadPhotos",
        "pets.v1.PetStore/Chat",
    }


def test_methods_of_equal_names_get_the_name_of_their_service(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = (method("Get"), method("Get", service="a.Zoo"), method("get", service="b.Zoo"), method("Put"))
    found = survey(
        type(api())(api().pool, methods),
        GrpcDeclaration.model_validate({"kind": "grpc", "endpoint": "https://a.example", "descriptors": "a"}),
        locked={"a.Zoo/Get": "get"},
    )
    names = {each.method.key: name for name, each in found.candidates.items()}
    assert names == {
        "a.Shop/Get": "shop_get",
        "a.Zoo/Get": "get",
        "b.Zoo/get": "zoo_get",
        "a.Shop/Put": "put",
    }


def test_names_of_any_length_become_short_and_stay_different() -> None:
    methods = tuple(method(f"{'Very' * 30}Long", service=f"a{i}.{'Shop' * 10}") for i in range(3))
    found = survey(
        type(api())(api().pool, methods),
        GrpcDeclaration.model_validate({"kind": "grpc", "endpoint": "https://a.example", "descriptors": "a"}),
        locked={},
    )
    assert len(found.candidates) == 3
    assert all(len(name) <= 64 for name in found.candidates)


def test_an_override_names_hints_and_words() -> None:
    said = {"name": "adopt", "description": "Adopts.", "hints": {"destructive": False}, "timeout": 3.0}
    found = surveyed(override={"pets.v1.PetStore/AddPet": said})
    outline = found.candidates["adopt"].outline
    assert (outline.description, outline.hints.destructive, outline.hints.read_only) == (
        "Adopts.",
        False,
        False,
    )


def test_an_unknown_service_or_method_is_a_problem_with_the_nearest_name() -> None:
    problems = surveyed(services=("pets.v1.PetShop",)).problems
    assert "did you mean 'pets.v1.PetStore'" in problems[0].message
    problems = surveyed(override={"pets.v1.PetStore/GetPett": {}}).problems
    assert "did you mean 'pets.v1.PetStore/GetPet'" in problems[0].message


def test_arguments_of_a_stream_get_other_names_where_fields_have_theirs() -> None:
    listing = next(each for each in api().methods if each.name == "ListPets")
    assert page_names(api(), listing) == ("page_next", "limit")
