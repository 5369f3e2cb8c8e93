"""Parameters of an operation: those of its path among them, each once, matched with the path's template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast, get_args

from seawall.toolsets.cleaning import clean_prose, is_clean, is_clean_name
from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import Parameter, Place, Style
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.faults import Unservable, shown
from seawall.toolsets.openapi.reading.paths import SplitPath
from seawall.types import JsonObject, JsonValue

__all__ = ["read_parameters"]

_PLACES: Final = frozenset(get_args(Place))
_STYLES: Final[Mapping[str, frozenset[str]]] = {  # OpenAPI 3.2, 4.12.3
    "path": frozenset({"simple", "label", "matrix"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "querystring": frozenset({"form"}),
    "header": frozenset({"simple"}),
    "cookie": frozenset({"form", "cookie"}),
}
_OLD_STYLES: Final = frozenset({"spaceDelimited", "pipeDelimited", "tabDelimited"})
"""Those that `collectionFormat` has in every place (Swagger 2.0, Parameter Object)."""

_DEFAULT_STYLE: Final[Mapping[str, Style]] = {
    "path": "simple",
    "query": "form",
    "querystring": "form",
    "header": "simple",
    "cookie": "form",
}
# OpenAPI 3.2, 4.12: "Accept", "Content-Type" and "Authorization" shall be ignored. The others frame or route the request.
_NOT_PARAMETERS: Final = frozenset(
    {
        *(
            "accept",
            "content-type",
            "authorization",
            "proxy-authorization",
            "host",
            "cookie",
            "content-length",
        ),
        *("transfer-encoding", "connection", "te", "trailer", "upgrade", "keep-alive", "expect"),
    }
)
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1
_TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")
_MAX_PARAMETERS: Final = 2000  # of one operation; the most that is known has 582


def read_parameters(
    lists: list[tuple[JsonValue, str]], path: SplitPath, context: Context
) -> tuple[str, tuple[Parameter, ...]]:
    """The path with its template made exact, and the parameters.

    Args:
        lists: the `parameters` of the path item and of the operation, in this order, each with its pointer.
        path: as written, taken apart.
        context: of this reading.

    Raises:
        Unservable: a parameter cannot be read, or the path is no template.
    """
    found: dict[tuple[str, str], Parameter] = {}
    for listed, where in lists:
        values = _values(listed, where, context)
        if len(values) > _MAX_PARAMETERS:
            raise Unservable(f"it has {len(values)} parameters")
        here: set[tuple[str, str]] = set()
        for number, value in enumerate(values):
            parameter = _parameter(value, f"{where}/{number}", context)
            if parameter is None:
                continue
            key = (parameter.place, parameter.name.lower() if parameter.place == "header" else parameter.name)
            if key in here:
                context.faults.add(
                    where, f"the parameter {shown(parameter.name)} stands twice; the last one holds"
                )
            here.add(key)
            found[key] = parameter
    parameters = [_moved(parameter, path) for parameter in found.values()]
    return _matched(path.template, parameters, lists[-1][1] if lists else "", context)


def _values(listed: JsonValue, where: str, context: Context) -> list[JsonValue]:
    """The parameters; some writers make an object of the list."""
    if listed is None or isinstance(listed, list):
        return listed or []
    if isinstance(listed, dict) and all(isinstance(value, dict) for value in listed.values()):
        context.faults.add(where, "`parameters` is an object and no list; its values were read")
        return list(listed.values())
    context.faults.add(where, f"`parameters` is no list but {shown(listed)}; it was left out")
    return []


def _moved(parameter: Parameter, path: SplitPath) -> Parameter:
    """A parameter of the template that the path uses in its query."""
    name = path.moved.get(parameter.name)
    if name is None or parameter.place not in {"path", "query"}:
        return parameter
    return replace(parameter, name=name, place="query", required=True, style="form", explode=True)


def _parameter(value: JsonValue, where: str, context: Context) -> Parameter | None:
    if value is None:
        context.faults.add(where, "a parameter is null; it was left out")
        return None
    raw = context.needed(value, "a parameter")
    name, place = raw.get("name"), raw.get("in")
    name = str(name) if isinstance(name, (int, float)) and not isinstance(name, bool) else name
    if not isinstance(name, str) or not isinstance(place, str) or place not in _PLACES:
        reason = f"a parameter has no name or no place: {shown(name)} in {shown(place)}"
        if name is not None or place in {"path", "body"} or context.flag(raw, "required", where):
            raise Unservable(reason)  # without a name nobody could send it, and nobody must
        context.faults.add(where, f"{reason}; it was left out")
        return None
    if place == "header" and name.lower() in _NOT_PARAMETERS:
        context.faults.add(
            where, f"the header {shown(name)} is no parameter: whoever sends the request sets it"
        )
        return None
    required = place == "path" or context.flag(raw, "required", where)
    if not is_clean_name(name) or (place in {"header", "cookie"} and not _HEADER_NAME.fullmatch(name)):
        if required and place != "cookie":
            raise Unservable(f"the required parameter {shown(name)} has a name that cannot be sent")
        context.faults.add(
            where, f"the parameter {shown(name)} has a name that cannot be sent; it was left out"
        )
        return None
    return _styled(raw, name, cast("Place", place), where, context, required=required)


def _styled(
    raw: JsonObject, name: str, place: Place, where: str, context: Context, *, required: bool
) -> Parameter:
    media_type, schema = _value(raw, where, context)
    style = raw.get("style", _DEFAULT_STYLE[place])
    known = _STYLES[place] | (_OLD_STYLES if context.dialect == "2.0" else frozenset())
    if style not in known if isinstance(style, str) else True:
        context.faults.add(
            where, f"the style {shown(style)} does not exist in a {place}; the usual one is used"
        )
        style = _DEFAULT_STYLE[place]
    return Parameter(
        name=name,
        place=place,
        required=required,
        schema=schema,
        style=cast("Style", style),
        explode=context.flag(raw, "explode", where, default=style in {"form", "cookie"}),
        allow_reserved=context.flag(raw, "allowReserved", where),
        media_type=media_type,
        description=clean_prose(raw.get("description")),
        deprecated=context.flag(raw, "deprecated", where),
    )


def _value(raw: JsonObject, where: str, context: Context) -> tuple[str | None, JsonObject]:
    """The media type, for a parameter with `content`, and the schema."""
    content = raw.get("content")
    if isinstance(content, dict) and content and "schema" not in raw:
        media_type, value = next(iter(content.items()))
        if len(content) > 1:
            context.faults.add(where, f"a parameter has several contents; {shown(media_type)} is used")
        media = context.optional(value, f"{where}/content", "the content of a parameter") or {}
        if is_clean_name(media_type) and "/" in media_type:
            schema = _schema(media.get("schema", True), media, f"{where}/content/schema", context)
            return media_type, schema if _can_be_written(media_type, raw) else {"type": "string"}
    if "schema" in raw:
        return None, _schema(raw["schema"], raw, f"{where}/schema", context)
    if "type" in raw or "enum" in raw:
        context.faults.add(
            where, "a parameter has its type beside `schema`, as Swagger 2.0 has; it was read so"
        )
        rest = {key: value for key, value in raw.items() if key not in {"required", "description"}}
        return None, context.schemas.read(rest, where, "input")
    context.faults.add(where, "a parameter has no schema; anything is allowed")
    return None, {}


def _can_be_written(media_type: str, raw: JsonObject) -> bool:
    """Whether a value is written in that form here; else it is the caller who writes it, and gives the text."""
    form = form_of(parsed(media_type))
    return form == "json" or (form == "form" and raw.get("in") == "querystring")


def _schema(value: JsonValue, raw: JsonObject, where: str, context: Context) -> JsonObject:
    schema = context.schemas.read(value, where, "input")
    example = raw.get("example")
    if isinstance(example, (str, int, float)) and "examples" not in schema and "$ref" not in schema:
        return {**schema, "examples": [example]} if is_clean(example) and len(str(example)) <= 80 else schema  # noqa: PLR2004  short ones only
    return schema


# --- the template ---------------------------------------------------------------------------------------


def _matched(
    path: str, parameters: list[Parameter], where: str, context: Context
) -> tuple[str, tuple[Parameter, ...]]:
    """Bring the template and the declared path parameters together; either may be wrong."""
    rest = _TEMPLATE.sub("", path)
    if "{" in rest or "}" in rest:
        raise Unservable("its path has a brace without its other half")
    declared = {item.name: item for item in parameters if item.place == "path"}
    used: dict[str, Parameter] = {}

    def exact(match: re.Match[str]) -> str:
        parameter = _declared(match[1], declared)
        if parameter is None:
            parameter = _undeclared(match[1])
            context.faults.add(
                where, f"the path parameter {shown(match[1])} is not declared; it is taken for text"
            )
        used[parameter.name] = parameter
        return f"{{{parameter.name}}}"

    template = _TEMPLATE.sub(exact, path)
    for name in declared.keys() - used.keys():
        context.faults.add(where, f"the path parameter {shown(name)} is not in the path; it was left out")
    missing = [item for name, item in used.items() if name not in declared]
    kept = [used.get(item.name, item) if item.place == "path" else item for item in parameters]
    return template, tuple(missing + [item for item in kept if item.place != "path" or item.name in used])


def _declared(text: str, declared: Mapping[str, Parameter]) -> Parameter | None:
    """The parameter that an expression of the template means: `{id}`, `{+path}`, `{path*}` or `{id:[0-9]+}`."""
    if text in declared:
        return declared[text]
    bare = _bare(text)
    wide = _is_wide(text)
    for name, parameter in declared.items():
        if name.strip("+*# ") == bare or name.lower() == bare.lower():
            return _several_segments(parameter, text) if wide else parameter
    return None


def _undeclared(text: str) -> Parameter:
    name = _bare(text)
    if not is_clean_name(name):
        raise Unservable("its path has a parameter without a name")
    return Parameter(
        name=name,
        place="path",
        required=True,
        schema={"type": "string"},
        style="simple",
        explode=False,
        allow_reserved=_is_wide(text),
    )


def _bare(text: str) -> str:
    """The name in an expression: of `{+path}`, `{path*}`, `{id:[0-9]+}` or `{name=projects/*/topics/*}`."""
    return re.split("[:=]", text, maxsplit=1)[0].strip("+*#/ ")


def _several_segments(parameter: Parameter, text: str) -> Parameter:
    """The parameter of `{name=projects/*/topics/**}` and the like: slashes stay, and the form is demanded."""
    form = text.partition("=")[2]
    if not form or {"$ref", "pattern", "enum"}.intersection(parameter.schema):
        return replace(parameter, allow_reserved=True)
    pieces = (
        "[^/]+" if piece == "*" else ".+" if piece == "**" else re.escape(piece) for piece in form.split("/")
    )
    return replace(
        parameter, allow_reserved=True, schema={**parameter.schema, "pattern": f"^{'/'.join(pieces)}$"}
    )


def _is_wide(text: str) -> bool:
    """Whether it stands for several segments of the path."""
    return text.startswith(("+", "#")) or text.endswith(("*", "+")) or "/" in text.partition("=")[2]
