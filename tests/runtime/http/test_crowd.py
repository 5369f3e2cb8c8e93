"""Which connection goes when there are too many."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from seawall.runtime.http.crowd import Crowd

NOW = 1000.0
HOME = "127.0.0.1"


@dataclass(eq=False)
class One:
    """A connection; by default one that was idle since the given second."""

    waiting_since: float | None = 0.0
    address: str = HOME
    is_new: bool = False
    evicted: bool = field(default=False, init=False)

    def evict(self) -> None:
        self.evicted = True


def crowd(*guests: One, most: int, proxies: tuple[str, ...] = ()) -> Crowd:
    made = Crowd(most, proxies=proxies, clock=lambda: NOW)
    for each in guests:
        assert made.enter(each)
        assert made.has_place(each)
    return made


@pytest.mark.parametrize(
    ("guests", "leaving"),
    [
        pytest.param([One(2), One(1), One(3)], 1, id="the one that was idle for longest"),
        pytest.param([One(1), One(5, is_new=True)], 1, id="one that never asked, rather than an idle one"),
        pytest.param([One(NOW - 5), One(NOW, is_new=True)], 0, id="not one that has just come"),
        pytest.param([One(None), One(9)], 1, id="not one for which there is work"),
    ],
)
def test_a_newcomer_takes_the_place_of_the_least_needed(guests: list[One], leaving: int) -> None:
    newcomer = One(NOW, is_new=True)
    full = crowd(*guests, most=len(guests))
    assert full.enter(newcomer)
    assert [each.evicted for each in guests] == [index == leaving for index in range(len(guests))]
    assert (full.has_place(newcomer), len(full)) == (True, len(guests))


def test_when_all_have_work_newcomers_have_no_place_but_may_ask() -> None:
    """Beyond the spare places nothing can be asked any more."""
    full = crowd(One(None), One(None), most=2)
    spare = [One(None) for _ in range(64)]
    for each in spare:
        assert full.enter(each)
        assert not full.has_place(each)
    assert not full.enter(One(None))


def test_a_newcomer_without_place_has_one_when_another_leaves() -> None:
    first, newcomer = One(None), One(None)
    full = crowd(first, most=1)
    full.enter(newcomer)
    assert not full.has_place(newcomer)
    full.leave(first)
    assert full.has_place(newcomer)


def test_one_address_loses_its_own_when_it_has_half() -> None:
    own = [One(number, "192.0.2.1") for number in (1, 2)]
    other = One(0, "192.0.2.2")
    room = crowd(*own, other, most=4)
    third = One(NOW, "192.0.2.1", is_new=True)
    assert room.enter(third)
    assert (own[0].evicted, other.evicted, room.has_place(third)) == (True, False, True)


def test_one_address_whose_connections_all_have_work_gets_no_more_than_half() -> None:
    room = crowd(One(None, "192.0.2.1"), One(None, "192.0.2.1"), most=4)
    third, other = One(None, "192.0.2.1"), One(None, "192.0.2.2")
    assert room.enter(third)
    assert room.enter(other)
    assert (room.has_place(third), room.has_place(other)) == (False, True)


def test_the_addresses_of_one_ipv6_network_are_one() -> None:
    room = crowd(One(None, "2001:db8::1"), One(None, "2001:db8::2"), most=4)
    third = One(None, "2001:db8::3")
    room.enter(third)
    assert not room.has_place(third)


@pytest.mark.parametrize("address", [HOME, "::1", "10.1.2.3", ""])
def test_clients_behind_a_proxy_or_of_this_machine_cannot_be_told_apart(address: str) -> None:
    crowd(*(One(None, address) for _ in range(4)), most=4, proxies=("10.0.0.0/8",))


def test_the_address_that_has_most_loses_one() -> None:
    many = [One(9, "192.0.2.1"), One(9, "192.0.2.1")]
    oldest = One(1, "192.0.2.2")
    full = crowd(oldest, *many, One(None), most=4)
    full.enter(One(NOW, "192.0.2.3"))
    assert (oldest.evicted, many[0].evicted) == (False, True)
