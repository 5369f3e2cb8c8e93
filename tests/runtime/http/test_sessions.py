"""Which session makes place for a new one: fairness and time, without a server."""

from __future__ import annotations

import pytest

from seawall.runtime.http.sessions import Session, SessionTable


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def table(most: int, *held: str, idle_timeout: float = 1000.0) -> SessionTable:
    """A table whose sessions are named after their account and their number, opened one after the other."""
    made = SessionTable(most, idle_timeout, Clock())
    for number, account in enumerate(held, 1):
        assert made.add(f"{account}{number}", Session(account, {})) is None
    return made


def place_for(account: str, made: SessionTable) -> str | None:
    leaving = made.add("new", Session(account, {}))
    return None if leaving is None else leaving[0]


def test_there_is_room_up_to_the_limit_and_no_further() -> None:
    made = table(3, "a", "b")
    assert place_for("c", made) is None
    assert len(made) == 3
    made.add("newer", Session("c", {}))
    assert len(made) == 3


def test_the_account_with_the_most_gives_way_and_of_its_sessions_the_one_idle_longest() -> None:
    made = table(4, "b", "a", "a", "a")
    made.used("a2")
    assert place_for("c", made) == "a3"


def test_among_equals_a_newcomer_replaces_its_own() -> None:
    assert place_for("b", table(2, "a", "b")) == "b2"


def test_a_newcomer_that_has_none_replaces_the_one_idle_longest() -> None:
    made = table(3, "a", "b", "c")
    made.used("a1")
    assert place_for("d", made) == "b2"


def test_nobody_loses_a_session_to_an_account_that_has_more() -> None:
    made = table(3, "a", "b", "b")
    for key in ("b2", "b3"):
        made._open[key].under_way += 1
    with pytest.raises(LookupError):
        place_for("b", made)
    assert len(made) == 3


def test_a_busy_session_stays() -> None:
    made = table(2, "a", "a")
    made._open["a1"].under_way += 1
    assert place_for("b", made) == "a2"


def test_what_fastmcp_ended_for_being_idle_is_forgotten_and_what_is_busy_is_not() -> None:
    made = table(3, "a", "b", "c", idle_timeout=5)
    made._open["a1"].under_way += 1
    made.clock.now += 10  # type: ignore[attr-defined]  # the clock of this test
    assert len(made) == 1


def test_a_session_that_its_client_ended_makes_room() -> None:
    made = table(1, "a")
    made.remove("a1")
    made.remove("a1")
    assert place_for("b", made) is None
