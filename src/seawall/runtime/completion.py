"""`completion/complete`: arguments of prompts, and variables of templates, as the current caller may see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias

from fastmcp import FastMCP
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from seawall.prompts.provider import OfferedPrompt
from seawall.resources.provider import OfferedTemplate
from seawall.toolsets.readables import Completes

__all__ = ["Completing", "completing"]

Completing: TypeAlias = Callable[
    [PromptReference | ResourceTemplateReference, CompletionArgument, CompletionContext | None],
    Awaitable[Completion | None],
]
"""A handler of completions; None from it says that it completes nothing there."""

_MOST: Final = 100  # values of one answer (specification 2026-07-28, Completion)
_LONGEST: Final = 4096  # characters of what is completed


def completing(mcp: FastMCP) -> Completing:
    """The handler of a server; None from it says that the blueprint completes nothing there.

    What is looked up is looked up as for a call, so that nothing hidden is completed: like what is not there, it has no
    values.
    """

    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        if isinstance(reference, PromptReference):
            prompt = await mcp.get_prompt(reference.name)
            asked = partial(_of_prompt, prompt) if isinstance(prompt, OfferedPrompt) else None
        else:
            template = await _template(mcp, reference.uri)
            others = (context.arguments if context else None) or {}
            complete = None if template is None else template.readable.complete
            asked = None if complete is None else partial(_of_template, complete, others)
        if asked is None:
            return None
        found = await asked(argument) if len(argument.value) <= _LONGEST else ()
        return Completion(values=list(found[:_MOST]), has_more=len(found) > _MOST)

    return complete


async def _of_prompt(prompt: OfferedPrompt, argument: CompletionArgument) -> Sequence[str]:
    return await prompt.complete(argument.name, argument.value)


async def _template(mcp: FastMCP, uri: str) -> OfferedTemplate | None:
    known = await mcp.list_resource_templates(run_middleware=False)
    return next(
        (each for each in known if isinstance(each, OfferedTemplate) and each.uri_template == uri), None
    )


async def _of_template(
    complete: Completes, others: Mapping[str, str], argument: CompletionArgument
) -> Sequence[str]:
    return await complete(argument.name, argument.value, others)
