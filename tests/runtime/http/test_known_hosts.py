"""A host that was let in is let in again without being asked about; everything else is asked about each time."""

from __future__ import annotations

from typing import Any

import pytest
from fastmcp.server.http import HostOriginGuardMiddleware
from starlette.applications import Starlette

from runtime.toy import assembled
from seawall.runtime.http.known_hosts import KnownHosts
from seawall.runtime.http.serving import http_app

pytestmark = pytest.mark.anyio

OWN = "127.0.0.1:8000"


class Asked(KnownHosts):
    """Counts how often the allowed hosts are looked through."""

    times = 0

    def _allowed_hosts_for_scope(self, scope: Any) -> tuple[str, ...]:
        self.times += 1
        return super()._allowed_hosts_for_scope(scope)


def guard() -> tuple[Asked, list[Any]]:
    """A guard, and the requests that it lets in."""
    let_in: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        let_in.append(scope)

    return Asked(app, ["own.example", "*.wild.example"], [], "strict"), let_in


async def ask(guard: KnownHosts, *named: tuple[str, str], server: str = "127.0.0.1") -> int:
    """The status of a refusal, or 200."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in named]
    scope = {"type": "http", "scheme": "http", "server": (server, 8000), "headers": headers}
    await guard(scope, None, send)  # type: ignore[arg-type]  # nothing is read
    return int(sent[0]["status"]) if sent else 200


async def test_a_host_that_was_let_in_is_not_asked_about_again() -> None:
    asked, let_in = guard()
    assert [await ask(asked, ("host", OWN)) for _ in range(3)] == [200, 200, 200]
    assert (asked.times, len(let_in)) == (1, 3)


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example", "own.example.evil.example"])
async def test_a_foreign_host_is_refused_each_time(host: str) -> None:
    asked, let_in = guard()
    await ask(asked, ("host", OWN))
    assert [await ask(asked, ("host", host)) for _ in range(2)] == [421, 421]
    assert len(let_in) == 1


async def test_a_second_host_header_makes_it_another_request() -> None:
    asked, _ = guard()
    await ask(asked, ("host", OWN))
    assert await ask(asked, ("host", "evil.example"), ("host", OWN)) == 421


async def test_what_is_allowed_on_one_address_is_asked_about_on_another() -> None:
    asked, _ = guard()
    assert await ask(asked, ("host", "192.0.2.1"), server="192.0.2.1") == 200
    assert await ask(asked, ("host", "192.0.2.1")) == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
async def test_an_origin_is_judged_although_its_host_is_known(origin: str) -> None:
    asked, let_in = guard()
    await ask(asked, ("host", OWN))
    assert await ask(asked, ("host", OWN), ("origin", f"http://{OWN}")) == 200
    assert await ask(asked, ("host", OWN), ("origin", origin)) == 403
    assert len(let_in) == 2


async def test_callers_cannot_fill_the_memory() -> None:
    asked, _ = guard()
    for number in range(200):
        assert await ask(asked, ("host", f"h{number}.wild.example")) == 200
    assert len(asked._known) == 64


def test_it_stands_where_fastmcps_stood() -> None:
    inner = http_app(assembled()[0].served)._inner
    assert isinstance(inner, Starlette)
    classes: list[object] = [each.cls for each in inner.user_middleware]
    assert KnownHosts in classes
    assert HostOriginGuardMiddleware not in classes
