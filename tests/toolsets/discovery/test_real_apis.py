"""What a few words find in real descriptions, those of them that are on this machine."""

from __future__ import annotations

from functools import lru_cache

import pytest

from seawall.toolsets.discovery import Index
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.reading import read
from seawall.toolsets.openapi.survey import survey
from support.descriptions import SPECS


@lru_cache(maxsize=4)
def searched(name: str) -> tuple[Index, list[str]]:
    description = read(SPECS[name].read_bytes())
    declaration = OpenApiDeclaration.model_validate({"kind": "openapi", "spec": name})
    found = survey(description, declaration, base="https://api.example", locked={})
    outlines = [each.outline for each in found.candidates.values()]
    return Index(outlines), [each.name for each in outlines]


QUERIES = [
    ("petstore-3.0.yaml", "remove a pet", "deletePet"),
    ("petstore-3.0.yaml", "place an order", "placeOrder"),
    ("petstore-3.0.yaml", "GET /pet/{petId}", "getPetById"),
    ("openai-3.1.json", "create a chat completion", "createChatCompletion"),
    ("openai-3.1.json", "list models", "listModels"),
    ("openai-3.1.json", "cancel a batch", "cancelBatch"),
    ("openai-3.1.json", "create an embedding", "createEmbedding"),
    ("kubernetes-swagger-2.0.json", "read the log of a pod", "readCoreV1NamespacedPodLog"),
    ("kubernetes-swagger-2.0.json", "create deployment", "createAppsV1NamespacedDeployment"),
]


@pytest.mark.parametrize(("spec", "query", "first"), [query for query in QUERIES if query[0] in SPECS])
def test_the_operation_that_is_meant_comes_first(spec: str, query: str, first: str) -> None:
    index, names = searched(spec)
    assert names[index.best(query)[0]] == first
