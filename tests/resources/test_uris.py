"""One spelling for each URI: what a template makes of values it takes back, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.resources.uris import Template, template_of
from seawall.toolsets.cleaning import is_clean_name

SEGMENTS = st.text(min_size=1, max_size=20).filter(
    lambda text: text not in {".", ".."} and not set("/\\") & set(text) and is_clean_name(text)
)


def template(text: str) -> Template:
    found = template_of(text)
    assert found is not None
    return found


@given(st.lists(SEGMENTS, min_size=1, max_size=4), SEGMENTS)
def test_what_is_expanded_matches_with_the_same_values(path: list[str], name: str) -> None:
    values = {"page": "/".join(path), "id": name}
    known = template("a://x/{id}/y/{page*}")
    assert known.match(known.expand(values)) == values


@given(st.text(alphabet="ab./\\%2eEfF5c0\x00?#", max_size=30))
def test_whatever_matches_is_a_harmless_path(text: str) -> None:
    found = template("a://{page*}").match(f"a://{text}")
    if found is not None:
        segments = found["page"].split("/")
        assert not {"", ".", ".."} & set(segments)
        assert not set("\\\x00") & set(found["page"])


@pytest.mark.parametrize(
    ("text", "uri", "values"),
    [
        ("a://{x}", "a://b", {"x": "b"}),
        ("a://{x}", "a://b/c", None),
        ("a://{x}/d", "a://b/d", {"x": "b"}),
        ("a://{x*}/d", "a://b/c/d", {"x": "b/c"}),
        ("a://b.c/{x}", "a://bxc/d", None),
        ("a://{x}-{y}", "a://1-2", {"x": "1", "y": "2"}),
        ("a://{x}", "a://%C3%A4", {"x": "ä"}),
        ("a://{x}", "a://%c3%a4", {"x": "ä"}),
        ("a://{x}", "A://b", None),
    ],
)
def test_a_uri_is_read_by_its_template(text: str, uri: str, values: dict[str, str] | None) -> None:
    assert template(text).match(uri) == values


@pytest.mark.parametrize("text", ["a://b", "a://{x}/{x}"])
def test_what_has_no_variables_or_one_twice_is_no_template(text: str) -> None:
    assert template_of(text) is None
