"""What is wrong with a schema or a document, with its place: values, and the error that ends the reading."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLError
from graphql.language import Node

from seawall.errors import Problem

__all__ = ["SchemaError", "SchemaFault", "place_of", "problem", "problem_of", "setting_problem", "told"]

_LONGEST = 300  # characters of a message


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Something in a schema that is wrong and could be lived with.

    Attributes:
        place: file, line and column, as far as they are known.
        message: what is wrong, and what was made of it where something was.
    """

    place: str
    message: str


class SchemaError(Exception):
    """The schema cannot be used. It never leaves this package."""


def told(error: GraphQLError) -> str:
    """The error's own words without its source, in one line."""
    text = " ".join(error.message.split()).rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def place_of(node: Node | None) -> str:
    """`file:line:column` of a node; empty when it comes from no text."""
    if node is None or node.loc is None:
        return ""
    found = node.loc.source.get_location(node.loc.start)
    return f"{node.loc.source.name}:{found.line}:{found.column}"


def problem(message: str, node: Node, *, found: str = "", allowed: str = "") -> Problem:
    """A problem at the place of a node of an operator's document."""
    location = node.loc
    where = None if location is None else location.source.get_location(location.start)
    return Problem(
        source="" if location is None else location.source.name,
        line=None if where is None else where.line,
        column=None if where is None else where.column,
        key="documents",
        found=found,
        allowed=allowed,
        suggestion=None,
        message=message,
    )


def problem_of(error: GraphQLError, *, source: str) -> Problem:
    """The problem that an error of parser or validator is, at the first place that it names."""
    node = next((each for each in error.nodes or () if each.loc is not None), None)
    name = source
    if node is not None and node.loc is not None:
        name = node.loc.source.name
    elif error.source is not None:
        name = error.source.name
    where = error.locations[0] if error.locations else None
    return Problem(
        source=name,
        line=None if where is None else where.line,
        column=None if where is None else where.column,
        key="documents",
        found="",
        allowed="",
        suggestion=None,
        message=told(error),
    )


def setting_problem(key: str, found: str, message: str) -> Problem:
    """A problem of a setting of the toolset's section."""
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found=found,
        allowed="",
        suggestion=None,
        message=message,
    )
