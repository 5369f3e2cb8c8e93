"""A long body leaves in pieces that nobody must search any more, and is the same body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from seawall.runtime.http.bodies import send_body

pytestmark = pytest.mark.anyio

BODIES: dict[str, Sequence[bytes]] = {
    "nothing": (),
    "a word": (b"word",),
    "many small ones": [b"%d," % number for number in range(200_000)],
    "a few long ones": [b"a" * 300_000, b"", b"b" * 1_000_000, b"c"],
}


async def messages(pieces: Sequence[bytes], *, clean: bool) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await send_body(send, pieces, clean=clean)
    return sent


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("body", BODIES)
async def test_it_is_the_same_body_and_ends_once(body: str, clean: bool) -> None:
    sent = await messages(BODIES[body], clean=clean)
    assert b"".join(each["body"] for each in sent) == b"".join(BODIES[body])
    assert [each["more_body"] for each in sent] == [True] * (len(sent) - 1) + [False]
    assert {each["seawall.clean"] for each in sent} == {clean}


@pytest.mark.parametrize("body", BODIES)
async def test_one_that_must_be_searched_is_sent_as_a_whole(body: str) -> None:
    """A secret must not hide where two pieces meet."""
    assert len(await messages(BODIES[body], clean=False)) == 1


async def test_a_long_one_waits_in_pieces_of_which_none_is_the_whole() -> None:
    sent = await messages(BODIES["many small ones"], clean=True)
    assert len(sent) > 3
    assert max(len(each["body"]) for each in sent) < 300_000
