"""The arguments of an operation: flat, each as precise as the description is, and where each goes in a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeGuard, cast

from seawall.toolsets.openapi.argument_names import Origin, argument_names
from seawall.toolsets.openapi.body_plan import BodyPlan, plan, whole_schema
from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import ApiOperation, Parameter, SecurityScheme
from seawall.toolsets.openapi.paging import may_continue
from seawall.toolsets.openapi.reading import closed
from seawall.toolsets.openapi.writable import needed_definitions, writable
from seawall.toolsets.overriding import check_arguments
from seawall.types import JsonObject, JsonValue
from seawall.upstream.headers import is_reserved

__all__ = ["Binding", "Ignored", "Offer", "Shape", "ignored_of", "shape"]

_PLACES: Final = {
    "path": "In the path.",
    "query": "In the query.",
    "querystring": "The whole query.",
    "header": "A header.",
    "cookie": "A cookie.",
    "body": "In the body.",
}
_FIELDS: Final[JsonObject] = {
    "type": "string",
    "maxLength": 1000,
    "description": "JMESPath: what to return of the answer.",
}
_NEXT: Final[JsonObject] = {
    "type": "string",
    "maxLength": 12288,
    "description": "`next` of the last answer, all else as then.",
}
_NEGOTIATED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that "SHALL be ignored" (OpenAPI 3.2, 4.12.2)."""

_HEADER_TEXT: Final = "^([!-~]([ -~]*[!-~])?)?$"
_COOKIE_TEXT: Final = r"^[!#-+./:<-\[\]-~0-9-]*$"  # cookie-octet of RFC 6265, 4.1.1
_BOUND: Final = frozenset(["enum", "const", "pattern", "format", "minLength"])


@dataclass(frozen=True, slots=True)
class Binding:
    """Where an argument goes.

    Attributes:
        argument: its name.
        origin: the part of the request, and the name there; a whole body has the name `body`.
        parameter: as described; None for the body or a member of it.
    """

    argument: str
    origin: Origin
    parameter: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A parameter that is not sent, and why, in one clause."""

    parameter: Parameter
    reason: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What the blueprint says about the arguments of an operation.

    Attributes:
        fixed: by argument, the value that is always sent; the model does not see it.
        left_out: arguments that are never sent; none that is required.
        fields: whether `fields` is offered, where an answer is JSON.
        next: whether `next` is offered, where an answer may have more pages or be cut.
        schemes: whose credentials the client adds: a parameter that carries one is not the model's.
    """

    fixed: Mapping[str, JsonValue] = field(default_factory=dict)
    left_out: Collection[str] = ()
    fields: bool = True
    next: bool = True
    schemes: Collection[SecurityScheme] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a call of an operation takes.

    Attributes:
        tool: what errors call it.
        schema: JSON Schema 2020-12 of the arguments; it stands alone, and takes nothing that it does not name.
        bindings: of each argument, fixed ones included.
        fixed: arguments that are always sent, by name.
        body: how the body is made; None for a request without one.
        ignored: parameters that are never sent.
        projects: whether there is the argument `fields`.
        continues: whether there is the argument `next`.
    """

    tool: str
    schema: JsonObject
    bindings: tuple[Binding, ...]
    fixed: Mapping[str, JsonValue]
    body: BodyPlan | None
    ignored: tuple[Ignored, ...]
    projects: bool
    continues: bool


def shape(
    operation: ApiOperation,
    *,
    definitions: Mapping[str, JsonObject],
    offer: Offer | None = None,
    tool: str = "",
) -> Shape:
    """The arguments of the operation.

    Parameters keep their names where clients take them (`argument_names`). The members of a JSON object, a form
    or a multipart body become arguments beside them; any other body is the argument `body`. Header parameters
    that negotiate or belong to the connection are left out, and so is what only the service may set.

    Args:
        operation: as described.
        definitions: what `#/$defs/NAME` refers to.
        offer: what the blueprint says.
        tool: what errors call it; the operation's key when empty.

    Raises:
        ValueError: the offer names an argument that there is not, leaves out one that is required, or fixes one to
            a value that does not fit. The message is for whoever wrote the blueprint.
    """
    offer = offer or Offer()
    ignored = tuple(ignored_of(operation.parameters, offer.schemes))
    gone = {id(each.parameter) for each in ignored}
    parameters = [each for each in operation.parameters if id(each) not in gone]
    body = None if operation.body is None else plan(operation.body, definitions)
    described = _Described(parameters, body, definitions)
    schemas = described.schemas
    if any(name in described.together for name in offer.fixed):
        described.always_with_a_body()
    check_arguments(
        schemas,
        described.required,
        hidden=offer.left_out,
        fixed=offer.fixed,
        definitions=lambda schema: needed_definitions([schema], definitions, request=True),
    )
    shown = {
        name: schema
        for name, schema in schemas.items()
        if name not in offer.fixed and name not in offer.left_out
    }
    projects = offer.fields and answers_json(operation)
    continues = offer.next and may_continue(operation, definitions)
    extra = {**({"fields": _FIELDS} if projects else {}), **({"next": _NEXT} if continues else {})}
    return Shape(
        tool=tool or operation.key,
        schema=_closed({**shown, **extra}, described, definitions),
        bindings=tuple(each for each in described.bindings if each.argument not in offer.left_out),
        fixed=dict(offer.fixed),
        body=body,
        ignored=ignored,
        projects=projects,
        continues=continues,
    )


def answers_json(operation: ApiOperation) -> bool:
    """Whether a good answer may be JSON, as described; also when nothing is said of it."""
    good = [each for each in operation.responses if each.status.startswith("2") or each.status == "default"]
    contents = [content for each in good for content in each.contents]
    if not contents:
        return not any(each.status.startswith("2") for each in good)
    return any(
        media.is_pattern or form_of(media) in {"json", "lines"}
        for media in (parsed(each.media_type) for each in contents)
    )


class _Described:
    """Every argument that the description has."""

    def __init__(
        self, parameters: list[Parameter], body: BodyPlan | None, definitions: Mapping[str, JsonObject]
    ) -> None:
        sources = {Origin(each.place, each.name): each for each in parameters}
        members = {} if body is None or body.members is None else body.members
        inside = {Origin("body", name): schema for name, schema in members.items()}
        if body is not None and body.members is None:
            inside = {Origin("body", "body"): whole_schema(body, definitions)}
        names = argument_names([*sources, *inside])
        self.bindings = [
            Binding(names[origin], origin, sources.get(origin)) for origin in (*sources, *inside)
        ]
        self.schemas = {
            names[at]: _of_parameter(each, names[at], definitions) for at, each in sources.items()
        }
        self.schemas |= {
            names[origin]: _said(schema, origin, names[origin]) for origin, schema in inside.items()
        }
        demanded = [names[at] for at, each in sources.items() if each.required]
        in_body = [names[origin] for origin in inside]
        needed = [names[Origin("body", name)] for name in body.demanded] if body is not None else []
        if body is not None and body.members is None:
            needed = in_body
        self.required = [*demanded, *(needed if body is not None and body.required else ())]
        self.together = {} if body is None or body.required else dict.fromkeys(in_body, needed)

    def always_with_a_body(self) -> None:
        """What a body needs is required: something of it is fixed, so that there always is one."""
        self.required += [name for needed in self.together.values() for name in needed]
        self.required = list(dict.fromkeys(self.required))
        self.together = {}


def _closed(
    properties: JsonObject, described: _Described, definitions: Mapping[str, JsonObject]
) -> JsonObject:
    made: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    if required := [name for name in described.required if name in properties]:
        made["required"] = list(required)
    together: JsonObject = {}
    for name, needed in described.together.items():
        others = [other for other in needed if other != name and other in properties]
        if others and name in properties:
            together[name] = list(others)
    if together:
        made["dependentRequired"] = together
    needed_ones = needed_definitions(properties.values(), definitions, request=True)
    return closed(made, cast("dict[str, JsonObject]", needed_ones)) if needed_ones else made


def _of_parameter(parameter: Parameter, name: str, definitions: Mapping[str, JsonObject]) -> JsonObject:
    schema = writable(parameter.schema, definitions)
    plain = _is_plain_text(schema)
    if parameter.required:
        schema = _not_empty(schema, parameter)
    if parameter.place == "path" and plain:
        schema = {**schema, "minLength": 1}
    elif parameter.place in {"header", "cookie"} and plain:
        schema = {**schema, "pattern": _text_of(parameter)}
    elif parameter.place in {"header", "cookie"} and _is_plain_text(items := schema.get("items")):
        schema = {**schema, "items": {**items, "pattern": _text_of(parameter)}}
    if parameter.description:
        schema = {**schema, "description": parameter.description}
    if parameter.deprecated:
        schema = {**schema, "deprecated": True}
    return _said(schema, Origin(parameter.place, parameter.name), name)


def _is_plain_text(schema: JsonValue) -> TypeGuard[JsonObject]:
    return isinstance(schema, dict) and schema.get("type") == "string" and not _BOUND.intersection(schema)


def _text_of(parameter: Parameter) -> str:
    """What a header or a cookie can carry; a cookie of the style that encodes nothing has no room for its delimiters."""
    return _COOKIE_TEXT if parameter.place == "cookie" and parameter.style == "cookie" else _HEADER_TEXT


def _not_empty(schema: JsonObject, parameter: Parameter) -> JsonObject:
    """A list or object of which something is sent: without items, no style has anything to write."""
    spread = parameter.place == "query" and parameter.explode and parameter.style == "form"
    if parameter.media_type is not None or parameter.place == "querystring":
        return schema
    kind = schema.get("type", "object" if "properties" in schema else None)
    if kind == "array":
        return {"minItems": 1, **schema}
    return {"minProperties": 1, **schema} if kind == "object" and not spread else schema


def _said(schema: JsonObject, origin: Origin, name: str) -> JsonObject:
    """The schema with a description, and with the API's own name where the argument has another one."""
    said = schema.get("description")
    text = said if isinstance(said, str) and said.strip() else _PLACES[origin.part]
    if name != origin.name:
        text = f"{text} (`{origin.name}` of the API)"
    return schema if text == said else {**schema, "description": text}


def ignored_of(parameters: Iterable[Parameter], schemes: Collection[SecurityScheme]) -> Iterator[Ignored]:
    """The parameters that are never sent: what only the client or the connection sets."""
    credentials = {
        (each.place, each.parameter.lower() if each.place == "header" else each.parameter)
        for each in schemes
        if each.kind == "api_key"
    }
    for parameter in parameters:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if parameter.place == "header" and name in _NEGOTIATED:
            yield Ignored(parameter, "the header is set by the client, never by a parameter")
        elif parameter.place == "header" and is_reserved(name):
            yield Ignored(parameter, "the header belongs to the connection or carries a credential")
        elif (parameter.place, name) in credentials:
            yield Ignored(parameter, "it carries a credential, which the client adds")
