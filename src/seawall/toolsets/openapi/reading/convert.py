"""Swagger 2.0 in the shape of OpenAPI 3: operations one by one, and what stands at the top.

Schemas stay as they are, and so do references to `#/definitions/…`: the schema reader knows the dialect, and
references are followed in the document as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.faults import shown
from seawall.types import JsonObject, JsonValue

__all__ = ["convert_operation", "convert_servers"]

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_NOT_SCHEMA: Final = frozenset(
    {
        *("name", "in", "required", "description", "collectionFormat", "allowEmptyValue"),
        *("schema", "x-example", "example", "examples"),
    }
)
_JSON: Final = "application/json"
# How 2.0 joins the items of an array, as style and explode. In 3.x, tabs have no word, and the others none but in a query.
_JOINED: Final = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}


def convert_operation(
    lists: Iterable[tuple[JsonValue, str]], raw: JsonObject, root: JsonObject, context: Context
) -> tuple[JsonObject, list[tuple[JsonValue, str]]]:
    """The operation as 3.x has it, and its lists of parameters without those of the body.

    Args:
        lists: the `parameters` of the path item and of the operation, in this order, each with its pointer.
        raw: the operation.
        root: the description, for its `consumes` and `produces`.
        context: of this reading.

    Raises:
        Unservable: a parameter cannot be expressed.
    """
    converted: list[tuple[JsonValue, str]] = []
    bodies: dict[str, JsonObject] = {}
    fields: dict[str, JsonObject] = {}
    for values, where in lists:
        kept: list[JsonValue] = []
        for value in values if isinstance(values, list) else []:
            parameter = context.needed(value, "a parameter") if value is not None else {}
            place = parameter.get("in")
            if place == "body":
                bodies["body"] = parameter
            elif place == "formData":
                fields[str(parameter.get("name"))] = parameter
            elif value is not None:
                kept.append(_parameter(parameter, where, context))
        converted.append((kept if isinstance(values, list) else values, where))
    changed = {name: value for name, value in raw.items() if name not in {"parameters", "requestBody"}}
    consumes = _media_types(raw, root, "consumes")
    if fields:
        if bodies:
            context.faults.add(converted[-1][1], "it has a body and form fields; the body was left out")
        changed["requestBody"] = _form(fields, consumes, converted[-1][1], context)
    elif bodies:
        changed["requestBody"] = _body(bodies["body"], consumes)
    changed["responses"] = _responses(raw, _media_types(raw, root, "produces"), context)
    return changed, converted


def _parameter(raw: JsonObject, where: str, context: Context) -> JsonObject:
    changed: JsonObject = {
        name: raw[name] for name in ("name", "in", "required", "description", "deprecated") if name in raw
    }
    if "type" not in raw and "schema" in raw:
        context.faults.add(
            where, f"the parameter {shown(raw.get('name'))} has a schema, as 3.0 has; it was read so"
        )
        changed["schema"] = raw["schema"]
    else:
        changed["schema"] = _schema(raw)
    if raw.get("type") == "array":
        changed["style"], changed["explode"] = _style(raw, raw.get("in"), where, context)
    return changed


def _style(raw: JsonObject, place: JsonValue, where: str, context: Context) -> tuple[str, bool]:
    joined = raw.get("collectionFormat") or "csv"
    paired = place in ("query", "formData")
    if isinstance(joined, str) and joined in _JOINED:
        return _JOINED[joined], False
    if joined == "multi" and paired:
        return "form", True
    if joined != "csv":
        context.faults.add(where, f"{shown(joined)} joins no items in a {place}; commas do")
    return ("form" if paired else "simple"), False


def _schema(raw: JsonObject) -> JsonObject:
    schema = {name: value for name, value in raw.items() if name not in _NOT_SCHEMA}
    example = raw.get("x-example", raw.get("example"))
    return {**schema, "example": example} if example is not None else schema


def _form(fields: dict[str, JsonObject], consumes: list[str], where: str, context: Context) -> JsonObject:
    properties: JsonObject = {}
    required: list[JsonValue] = []
    encoding: JsonObject = {}
    for name, raw in fields.items():
        schema = _schema(raw)
        if isinstance(raw.get("description"), str):
            schema["description"] = raw["description"]
        properties[name] = schema
        if context.flag(raw, "required", where):
            required.append(name)
        if raw.get("type") == "array":
            style, explode = _style(raw, "formData", where, context)
            encoding[name] = {"style": style, "explode": explode}
    schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
    if any(raw.get("type") == "file" for raw in fields.values()):
        forms = [_FORMS[1]]
    else:
        forms = [name for name in consumes if name.split(";")[0].strip().lower() in _FORMS] or [_FORMS[0]]
    content: JsonObject = {name: {"schema": schema, "encoding": encoding} for name in forms}
    return {"content": content, "required": bool(required)}


def _body(raw: JsonObject, consumes: list[str]) -> JsonObject:
    schema = raw.get("schema", {})
    return {
        "description": raw.get("description"),
        "required": raw.get("required", False),
        "content": {name: {"schema": schema} for name in consumes or [_JSON]},
    }


def _responses(raw: JsonObject, produces: list[str], context: Context) -> JsonValue:
    values = raw.get("responses")
    if not isinstance(values, dict):
        return values
    changed: JsonObject = {}
    for name, value in values.items():
        response = context.optional(value, "", "a response") if not name.startswith("x-") else None
        if response is None:
            continue
        changed[name] = {"description": response.get("description")}
        schema = response.get("schema")
        if isinstance(schema, dict):
            is_file = schema.get("type") == "file"
            forms = produces or (["application/octet-stream"] if is_file else [_JSON])
            changed[name] = {
                "description": response.get("description"),
                "content": {form: {"schema": schema} for form in forms},
            }
    return changed


def _media_types(raw: JsonObject, root: JsonObject, word: str) -> list[str]:
    value = raw.get(word)
    if not isinstance(value, list):
        value = root.get(word)
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [item for item in values if isinstance(item, str)]


def convert_servers(root: JsonObject) -> list[JsonValue]:
    """`schemes`, `host` and `basePath` as servers, https first; the path alone when there is no host."""
    host, base = root.get("host"), root.get("basePath")
    path = base if isinstance(base, str) else ""
    path = path if path.startswith("/") or not path else f"/{path}"
    if not isinstance(host, str) or not host.strip():
        return [{"url": path}] if path else []
    named = root.get("schemes")
    usable = [name for name in named if name in ("https", "http")] if isinstance(named, list) else []
    first = sorted(usable, reverse=True) or ["https"]
    return [{"url": f"{name}://{host.strip()}{path}"} for name in first]
