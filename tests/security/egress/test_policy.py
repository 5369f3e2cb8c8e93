"""Values of a policy, and what it says of itself."""

from ipaddress import ip_network
from typing import Any

import pytest

from seawall.errors import EgressDeniedError
from seawall.security.egress import EgressPolicy, HostRule, check_url


@pytest.mark.parametrize(
    ("rule", "allowed", "denied"),
    [
        (HostRule("a.example"), ["https://a.example/"], ["https://b.a.example/", "http://a.example/", "https://a.example:1/"]),
        (HostRule("*.a.example"), ["https://b.a.example/", "https://c.b.a.example/"], ["https://a.example/", "https://xa.example/"]),
        (HostRule("*", 8080, "http"), ["http://b.example:8080/"], ["http://b.example/", "https://b.example:8080/"]),
        (HostRule("::1", 80, "http"), ["http://[0::1]/"], ["http://127.0.0.1/"]),
    ],
)  # fmt: skip
def test_a_rule_allows_what_it_names(rule: HostRule, allowed: list[str], denied: list[str]) -> None:
    policy = EgressPolicy((rule,))
    for url in allowed:
        policy.check(check_url(url))
    for url in denied:
        with pytest.raises(EgressDeniedError):
            policy.check(check_url(url))


def test_a_policy_without_hosts_allows_nothing() -> None:
    with pytest.raises(EgressDeniedError):
        EgressPolicy(()).check(check_url("https://a.example/"))


@pytest.mark.parametrize(
    "values",
    [
        {"host": "A.example"},
        {"host": "127.1"},
        {"host": "a.example."},
        {"host": "https://a.example"},
        {"host": "a.*.example"},
        {"host": "*a.example"},
        {"host": "*.127.1"},
        {"host": ""},
        {"host": "a.example", "scheme": "ftp"},
        {"host": "a.example", "port": 0},
        {"host": "a.example", "port": 65536},
    ],
)
def test_a_rule_that_could_never_match_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"neither|not a port"):
        HostRule(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"networks": (ip_network("0.0.0.0/0"),)},
        {"max_redirects": -1},
        {"connect_timeout": 0},
        {"read_timeout": 0},
        {"max_response": 0},
        {"connections": 0},
    ],
)
def test_a_policy_that_bounds_nothing_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wider|greater"):
        EgressPolicy((HostRule("a.example"),), **values)


def test_a_policy_says_in_words_what_it_allows() -> None:
    plain = EgressPolicy((HostRule("a.example"), HostRule("*.b.example", 8443)), max_response=1000)
    assert plain.clauses() == (
        "only https://a.example, https://*.b.example:8443",
        "public addresses",
        "no redirects",
        "answers of at most 1000 bytes",
    )
    wide = EgressPolicy((HostRule("a.example"),), networks=(ip_network("10.0.0.0/8"),), max_redirects=2)
    assert wide.clauses()[1:3] == (
        "public addresses and 10.0.0.0/8",
        "at most 2 redirects, to the same hosts",
    )
