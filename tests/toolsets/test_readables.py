"""When two resources would share a URI."""

from __future__ import annotations

import pytest

from seawall.toolsets.readables import same_uri

ROWS = [
    ("stock://items", "stock://items", True),
    ("stock://items", "stock://other", False),
    ("stock://items", "store://items", False),
    ("stock://items/{a}", "stock://items/{b}", True),
    ("stock://items/{a}", "stock://items/{b}/more", False),
    ("stock://{a}/x", "stock://y/{b}", True),
    ("stock://{a}/x", "stock://{b}/y", False),
    ("stock://items/all", "stock://items/{name}", False),
    ("stock://items/a-{x}", "stock://items/{y}-b", True),
    ("stock://items/a{x}", "stock://items/b{y}", False),
    ("stock://items/{x}.txt", "stock://items/{x}.md", False),
    ("stock://items/{x}.md", "stock://items/{x}{y}", True),
    ("stock://items/{x}", "stock://items/{x}/{y}", False),
]


@pytest.mark.parametrize(("one", "other", "same"), ROWS, ids=[f"{row[0]} and {row[1]}" for row in ROWS])
def test_two_templates_must_not_have_a_uri_in_common(one: str, other: str, *, same: bool) -> None:
    """A URI without variables is clear beside a template, since it comes first."""
    assert same_uri(one, other) is same
    assert same_uri(other, one) is same
