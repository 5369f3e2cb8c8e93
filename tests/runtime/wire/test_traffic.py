"""What is under way is counted, whatever ids the client uses."""

from __future__ import annotations

import pytest

from seawall.runtime.wire.traffic import Traffic

pytestmark = pytest.mark.anyio


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(most=2, most_bytes=10)


def test_it_is_full_at_its_number(traffic: Traffic) -> None:
    full = []
    for request_id in (1, "1"):
        traffic.begin(request_id, 1)
        full.append(traffic.full)
    traffic.settle("1")
    assert ([*full, traffic.full], len(traffic)) == ([False, True, False], 1)


def test_it_is_full_at_its_bytes_but_takes_one_of_any_size(traffic: Traffic) -> None:
    traffic.begin(1, 1000)
    before = traffic.full
    traffic.settle(1)
    assert (before, traffic.full) == (True, False)


def test_an_id_twice_counts_twice_and_each_answer_once(traffic: Traffic) -> None:
    traffic.begin(1, 4)
    traffic.begin(1, 5)
    traffic.settle(1)
    assert (len(traffic), traffic.full) == (1, False)
    for _ in range(3):
        traffic.settle(1)
    assert len(traffic) == 0


async def test_a_request_that_was_let_go_and_unknown_ids_count_no_more(traffic: Traffic) -> None:
    heard: list[int] = []
    traffic.on_settled(lambda: heard.append(len(traffic)))
    traffic.begin(1, 4)
    traffic.settle(None)
    traffic.settle(2)
    await traffic.let_go(1)
    assert heard == [0]
