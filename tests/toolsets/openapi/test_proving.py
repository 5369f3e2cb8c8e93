"""What is said of operations that need credentials which nobody has set."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.proving import unproven
from support.apis import operation

OPERATIONS = [
    operation("GET", "/one", security=({"key": ()},)),
    operation("GET", "/either", security=({"login": ()}, {"key": ()})),
    operation("GET", "/both", security=({"key": (), "login": ("read",)},)),
    operation("GET", "/open", security=({},)),
    operation("GET", "/optional", security=({"key": ()}, {})),
    operation("GET", "/unsaid"),
]
KEY = {"scheme": "api_key", "value": "env:KEY", "place": "header", "parameter": "X-Key"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "3 of the API's operations need credentials that are not set: key, login."),
        (
            {"credentials": {"key": KEY}},
            "1 of the API's operations needs credentials that are not set: login.",
        ),
        ({"credentials": {"key": KEY, "login": KEY}}, None),
        ({"auth": KEY}, None),
    ],
)
def test_operations_whose_credentials_are_not_set_are_counted(settings: Any, said: str | None) -> None:
    remarks = unproven(OpenApiDeclaration(spec="api.json", **settings), OPERATIONS)
    assert [each.message for each in remarks] == ([] if said is None else [said])
    assert {each.level for each in remarks} <= {"note"}
