"""Asks a service for its schema: once, when the operator says so, never while serving."""

from __future__ import annotations

from typing import Final

from graphql import get_introspection_query

from seawall.errors import StartError
from seawall.security.budget import Deadline
from seawall.toolsets.graphql.building import remote_client
from seawall.toolsets.graphql.declaration import GraphQLDeclaration
from seawall.toolsets.graphql.exchange import Exchange, Question
from seawall.toolsets.graphql.faults import SchemaError
from seawall.toolsets.graphql.schema import sdl_of
from seawall.toolsets.interface import CallContext, Caller

__all__ = ["ask_for_schema"]

_WITHIN: Final = 60.0  # seconds
_LARGEST_ANSWER: Final = 64 * 1024 * 1024


async def ask_for_schema(declaration: GraphQLDeclaration) -> str:
    """The schema of the declaration's service as SDL.

    Raises:
        BlueprintError: the endpoint or the credentials cannot be used.
        OperationError: the service could not be reached, or refused.
        StartError: it answers, and gives no schema; or a secret is missing.
    """
    client = remote_client(declaration)
    exchange = Exchange(declaration.endpoint, client.send, most=_LARGEST_ANSWER)
    text = get_introspection_query(descriptions=True, input_value_deprecation=False)
    context = CallContext(
        "introspection",
        Caller("local", patterns=("*",)),
        Deadline.after(_WITHIN),
        _LARGEST_ANSWER,
        _no_progress,
    )
    try:
        await client.start()
        question = Question("introspection", text, "IntrospectionQuery", {}, reads=True)
        reply = await exchange.ask(question, context)
    finally:
        await client.close()
    if not isinstance(reply.data, dict):
        raise StartError(
            f"{exchange.host} does not give its schema: {exchange.refused(reply).message}",
            hint="Many services switch introspection off: ask for the schema as a file.",
        )
    try:
        return sdl_of(reply.data)
    except SchemaError as error:
        raise StartError(f"{exchange.host} gives no schema that can be used: {error}.") from error


async def _no_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    del done, total, message
