"""Guards any FastMCP server in place, and serves it: the library's second door beside `assemble`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeVar

from fastmcp import FastMCP

from seawall.blueprint.scopes import SCOPE
from seawall.errors import UsageError
from seawall.runtime.access import ComponentKind
from seawall.runtime.bridge import Bridge, enforcement_of
from seawall.runtime.ending import run_to_end
from seawall.runtime.enforcement import Enforcement, worker_pool
from seawall.runtime.guard import Guard
from seawall.runtime.logs import configure_logging
from seawall.runtime.masking import quiet_fastmcp
from seawall.runtime.metrics import Metrics
from seawall.runtime.placement import cover, place
from seawall.runtime.policy import Policy
from seawall.runtime.served import HttpSettings, Resumption, Served
from seawall.runtime.stdio import serve_stdio
from seawall.security.audit import AuditLog
from seawall.security.budget import WorkerPool

if TYPE_CHECKING:  # uvicorn and what belongs to it, which stdio does not need
    from seawall.runtime.http.serving import HttpApp

__all__ = ["fortify", "harden", "http_app", "require", "run"]

_log = logging.getLogger("seawall.serve")
_Server = TypeVar("_Server", bound=FastMCP)


def harden(mcp: _Server, policy: Policy | None = None) -> _Server:
    """Put every call of `mcp` behind Seawall's guards, and return it.

    The server is changed in place, by FastMCP's public API alone. It holds for tools, resources and prompts that
    are there or added later, of every provider and mounted server, and for tools that run as background tasks.
    Middleware that the server has or gets runs inside of the guards: it sees admitted calls only, and an error
    of its own is masked like any other. Arguments are validated strictly: `"10"` is not 10.

    What belongs to the transport (Host and Origin checks, an orderly shutdown) comes with `run` and `http_app`.

    Args:
        mcp: the server.
        policy: what is enforced; `Policy()` when None.

    Raises:
        UsageError: the server is guarded already, by another policy.
    """
    _enforced(mcp, policy)
    return mcp


def require(mcp: FastMCP, kind: ComponentKind, name: str, scopes: Iterable[str]) -> None:
    """Let nobody see or use something of a guarded server who lacks one of the scopes.

    It may be added to the server before or after. What a toolset of the blueprint offers has its scopes from there;
    these come on top.

    Args:
        mcp: an assembled or hardened server.
        kind: `tool`, `prompt`, `resource` or `template`.
        name: the tool's or prompt's name, the resource's URI, the template's URI template, as clients see them.
        scopes: all of them are needed, each a plain word without space, quotes and backslash (RFC 6749, section 3.3).

    Raises:
        UsageError: the server is not guarded, there is no such kind, or a scope cannot be one.
    """
    enforcement = enforcement_of(mcp)
    if enforcement is None:
        raise UsageError(f"the server {mcp.name!r} has no guards.", hint="Harden it first.")
    if isinstance(scopes, str):
        raise UsageError("the scopes are one text.", hint=f"Write [{scopes!r}].")
    needed = frozenset(scopes)
    if wrong := sorted(each for each in needed if not re.fullmatch(SCOPE[1:-1], each)):
        raise UsageError(
            f"{wrong[0]!r} cannot be a scope.",
            hint="Use printable ASCII without space, quotes and backslash.",
        )
    enforcement.rules.require(kind, name, needed)


def run(
    mcp: FastMCP,
    policy: Policy | None = None,
    *,
    transport: Literal["stdio", "http"] = "stdio",
    http: HttpSettings | None = None,
    resumption: Resumption | None = None,
) -> None:
    """Harden `mcp` unless it is hardened, and serve it until its client, SIGINT or SIGTERM ends it.

    Logs go to standard error as structured records without secrets, unless the program has configured the root
    logger already: then its handlers are left as they are.

    Args:
        mcp: the server.
        policy: what is enforced; `Policy()` when None.
        transport: `stdio` for the client that starts this process, `http` for a URL.
        http: with `http`, where and to whom it answers; loopback, port 8000, when None.
        resumption: with `http`, how broken streams are taken up again; not at all when None.

    Raises:
        UsageError: the server is guarded already, by another policy.
        UnsafeError: the address is not loopback and callers are not authenticated, or every host or origin
            would be allowed.
        StartError: the port cannot be had, a secret is missing, or there is no standard input.
    """
    if not logging.getLogger().handlers:  # else the program has a form of its own
        configure_logging("auto", "info")
    served = _served(mcp, policy, http, resumption)
    with suppress(KeyboardInterrupt):  # one that comes just before signals are listened for means the same
        run_to_end(serve_stdio(served) if transport == "stdio" else _serve_http(served))


def http_app(
    mcp: FastMCP,
    policy: Policy | None = None,
    *,
    http: HttpSettings | None = None,
    resumption: Resumption | None = None,
) -> HttpApp:
    """Harden `mcp` unless it is hardened, and return it as an ASGI application for a server of your own.

    MCP is at `/mcp`, with Host and Origin checks; `/livez` and `/readyz` are beside it. Who listens elsewhere than on
    loopback decides that himself, and has to authenticate callers: `host` and `port` of `http` are not used.

    Raises:
        UsageError: the server is guarded already, by another policy.
        UnsafeError: every host or origin would be allowed.
    """
    from seawall.runtime.http.serving import http_app as http_app_of  # noqa: PLC0415  see above

    return http_app_of(_served(mcp, policy, http, resumption))


def fortify(
    mcp: FastMCP,
    policy: Policy,
    workers: WorkerPool,
    metrics: Metrics | None = None,
    audit: AuditLog | None = None,
) -> Enforcement:
    """Build the guards into a server that has none yet."""
    enforcement = Enforcement.of(policy, workers, metrics or Metrics(), audit)
    guard = Guard(enforcement)
    quiet_fastmcp()
    mcp.strict_input_validation = True
    mcp.middleware.insert(0, Bridge(enforcement, cover=lambda: cover(mcp, guard)))
    place(mcp, guard)
    return enforcement


def _enforced(mcp: FastMCP, policy: Policy | None) -> Enforcement:
    enforcement = enforcement_of(mcp)
    if enforcement is None:
        policy = policy or Policy()
        return fortify(mcp, policy, worker_pool(policy.workers))
    if policy is not None and policy != enforcement.policy:
        raise UsageError(
            f"the server {mcp.name!r} is guarded already, by another policy.",
            hint="Harden it once, with everything that it needs; an assembled server takes it from its blueprint.",
        )
    return enforcement


def _served(
    mcp: FastMCP, policy: Policy | None, http: HttpSettings | None, resumption: Resumption | None
) -> Served:
    enforcement = _enforced(mcp, policy)
    return Served(
        mcp, enforcement.workers, enforcement.metrics, http=http or HttpSettings(), resumption=resumption
    )


async def _serve_http(served: Served) -> None:
    from seawall.runtime.http.serving import serve_http  # noqa: PLC0415  see above

    await serve_http(served, ready=_tell)


def _tell(url: str) -> None:
    _log.info("serving", extra={"seawall": {"url": url}})
