"""A GraphQL service made from its schema: it validates every request, and answers with an example of each type."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    execute,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.language import DocumentNode
from graphql.type import get_nullable_type, is_abstract_type

from seawall.testing.listening import Mock, Receive, Scope, SendBack, whole
from seawall.types import JsonObject

__all__ = ["MockGraphQL", "ReceivedQuery"]

_EXAMPLES: Final[Mapping[str, object]] = {"Int": 1, "Float": 1.5, "Boolean": False, "ID": "1"}


@dataclass(frozen=True, slots=True)
class ReceivedQuery:
    """One request that came.

    Attributes:
        body: as it was sent.
        headers: by small name.
        faults: what is wrong with it by the schema, one sentence each.
    """

    body: JsonObject
    headers: Mapping[str, str]
    faults: tuple[str, ...]


class MockGraphQL(Mock):
    """The service that a schema describes, for the time of a `with` block. Nothing has another page.

    Attributes:
        received: every request that came, in order.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.received: list[ReceivedQuery] = []
        self._schema = schema
        super().__init__(self._app)

    @property
    def url(self) -> str:
        """What `endpoint` must be for requests to come here."""
        return f"{super().url}/graphql"

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong with any request."""
        return [fault for each in self.received for fault in each.faults]

    async def _app(self, scope: Scope, receive: Receive, send: SendBack) -> None:
        content = await whole(receive)
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = json.dumps(await self._answer(content, headers)).encode()
        lines = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, content: bytes, headers: Mapping[str, str]) -> JsonObject:
        try:
            body = json.loads(content)
            document = parse(body["query"])
        except (ValueError, KeyError, TypeError, GraphQLError) as error:
            self.received.append(ReceivedQuery({}, headers, (f"it is no request: {error}",)))
            return {"errors": [{"message": "no request of GraphQL"}]}
        faults = tuple(self._faults(document, body))
        self.received.append(ReceivedQuery(body, headers, faults))
        if faults:
            return {"errors": [{"message": each} for each in faults]}
        result = execute(
            self._schema,
            document,
            variable_values=body.get("variables"),
            operation_name=body.get("operationName"),
            field_resolver=_example,
            type_resolver=lambda _value, info, type_: info.schema.get_possible_types(type_)[0].name,
        )
        found = await result if inspect.isawaitable(result) else result
        return cast("JsonObject", dict(found.formatted))

    def _faults(self, document: DocumentNode, body: Mapping[str, Any]) -> list[str]:
        faults = [error.message for error in validate(self._schema, document)]
        operation = get_operation_ast(document, body.get("operationName"))
        if operation is None:
            return [*faults, "no operation has the name that is asked for"]
        values = get_variable_values(
            self._schema, operation.variable_definitions or (), body.get("variables") or {}
        )
        return faults + ([error.message for error in values] if isinstance(values, list) else [])


def _example(_source: object, info: GraphQLResolveInfo[Any], **_arguments: object) -> object:
    return _value(info.return_type)


def _value(type_: object) -> object:
    inner: Any = get_nullable_type(type_)  # type: ignore[call-overload]
    if isinstance(inner, GraphQLNonNull | GraphQLList):
        return [_value(inner.of_type)]
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values.values())).value
    if isinstance(inner, GraphQLScalarType):
        return _EXAMPLES.get(inner.name, "text")
    return {"type": inner.name} if is_abstract_type(inner) else {}
