"""The FastMCP server of a blueprint: FastMCP itself, with a short way to the tools that it was assembled with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastmcp import FastMCP
from fastmcp.server.dependencies import bind_request_context
from fastmcp.server.providers import Provider
from fastmcp.server.providers.base import hashed_lookup_target
from fastmcp.server.telemetry import server_span
from fastmcp.tools.base import Tool
from fastmcp.utilities.pagination import paginate_sequence
from fastmcp.utilities.versions import VersionSpec, dedupe_with_versions
from mcp.server.context import ServerRequestContext
from mcp_types import CompleteRequestParams, CompleteResult, ListToolsResult, PaginatedRequestParams

from seawall.runtime.completion import Completing
from seawall.runtime.guard import Guard
from seawall.runtime.state import SessionState
from seawall.runtime.subscriptions import Subscriptions
from seawall.runtime.tool_list import ToolList
from seawall.toolsets.interface import Caller
from seawall.toolsets.serving import ToolsetProvider
from seawall.types import JsonObject

__all__ = ["AssembledServer", "has_completions"]

_ANYBODY: Final = Caller("", patterns=("*",))


@dataclass(frozen=True, slots=True)
class _Own:
    """The blueprint's tools, and what stands around them.

    Attributes:
        tools: the provider itself.
        guard: what wraps each of its tools.
        providers: all providers of the server, as they were when it was assembled.
        middleware: as it was then.
    """

    tools: ToolsetProvider
    guard: Guard
    providers: tuple[Provider, ...]
    middleware: tuple[object, ...]


class AssembledServer(FastMCP):
    """A server that answers at once for a tool of its blueprint, as long as nobody else could answer differently.

    For each call FastMCP asks every provider for the tool, each in a task of its own, and then the session's store
    for what the session hid. That is a fifth of a small call (measured), and on a server as the blueprint describes
    it there is one answer. As soon as somebody adds a tool, a provider, a transform or middleware, or a session
    keeps anything, FastMCP's own way is gone.
    """

    _own: _Own | None = None
    _list: ToolList | None = None
    _completing: Completing | None = None
    _state: SessionState

    subscriptions: Subscriptions | None = None
    """Who is told of changes of resources; None where nothing tells when one changes."""

    def offer(self, tools: ToolsetProvider, state: SessionState) -> None:
        """Take the blueprint's tools. The guard is in place already.

        Args:
            tools: all of them.
            state: the store that this server was made with.

        Raises:
            RuntimeError: there is no guard around the provider: a server must not start without.
        """
        self.add_provider(tools)
        guard = next((item for item in self.providers[-1].transforms if isinstance(item, Guard)), None)
        if guard is None:
            raise RuntimeError("the tools of the blueprint have no guard around them")
        self._state = state
        self._list = ToolList()
        self._mcp_server.middleware.append(self._list)
        self._own = _Own(tools, guard, tuple(self.providers), tuple(self.middleware))

    def offer_completions(self, completing: Completing) -> None:
        """Complete what the blueprint offers, whether or not somebody adds a handler for what code offers."""
        self._completing = completing
        if self._completion_handler is None:
            self.add_completion_handler(_nothing)  # so that clients are told that there are completions

    @property
    def completes_alone(self) -> bool:
        """Whether what the blueprint offers is all that is completed: no code has added a handler."""
        return self._completion_handler is _nothing

    def offer_subscriptions(self, subscriptions: Subscriptions) -> None:
        """Tell clients of changes of what the blueprint offers to read."""
        self.subscriptions = subscriptions
        subscriptions.offer()

    def redirected(
        self, name: str, arguments: JsonObject, caller: Callable[[], Caller]
    ) -> tuple[str, JsonObject] | None:
        """Which tool a call is really for, with its arguments; None when it is for the one that it names."""
        return None if self._own is None else self._own.tools.redirected(name, arguments, caller)

    def meant(self, name: str, arguments: Mapping[str, Any]) -> str | None:
        """Which tool a call is really for, whoever calls; None when it is for the one that it names."""
        found = self.redirected(name, dict(arguments), lambda: _ANYBODY)
        return None if found is None else found[0]

    async def get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        """The tool as the current caller may use it; None when there is none for them."""
        own = self._own
        if own is not None and version is None and await self._is_as_assembled(own):
            found = own.tools.find(name)
            if found is not None:
                return own.guard.admitted(found)
        return await super().get_tool(name, version)

    async def list_tools(self, *, run_middleware: bool = True) -> Sequence[Tool]:
        """The tools that the current caller may see; FastMCP looks at each in seven ways, for a thousand longer than all else."""
        own = self._own
        if run_middleware or own is None or not await self._lists_only(own):
            return await super().list_tools(run_middleware=run_middleware)
        with server_span("tools/list", "tools/list", self.name, "tool", ""):
            tools = own.guard.listed(own.tools.listed)
        return tools if all(map(_is_plain, tools)) else await super().list_tools(run_middleware=False)

    async def _on_list_tools(
        self, ctx: ServerRequestContext, params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """The list of the tools, or a page of it, in the form in which each was written before."""
        if self._list is None:
            return await super()._on_list_tools(ctx, params)
        size, cursor = self._list_page_size, params.cursor if params else None
        with bind_request_context(ctx):
            tools = _newest(await self.list_tools())
            if size is None:
                return self._list.result(tools)
            try:
                page, following = paginate_sequence(tools, cursor, size)
            except ValueError:
                return await super()._on_list_tools(ctx, params)  # which has the words for it
            result = self._list.result(page)
        return result if following is None else result.model_copy(update={"next_cursor": following})

    async def _on_complete(self, ctx: ServerRequestContext, params: CompleteRequestParams) -> CompleteResult:
        """Of a server's one handler, which whoever adds another replaces, the blueprint's part stays."""
        if self._completing is not None:
            with bind_request_context(ctx):
                found = await self._completing(params.ref, params.argument, params.context)
            if found is not None:
                return CompleteResult(completion=found)
        return await super()._on_complete(ctx, params)

    async def _is_as_assembled(self, own: _Own) -> bool:
        return (
            self._state.empty
            and tuple(self.middleware) == own.middleware
            and tuple(self.providers) == own.providers
            and not self.transforms
            and not own.tools.transforms
            and len(own.providers[-1].transforms) == 1
            and hashed_lookup_target(self) is None
            and not await self.local_provider.list_tools()
        )

    async def _lists_only(self, own: _Own) -> bool:
        """Whether no other provider has tools, so that the list is the blueprint's."""
        if not await self._is_as_assembled(own):
            return False
        for provider in own.providers[:-1]:
            if await provider.list_tools():
                return False
        return True


def _is_plain(tool: Tool) -> bool:
    """Whether FastMCP lists it as it is, to everybody: without rules and marks that somebody gave it."""
    return tool.auth is None and tool.meta is None


def _newest(tools: Sequence[Tool]) -> list[Tool]:
    """Of tools with one name the newest, as FastMCP lists them."""
    if len({tool.name for tool in tools}) == len(tools) and all(tool.version is None for tool in tools):
        return list(tools)
    return dedupe_with_versions(list(tools), lambda tool: tool.name)


def has_completions(mcp: FastMCP) -> bool:
    """Whether anything of a server is completed: a request for it is known."""
    return mcp._completion_handler is not None  # noqa: SLF001  FastMCP has no word for it


def _nothing(reference: object, argument: object, context: object) -> None:
    """What is none of the blueprint's, and of nobody else's either."""
    del reference, argument, context
