"""Takes a changed blueprint into a running server: all of it, or nothing.

Only settings can change that calls look at one by one. What a toolset, a listener or a tool was built with stays until
the next start; a file that changes such a thing is not taken at all, so that no server runs with half of a file.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final

from fastmcp import FastMCP

from seawall.blueprint import Blueprint, LoadedBlueprint
from seawall.blueprint.auth import TokenAuth
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.settings import leaves
from seawall.blueprint.wording import dotted
from seawall.errors import BlueprintError, SeawallError
from seawall.prompts.model import Prompt
from seawall.runtime.enforcement import Enforcement
from seawall.runtime.hangup import on_hang_ups
from seawall.runtime.http.tokens import FixedTokens, fixed_tokens
from seawall.runtime.logs import set_level
from seawall.runtime.prompting import prompts_of
from seawall.security.rate import Rate, RateLimiter
from seawall.security.secrets import SECRET_DIRECTORIES, SecretDirectories

__all__ = ["CHANGEABLE", "Reloader", "changed", "reloading"]

CHANGEABLE: Final[Mapping[str, str]] = {
    "limits.request_timeout": "of calls that begin from then on",
    "limits.concurrency": "calls under way go on, though they may be more for a while",
    "limits.queue": "calls that wait go on waiting",
    "limits.rate": "every caller begins with a full bucket",
    "limits.burst": "every caller begins with a full bucket",
    "log.level": "at once",
    "stdio.scopes": "of calls that begin from then on",
    "secrets.directories": "where tokens are looked up; what toolsets hold stays",
    "http.auth.tokens": "of requests that begin from then on; the secrets are read anew, changed or not",
}
"""What a running server takes over, and what that means for what is under way."""

_log = logging.getLogger("seawall.reload")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A blueprint of which everything that could fail was done."""

    loaded: LoadedBlueprint
    changed: tuple[str, ...]
    rate: Rate | None
    tokens: FixedTokens | None
    stale: bool


class Reloader:
    """Reloads the settings of one server. Used on its event loop alone."""

    def __init__(
        self,
        loaded: LoadedBlueprint,
        enforcement: Enforcement,
        mcp: FastMCP,
        read: Callable[[], LoadedBlueprint],
        prompts: tuple[Prompt, ...] = (),
    ) -> None:
        """Take the server.

        Args:
            loaded: what it runs with.
            enforcement: its guards.
            mcp: the server itself.
            read: reads the blueprint again, as it was read at the start.
            prompts: those that it serves.
        """
        self._loaded = loaded
        self._enforcement = enforcement
        self._mcp = mcp
        self._read = read
        self._prompts = prompts
        self._lock = asyncio.Lock()

    async def reload(self) -> bool:
        """Read the blueprint and take it over; whether that was done. What keeps it from that is in the log."""
        async with self._lock:
            try:
                prepared = await asyncio.to_thread(self._prepared)
            except SeawallError as error:
                _refuse(_reasons(error))
                return False
            except Exception as error:  # noqa: BLE001  boundary: a fault of our own must not go by in silence
                _refuse(["an unexpected error"], error)
                return False
            if prepared is None:
                return False
            self._take(prepared)
            return True

    def _prepared(self) -> _Prepared | None:
        """Everything that may fail, on another thread; None when something changed that cannot."""
        fresh = self._read()
        found = changed(self._loaded.blueprint, fresh.blueprint)
        fixed = [each for each in found if not _is_changeable(each)]
        if fixed:
            _refuse([f"{each} can change at a start only" for each in fixed])
            return None
        limits, auth = fresh.blueprint.limits, fresh.blueprint.http.auth
        directories = SecretDirectories(fresh.blueprint.secrets.directories)
        serves_tokens = isinstance(auth, TokenAuth) and isinstance(self._mcp.auth, FixedTokens)
        return _Prepared(
            fresh,
            tuple(found),
            rate=None if limits.rate is None else replace(Rate.parse(limits.rate), burst=limits.burst),
            tokens=fixed_tokens(auth, os.environ, directories)
            if serves_tokens and isinstance(auth, TokenAuth)
            else None,
            stale=_differs(self._prompts, fresh),
        )

    def _take(self, prepared: _Prepared) -> None:
        """Take it over, in one turn of the event loop. Nothing of this can fail."""
        blueprint, enforcement = prepared.loaded.blueprint, self._enforcement
        limits, live = blueprint.limits, enforcement.live
        if any(each.startswith("limits.") for each in prepared.changed):
            live.request_timeout = limits.request_timeout
            before = live.limiter
            if prepared.rate != (None if before is None else before.rate):
                live.limiter = None if prepared.rate is None else RateLimiter(prepared.rate)
            enforcement.admission.resize(places=limits.concurrency, queued=limits.queue)
            enforcement.backlog.resize(limits.concurrency + limits.queue)
            enforcement.stragglers.resize(limits.concurrency)
        enforcement.scopes.local = tuple(blueprint.stdio.scopes)
        if prepared.tokens is not None and isinstance(self._mcp.auth, FixedTokens):
            self._mcp.auth.replace(prepared.tokens)
        SECRET_DIRECTORIES.use(blueprint.secrets.directories)
        if prepared.stale:
            _log.warning("prompts changed: they are read at a start only")
        if _level(blueprint) <= logging.INFO:  # told while it is let through
            set_level(blueprint.log.level)
        _log.info("reloaded", extra=_of(changed=list(prepared.changed)))
        set_level(blueprint.log.level)
        self._loaded = prepared.loaded


def changed(before: Blueprint, after: Blueprint) -> list[str]:
    """The settings that differ, in the order of their tables; a table of free form as a whole."""
    old, new = dict(leaves(before)), dict(leaves(after))
    differing = (path for path in dict.fromkeys((*old, *new)) if old.get(path, ...) != new.get(path, ...))
    return list(dict.fromkeys(map(_setting, differing)))


def _refuse(reasons: list[str], error: Exception | None = None) -> None:
    told = _of(reasons=reasons)
    _log.error("reload refused: the settings stay as they are", extra=told, exc_info=error)


def _differs(prompts: tuple[Prompt, ...], fresh: LoadedBlueprint) -> bool:
    """Whether the files of the prompts say something else than what is served."""
    try:
        return prompts_of(fresh, None) != prompts
    except SeawallError:
        return True


def _level(blueprint: Blueprint) -> int:
    return logging.getLevelNamesMapping()[blueprint.log.level.upper()]


def _setting(path: KeyPath) -> str:
    name = dotted(path)
    return next(
        (each for each in CHANGEABLE if name == each or name.startswith((f"{each}.", f"{each}["))), name
    )


def _is_changeable(setting: str) -> bool:
    return setting in CHANGEABLE


def _reasons(error: SeawallError) -> list[str]:
    if not isinstance(error, BlueprintError):
        return [str(error)]
    return [
        f"{problem.source}:{problem.line}:{problem.column}: {problem.message}"
        if problem.line
        else problem.message
        for problem in error.problems
    ]


def _of(**fields: object) -> dict[str, object]:
    return {"seawall": fields}


def reloading(reloader: Reloader | None, end: Callable[[], None]) -> AbstractContextManager[None]:
    """Reload at each SIGHUP. When that is the end of the terminal on which the server was started, call `end` instead."""
    return nullcontext() if reloader is None else on_hang_ups(reloader.reload, end)
