"""`completion/complete`: arguments of prompts, and variables of templates, as the current caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastmcp import FastMCP
from fastmcp.server.completions import CompletionHandler
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from seawall.prompts.provider import OfferedPrompt
from seawall.resources.provider import OfferedTemplate

__all__ = ["completing"]

_MOST: Final = 100  # values of one answer (specification 2026-07-28, Completion)
_LONGEST: Final = 4096  # characters of what is completed


def completing(mcp: FastMCP) -> CompletionHandler:
    """The handler of a server.

    What is looked up is looked up as for a call, so that nothing hidden is completed: like what is not there, it has no
    values.
    """

    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        if len(argument.value) > _LONGEST:
            return Completion(values=[])
        if isinstance(reference, PromptReference):
            found = await _of_prompt(mcp, reference.name, argument)
        else:
            others = (context.arguments if context else None) or {}
            found = await _of_template(mcp, reference.uri, argument, others)
        return Completion(values=list(found[:_MOST]), has_more=len(found) > _MOST)

    return complete


async def _of_prompt(mcp: FastMCP, name: str, argument: CompletionArgument) -> Sequence[str]:
    prompt = await mcp.get_prompt(name)
    return await prompt.complete(argument.name, argument.value) if isinstance(prompt, OfferedPrompt) else ()


async def _of_template(
    mcp: FastMCP, uri: str, argument: CompletionArgument, others: dict[str, str]
) -> Sequence[str]:
    known = await mcp.list_resource_templates(run_middleware=False)
    template = next((each for each in known if each.uri_template == uri), None)
    if not isinstance(template, OfferedTemplate) or template.readable.complete is None:
        return ()
    return await template.readable.complete(argument.name, argument.value, others)
