"""Which operations a few words find: exact words first, other forms after them, and nothing that has none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.toolsets.discovery.catalogue import Catalogue
from seawall.toolsets.discovery.index import Index
from seawall.toolsets.discovery.words import stem, words
from seawall.toolsets.interface import Caller, Hints, Operation
from seawall.toolsets.outline import Outline

READS = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)


def outline(name: str, title: str = "", description: str = "", **more: object) -> Outline:
    return Outline(name, title, description, READS, **more)  # type: ignore[arg-type]


PETS = (
    outline("addPet", "Add a new pet to the store", aliases=("POST /pet",), tags=("pet",)),
    outline("updatePet", "Update an existing pet", aliases=("PUT /pet",), tags=("pet",)),
    outline("findPetsByStatus", "Finds pets by status", aliases=("GET /pet/findByStatus",), tags=("pet",)),
    outline("getPetById", "Find pet by ID", aliases=("GET /pet/{petId}",), arguments=("petId",)),
    outline("deletePet", "Deletes a pet", aliases=("DELETE /pet/{petId}",), arguments=("petId", "api_key")),
    outline("uploadFile", "Uploads an image", aliases=("POST /pet/{petId}/uploadImage",)),
    outline("getInventory", "Returns pet inventories by status", aliases=("GET /store/inventory",)),
    outline("placeOrder", "Place an order for a pet", aliases=("POST /store/order",), tags=("store",)),
    outline("createUser", "Create user", "This can only be done by the logged in user.", tags=("user",)),
)
INDEX = Index(PETS)


def found(query: str) -> list[str]:
    return [PETS[number].name for number in INDEX.best(query)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("getPetById", "getPetById"),
        ("GET /pet/{petId}", "getPetById"),
        ("get pet by id", "getPetById"),
        ("place an order", "placeOrder"),
        ("ordering", "placeOrder"),
        ("remove a pet", "deletePet"),
        ("inventories", "getInventory"),
        ("inventory", "getInventory"),
        ("upload image", "uploadFile"),
        ("create a user", "createUser"),
        ("invent", "getInventory"),
        ("api_key", "deletePet"),
    ],
)
def test_the_best_one_comes_first(query: str, first: str) -> None:
    assert found(query)[0] == first


def test_an_exact_word_comes_before_another_form_of_it() -> None:
    index = Index((outline("listThings", "Lists all orders"), outline("orderThing", "Order")))
    assert index.best("order")[0] == 1
    assert index.best("orders")[0] == 0


def test_all_of_the_words_come_before_a_rare_one() -> None:
    many = [outline(f"listChat{number}", "List chat messages") for number in range(20)]
    index = Index([*many, outline("zebra", "Zebra"), outline("makeChatMessage", "Make a zebra chat message")])
    assert index.best("zebra chat message")[0] == 21


def test_nothing_fits_words_that_nobody_has() -> None:
    assert found("quantum chromodynamics") == []
    assert found("the of and") == []
    assert Index(()).best("pet") == []


def test_no_words_find_everything_in_its_order() -> None:
    assert found("  ") == [pet.name for pet in PETS]


def test_names_are_taken_apart() -> None:
    assert words("createChatCompletion_v2 HTTPServer") == [
        "create",
        "chat",
        "completion",
        "v",
        "2",
        "http",
        "server",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("pets", "pet"), ("inventories", "inventory"), ("deletes", "delete"), ("uploading", "upload")],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=30))
def test_any_text_is_searched_without_an_error(names: list[str], query: str) -> None:
    """Every operation is found at most once, whatever is asked of whatever names."""
    best = Index([outline(name, name) for name in names]).best(query)
    assert len(best) == len(set(best))


def test_the_words_are_counted_before_anybody_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who may know of everything: no search of theirs waits for it."""

    def refuse(name: str) -> Operation:
        raise KeyError(name)

    catalogue = Catalogue(PETS, refuse)
    monkeypatch.delattr("seawall.toolsets.discovery.catalogue.Index")
    everybody = Caller("local", patterns=("*",))
    assert catalogue.search("delete a pet", everybody)[0].name == "deletePet"
