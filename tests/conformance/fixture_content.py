"""Resources, templates, prompts, completion and skills."""

import base64
from pathlib import Path
from typing import Final

from fastmcp import FastMCP
from fastmcp.prompts import Message
from fastmcp.server.providers.skills import SkillsDirectoryProvider
from fastmcp.skills.extension import SkillsExtension
from mcp_types import (
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from conformance.samples import PNG, embedded_text, image

__all__ = ["register"]

_SKILLS: Final = Path(__file__).with_name("skills")
_CITIES: Final = ("paris", "park", "party", "test")


def static_text() -> str:
    """A resource of text."""
    return "This is the content of the static text resource."


def static_binary() -> bytes:
    """A resource of bytes."""
    return base64.b64decode(PNG)


def watched_resource() -> str:
    """The resource that the suite subscribes to."""
    return "Watched resource content"


def template_data(id: str) -> dict[str, str | bool]:  # noqa: A002  the name is part of the template's URI
    """A resource made from its URI."""
    return {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}


def simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


def prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803  the suite's argument name
    """A prompt that carries a resource."""
    return [
        Message(embedded_text(resourceUri, "Embedded resource content for testing.")),
        Message("Please process the embedded resource above."),
    ]


def prompt_with_image() -> list[Message]:
    """A prompt that carries an image."""
    return [Message(image()), Message("Please analyze the image above.")]


def complete(
    reference: PromptReference | ResourceTemplateReference,
    argument: CompletionArgument,
    context: CompletionContext | None,
) -> list[str]:
    """Complete the first argument of one prompt from a fixed list."""
    if not isinstance(reference, PromptReference) or reference.name != "test_prompt_with_arguments":
        return []
    return [city for city in _CITIES if city.startswith(argument.value)]


def register(mcp: FastMCP) -> None:
    mcp.resource("test://static-text", mime_type="text/plain")(static_text)
    mcp.resource("test://static-binary", mime_type="image/png")(static_binary)
    mcp.resource("test://watched-resource", mime_type="text/plain")(watched_resource)
    mcp.resource("test://template/{id}/data", mime_type="application/json")(template_data)
    for function in (simple_prompt, prompt_with_arguments, prompt_with_embedded_resource, prompt_with_image):
        mcp.prompt(function, name=f"test_{function.__name__}")
    mcp.completion(complete)
    # The extension refuses a provider that the server does not have yet.
    skills = SkillsDirectoryProvider(_SKILLS, experimental_skills=True)
    mcp.add_provider(skills)
    mcp.add_extension(SkillsExtension(providers=[skills]))
