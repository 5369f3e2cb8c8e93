"""An operation that can be called: variables in, one request, a result out, and its next page on demand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import language as ast
from graphql import print_ast

from seawall.errors import InvalidArgumentsError
from seawall.security.budget import WorkerPool
from seawall.toolsets.continuation import START, Continuation, continuation
from seawall.toolsets.graphql.exchange import Exchange, Question
from seawall.toolsets.graphql.private import Kept
from seawall.toolsets.graphql.relay import Paged
from seawall.toolsets.graphql.results import Turning, cleaned_errors, projected, rendered
from seawall.toolsets.interface import CallContext, OperationResult
from seawall.toolsets.projection import Projection
from seawall.types import JsonObject

__all__ = ["Calling", "Prepared", "next_argument", "next_schema", "text_of"]

_FINGERPRINT: Final = 16
_LONGEST: Final = 8192
_NOT_OURS: Final = "next cannot be used: it belongs to another call; leave all other arguments as they were"


def next_argument(variables: Mapping[str, object] | frozenset[str]) -> str:
    """The name of the argument that turns pages, whatever the operation's own are called."""
    return next(name for name in ("next", "nextPage", "seawallNext") if name not in variables)


def next_schema() -> JsonObject:
    """The schema of that argument."""
    return {
        "type": "string",
        "maxLength": _LONGEST,
        "description": "Where to go on: `next` of the last answer, with all other arguments as they were.",
    }


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation, ready to be sent.

    Attributes:
        tool: for messages.
        text: the document as it is sent.
        name: of the operation in it.
        reads: whether it is a query.
        kept: what of its answers is kept from the model.
        paged: its pages, or None.
        projection: what of its answers is given, of what is not kept; None for all.
    """

    tool: str
    text: str
    name: str | None
    reads: bool
    kept: Kept
    paged: Paged | None
    projection: Projection | None = None


@dataclass(frozen=True, slots=True)
class _Pages:
    """Names positions so that each fits its own operation and variables alone."""

    prepared: Prepared
    variables: JsonObject

    def position(self, cursor: str) -> str:
        """The position of the page at the cursor."""
        return f"{self._fingerprint()}{cursor}"

    def cursor(self, position: str) -> str:
        """The cursor of a position.

        Raises:
            InvalidArgumentsError: it is one of another call.
        """
        if not position.startswith(self._fingerprint()) or self.prepared.paged is None:
            raise InvalidArgumentsError(tool=self.prepared.tool, faults=[_NOT_OURS])
        return position[_FINGERPRINT:]

    def _fingerprint(self) -> str:
        told = f"{self.prepared.text}\0{json.dumps(self.variables, sort_keys=True)}"
        return hashlib.sha256(told.encode()).hexdigest()[:_FINGERPRINT]


class Calling:
    """Sends prepared operations and renders what is answered."""

    def __init__(self, exchange: Exchange, workers: WorkerPool) -> None:
        self._exchange = exchange
        self._workers = workers

    async def call(
        self, prepared: Prepared, variables: JsonObject, word: str | None, argument: str, context: CallContext
    ) -> OperationResult:
        """Call an operation.

        Args:
            prepared: the operation.
            variables: that fit it.
            word: where to go on.
            argument: the name of that argument; empty when there is none.
            context: of the call.

        Raises:
            InvalidArgumentsError: `word` cannot be used.
            OperationError: the service could not be reached, refused, or gave no data.
        """
        start = begun(word, prepared.tool)
        pages = _Pages(prepared, variables)
        sent = dict(variables)
        if start.position is not None:
            cursor = pages.cursor(start.position)
            if prepared.paged is not None:
                sent[prepared.paged.variable] = cursor
        question = Question(prepared.tool, prepared.text, prepared.name, sent, prepared.reads)
        reply = await self._exchange.ask(question, context)
        errors = cleaned_errors(reply, prepared.kept)
        if reply.data is None:
            raise self._exchange.refused(type(reply)(None, errors, reply.status))
        following = None if prepared.paged is None else prepared.paged.taken(reply.data)
        turning = Turning(argument, start, None if following is None else pages.position(following))

        def finished() -> OperationResult:
            data = prepared.kept.stripped(reply.data) if prepared.kept else reply.data
            note = ""
            if prepared.projection is not None:
                data, note = projected(data, prepared.projection)
            return rendered(
                data, errors, turning, limit=context.response_limit, note=note, headers=reply.headers
            )

        return await self._workers.run(finished)


def begun(word: str | None, tool: str) -> Continuation:
    """Where the caller goes on.

    Raises:
        InvalidArgumentsError: no answer had that word.
    """
    if not word:
        return START
    try:
        return continuation(word)
    except ValueError as error:
        raise InvalidArgumentsError(tool=tool, faults=[f"next cannot be used: {error}"]) from None


def text_of(document: ast.DocumentNode) -> str:
    """The document as it is sent."""
    return print_ast(document)
