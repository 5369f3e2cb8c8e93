"""Tools and a prompt that gather input over several rounds of one request (SEP-2322, from 2026-07-28).

Each returns an `InputRequiredResult` until `ctx.input_responses` holds what it needs. FastMCP seals `request_state` on
the wire and refuses a changed one, so nothing here verifies it again.
"""

from typing import Any, Final

from fastmcp import Context, FastMCP
from fastmcp.prompts import Message
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

__all__ = ["accepted", "ask", "register"]

_MISSING_SAMPLING: Final[dict[str, Any]] = {"requiredCapabilities": {"sampling": {}}}


def ask(message: str, field: str, *, kind: str = "string") -> ElicitRequest:
    """An elicitation of one required field."""
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def accepted(ctx: Context, key: str, field: str) -> Any | None:
    """What the user entered for `field` of the request `key`, or None if that is not there (yet)."""
    response = (ctx.input_responses or {}).get(key)
    if not isinstance(response, ElicitResult) or response.action != "accept" or response.content is None:
        return None
    return response.content.get(field)


def _sample(prompt: str, *, max_tokens: int = 100) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def _capabilities(ctx: Context) -> ClientCapabilities:
    return ctx.session.client_capabilities or ClientCapabilities()


async def missing_capability(ctx: Context) -> str:
    """Refuse a client that did not declare sampling."""
    if _capabilities(ctx).sampling is None:
        raise MCPError(
            code=MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="This tool needs a client that can sample",
            data=_MISSING_SAMPLING,
        )
    return "the client can sample"


async def streaming_elicitation(ctx: Context) -> str | InputRequiredResult:
    """Ask for a confirmation; the response stream may carry the question only inside of the result."""
    if accepted(ctx, "confirm", "ok") is None:
        return InputRequiredResult(input_requests={"confirm": ask("Go on?", "ok", kind="boolean")})
    return "confirmed"


async def input_required_result_elicitation(ctx: Context) -> str | InputRequiredResult:
    """Greet the user, whose name it asks for."""
    name = accepted(ctx, "user_name", "name")
    if name is None:
        return InputRequiredResult(input_requests={"user_name": ask("What is your name?", "name")})
    return f"Hello, {name}!"


async def input_required_result_sampling(ctx: Context) -> str | InputRequiredResult:
    """Let the client's model answer a question."""
    response = (ctx.input_responses or {}).get("capital_question")
    if response is None:
        return InputRequiredResult(
            input_requests={"capital_question": _sample("What is the capital of France?")}
        )
    return f"The model said: {response}"


async def input_required_result_list_roots(ctx: Context) -> str | InputRequiredResult:
    """Name the client's roots."""
    response = (ctx.input_responses or {}).get("client_roots")
    if not isinstance(response, ListRootsResult):
        return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
    return f"Roots: {[str(root.uri) for root in response.roots]}"


async def input_required_result_request_state(ctx: Context) -> str | InputRequiredResult:
    """Carry a state through one round."""
    if accepted(ctx, "confirm", "ok") is None or ctx.request_state != "asked":
        return InputRequiredResult(
            input_requests={"confirm": ask("Please confirm", "ok", kind="boolean")}, request_state="asked"
        )
    return "state-ok"


async def input_required_result_multiple_inputs(ctx: Context) -> str | InputRequiredResult:
    """Ask the user, the model and the file roots in one round."""
    requests: dict[str, InputRequest] = {
        "user_name": ask("What is your name?", "name"),
        "greeting": _sample("Generate a greeting", max_tokens=50),
        "client_roots": ListRootsRequest(),
    }
    missing = {key: request for key, request in requests.items() if key not in (ctx.input_responses or {})}
    if missing:
        return InputRequiredResult(input_requests=missing, request_state="asked")
    return f"{accepted(ctx, 'user_name', 'name')} answered all {len(requests)}"


async def input_required_result_multi_round(ctx: Context) -> str | InputRequiredResult:
    """Ask twice; the answer of the first round travels in the state of the second."""
    color = accepted(ctx, "step2", "color")
    if ctx.request_state is not None and color is not None:
        return f"{ctx.request_state} likes {color}"
    name = accepted(ctx, "step1", "name")
    if name is None:
        return InputRequiredResult(
            input_requests={"step1": ask("Step 1: What is your name?", "name")}, request_state="nobody"
        )
    return InputRequiredResult(
        input_requests={"step2": ask("Step 2: What is your favorite color?", "color")},
        request_state=str(name),
    )


async def input_required_result_capabilities(ctx: Context) -> str | InputRequiredResult:
    """Ask only for what the client declared that it can answer."""
    capabilities = _capabilities(ctx)
    requests: dict[str, InputRequest] = {}
    if capabilities.sampling is not None:
        requests["greeting"] = _sample("Generate a greeting")
    if capabilities.elicitation is not None:
        requests["user_name"] = ask("What is your name?", "name")
    missing = {key: request for key, request in requests.items() if key not in (ctx.input_responses or {})}
    if missing:
        return InputRequiredResult(input_requests=missing)
    return f"answered: {sorted(requests)}"


async def input_required_prompt(ctx: Context) -> list[Message] | InputRequiredResult:
    """Ask for a context before the prompt is rendered."""
    context = accepted(ctx, "user_context", "context")
    if context is None:
        question = ask("What context should the prompt use?", "context")
        return InputRequiredResult(input_requests={"user_context": question})
    return [Message(f"Use this context: {context}")]


def register(mcp: FastMCP) -> None:
    for function in (
        missing_capability,
        streaming_elicitation,
        input_required_result_elicitation,
        input_required_result_sampling,
        input_required_result_list_roots,
        input_required_result_request_state,
        input_required_result_multiple_inputs,
        input_required_result_multi_round,
        input_required_result_capabilities,
    ):
        mcp.tool(function, name=f"test_{function.__name__}")
    # The same behaviour under a second name: the suite changes the sealed state of this one.
    mcp.tool(input_required_result_request_state, name="test_input_required_result_tampered_state")
    mcp.prompt(input_required_prompt, name="test_input_required_result_prompt")
