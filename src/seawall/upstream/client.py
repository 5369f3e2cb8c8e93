"""The client of the services behind one toolset: everything that happens between an operation and the wire."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import urljoin

import httpx2

from seawall.errors import (
    DeadlineExceededError,
    UpstreamCredentialError,
    UpstreamRequestError,
    UpstreamUnavailableError,
)
from seawall.security.admission import Admission
from seawall.security.budget import Deadline
from seawall.upstream.address import Origin
from seawall.upstream.answer import Answer
from seawall.upstream.body import BrokenBodyError, read_body
from seawall.upstream.credentials import EVERY, Asker, Credential, Proof, Source, open_credential, page_key
from seawall.upstream.gate import Gate
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse
from seawall.upstream.outgoing import Composer, Prepared, compose
from seawall.upstream.paging import Pages
from seawall.upstream.policy import REVEALED, UpstreamPolicy
from seawall.upstream.refusal import LARGEST, REPEATED, UNAVAILABLE, refusal, status_text
from seawall.upstream.retry import AttemptFailedError, attempts, keep_stdout_clean
from seawall.upstream.retry_after import retry_after

__all__ = ["Upstream"]

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_SAFE: Final = frozenset({"GET", "HEAD"})
_JUST: Final = 0.01  # seconds before the deadline that count as after it: timers fire a little early
_NOT_STARTED: Final = "its client is not started"


class Upstream:
    """Sends the requests of one toolset. For one event loop at a time; `start` before, `close` after."""

    def __init__(
        self,
        policy: UpstreamPolicy,
        transport: httpx2.AsyncBaseTransport,
        credentials: Mapping[str, Credential],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Opens nothing.

        Args:
            policy: what may be sent, how often, and where to.
            transport: the egress guard's: it decides which addresses are reached, and holds the connections.
            credentials: by the name of the security scheme that each satisfies; `EVERY` goes with every request.
            environment: where secrets are looked up; the process's own environment when None.

        Raises:
            ValueError: an origin or a header of the policy cannot be used.
        """
        self._policy = policy
        self._transport = transport
        self._credentials = dict(credentials)
        self._environment = environment
        self._composer = Composer(policy, self._credentials.values())
        self._gates = {origin: Gate(origin, policy) for origin in self._composer.origins}
        self._places = Admission(places=policy.concurrency, queued=policy.queue, alone=policy.alone)
        self._reveal = REVEALED | {name.lower() for name in policy.reveal}
        self._sources: dict[str, Source] | None = None
        self._pages = self._new_pages(b"")

    async def start(self) -> None:
        """Read the secrets. Nothing is sent: a service that is down keeps no server from starting.

        Raises:
            StartError: a secret cannot be used; names the reference.
        """
        keep_stdout_clean()
        self._sources, key = await asyncio.to_thread(self._opened)  # it reads files
        self._pages = self._new_pages(key)

    def _opened(self) -> tuple[dict[str, Source], bytes]:
        host = str(self._composer.origins[0])
        sources = {
            name: open_credential(
                credential, transport=self._transport, host=host, environment=self._environment
            )
            for name, credential in self._credentials.items()
        }
        return sources, page_key(self._credentials.values(), environment=self._environment)

    async def close(self) -> None:
        """Forget the credentials and close the connections."""
        sources, self._sources = self._sources or {}, None
        for source in sources.values():
            await source.close()
        await self._transport.aclose()

    @property
    def pages(self) -> Pages:
        """What makes `next` values of answers, and requests of them. Another one after each start."""
        return self._pages

    def faults(self) -> Sequence[str]:
        """Why nothing can be sent at all. A service that does not answer is no fault: see `degraded`."""
        return () if self._sources is not None else (_NOT_STARTED,)

    def degraded(self) -> Sequence[str]:
        """Which services do not answer now, one sentence each; until a request to it has gone well."""
        return tuple(
            f"{gate.host} is unavailable: {gate.breaker.fault}"
            for gate in self._gates.values()
            if gate.breaker.fault
        )

    async def send(
        self,
        request: UpstreamRequest,
        *,
        deadline: Deadline,
        principal: str,
        token: str | None = None,
        caller_headers: Mapping[str, str] = _NOTHING,
    ) -> UpstreamResponse:
        """Send a request, again if it may be repeated and fails, and give the answer of 2xx.

        Args:
            request: what to send.
            deadline: when all of it is over: waiting, every attempt, and the pauses between them.
            principal: on whose account it counts.
            token: the access token that came with the call; goes to a token exchange alone.
            caller_headers: of the call's own HTTP request; those that the policy lists are taken over.

        Raises:
            UpstreamRequestError: it may not be sent, and was not.
            UpstreamCredentialError: there are no credentials for it.
            UpstreamUnavailableError: the service does not answer, or is left alone since it did not.
            UpstreamRefusedError: the service answered with an error.
            DeadlineExceededError: the deadline passed.
            RateLimitedError: its turn would come after the deadline.
            OverloadedError: too many requests wait already.
        """
        prepared = self._composer.prepare(request, caller_headers)
        asker = Asker(principal, token)
        remaining = deadline.remaining()
        try:
            async with asyncio.timeout(None if math.isinf(remaining) else max(0.0, remaining)):
                return await self._repeated(request, prepared, asker, deadline)
        except AttemptFailedError as failed:
            raise failed.error from None
        except TimeoutError:
            name = f"The request to {prepared.origin}"
            raise DeadlineExceededError(name=name, seconds=deadline.seconds) from None

    def _new_pages(self, key: bytes) -> Pages:
        return Pages(key or os.urandom(32), clean=self._composer.without_credentials)

    async def _repeated(
        self, request: UpstreamRequest, prepared: Prepared, asker: Asker, deadline: Deadline
    ) -> UpstreamResponse:
        async for attempt in attempts(self._policy.retry, deadline=deadline, repeatable=prepared.repeatable):
            with attempt:
                answer, last = await self._followed(request, prepared, asker, deadline)
                return self._response(answer, last)
        raise UpstreamUnavailableError(
            host=str(prepared.origin), reason=_NOT_STARTED
        )  # there is always an attempt

    async def _followed(
        self, request: UpstreamRequest, prepared: Prepared, asker: Asker, deadline: Deadline
    ) -> tuple[Answer, Prepared]:
        """The answer after as many redirects as are allowed, and the request that it is the answer to."""
        for _ in range(self._policy.redirects if prepared.method in _SAFE else 0):
            answer = await self._answered(request, prepared, asker, deadline)
            place = answer.headers.get("location")
            if answer.status not in _FOLLOWED or not place:
                return self._judged(answer, prepared), prepared
            prepared = self._redirected(prepared, place)
        return self._judged(await self._answered(request, prepared, asker, deadline), prepared), prepared

    def _redirected(self, prepared: Prepared, place: str) -> Prepared:
        try:
            url = self._composer.target(urljoin(str(prepared.url), self._composer.without_credentials(place)))
        except ValueError as error:
            reason = f"the service redirects it, and {error}"
            raise UpstreamRequestError(host=str(prepared.origin), reason=reason) from None
        return replace(prepared, url=url, origin=Origin.of(url))

    async def _answered(
        self, request: UpstreamRequest, prepared: Prepared, asker: Asker, deadline: Deadline
    ) -> Answer:
        gate = self._gates[prepared.origin]
        gate.breaker.check()  # who would be refused does not wait for a place first
        async with self._places.place(asker.principal, None, deadline):
            await gate.pace(deadline)
            proofs = await self._proofs(request, gate, asker)
            answer = await self._asked(prepared, tuple(proofs.values()), gate, deadline, request.max_body)
            if answer.status != HTTPStatus.UNAUTHORIZED or not self._renewable(proofs, asker):
                return answer
            # It was refused before it was carried out, so sending it again with a new token repeats nothing. It counts.
            await gate.pace(deadline)
            proofs = await self._proofs(request, gate, asker)
            return await self._asked(prepared, tuple(proofs.values()), gate, deadline, request.max_body)

    async def _proofs(self, request: UpstreamRequest, gate: Gate, asker: Asker) -> Mapping[str, Proof]:
        """What the request is sent with, by the name of the scheme that asks for it."""
        if self._sources is None:
            raise UpstreamUnavailableError(host=gate.host, reason=_NOT_STARTED)
        names = dict.fromkeys((*((EVERY,) if EVERY in self._sources else ()), *request.security))
        proofs = {}
        for name in names:
            source = self._sources.get(name)
            if source is None:
                raise UpstreamCredentialError(
                    host=gate.host, reason=f"none are set for the security scheme {name!r}"
                )
            try:
                proofs[name] = await source.proof(asker)
            except UpstreamUnavailableError as error:
                raise AttemptFailedError(error, wait=error.wait) from None
        if len({(proof.place, proof.name) for proof in proofs.values()}) < len(proofs):
            raise UpstreamCredentialError(host=gate.host, reason="two of them would take the same place")
        return proofs

    def _renewable(self, proofs: Mapping[str, Proof], asker: Asker) -> bool:
        """Tell the sources that what they gave was not accepted; whether one of them can give another."""
        sources = self._sources or {}
        renewable = False
        for name, proof in proofs.items():
            renewable = (name in sources and sources[name].rejected(asker, proof)) or renewable
        return renewable

    async def _asked(
        self, prepared: Prepared, proofs: Collection[Proof], gate: Gate, deadline: Deadline, most: int
    ) -> Answer:
        """One exchange with the host, of which its breaker learns how it went."""
        trial = gate.breaker.begin()
        try:
            answer = await self._exchanged(compose(prepared, proofs, self._timeouts(deadline)), most)
            if answer.status in UNAVAILABLE:
                trial.failed(f"it answers {status_text(answer.status)}", wait=retry_after(answer.headers))
            else:
                trial.succeeded()
        except httpx2.LocalProtocolError:
            raise UpstreamRequestError(host=gate.host, reason="it breaks the rules of HTTP") from None
        except (httpx2.RequestError, BrokenBodyError, TimeoutError) as error:
            reason = _reason(error)
            if not isinstance(error, httpx2.PoolTimeout):  # that is our own doing
                trial.failed(reason)
            raise AttemptFailedError(self._unavailable(gate, reason)) from None
        except asyncio.CancelledError:
            if deadline.remaining() < _JUST:
                trial.failed("it does not answer in time")
            raise
        finally:
            trial.abandoned()  # counts only where nothing else was said
        return answer.without([proof.token for proof in proofs if proof.token])

    async def _exchanged(self, request: httpx2.Request, most: int) -> Answer:
        async with asyncio.timeout(self._policy.attempt_timeout):
            response = await self._transport.handle_async_request(request)
            try:
                good = HTTPStatus(200) <= response.status_code < HTTPStatus(300)
                coding = response.headers.get("content-encoding", "")
                body, complete = await read_body(
                    response.aiter_raw(), coding=coding, most=most if good else min(most, LARGEST)
                )
            finally:
                await response.aclose()
        return Answer(response.status_code, response.headers, body, complete)

    def _judged(self, answer: Answer, prepared: Prepared) -> Answer:
        """The answer if it is a good one."""
        if HTTPStatus(200) <= answer.status < HTTPStatus(300):
            return answer
        gate = self._gates[prepared.origin]
        error = refusal(gate.host, answer.status, answer.headers, answer.body)
        wait = retry_after(answer.headers)
        if isinstance(error, UpstreamUnavailableError) and wait is None:
            error = self._unavailable(gate, error.reason)
        if answer.status in REPEATED:
            raise AttemptFailedError(error, wait=wait)
        raise error

    def _unavailable(self, gate: Gate, reason: str) -> UpstreamUnavailableError:
        """The error that says when to come back: after the breaker's pause, whether or not it has begun."""
        wait = gate.breaker.wait or self._policy.breaker.pause
        return UpstreamUnavailableError(host=gate.host, reason=reason, wait=wait)

    def _timeouts(self, deadline: Deadline) -> Mapping[str, float | None]:
        left = None if math.isinf(deadline.remaining()) else max(0.0, deadline.remaining())
        connect = self._policy.connect_timeout
        return {
            "connect": connect if left is None else min(connect, left),
            "read": left,
            "write": left,
            "pool": left,
        }

    def _response(self, answer: Answer, prepared: Prepared) -> UpstreamResponse:
        headers = {
            name: self._composer.without_credentials(value) if name == "location" else value
            for name, value in answer.headers.items()
            if name in self._reveal
        }
        if answer.headers.get("content-encoding"):
            headers.pop("content-length", None)  # it counts what travelled, not what there is
        return UpstreamResponse(answer.status, headers, answer.body, answer.complete, url=str(prepared.url))


def _reason(error: Exception) -> str:
    """What went wrong, in words of ours: those of the libraries may hold addresses."""
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return "it cannot be reached"
    if isinstance(error, httpx2.PoolTimeout):
        return "every connection to it is busy"
    if isinstance(error, TimeoutError | httpx2.TimeoutException):
        return "it does not answer in time"
    if isinstance(error, BrokenBodyError | httpx2.DecodingError):
        return "its answer is broken"
    return "it broke off its answer"
