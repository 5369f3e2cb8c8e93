"""The banner of `serve`: where the server listens, what it offers at which cost, and how to connect to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from seawall.cli.clients import Endpoint, claude_code, cursor, vs_code
from seawall.cli.output import plain
from seawall.types import JsonObject

__all__ = ["Offer", "ToolCost", "banner", "offer_as_json"]

_TOOLS_SHOWN = 12
_SANDBOX = {
    "bwrap": "bwrap: programs see nothing but what they are given (namespaces, Landlock, seccomp)",
    "landlock": "landlock: the kernel refuses what programs are not given (Landlock, seccomp)",
    "rlimits": "rlimits: what programs use is limited; files and network are not confined",
}


@dataclass(frozen=True, slots=True)
class ToolCost:
    """One tool and what its description costs a client, in estimated tokens."""

    name: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A server that is ready, as its operator sees it.

    Attributes:
        version: of Seawall.
        endpoint: how clients reach it.
        tools: in the order in which clients list them.
        writable: whether any tool can change anything.
        jail: how strongly paths are confined, as one sentence.
        prompts: how many it has.
        resources: how many it has, templates counted as one each.
        sandbox: the tier in which programs run; None where none are run.
        interactive: whether a person's terminal stands where a client belongs, on standard input.
        notice: something that the operator did not ask for in so many words, or None.
        searched: how many operations are found by searching, and cost nothing until then.
    """

    version: str
    endpoint: Endpoint
    tools: tuple[ToolCost, ...]
    writable: bool
    jail: str
    interactive: bool
    notice: str | None = None
    searched: int = 0
    prompts: int = 0
    resources: int = 0
    sandbox: str | None = None

    @property
    def tokens(self) -> int:
        """Estimated tokens that `tools/list` puts into a client's context."""
        return sum(tool.tokens for tool in self.tools)


def banner(offer: Offer) -> Iterator[RenderableType]:
    """The banner, line by line; what is meant to be copied comes as `str`, which is never broken."""
    head = Text("Seawall ", style="bold")
    head.append(f"{offer.version}  ", style="default not bold")
    head.append(plain(offer.endpoint.name))
    head.append("  ")
    head.append(*(("writes allowed", "yellow") if offer.writable else ("read-only", "green")))
    yield head
    yield _facts(offer)
    yield Text("Connect", style="bold")
    yield f"  Claude Code  {plain(claude_code(offer.endpoint))}"
    yield f"  Cursor       in .cursor/mcp.json: {plain(cursor(offer.endpoint))}"
    yield f"  VS Code      {plain(vs_code(offer.endpoint))}"
    if offer.notice:
        yield Text(f"Note: {plain(offer.notice)}", style="yellow")


def offer_as_json(offer: Offer) -> JsonObject:
    """What a program that starts the server needs to know; `url` is null on standard input and output."""
    return {
        "url": offer.endpoint.url,
        "transport": "stdio" if offer.endpoint.url is None else "http",
        "name": offer.endpoint.name,
        "access": "write" if offer.writable else "read",
        "tools": [{"name": tool.name, "tokens": tool.tokens} for tool in offer.tools],
        "tokens": offer.tokens,
        "searched": offer.searched,
        **({"sandbox": offer.sandbox} if offer.sandbox else {}),
    }


def _facts(offer: Offer) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("  Listens", _where(offer))
    if offer.tools or not (offer.prompts or offer.resources):
        table.add_row("  Tools", _tools(offer))
    if offer.prompts:
        table.add_row("  Prompts", f"{offer.prompts}")
    if offer.resources:
        table.add_row("  Resources", f"{offer.resources}")
    table.add_row("  Jail", plain(offer.jail))
    if offer.sandbox:
        table.add_row("  Sandbox", _SANDBOX.get(offer.sandbox, plain(offer.sandbox)))
    return table


def _where(offer: Offer) -> Text:
    if offer.endpoint.url is not None:
        return Text(f"{offer.endpoint.url}  (Ctrl-C stops it)")
    where = Text("on standard input, for the client that started it")
    if offer.interactive:
        where = Text("on standard input: waits for an MCP client, not for typing (Ctrl-C stops it);\n")
        where.append("`--transport http` serves a URL instead")
    return where


def _tools(offer: Offer) -> Text:
    shown = offer.tools[:_TOOLS_SHOWN]
    text = Text(f"{len(offer.tools)}, about {offer.tokens:,} tokens of a client's context: ")
    text.append(", ".join(f"{plain(tool.name)} {tool.tokens:,}" for tool in shown))
    if hidden := len(offer.tools) - len(shown):
        text.append(f", and {hidden} more (`seawall check` lists them)")
    if offer.searched:
        text.append(f"; {offer.searched:,} operations to search for")
    return text
