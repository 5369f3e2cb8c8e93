"""What is different between two schemas of one service, where an operation may feel it."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import find_breaking_changes

from seawall.toolsets.graphql.faults import SchemaError
from seawall.toolsets.graphql.schema import read_schema

__all__ = ["differences"]


def differences(old: str, new: str) -> Sequence[str]:
    """One line for each; empty when operations that fitted the old one fit the new one."""
    try:
        before, after = (read_schema(text.encode(), name=name) for text, name in ((old, "old"), (new, "new")))
    except SchemaError as error:
        return (f"they cannot be compared: {error}",)
    return tuple(f"~ {each.description}" for each in find_breaking_changes(before.schema, after.schema))
