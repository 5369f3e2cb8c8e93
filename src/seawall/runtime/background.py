"""FastMCP's background tasks (SEP-2663), as they are seen from the two halves of the pipeline."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from fastmcp.exceptions import NotFoundError
from fastmcp.server.dependencies import extract_version_spec, get_context
from fastmcp.utilities.tasks import TASKS_EXTENSION_ID
from fastmcp.utilities.versions import VersionSpec
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from seawall.runtime.pipeline.call import Answer, Call
from seawall.runtime.request import current_request
from seawall.runtime.results import OtherPayload
from seawall.security.backlog import Backlog

__all__ = ["becomes_task", "current_task", "heard", "task_of"]

_ENDED: Final = ("completed", "failed")
_FOREVER: Final = 24 * 3600.0  # seconds that a task counts which says of its result that it stays


async def becomes_task(call: Call) -> bool:
    """Whether the call asks for a task of a tool that can be one: what the tasks extension asks before it makes one."""
    request = current_request.get()
    if request is not None and request.nested:
        return False
    try:
        context = get_context()
    except RuntimeError:  # code of the server's own process, without a wire
        return False
    wire = context.request_context
    if wire is None or wire.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return False
    if context.client_extension_settings(TASKS_EXTENSION_ID) is None:
        return False
    version = extract_version_spec(wire.meta)
    try:
        tool = await context.fastmcp.get_tool(call.name, VersionSpec(eq=version) if version else None)
    except NotFoundError:
        return False
    return tool is not None and tool.task_config.supports_tasks()


def task_of(answer: Answer) -> tuple[str, float] | None:
    """The id of the task that the answer tells of, and for how many seconds its result will be kept."""
    if not isinstance(answer.payload, OtherPayload):
        return None
    result = answer.payload.result
    task, milliseconds = getattr(result, "task_id", None), getattr(result, "ttl_ms", None)
    if not isinstance(task, str):
        return None
    return task, milliseconds / 1000 if isinstance(milliseconds, int) else _FOREVER


def current_task() -> str | None:
    """The id of the task that runs now."""
    # Extras: where nobody imported both, nothing is a task. The variable is asked first, since the other way looks for
    # Docket on the disk when it is asked for the first time, on the event loop.
    tasks = sys.modules.get("fastmcp_tasks.context")
    docket = sys.modules.get("docket.dependencies")
    if tasks is None or docket is None or docket.current_execution.get(None) is None:
        return None
    current = tasks.get_task_context()
    return current.task_id if current is not None else None


def heard(method: str | None, message: object, result: object, backlog: Backlog) -> None:
    """Note what the answer to a message about a task says of it: it may have run elsewhere, or never."""
    if not (method or "").startswith("tasks/") or not isinstance(message, Mapping):
        return
    task = message.get("taskId")
    if not isinstance(task, str):
        return
    status = result.get("status") if isinstance(result, Mapping) else None
    if method == "tasks/get" and status in _ENDED:
        backlog.ended(task)
    elif method == "tasks/cancel" or status == "cancelled":
        backlog.cancelled(task)
