"""One operation sent to a GraphQL service over HTTP, and what it answers (GraphQL over HTTP, draft of 2025)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seawall.errors import InvalidArgumentsError, ResponseTooLargeError, UpstreamRefusedError
from seawall.toolsets.answered_json import NotJson, as_json
from seawall.toolsets.interface import CallContext
from seawall.toolsets.told_headers import told
from seawall.types import JsonObject, JsonValue
from seawall.upstream.address import Origin
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse
from seawall.upstream.refusal import shown, status_text

__all__ = ["Exchange", "Question", "Reply", "Send"]

Send: TypeAlias = Callable[[UpstreamRequest, CallContext], Awaitable[UpstreamResponse]]
"""Carries a request to the service. Raises OperationError for whatever is no good answer."""

_HEADERS: Final = (
    ("content-type", "application/json"),
    ("accept", "application/graphql-response+json, application/json;q=0.9"),
)
_MOST_READ: Final = 8 * 1024 * 1024  # bytes of an answer
_NO_GRAPHQL: Final = "The service does not answer as GraphQL services do: tell the server's operator."
_FORMLESS: Final = "an error without a message"
_UNKNOWN: Final = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
_UNSUPPORTED: Final = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        tool: for messages.
        text: the document.
        name: of the operation in it; None for the only one, which has none.
        variables: as they are sent.
        reads: whether it is a query, which may be sent again.
    """

    tool: str
    text: str
    name: str | None
    variables: JsonObject
    reads: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: data, errors, or both, and the headers that a caller is told."""

    data: JsonValue
    errors: tuple[JsonObject, ...]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Exchange:
    """Asks one service."""

    def __init__(
        self,
        endpoint: str,
        send: Send,
        *,
        hashed: bool = False,
        most: int = _MOST_READ,
        headers: Collection[str] = (),
    ) -> None:
        """Set it up.

        Args:
            endpoint: its URL.
            send: carries requests there.
            hashed: whether a hash is sent before the text.
            most: bytes of an answer that are read.
            headers: small names of headers of an answer that a caller is told.
        """
        self.host = str(Origin.parse(endpoint))
        self._endpoint = endpoint
        self._send = send
        self._hashed = hashed
        self._most = most
        self._headers = tuple(headers)

    async def ask(self, question: Question, context: CallContext) -> Reply:
        """Ask, and give what is answered, be it errors.

        Raises:
            InvalidArgumentsError: a variable holds what no request can carry.
            ResponseTooLargeError: the answer is larger than what is read.
            UpstreamRefusedError: it is no answer of GraphQL.
            OperationError: the service could not be reached, or refused.
        """
        if not self._hashed:
            return await self._asked(question, context, text=True, extensions=None)
        digest = hashlib.sha256(question.text.encode()).hexdigest()
        extensions: JsonObject = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        try:
            reply = await self._asked(question, context, text=False, extensions=extensions)
        except UpstreamRefusedError as error:
            if not any(word in error.excerpt for word in (*_UNKNOWN, *_UNSUPPORTED)):
                raise
            reply = Reply(None, ({"message": error.excerpt},))
        if _says(reply, _UNSUPPORTED):
            self._hashed = False
            return await self._asked(question, context, text=True, extensions=None)
        if _says(reply, _UNKNOWN):
            return await self._asked(question, context, text=True, extensions=extensions)
        return reply

    async def _asked(
        self, question: Question, context: CallContext, *, text: bool, extensions: JsonObject | None
    ) -> Reply:
        body: JsonObject = {"variables": question.variables}
        if text:
            body["query"] = question.text
        if question.name is not None:
            body["operationName"] = question.name
        if extensions is not None:
            body["extensions"] = extensions
        try:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            fault = "a value holds half of a character, or a number that JSON does not have"
            raise InvalidArgumentsError(tool=question.tool, faults=[fault]) from None
        request = UpstreamRequest(
            "POST",
            self._endpoint,
            headers=_HEADERS,
            body=content,
            max_body=self._most,
            repeatable=question.reads,
        )
        return self._reply(question, await self._send(request, context))

    def _reply(self, question: Question, response: UpstreamResponse) -> Reply:
        if not response.complete:
            raise ResponseTooLargeError(name=question.tool, size=len(response.body) + 1, limit=self._most)
        try:
            answer = as_json(response.body)
        except NotJson:
            answer = None
        if not isinstance(answer, dict) or not {"data", "errors"} & answer.keys():
            status = status_text(response.status)
            raise UpstreamRefusedError(host=self.host, status=status, hint=_NO_GRAPHQL)
        headers = told(response.headers, self._headers)
        return Reply(answer.get("data"), _errors(answer.get("errors")), response.status, headers)

    def refused(self, reply: Reply) -> UpstreamRefusedError:
        """The error that an answer without data is."""
        said = shown("; ".join(dict.fromkeys(str(each.get("message", "")) for each in reply.errors[:3])))
        hint = "Correct the arguments, or do without." if said else _NO_GRAPHQL
        return UpstreamRefusedError(host=self.host, status=status_text(reply.status), excerpt=said, hint=hint)


def _errors(said: JsonValue) -> tuple[JsonObject, ...]:
    """The errors as the specification has them; what is none of that form is still told."""
    listed = said if isinstance(said, list) else [said]
    return tuple(
        each if isinstance(each, dict) else {"message": each if isinstance(each, str) else _FORMLESS}
        for each in listed
        if each is not None
    )


def _says(reply: Reply, words: tuple[str, ...]) -> bool:
    if reply.data is not None:
        return False
    for each in reply.errors:
        extensions = each.get("extensions")
        code = extensions.get("code") if isinstance(extensions, dict) else None
        if code in words or any(word in str(each.get("message", "")) for word in words):
            return True
    return False
