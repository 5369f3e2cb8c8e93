"""The schema of a service: read from SDL or from the answer to an introspection query, however faulty it is."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_ast_schema,
    build_client_schema,
    parse,
    print_schema,
    validate_schema,
)
from graphql.language import DocumentNode, Source
from graphql.validation.validate import validate_sdl

from seawall.toolsets.cleaning import clean_prose
from seawall.toolsets.graphql.faults import SchemaError, SchemaFault, place_of, told
from seawall.toolsets.graphql.repairing import Repairing
from seawall.types import JsonObject

__all__ = ["ServiceSchema", "read_schema", "sdl_of"]

_MOST_FAULTS: Final = 200
_MOST_TOKENS: Final = 5_000_000


class ServiceSchema:
    """What a service offers.

    Attributes:
        schema: for validating and describing. It may break rules that no single operation depends on.
        document: the definitions that it was made of.
        sha256: of the text that was read.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        *,
        written: DocumentNode,
        repaired: Sequence[SchemaFault],
        sha256: str,
    ) -> None:
        """Args: written: the definitions before any was left out. repaired: what was."""
        self.sha256 = sha256
        self.schema = schema
        self.document = document
        self._written = written
        self._repaired = tuple(repaired)
        self._faults: tuple[SchemaFault, ...] | None = None

    @property
    def counts(self) -> str:
        """How large it is, a few words: `31 queries, 247 mutations, 1636 types`."""
        query, mutation = self.schema.query_type, self.schema.mutation_type
        parts = [
            f"{len(query.fields) if query else 0} queries",
            f"{len(mutation.fields) if mutation else 0} mutations",
            f"{sum(not name.startswith('__') for name in self.schema.type_map)} types",
        ]
        return ", ".join(parts)

    def faults(self) -> Sequence[SchemaFault]:
        """All that is wrong with it by the specification. Computed when first asked for: serving does not need it."""
        if self._faults is None:
            found = {each.place: each for each in reversed(self._repaired)}
            with _without_collecting():
                for error in self._broken_rules():
                    places = [place_of(each) for each in error.nodes or () if each.loc] or [""]
                    if not found.keys() & set(filter(None, places)):
                        found[places[0] or told(error)] = SchemaFault(places[0], told(error))
                    if len(found) >= _MOST_FAULTS:
                        break
            self._faults = tuple(sorted(found.values(), key=_by_place))
        return self._faults

    def _broken_rules(self) -> Iterator[GraphQLError]:
        try:
            yield from validate_sdl(self._written)
        except (TypeError, GraphQLError, RecursionError) as error:
            yield GraphQLError(f"the rest of it cannot be judged: {error}")
        doubting: dict[str, Any] = {**self.schema.to_kwargs(), "assume_valid": False}
        yield from validate_schema(GraphQLSchema(**doubting))


def read_schema(content: bytes, *, name: str) -> ServiceSchema:
    """The schema that the text says. Blocks: one of a megabyte takes a second.

    Args:
        content: SDL (September 2025 specification, section 3), or JSON with `__schema` in it, alone or in `data`.
        name: of the file, for places.

    Raises:
        SchemaError: it is neither, or has no type for queries; the message says so in one clause.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SchemaError("it is no text in UTF-8") from None
    with _without_collecting():
        try:
            if text.lstrip()[:1] == "{":
                text = _introspected(text)
            written = parse(Source(text, name), max_tokens=_MOST_TOKENS)
        except GraphQLError as error:
            where = (
                f" (line {error.locations[0].line}, column {error.locations[0].column})"
                if error.locations
                else ""
            )
            raise SchemaError(f"{told(error)}{where}") from None
        except RecursionError:
            raise SchemaError("it is nested too deeply") from None
        repairing = Repairing(written)
        document = repairing.repaired()
        schema = _made(document)
        _clean(schema)
    if schema.query_type is None:
        raise SchemaError("it has no type for queries")
    return ServiceSchema(
        schema,
        document,
        written=written,
        repaired=repairing.faults,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _made(document: DocumentNode) -> GraphQLSchema:
    try:
        return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError, ValueError, KeyError, RecursionError) as error:
        raise SchemaError(f"no schema can be made of it: {' '.join(str(error).split())[:200]}") from None


def _clean(schema: GraphQLSchema) -> None:
    """Take out of every description what nobody sees: whoever wrote it may not be whom its reader trusts."""
    for type_ in schema.type_map.values():
        members = getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
        for each in (type_, *members.values()):
            for one in (each, *getattr(each, "args", {}).values()):
                if one.description:
                    one.description = clean_prose(one.description)


def _introspected(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(
            f"it is no answer to an introspection query: {' '.join(str(error).split())[:200]}"
        ) from None
    data = found.get("data", found) if isinstance(found, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("__schema"), dict):
        raise SchemaError("it is JSON without `__schema`")
    return sdl_of(data)


def sdl_of(data: JsonObject) -> str:
    """The answer to an introspection query as SDL.

    Raises:
        SchemaError: it is none, whatever stands in it.
    """
    try:
        return print_schema(build_client_schema(cast("Any", data), assume_valid=True)) + "\n"
    except (ValueError, TypeError, KeyError, AttributeError, GraphQLError, RecursionError) as error:
        raise SchemaError(
            f"it is no answer to an introspection query: {' '.join(str(error).split())[:200]}"
        ) from None


def _by_place(fault: SchemaFault) -> tuple[str, int, int]:
    name, _, rest = fault.place.partition(":")
    line, _, column = rest.partition(":")
    return name, int(line or 0), int(column or 0)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Nothing that a parser makes is garbage, and looking through all of it again and again doubles its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
