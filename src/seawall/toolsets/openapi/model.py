"""An API as its description says, whatever version that is written in: frozen values, read once.

Every schema in here is JSON Schema 2020-12: the dialects of Swagger 2.0 and OpenAPI 3.0 are translated when they are
read. A reference in it is `#/$defs/NAME`, with the definition in `ApiDescription.definitions`; what is not recursive
and not too large is inlined instead. `schemas.closed` makes a schema that stands alone of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from seawall.types import JsonObject, JsonValue

__all__ = [
    "ApiDescription",
    "ApiOperation",
    "Content",
    "Encoding",
    "Fault",
    "Parameter",
    "Place",
    "Quarantined",
    "RequestBody",
    "Response",
    "SecurityScheme",
    "Server",
    "Style",
]

Place: TypeAlias = Literal["path", "query", "querystring", "header", "cookie"]
"""Where a parameter travels. `querystring` is the whole query (OpenAPI 3.2, 4.12.1)."""

Style: TypeAlias = Literal[
    "matrix",
    "label",
    "simple",
    "form",
    "spaceDelimited",
    "pipeDelimited",
    "tabDelimited",
    "deepObject",
    "cookie",
]
"""How a value becomes text (OpenAPI 3.2, 4.12.3; `cookie` is new there).

`tabDelimited` is `tsv` of Swagger 2.0, whose delimiters are allowed in paths and headers too.
"""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form or a multipart body is written (OpenAPI 3.2, 4.15).

    `style`, `explode` and `allow_reserved` are None where the description says nothing of them.
    """

    content_type: str | None = None
    style: Style | None = None
    explode: bool | None = None
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """One form that a body may have.

    Attributes:
        media_type: as written, such as `application/json; charset=utf-8` or `image/*`.
        schema: of the value; `{}` when anything may come.
        encoding: by property, for forms and multipart.
        prefix: of the first parts of a multipart body whose parts have places instead of names (OpenAPI 3.2, 4.14.5).
        items: of all parts after those.
    """

    media_type: str
    schema: JsonObject
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    prefix: tuple[Encoding, ...] = ()
    items: Encoding | None = None

    def at(self, place: int) -> Encoding:
        """How the part at that place is written."""
        return self.prefix[place] if place < len(self.prefix) else self.items or Encoding()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter outside of the body.

    Attributes:
        name: as it travels; any text.
        place: where.
        required: always True in a path.
        schema: of the value.
        style: how the value becomes text; unused with `media_type`.
        explode: whether arrays and objects become several parts.
        allow_reserved: whether RFC 3986's reserved characters stay unencoded.
        media_type: set for a parameter with `content`: the value is written in that form.
        description: for the model; empty when there is none.
        deprecated: as described.
    """

    name: str
    place: Place
    required: bool
    schema: JsonObject
    style: Style
    explode: bool
    allow_reserved: bool = False
    media_type: str | None = None
    description: str = ""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What a request carries: the same value in one of several forms."""

    contents: tuple[Content, ...]
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer that the description foresees.

    Attributes:
        status: `200`, a range such as `2XX`, or `default`.
        description: as written.
        contents: the forms of its body; empty when it has none.
    """

    status: str
    description: str = ""
    contents: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API lives: `url` with its variables replaced by their defaults; may be relative to the description."""

    url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """One way to prove who asks.

    Attributes:
        name: in the description.
        kind: `api_key`, `basic`, `bearer`, `oauth2`, `openid`, `mutual_tls`, or `other`.
        place: of an API key: `query`, `header` or `cookie`.
        parameter: of an API key: the parameter's name.
        token_url: of OAuth 2 client credentials, when there is such a flow.
        scopes: that the flows know.
    """

    name: str
    kind: Literal["api_key", "basic", "bearer", "oauth2", "openid", "mutual_tls", "other"]
    place: Literal["query", "header", "cookie"] | None = None
    parameter: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One operation that can be served.

    Attributes:
        method: in capitals.
        path: the template, with `{name}` for each path parameter.
        operation_id: as written, or None.
        summary: a few words.
        description: the longer text, cleaned of control and bidirectional characters, like every text here.
        tags: as written.
        deprecated: as described.
        parameters: those of the path item included, each name once a place.
        body: or None.
        responses: in the order of the description.
        servers: the innermost that apply, in order; empty when nothing is said.
        security: alternatives, each the names of the schemes that are needed together with the scopes they need; an
            empty alternative means that none is needed. An empty tuple: nothing is said.
        extensions: what stands under `x-…` of the operation itself, and the inherited `x-mcp`.
        written_path: how the description writes the path, where that is more than a template, such as
            `/items?beta=true`, whose query has become parameters with one allowed value, or `/{name=shelves/*}`. Else
            empty.
    """

    method: str
    path: str
    operation_id: str | None
    summary: str
    description: str
    tags: tuple[str, ...]
    deprecated: bool
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: tuple[Response, ...]
    servers: tuple[Server, ...]
    security: tuple[Mapping[str, tuple[str, ...]], ...]
    extensions: Mapping[str, JsonValue] = field(default_factory=dict)
    written_path: str = ""

    @property
    def key(self) -> str:
        """Names the operation for people: `GET /pet/{petId}`, with the path as the description writes it."""
        return f"{self.method} {self.written_path or self.path}"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An operation that cannot be served right, with the reason in one clause."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the description that is wrong and could be lived with.

    Attributes:
        pointer: where, as a JSON pointer (RFC 6901) such as `/paths/~1pet/get`.
        message: what is wrong and what was made of it, one clause.
    """

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ApiDescription:
    """A whole API.

    Attributes:
        dialect: `2.0`, `3.0`, `3.1` or `3.2`.
        operations: all that can be served, in the order of the description.
        quarantined: all that cannot.
        faults: what else was found, in the order of the description.
        definitions: what `#/$defs/NAME` in any schema refers to.
    """

    dialect: Literal["2.0", "3.0", "3.1", "3.2"]
    title: str
    version: str
    description: str
    servers: tuple[Server, ...]
    operations: tuple[ApiOperation, ...]
    quarantined: tuple[Quarantined, ...]
    faults: tuple[Fault, ...]
    security_schemes: Mapping[str, SecurityScheme]
    definitions: Mapping[str, JsonObject]
