"""Tool names of an API: fit for every client, and the same whatever the order of the description."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.naming import NAME, named
from support.stand_in_api import operation

METHODS = ("GET", "POST", "PUT", "DELETE")
TEXT = st.text(alphabet=st.sampled_from("aAbB_-./ {}é\u202e0"), max_size=90)


@st.composite
def apis(draw: st.DrawFn) -> list[ApiOperation]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(METHODS), TEXT.map(lambda path: f"/{path}")), max_size=12, unique=True
        )
    )
    ids = st.one_of(st.none(), TEXT, st.sampled_from(["get", "GET", "get_pet", "x" * 64, "x" * 65, "x" * 80]))
    return [operation(f"{method} {path}", draw(ids)) for method, path in keys]


@given(apis(), st.integers(min_value=8, max_value=64), st.randoms(use_true_random=False))
def test_names_fit_part_all_operations_and_do_not_depend_on_the_order(
    api: list[ApiOperation], limit: int, chance: random.Random
) -> None:
    names = named(api, limit=limit)
    assert set(names) == {each.key for each in api}
    assert all(NAME.fullmatch(name) and len(name) <= limit for name in names.values())
    assert len({name.casefold() for name in names.values()}) == len(api)
    shuffled = list(api)
    chance.shuffle(shuffled)
    assert named(shuffled, limit=limit) == names


@given(apis(), st.randoms(use_true_random=False))
def test_a_name_that_is_decided_stays_and_is_nobody_elses(
    api: list[ApiOperation], chance: random.Random
) -> None:
    """A lock file holds whatever comes to the description later."""
    before = named(api[: len(api) // 2])
    shuffled = list(api)
    chance.shuffle(shuffled)
    names = named(shuffled, fixed=before)
    assert {key: names[key] for key in before} == dict(before)
    assert len({name.casefold() for name in names.values()}) == len(api)


@pytest.mark.parametrize(
    ("key", "operation_id", "name"),
    [
        ("GET /pet/{petId}", "getPetById", "getPetById"),
        ("GET /agent", "agent-tasks/list-tasks", "agent-tasks_list-tasks"),
        ("GET /x", "Meta.Root (v2)", "Meta_Root_v2"),
        ("GET /pet/{petId}", None, "get_pet_by_petId"),
        ("GET /pets.json", None, "get_pets_json"),
        ("POST /", None, "post_root"),
        ("GET /x", "é", "get_x"),
    ],
)
def test_a_name_is_the_id_or_the_request(key: str, operation_id: str | None, name: str) -> None:
    assert named([operation(key, operation_id)]) == {key: name}


def test_of_operations_with_one_id_each_gets_a_hash_of_its_own_request() -> None:
    names = named([operation("GET /a", "same"), operation("GET /b", "same")])
    assert names["GET /a"] != names["GET /b"]
    assert all(name.startswith("same_") and len(name) == len("same_") + 8 for name in names.values())
    assert named([operation("GET /b", "same"), operation("GET /c", "same")])["GET /b"] == names["GET /b"]


def test_what_is_too_long_is_cut_with_a_hash() -> None:
    (name,) = named([operation("GET /a", "list" + "VeryLong" * 20)]).values()
    assert len(name) == 64
    assert name.startswith("listVeryLong")


def test_an_id_that_looks_like_the_hash_of_another_takes_nothing_from_it() -> None:
    first = named([operation("GET /a", "same"), operation("GET /b", "same")])
    with_thief = [
        operation("GET /a", "same"),
        operation("GET /b", "same"),
        operation("GET /c", first["GET /a"]),
    ]
    names = named(with_thief)
    assert len(set(names.values())) == 3
