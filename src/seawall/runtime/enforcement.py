"""The guards of one server, made from its policy: what its two pipeline halves share."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.errors import UsageError
from seawall.runtime.access import AccessRules
from seawall.runtime.caller import ALONE, Scopes
from seawall.runtime.metrics import Metrics
from seawall.runtime.operations import Operations
from seawall.runtime.pipeline.call import Call
from seawall.runtime.policy import Policy
from seawall.security.admission import Admission
from seawall.security.audit import AuditLog
from seawall.security.backlog import Backlog
from seawall.security.budget import Stragglers, WorkerPool
from seawall.security.rate import RateLimiter
from seawall.security.redact import KNOWN_SECRETS, Redactor

__all__ = ["Enforcement", "Live", "worker_pool"]

_SHORTEST = 8  # characters of a secret of a policy
_QUEUED_PER_WORKER = 8  # blocking calls that may wait for each worker before callers are told to come again


@dataclass(slots=True, eq=False)
class Live:
    """What may change while the server runs, in one turn of its event loop.

    Attributes:
        request_timeout: seconds of one call.
        limiter: the callers' buckets; None when there is no rate limit.
    """

    request_timeout: float
    limiter: RateLimiter | None


@dataclass(frozen=True, slots=True)
class Enforcement:
    """A policy, and the mechanisms that keep the state which it needs.

    Attributes:
        policy: what is enforced.
        workers: the pool on which every blocking function runs.
        scopes: who has which scopes.
        rules: which scopes are needed for what, beside those that a component carries.
        admission: the places of calls under way.
        operations: what calls count as there.
        backlog: the background tasks that wait or run.
        live: what may change.
        metrics: what is counted.
        redactor: the secrets that must not leave.
        stragglers: calls that run on although they were told to stop.
        audit: where calls are recorded; None for nowhere.
    """

    policy: Policy
    workers: WorkerPool
    scopes: Scopes
    rules: AccessRules
    admission: Admission
    operations: Operations
    backlog: Backlog
    live: Live
    redactor: Redactor
    metrics: Metrics
    stragglers: Stragglers
    audit: AuditLog | None = None

    @classmethod
    def of(
        cls, policy: Policy, workers: WorkerPool, metrics: Metrics, audit: AuditLog | None = None
    ) -> Enforcement:
        """The guards that enforce `policy`.

        Raises:
            UsageError: a secret is too short to be told from ordinary text.
        """
        for secret in policy.secrets:
            if len(secret.strip()) < _SHORTEST or not KNOWN_SECRETS.add(secret):
                raise UsageError(
                    "a secret of the policy has fewer than eight characters: ordinary text would be redacted.",
                    hint="Use a longer secret.",
                )
        return cls(
            policy,
            workers,
            scopes=Scopes(policy.local_scopes, challenge=policy.on_missing_scope == "challenge"),
            rules=AccessRules(),
            admission=Admission(places=policy.concurrency, queued=policy.queue, alone=ALONE),
            operations=Operations(),
            backlog=Backlog(most=policy.concurrency + policy.queue, alone=ALONE),
            live=Live(policy.request_timeout, None if policy.rate is None else RateLimiter(policy.rate)),
            redactor=KNOWN_SECRETS,
            metrics=metrics,
            stragglers=Stragglers(most=policy.concurrency),
            audit=audit,
        )

    def judged(self, call: Call) -> tuple[bool, str]:
        """Whether the current caller has the scopes for a call, and the rule that says so: for who reads the audit."""
        rules = self.rules
        match call.kind:
            case "resource" | "subscription":
                needed = rules.needed_to_read(call.name)
            case "completion":
                needed = rules.needed("prompt", call.name) | rules.needed("template", call.name)
                needed |= rules.needed_to_read(call.name)
            case kind:
                needed = rules.needed(kind, call.name)
        if not needed:
            return True, "no scopes needed"
        return self.scopes.held(needed), f"scopes {' '.join(sorted(needed))}"


def worker_pool(size: int) -> WorkerPool:
    """A pool of that many threads, with a queue in proportion."""
    return WorkerPool(size=size, queued=size * _QUEUED_PER_WORKER)
