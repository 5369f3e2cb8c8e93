"""The blueprint section of the graphql toolset."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from seawall.blueprint.auth import refused
from seawall.blueprint.quantities import ByteSize
from seawall.blueprint.section import Allowed, Section
from seawall.toolsets.overriding import CallOverride
from seawall.toolsets.remote import RemoteDeclaration

__all__ = ["WILDCARDS", "GraphQLDeclaration", "GraphQLOverride", "QueryLimits", "ScalarForm"]

WILDCARDS: Final = "*?["
"""What makes a path of `documents` a pattern."""

ScalarForm: TypeAlias = Literal[
    "any",
    "string",
    "integer",
    "number",
    "boolean",
    "object",
    "date",
    "date-time",
    "time",
    "duration",
    "uuid",
    "uri",
    "email",
    "base64",
    "decimal",
]
"""What values of a custom scalar look like in JSON."""


class QueryLimits(Section):
    """What a free query may ask for. One that asks for more is refused before anything is sent."""

    size: ByteSize = Field(default=16 * 1024, description="Length of the query.")
    depth: int = Field(
        default=12, ge=1, le=100, description="Levels of fields within fields, fragments included."
    )
    aliases: int = Field(default=15, ge=0, le=10_000, description="Fields under another name, in all.")
    breadth: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="Fields beside each other in one selection, fragments included.",
    )
    list_size: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        description="Items that one list may be asked for, such as with `first`; of persisted operations, too.",
    )
    assumed_list_size: int = Field(
        default=20, ge=1, le=1_000_000, description="Items that a list counts for which says nothing of that."
    )
    cost: int = Field(
        default=5000,
        ge=1,
        le=1_000_000_000,
        description="Objects that the answer may have, estimated: sizes of lists multiply along the path.",
    )


_Scalar: TypeAlias = Annotated[ScalarForm, Field(description="What its values look like in JSON.")]
_Pattern: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[A-Za-z_*?][A-Za-z0-9_*?]*(\.[A-Za-z_*?][A-Za-z0-9_*?]*)?$"),
    Allowed("`Type.field` or `Type`, where `*` stands for any part of a name"),
]


_ANYWHERE: Final = (
    "a path, or a pattern that begins with a folder, such as operations/**/*.graphql; beside the blueprint itself, one "
    "of names alone, such as *.graphql"
)


def _below_a_folder(pattern: str) -> str:
    """A pattern for whatever lies anywhere below the blueprint would take in the documents of every dependency."""
    first, _, rest = pattern.partition("/")
    if any(sign in first for sign in WILDCARDS) and (rest or "**" in first or "[" in first):
        raise refused(_ANYWHERE)
    return pattern


_Document: TypeAlias = Annotated[str, Field(min_length=1), AfterValidator(_below_a_folder)]


class GraphQLOverride(CallOverride):
    """What one operation has otherwise than its document says."""


class GraphQLDeclaration(RemoteDeclaration):
    """Operations of a GraphQL service."""

    kind: Literal["graphql"] = Field(default="graphql", description="Operations of a GraphQL service.")
    endpoint: Annotated[
        str, Field(pattern=r"^https?://[^\s?#]+$"), Allowed("an http or https URL without query")
    ] = Field(
        description="Where operations are posted to.",
        examples=["https://shop.example/graphql"],
    )
    schema_: Annotated[str, Field(min_length=1)] = Field(
        alias="schema",
        description="The service's schema: SDL, or the JSON answer to an introspection query. A path, which starts at "
        "the blueprint, or an https URL, which needs `sha256`.",
        examples=["specs/shop.graphql"],
    )
    sha256: Annotated[
        str, Field(pattern=r"^([0-9a-f]{64})?$"), Allowed("64 hexadecimal digits in small letters")
    ] = Field(
        default="",
        description="Hash of the schema. One that differs is refused.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    schema_size: ByteSize = Field(default=32 * 1024**2, description="Largest schema that is read.")
    introspect: bool = Field(
        default=False,
        description="Have `seawall lock` ask the service for its schema and save it where `schema` says. Nothing else "
        "ever asks for it.",
    )
    documents: tuple[_Document, ...] = Field(
        default=(),
        description="Files with operations, as patterns that start at the blueprint: each named operation is a tool.",
        examples=[["operations/*.graphql"]],
    )
    scalars: dict[str, _Scalar] = Field(
        default_factory=dict,
        description="What custom scalars look like, by their names; adds to those that are known by their usual names.",
        examples=[{"Money": "decimal", "Cursor": "string"}],
    )
    private: tuple[_Pattern, ...] = Field(
        default=(),
        description="Fields and types that are kept from the model, beside those with `@private` in the schema: they are "
        "taken out of answers, and no free query can name them.",
        examples=[["User.email", "*.internalNotes"]],
    )
    persisted_queries: Literal["off", "automatic"] = Field(
        default="off",
        description="`automatic` sends the hash of an operation first, and its text only to a service that does not know "
        "it (APQ).",
    )
    explore: bool = Field(
        default=False,
        description="Offer tools to search the schema, and to validate and run any query within `query_limits`.",
    )
    explore_mutations: bool = Field(
        default=False,
        description='Let free queries be mutations, too; needs `explore` and `access = "write"`.',
    )
    query_limits: QueryLimits = Field(
        default_factory=QueryLimits, description="What a free query may ask for."
    )
    override: dict[str, GraphQLOverride] = Field(
        default_factory=dict,
        description="What single operations have otherwise, by their names: `[toolset.override.listOrders]`. A tool of "
        "`explore` takes words, hints, scopes and a time limit.",
        examples=[{"listOrders": {"name": "list_orders"}}],
    )

    @model_validator(mode="after")
    def _mutations_are_meant(self) -> GraphQLDeclaration:
        if self.explore_mutations and not (self.explore and self.access == "write"):
            raise refused('`explore_mutations` only with `explore = true` and `access = "write"`')
        if not self.explore and not self.documents:
            raise refused("`documents`, or `explore = true`: without either there is nothing to offer")
        if self.introspect and "://" in self.schema_:
            raise refused("with `introspect` a path in `schema`, where the answer is saved")
        return self
