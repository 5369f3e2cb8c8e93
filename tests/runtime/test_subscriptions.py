"""Which scopes a verified token gives to whoever listens."""

from __future__ import annotations

import time

import pytest
from fastmcp.server.auth import AccessToken

from seawall.runtime.subscriptions import scopes_of_token

NONE: frozenset[str] = frozenset()


def token(*scopes: str, ends: float | None = None) -> AccessToken:
    return AccessToken(
        token="", client_id="c", scopes=list(scopes), expires_at=None if ends is None else int(ends)
    )


def test_a_token_gives_the_scopes_that_it_has() -> None:
    held = scopes_of_token(token("a", "b", ends=time.time() + 60), frozenset({"b"}))
    assert held is not None
    assert (held(frozenset({"a"})), held(NONE), held(frozenset({"a", "c"}))) == (True, True, False)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="none"),
        pytest.param(token("a", ends=time.time() - 60), id="ended"),
        pytest.param(token("b"), id="without what every caller needs"),
    ],
)
def test_what_is_no_good_token_gives_nothing(given: AccessToken | None) -> None:
    assert scopes_of_token(given, frozenset({"a"})) is None
