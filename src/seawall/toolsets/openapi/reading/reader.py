"""A whole description: bytes in, an `ApiDescription` out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import jsonschema_rs

from seawall.errors import StartError
from seawall.toolsets.cleaning import clean_line, clean_prose
from seawall.toolsets.openapi.model import ApiDescription, SecurityScheme
from seawall.toolsets.openapi.reading.closing import Definitions
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.convert import convert_servers
from seawall.toolsets.openapi.reading.faults import FaultLog, shown
from seawall.toolsets.openapi.reading.identities import names_itself
from seawall.toolsets.openapi.reading.limits import ReadingLimits
from seawall.toolsets.openapi.reading.operations import OperationReader
from seawall.toolsets.openapi.reading.parse import UnreadableError, parse
from seawall.toolsets.openapi.reading.references import DocumentReader, References
from seawall.toolsets.openapi.reading.schemas import Dialect, SchemaReader, TooMuchError
from seawall.toolsets.openapi.reading.security import read_schemes, read_servers
from seawall.types import JsonObject, JsonValue

__all__ = ["read"]

_DIALECTS: Final[dict[str, Dialect]] = {"3.0": "3.0", "3.1": "3.1", "3.2": "3.2"}


def read(
    text: bytes,
    *,
    source: Path | None = None,
    reader: DocumentReader | None = None,
    limits: ReadingLimits | None = None,
) -> ApiDescription:
    """Read a description of Swagger 2.0 or OpenAPI 3.0, 3.1 or 3.2, in JSON or YAML.

    Args:
        text: the description's bytes.
        source: where they are from, for messages and for references by the file's own name; it is not opened.
        reader: gives the files beside it that references name (`DirectoryReader`); without one, those lead nowhere.
        limits: what it may cost.

    Returns:
        Everything that can be served, what cannot and why, and what else is wrong. Only this much of a description is
        needed: `openapi` or `swagger`, and `paths`.

    Raises:
        StartError: it is no description at all, of an unknown version, or larger than the limits.
    """
    limits = limits or ReadingLimits()
    faults = FaultLog()
    named = f"the API description {source.name}" if source else "the API description"
    try:
        root = _rooted(parse(text, where="", limits=limits, faults=faults))
        dialect = _dialect(root, faults)
        references = References(
            root,
            name=source.name if source else "",
            reader=reader,
            limits=limits,
            faults=faults,
            names=names_itself(text),
        )
        schemas = SchemaReader(dialect, references, faults, schemas=limits.nodes)
        context = Context(dialect, references, schemas, faults)
        return _described(root, context, limits)
    except UnreadableError as problem:
        raise StartError(f"{named} cannot be used: {problem}.") from None
    except TooMuchError:
        raise StartError(
            f"{named} cannot be used: its schemas are more than {limits.nodes}, references counted."
        ) from None


def _rooted(value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise UnreadableError("it is no object")
    return value


def _dialect(root: JsonObject, faults: FaultLog) -> Dialect:
    """The version; a writer of YAML who forgets quotes makes a number of it."""
    swagger, openapi = root.get("swagger"), root.get("openapi")
    if openapi is None and swagger is None:
        raise UnreadableError("it has neither `openapi` nor `swagger`, so it describes no API")
    version = str(swagger if openapi is None else openapi).strip()
    if version.startswith("2.") or version == "2":
        return "2.0"
    known = _DIALECTS.get(version[:3])
    if known is None and version in {"3", "3."}:
        known = "3.0"
    if known is None and version.startswith("3."):
        faults.add("/openapi", f"the version {shown(version)} is unknown; it was read as 3.2")
        known = "3.2"
    if known is None:
        raise UnreadableError(f"its version {shown(version)} is none of 2.0, 3.0, 3.1 and 3.2")
    return known


def _described(root: JsonObject, context: Context, limits: ReadingLimits) -> ApiDescription:
    operations = OperationReader(root, context, limits.operations)
    operations.read()
    is_old = context.dialect == "2.0"
    servers: JsonObject = {"servers": convert_servers(root)} if is_old else root
    info = root.get("info")
    info = info if isinstance(info, dict) else {}
    definitions = _valid(context.schemas.finish(), context.faults.add)
    return ApiDescription(
        dialect=context.dialect,
        title=clean_line(info.get("title")),
        version=clean_line(info.get("version")),
        description=clean_prose(info.get("description")),
        servers=read_servers(servers, "", context),
        operations=tuple(operations.operations),
        quarantined=tuple(operations.quarantined),
        security_schemes=_schemes(root, context),
        definitions=Definitions(definitions),
        faults=context.faults.told(),
    )


def _schemes(root: JsonObject, context: Context) -> dict[str, SecurityScheme]:
    if context.dialect == "2.0":
        return read_schemes(root.get("securityDefinitions"), "/securityDefinitions", context)
    components = root.get("components")
    value = components.get("securitySchemes") if isinstance(components, dict) else None
    return read_schemes(value, "/components/securitySchemes", context)


def _valid(schemas: dict[str, JsonObject], tell: Callable[[str, str], None]) -> dict[str, JsonObject]:
    """The net below the translation, which makes valid schemas only: what is invalid all the same allows anything."""
    for name, schema in schemas.items():
        if not jsonschema_rs.meta.is_valid(schema):
            schema.clear()
            tell("", f"the schema {shown(name)} is invalid; anything is allowed")
    return schemas
