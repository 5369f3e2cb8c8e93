"""The client of one gRPC service: everything between an operation and the channel, as `seawall.upstream` has it for HTTP."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import grpc
import grpc.aio

from seawall.errors import (
    DeadlineExceededError,
    ResponseTooLargeError,
    StartError,
    UpstreamCredentialError,
    UpstreamError,
    UpstreamUnavailableError,
)
from seawall.security.admission import Admission
from seawall.security.budget import Deadline
from seawall.security.egress import ChannelTrust, Egress, EgressPolicy, GuardedChannel, Url, trusted_roots
from seawall.security.secrets import resolve
from seawall.toolsets.grpc.statuses import is_repeated, is_unavailable, refused, wait_of
from seawall.toolsets.interface import Caller
from seawall.upstream import Credential, UpstreamPolicy
from seawall.upstream.address import Origin
from seawall.upstream.credentials import Asker, Proof, Source, open_credential
from seawall.upstream.gate import Gate
from seawall.upstream.headers import forwarded
from seawall.upstream.retry import AttemptFailedError, attempts, keep_stdout_clean

__all__ = ["Call", "Exchange", "GrpcClient", "Metadata", "Trusting"]

Metadata: TypeAlias = tuple[tuple[str, str], ...]
_T = TypeVar("_T")
_AGENT: Final = "seawall"
_JUST: Final = 0.05  # seconds before the deadline that count as after it: timers fire a little early
_NOT_STARTED: Final = "its client is not started"
_OWN: Final = ("grpc-", "content-", "te", "user-agent", ":")  # names that belong to the protocol


@dataclass(frozen=True, slots=True)
class Call:
    """What one exchange is made with: the channel, the metadata, and the seconds that it may take."""

    channel: grpc.aio.Channel
    metadata: Metadata
    seconds: float | None


Exchange: TypeAlias = Callable[[Call], Awaitable[_T]]
"""Asks the service once. Raises what grpcio does."""


@dataclass(frozen=True, slots=True)
class Trusting:
    """Where certificates are: files, and a reference to the key."""

    ca: Path | None = None
    certificate: Path | None = None
    key: str | None = None


class GrpcClient:
    """Asks one service. For one event loop at a time; `start` before, `close` after."""

    def __init__(
        self,
        url: Url,
        egress: EgressPolicy,
        policy: UpstreamPolicy,
        *,
        credential: Credential | None,
        trusting: Trusting,
        message_size: int,
    ) -> None:
        """Open nothing. `egress.max_response` bounds a message that is taken, `message_size` one that is sent."""
        self._url = url
        self._egress_policy = egress
        self._policy = policy
        self._credential = credential
        self._trusting = trusting
        self._message_size = message_size
        self._gate = Gate(Origin(url.scheme, url.host, url.port), policy)
        self._places = Admission(places=policy.concurrency, queued=policy.queue, alone=policy.alone)
        self._running: _Running | None = None

    @property
    def host(self) -> str:
        """The service, as messages name it."""
        return self._gate.host

    async def start(self) -> None:
        """Read secrets and certificates. Nothing is sent: a service that is down keeps no server from starting.

        Raises:
            StartError: a secret or certificate cannot be used.
        """
        keep_stdout_clean()
        egress = Egress(self._egress_policy)
        try:
            trust = (
                await asyncio.to_thread(_trust, self._trusting)
                if self._url.scheme == "https"
                else ChannelTrust()
            )
            source = await asyncio.to_thread(self._source, egress)
        except BaseException:
            egress.close()
            raise
        channel = GuardedChannel(
            egress, self._url, trust=trust, message_size=self._message_size, agent=_AGENT
        )
        self._running = _Running(egress, channel, source)

    async def close(self) -> None:
        """End every call, forget the credentials, close the connections."""
        running, self._running = self._running, None
        if running is not None:
            await running.close()

    def faults(self) -> Sequence[str]:
        """Why nothing can be sent at all."""
        return () if self._running is not None else (_NOT_STARTED,)

    def degraded(self) -> Sequence[str]:
        """Whether the service does not answer now."""
        fault = self._gate.breaker.fault
        return (f"{self.host} is unavailable: {fault}",) if fault else ()

    async def ask(
        self,
        exchange: Exchange[_T],
        *,
        deadline: Deadline,
        caller: Caller,
        repeatable: bool,
        bounded: bool = True,
    ) -> _T:
        """Ask the service, again if that may be repeated and fails.

        Args:
            exchange: what to ask.
            deadline: when all of it is over: waiting, every attempt, and the pauses between them.
            caller: on whose account it counts, and in whose name it may be.
            repeatable: whether it may be sent again.
            bounded: whether the deadline is also what the service is told; a stream has one of its own.

        Raises:
            UpstreamUnavailableError: the service does not answer, or is left alone since it did not.
            UpstreamRefusedError: it answered with an error.
            UpstreamCredentialError: there are no credentials for it.
            EgressDeniedError: its name stands for an address that may not be reached.
            DeadlineExceededError: the deadline passed.
            ResponseTooLargeError: its answer is larger than a message may be.
            RateLimitedError: its turn would come after the deadline.
            OverloadedError: too many requests wait already.
        """
        remaining = deadline.remaining()
        try:
            async with asyncio.timeout(None if math.isinf(remaining) else max(0.0, remaining)):
                async for attempt in attempts(self._policy.retry, deadline=deadline, repeatable=repeatable):
                    with attempt:
                        return await self._answered(exchange, deadline, caller, bounded=bounded)
        except AttemptFailedError as failed:
            raise failed.error from None
        except TimeoutError:
            name = f"The request to {self.host}"
            raise DeadlineExceededError(name=name, seconds=deadline.seconds) from None
        raise UpstreamUnavailableError(host=self.host, reason=_NOT_STARTED)  # there is always an attempt

    def judged(self, error: grpc.aio.AioRpcError) -> UpstreamError | ResponseTooLargeError:
        """What a caller is told of a status."""
        found = refused(error, host=self.host, limit=self._egress_policy.max_response)
        if isinstance(found, UpstreamUnavailableError) and found.wait is None:
            return self._unavailable(found.reason)
        return found

    def _source(self, egress: Egress) -> Source | None:
        if self._credential is None:
            return None
        return open_credential(self._credential, transport=egress.transport(), host=self.host)

    async def _answered(
        self, exchange: Exchange[_T], deadline: Deadline, caller: Caller, *, bounded: bool
    ) -> _T:
        asker = Asker(caller.principal, caller.token)
        self._gate.breaker.check()  # who would be refused does not wait for a place first
        async with self._places.place(asker.principal, None, deadline):
            await self._gate.pace(deadline)
            proof = await self._proof(asker)
            try:
                return await self._asked(exchange, deadline, self._metadata(caller, proof), bounded=bounded)
            except grpc.aio.AioRpcError as error:
                if not self._renewable(error, proof, asker):
                    raise self._failed(error) from None
            # It was refused before it was carried out, so sending it again with a new token repeats nothing.
            proof = await self._proof(asker)
            try:
                return await self._asked(exchange, deadline, self._metadata(caller, proof), bounded=bounded)
            except grpc.aio.AioRpcError as error:
                raise self._failed(error) from None

    async def _asked(
        self, exchange: Exchange[_T], deadline: Deadline, metadata: Metadata, *, bounded: bool
    ) -> _T:
        """One exchange, of which the breaker learns how it went."""
        trial = self._gate.breaker.begin()
        try:
            async with asyncio.timeout(self._policy.attempt_timeout):
                channel = await self._channel()
                seconds = deadline.remaining() if bounded else math.inf
                answer = await exchange(
                    Call(channel, metadata, None if math.isinf(seconds) else max(0.001, seconds))
                )
            trial.succeeded()
        except grpc.aio.AioRpcError as error:
            if bounded and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and deadline.remaining() < _JUST:
                trial.failed("it does not answer in time")
                raise TimeoutError from None
            if is_unavailable(error):
                trial.failed(f"it answers {error.code().name}", wait=wait_of(error))
            else:
                trial.succeeded()
            raise
        except OSError as error:  # of which TimeoutError is one
            timeout = isinstance(error, TimeoutError)
            reason = "it does not answer in time" if timeout else "its name has no address"
            trial.failed(reason)
            raise AttemptFailedError(self._unavailable(reason)) from None
        except asyncio.CancelledError:
            if deadline.remaining() < _JUST:
                trial.failed("it does not answer in time")
            raise
        finally:
            trial.abandoned()  # counts only where nothing else was said
        return answer

    async def _channel(self) -> grpc.aio.Channel:
        if self._running is None:
            raise AttemptFailedError(UpstreamUnavailableError(host=self.host, reason=_NOT_STARTED))
        return await self._running.channel.channel()

    async def _proof(self, asker: Asker) -> Proof | None:
        source = None if self._running is None else self._running.source
        if source is None:
            return None
        try:
            proof = await source.proof(asker)
        except UpstreamUnavailableError as error:
            raise AttemptFailedError(error, wait=error.wait) from None
        if not (proof.value.isascii() and proof.value.isprintable()):
            raise UpstreamCredentialError(host=self.host, reason="they hold characters that metadata cannot")
        return proof

    def _metadata(self, caller: Caller, proof: Proof | None) -> Metadata:
        fixed = {name.lower(): value for name, value in self._policy.headers}
        taken = forwarded(caller.headers, names=self._policy.forward - fixed.keys())
        found = dict(fixed)
        for name, raw in taken:
            with suppress(UnicodeDecodeError):  # metadata is ASCII: what is not is left out
                found[name.decode()] = raw.decode("ascii")
        found = {name: value for name, value in found.items() if _may_travel(name)}
        if proof is not None:
            found[proof.name] = proof.value
        return tuple(found.items())

    def _renewable(self, error: grpc.aio.AioRpcError, proof: Proof | None, asker: Asker) -> bool:
        """Tell the source that what it gave was not accepted; whether it can give another one."""
        source = None if self._running is None else self._running.source
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED or proof is None or source is None:
            return False
        return source.rejected(asker, proof)

    def _failed(self, error: grpc.aio.AioRpcError) -> Exception:
        found = self.judged(error)
        if is_repeated(error) and isinstance(found, UpstreamError):
            return AttemptFailedError(found, wait=wait_of(error))
        return found

    def _unavailable(self, reason: str) -> UpstreamUnavailableError:
        """The error that says when to come back: after the breaker's pause, whether or not it has begun."""
        wait = self._gate.breaker.wait or self._policy.breaker.pause
        return UpstreamUnavailableError(host=self.host, reason=reason, wait=wait)


@dataclass(frozen=True, slots=True)
class _Running:
    """What is held while the client is started."""

    egress: Egress
    channel: GuardedChannel
    source: Source | None

    async def close(self) -> None:
        if self.source is not None:
            await self.source.close()
        await self.channel.close()
        self.egress.close()


def _may_travel(name: str) -> bool:
    return not name.startswith(_OWN) and not name.endswith("-bin")


def _trust(trusting: Trusting) -> ChannelTrust:
    key = None if trusting.key is None else resolve(trusting.key).encode()
    roots = trusted_roots() if trusting.ca is None else _pem(trusting.ca, "ca")
    certificate = None if trusting.certificate is None else _pem(trusting.certificate, "certificate")
    return ChannelTrust(roots, certificate, key)


_LARGEST_PEM: Final = 1024**2


def _pem(path: Path, setting: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_PEM)
    except OSError as error:
        raise StartError(
            f"the certificates {path.name} cannot be read: {error.strerror or error}.",
            hint=f"`{setting}` names a PEM file; a relative path starts at the blueprint.",
        ) from error
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise StartError(f"{path.name} holds no certificate.", hint=f"`{setting}` names a PEM file.")
    return content
