"""What the client does with services that are slow, broken, overloaded or gone: real ones, on loopback."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from seawall.errors import (
    DeadlineExceededError,
    OverloadedError,
    RateLimitedError,
    UpstreamBusyError,
    UpstreamRefusedError,
    UpstreamRequestError,
    UpstreamUnavailableError,
)
from seawall.security.rate import Rate
from seawall.upstream import BreakerPolicy, RetryPolicy
from support.services import Asked, Wire, serving
from upstream.asking import GUARD, asking, send

pytestmark = pytest.mark.anyio

HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it"


async def fine(_asked: Asked, wire: Wire) -> None:
    await wire.answer(200, {"ok": True})


class Failing:
    """Fails so many times in one way, and is well from then on."""

    def __init__(self, times: int, way: str, **headers: str) -> None:
        self.left = times
        self.way = way
        self.headers = headers

    async def __call__(self, asked: Asked, wire: Wire) -> None:
        if self.left == 0:
            return await fine(asked, wire)
        self.left -= 1
        if self.way == "reset":
            return wire.reset()
        if self.way == "half":
            await wire.raw(HALF)
            return wire.reset()
        if self.way == "garbage":
            await wire.raw(b"\0\0 no HTTP at all\r\n\r\n")
            return wire.reset()
        return await wire.answer(int(self.way), {"message": "not now"}, **self.headers)


WAYS = ["reset", "half", "garbage", "429", "502", "503", "504"]


class TestRetries:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_what_may_be_repeated_is_sent_again(self, way: str, method: str) -> None:
        async with serving(Failing(2, way)) as service, asking(service.url) as upstream:
            response = await send(upstream, f"{service.url}/a", method)
            assert (response.status, response.body, len(service.asked)) == (200, b'{"ok": true}', 3)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    async def test_what_may_not_be_repeated_is_sent_once(self, way: str, method: str) -> None:
        async with serving(Failing(1, way)) as service, asking(service.url) as upstream:
            with pytest.raises((UpstreamUnavailableError, UpstreamBusyError)):
                await send(upstream, f"{service.url}/a", method, body=b"{}")
            assert len(service.asked) == 1

    async def test_a_key_of_the_operation_makes_a_post_repeatable(self) -> None:
        async with serving(Failing(1, "reset")) as service, asking(service.url) as upstream:
            await send(upstream, f"{service.url}/a", "POST", headers=(("Idempotency-Key", "k-1"),))
            assert [each.headers["idempotency-key"] for each in service.asked] == ["k-1", "k-1"]

    async def test_a_key_of_ours_is_the_same_each_time_and_new_for_each_request(self) -> None:
        retry = RetryPolicy(attempts=3, pause=0.001, idempotency_key=True)
        async with serving(Failing(1, "503")) as service, asking(service.url, retry=retry) as upstream:
            await send(upstream, f"{service.url}/a", "POST")
            await send(upstream, f"{service.url}/a", "POST")
            first, again, other = (each.headers["idempotency-key"] for each in service.asked)
            assert first == again != other

    @pytest.mark.parametrize("status", ["400", "401", "403", "404", "409", "422", "500", "501"])
    async def test_other_errors_are_final(self, status: str) -> None:
        async with serving(Failing(1, status)) as service, asking(service.url) as upstream:
            with pytest.raises(UpstreamRefusedError) as caught:
                await send(upstream, f"{service.url}/a")
            assert caught.value.status == int(status)
            assert not caught.value.retryable
            assert len(service.asked) == 1

    async def test_the_service_says_when_in_seconds_and_is_heeded(self) -> None:
        async with serving(Failing(1, "429", retry_after="0")) as service, asking(service.url) as upstream:
            assert (await send(upstream, f"{service.url}/a")).status == 200

    @pytest.mark.parametrize("status", ["429", "503"])
    async def test_a_service_that_asks_for_long_is_left_alone_and_the_caller_told(self, status: str) -> None:
        behaviour = Failing(9, status, retry_after="90")
        async with serving(behaviour) as service, asking(service.url) as upstream:
            with pytest.raises((UpstreamBusyError, UpstreamUnavailableError)) as caught:
                await send(upstream, f"{service.url}/a")
            assert len(service.asked) == 1
            assert caught.value.retryable
            assert isinstance(caught.value, UpstreamBusyError | UpstreamUnavailableError)
            assert caught.value.wait == 90
            assert "in 90 s" in str(caught.value)

    async def test_a_date_counts_from_the_services_own_clock(self) -> None:
        now = datetime(2020, 1, 1, tzinfo=UTC)
        later = format_datetime(now + timedelta(seconds=70), usegmt=True)
        behaviour = Failing(9, "503", retry_after=later, date=format_datetime(now, usegmt=True))
        async with serving(behaviour) as service, asking(service.url) as upstream:
            with pytest.raises(UpstreamUnavailableError) as caught:
                await send(upstream, f"{service.url}/a")
            assert caught.value.wait == 70

    async def test_no_pause_lasts_beyond_the_deadline(self) -> None:
        """The caller is told what the service said, and not only that time is up."""
        retry = RetryPolicy(attempts=3, pause=60.0, longest_pause=60.0)
        async with serving(Failing(9, "503")) as service, asking(service.url, retry=retry) as upstream:
            with pytest.raises(UpstreamUnavailableError, match="503"):
                await send(upstream, f"{service.url}/a", seconds=10.0)
            assert len(service.asked) == 1

    def test_retries_leave_standard_output_to_the_protocol(self) -> None:
        """Stamina would log by structlog, which prints to standard output unless somebody has configured it."""
        code = (
            "import asyncio\n"
            "from upstream.asking import asking, send\n"
            "from upstream.test_client import Failing\n"
            "from support.services import serving\n"
            "async def main():\n"
            "    async with serving(Failing(2, '503')) as service, asking(service.url) as upstream:\n"
            "        await send(upstream, service.url)\n"
            "asyncio.run(main())\n"
        )
        environment = {**os.environ, "PYTHONPATH": "tests"}
        ended = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert ended.stdout == ""


class TestDeadline:
    async def test_one_deadline_holds_for_a_service_that_never_answers(self) -> None:
        async def silent(_asked: Asked, _wire: Wire) -> None:
            await asyncio.sleep(60)

        async with serving(silent) as service, asking(service.url) as upstream:
            with pytest.raises(DeadlineExceededError):
                await send(upstream, f"{service.url}/a", seconds=0.2)

    async def test_one_deadline_holds_for_a_body_that_never_ends(self) -> None:
        async def dripping(_asked: Asked, wire: Wire) -> None:
            await wire.raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while True:
                await wire.raw(b"1\r\nx\r\n")
                await asyncio.sleep(0.02)

        async with serving(dripping) as service, asking(service.url) as upstream:
            with pytest.raises(DeadlineExceededError):
                await send(upstream, f"{service.url}/a", seconds=0.3)

    async def test_an_attempt_that_hangs_leaves_time_for_another(self) -> None:
        answers = iter([60.0, 0.0])

        async def hanging_once(asked: Asked, wire: Wire) -> None:
            await asyncio.sleep(next(answers))
            await fine(asked, wire)

        async with serving(hanging_once) as service, asking(service.url, attempt_timeout=0.3) as upstream:
            assert (await send(upstream, f"{service.url}/a")).status == 200
            assert len(service.asked) == 2

    async def test_a_service_that_is_not_there_is_unavailable(self) -> None:
        async with serving(fine) as service:
            url = service.url
        async with asking(url) as upstream:
            with pytest.raises(UpstreamUnavailableError, match="cannot be reached") as caught:
                await send(upstream, f"{url}/a")
            assert caught.value.code == "upstream_unavailable"
            assert caught.value.wait is not None


class TestBody:
    async def test_no_more_is_read_than_was_asked_for_and_the_rest_is_never_fetched(self) -> None:
        sent = 0

        async def endless(_asked: Asked, wire: Wire) -> None:
            nonlocal sent
            await wire.raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while sent < 1 << 30:
                await wire.raw(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536

        async with serving(endless) as service, asking(service.url) as upstream:
            response = await send(upstream, f"{service.url}/a", max_body=100_000)
            assert (len(response.body), response.complete) == (100_000, False)
            assert sent < 64 << 20

    @pytest.mark.parametrize(("most", "complete"), [(11, False), (12, True), (13, True)])
    async def test_a_body_of_just_that_size_is_whole(self, most: int, complete: bool) -> None:
        async with serving(fine) as service, asking(service.url) as upstream:
            response = await send(upstream, f"{service.url}/a", max_body=most)
            assert (response.body, response.complete) == (b'{"ok": true}'[:most], complete)

    async def test_what_is_compressed_counts_as_what_it_unpacks_to(self) -> None:
        bomb = gzip.compress(bytes(50_000_000))

        async def bombing(_asked: Asked, wire: Wire) -> None:
            await wire.answer(200, bomb, content_encoding="gzip")

        async with serving(bombing) as service, asking(service.url) as upstream:
            response = await send(upstream, f"{service.url}/a", max_body=1000)
            assert (response.body, response.complete) == (bytes(1000), False)
            assert "content-length" not in response.headers

    @pytest.mark.parametrize(
        ("coding", "data"),
        [
            ("gzip", b"no gzip"),
            ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:20]),
            ("br", b"\x0b\x02\x80"),
            ("gzip, gzip", b""),
        ],
    )
    async def test_a_coding_that_is_broken_or_was_not_asked_for_is_an_error(
        self, coding: str, data: bytes
    ) -> None:
        async def coded(_asked: Asked, wire: Wire) -> None:
            await wire.answer(200, data, content_encoding=coding)

        async with serving(coded) as service, asking(service.url) as upstream:
            with pytest.raises(UpstreamUnavailableError, match="its answer is broken"):
                await send(upstream, f"{service.url}/a")


class TestBreaker:
    async def test_a_host_that_fails_is_left_alone_until_one_request_has_gone_well(self) -> None:
        behaviour = Failing(3, "503")
        breaker = BreakerPolicy(failures=3, pause=0.3)
        once = RetryPolicy(attempts=1)
        async with (
            serving(behaviour) as service,
            asking(service.url, breaker=breaker, retry=once) as upstream,
        ):
            for _ in range(3):
                with pytest.raises(UpstreamUnavailableError):
                    await send(upstream, f"{service.url}/a")
            assert upstream.degraded()
            assert list(upstream.faults()) == []
            with pytest.raises(UpstreamUnavailableError) as caught:
                await send(upstream, f"{service.url}/a")
            assert len(service.asked) == 3  # the fourth was never sent
            assert caught.value.wait is not None
            await asyncio.sleep(0.4)
            assert (await send(upstream, f"{service.url}/a")).status == 200
            assert list(upstream.degraded()) == []

    async def test_errors_that_a_caller_can_provoke_do_not_take_the_service_from_others(self) -> None:
        breaker = BreakerPolicy(failures=2, pause=60)
        async with serving(Failing(10, "500")) as service, asking(service.url, breaker=breaker) as upstream:
            for _ in range(10):
                with pytest.raises(UpstreamRefusedError):
                    await send(upstream, f"{service.url}/a")
            assert (await send(upstream, f"{service.url}/a")).status == 200

    async def test_one_host_that_is_down_leaves_the_others_alone(self) -> None:
        breaker = BreakerPolicy(failures=1, pause=60)
        async with (
            serving(Failing(9, "503")) as down,
            serving(fine) as well,
            asking(down.url, well.url, breaker=breaker) as upstream,
        ):
            with pytest.raises(UpstreamUnavailableError):
                await send(upstream, down.url)
            assert (await send(upstream, well.url)).status == 200
            assert len(upstream.degraded()) == 1


class TestLimits:
    async def test_no_more_requests_are_under_way_than_allowed(self) -> None:
        async def slow(asked: Asked, wire: Wire) -> None:
            await asyncio.sleep(0.02)
            await fine(asked, wire)

        async with serving(slow) as service, asking(service.url, concurrency=3) as upstream:
            sends = (send(upstream, f"{service.url}/a", principal=f"caller-{number}") for number in range(12))
            answers = await asyncio.gather(*sends)
            assert [each.status for each in answers] == [200] * 12
            assert service.busiest == 3

    async def test_one_caller_leaves_a_place_for_others(self) -> None:
        hold = asyncio.Event()

        async def held(asked: Asked, wire: Wire) -> None:
            if asked.line.endswith("/held"):
                await hold.wait()
            await fine(asked, wire)

        async with serving(held) as service, asking(service.url, concurrency=2) as upstream:
            greedy = [asyncio.create_task(send(upstream, f"{service.url}/held")) for _ in range(5)]
            assert (await send(upstream, f"{service.url}/b", principal="bob")).status == 200
            hold.set()
            await asyncio.gather(*greedy)

    async def test_who_started_the_server_has_all_places(self) -> None:
        arrived: asyncio.Queue[None] = asyncio.Queue()
        go = asyncio.Event()

        async def held(asked: Asked, wire: Wire) -> None:
            arrived.put_nowait(None)
            await go.wait()
            await fine(asked, wire)

        async with serving(held) as service, asking(service.url, concurrency=16) as upstream:
            sent = [asyncio.create_task(send(upstream, service.url, principal="local")) for _ in range(16)]
            async with asyncio.timeout(GUARD):
                for _ in sent:
                    await arrived.get()
            go.set()
            await asyncio.gather(*sent)

    async def test_a_full_queue_is_told(self) -> None:
        reached = asyncio.Event()

        async def silent(_asked: Asked, _wire: Wire) -> None:
            reached.set()
            await asyncio.sleep(60)

        async with serving(silent) as service, asking(service.url, concurrency=1, queue=0) as upstream:
            first = asyncio.create_task(send(upstream, service.url))
            await reached.wait()
            with pytest.raises(OverloadedError):
                await send(upstream, service.url)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first

    async def test_a_rate_lets_wait_and_tells_who_would_wait_too_long(self) -> None:
        async with serving(fine) as service, asking(service.url, rate=Rate(1, 3600.0)) as upstream:
            assert (await send(upstream, service.url)).status == 200
            with pytest.raises(RateLimitedError):
                await send(upstream, service.url, seconds=5)
            assert len(service.asked) == 1
        async with serving(fine) as service, asking(service.url, rate=Rate(20, 1.0, burst=1)) as upstream:
            await asyncio.gather(*(send(upstream, service.url) for _ in range(4)))
            assert len(service.asked) == 4


class TestRedirects:
    async def test_none_is_followed_unless_the_operator_says_so(self) -> None:
        async with serving(Failing(1, "302", location="/b")) as service, asking(service.url) as upstream:
            with pytest.raises(UpstreamRefusedError, match="Redirects are not followed"):
                await send(upstream, f"{service.url}/a")
            assert len(service.asked) == 1

    async def test_as_many_are_followed_as_allowed_and_the_answer_says_where_it_is_from(self) -> None:
        async with serving(Failing(2, "302", location="/b")) as service:
            async with asking(service.url, redirects=2) as upstream:
                assert (await send(upstream, f"{service.url}/a")).url == f"{service.url}/b"
            service.behaviour = Failing(2, "302", location="/b")
            async with asking(service.url, redirects=1) as upstream:
                with pytest.raises(UpstreamRefusedError):
                    await send(upstream, f"{service.url}/a")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    async def test_what_changes_something_is_never_redirected(self, method: str) -> None:
        behaviour = Failing(1, "307", location="/b")
        async with serving(behaviour) as service, asking(service.url, redirects=5) as upstream:
            with pytest.raises(UpstreamRefusedError):
                await send(upstream, f"{service.url}/a", method)
            assert len(service.asked) == 1

    async def test_none_leads_to_another_origin(self) -> None:
        async with serving(fine) as elsewhere:
            behaviour = Failing(1, "302", location=f"{elsewhere.url}/b")
            async with serving(behaviour) as service, asking(service.url, redirects=5) as upstream:
                with pytest.raises(UpstreamRequestError, match="another place"):
                    await send(upstream, f"{service.url}/a")
            assert elsewhere.asked == []


async def test_a_client_can_be_started_again_after_it_was_closed() -> None:
    async with serving(fine) as service, asking(service.url) as upstream:
        await upstream.close()
        assert upstream.faults()
        with pytest.raises(UpstreamUnavailableError):
            await send(upstream, service.url)
        await upstream.start()
        assert (await send(upstream, service.url)).status == 200


async def test_connections_are_used_again() -> None:
    async with serving(fine) as service, asking(service.url) as upstream:
        for _ in range(5):
            await send(upstream, service.url)
        assert service.connections == 1
