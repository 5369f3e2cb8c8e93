"""Which scopes a URI needs: those of every template by which FastMCP would read it, found out in linear time."""

from __future__ import annotations

import random

import pytest
from fastmcp.resources.template import match_uri_template

from seawall.runtime.access import AccessRules

TEMPLATES = (
    "vault://{page*}",
    "own://books/{title}",
    "a://{x}-{y}.md",
    "q://s{?a,b}",
    "h://é {x}/b|c",
    "x://{a}#f",
    "http://h/{p*}/z",
    "m://{a-b}",
)
SEED = 8


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_rule_holds_for_the_uris_that_fastmcp_reads_by_its_template(template: str) -> None:
    """Also for those that are nearly some: with other characters in them, encoded, or with a line after them."""
    rules = AccessRules()
    rules.require("template", template, ["s"])
    chosen = random.Random(SEED)  # noqa: S311  the same URIs at every run
    found = {True: 0, False: 0}
    for _ in range(500):
        plain = [chosen.choice("kx/é") if each in "{}*" else each for each in template]
        uri = "".join(chosen.choice("/?#%2\n.é|x-") if chosen.random() < 0.05 else each for each in plain)
        fits = match_uri_template(uri, template) is not None
        assert (rules.needed_to_read(uri) == {"s"}) is fits, uri
        found[fits] += 1
    assert min(found.values()) > 0


def test_a_uri_that_could_fit_in_many_ways_is_judged_at_once() -> None:
    """As long as a message may be; tried in all ways it would take years."""
    rules = AccessRules()
    rules.require("template", "x://{a}-{b}-{c}.md", ["s"])
    assert rules.needed_to_read("x://" + "-a" * 500_000) == frozenset()
    assert rules.needed_to_read("x://" + "-a" * 500_000 + ".md") == {"s"}


@pytest.mark.parametrize("uri", ["https://example.com", "https://example.com/"])
def test_a_rule_holds_for_a_uri_in_both_of_its_forms_whatever_gives_the_scopes(uri: str) -> None:
    rules = AccessRules()
    rules.require("resource", "https://example.com", iter(["s"]))
    assert rules.needed("resource", uri) == {"s"}
    assert rules


def test_a_rule_without_scopes_is_about_nothing_until_there_is_another() -> None:
    rules = AccessRules()
    rules.require("tool", "a", [])
    assert not rules
    rules.require("tool", "b", ["s"])
    assert rules
    assert not rules.needed("tool", "a")
    assert rules.needed("tool", "b") == {"s"}
