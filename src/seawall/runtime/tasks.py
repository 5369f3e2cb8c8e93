"""Background tasks (io.modelcontextprotocol/tasks) of an assembled server, where an operation may be one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from fastmcp import FastMCP

from seawall.errors import StartError
from seawall.security.secrets import resolve
from seawall.toolsets.interface import Operation

__all__ = ["offer_tasks"]

_SPARE: Final = 60.0
"""Seconds beyond the time of the longest task after which one counts as lost with its server, and is run again."""

_GRACE: Final = 3.0
"""Seconds for tasks under way when the server ends, where their results outlive it."""

_IN_MEMORY: Final = "memory://"
_URL: Final = re.compile(r"rediss?://.+")


def offer_tasks(mcp: FastMCP, operations: Iterable[Operation], url: str) -> None:
    """Let the operations that may be tasks be some; does nothing where there are none.

    Args:
        mcp: the server.
        operations: all that it offers.
        url: where tasks are kept, as the blueprint says it.

    Raises:
        StartError: the extra is not installed, the URL cannot be read, or tasks that are kept beyond a restart would do
            something twice.
    """
    tasks = [each for each in operations if each.task]
    if not tasks:
        return
    if url != _IN_MEMORY:
        _refuse_twice(tasks)
    try:
        from seawall.runtime.task_ending import EndingTasks  # noqa: PLC0415  an extra, which few servers need
    except ImportError as error:
        raise StartError(
            f"{tasks[0].name} may be a background task, for which fastmcp-tasks is not installed.",
            hint="Install the extra: pip install 'seawall[tasks]'.",
        ) from error
    mcp.add_extension(
        EndingTasks(
            url=_place(url),
            name=f"seawall-{mcp.name}",
            redelivery_timeout=timedelta(seconds=max(each.timeout or 0.0 for each in tasks) + _SPARE),
            grace=0.0 if url == _IN_MEMORY else _GRACE,  # nobody can ask for a result of memory any more
        )
    )


def _refuse_twice(tasks: Iterable[Operation]) -> None:
    twice = [each.name for each in tasks if not each.hints.idempotent]
    if twice:
        raise StartError(
            f"{', '.join(twice)}: what is kept in Redis is run again when the server ended before it did, and this is "
            "not idempotent.",
            hint="Say `hints = { idempotent = true }` when doing it twice is the same, or leave `task` out.",
        )


def _place(url: str) -> str:
    if url == _IN_MEMORY:
        return f"{_IN_MEMORY}{uuid.uuid4().hex}"  # two servers of one process share nothing
    found = resolve(url) if url.startswith(("env:", "file:", "secret:")) else url
    if not _URL.fullmatch(found):
        raise StartError(f"`state.url`: {url!r} holds no redis:// or rediss:// URL.")
    return found
