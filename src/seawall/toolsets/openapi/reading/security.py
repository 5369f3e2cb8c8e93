"""Who may ask and where: security schemes, security requirements, servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from seawall.toolsets.cleaning import clean_line, clean_prose, is_clean_name
from seawall.toolsets.openapi.model import SecurityScheme, Server
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.faults import pointer, shown
from seawall.types import JsonObject, JsonValue

__all__ = ["read_requirements", "read_schemes", "read_servers"]

Requirements = tuple[Mapping[str, tuple[str, ...]], ...]

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_MAX_SERVERS: Final = 100  # of one operation or description
_MAX_SCOPES: Final = 2000  # of one scheme


def read_requirements(raw: JsonObject, where: str, context: Context) -> Requirements | None:
    """The alternatives of `security`; None when nothing is said, one empty alternative when nothing is needed."""
    value = raw.get("security")
    if value is None:
        return None
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        context.faults.add(where, f"`security` is no list but {shown(value)}; it was left out")
        return None
    if not value:
        return ({},)
    alternatives: list[Mapping[str, tuple[str, ...]]] = []
    for item in value:
        if isinstance(item, dict):
            alternatives.append({clean_line(name): _scopes(scopes) for name, scopes in item.items()})
        else:
            context.faults.add(
                where, f"an alternative of `security` is no object but {shown(item)}; it was left out"
            )
    return tuple(alternatives) or None


def _scopes(value: JsonValue) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, dict)) else []
    return tuple(name for name in names[:_MAX_SCOPES] if isinstance(name, str) and is_clean_name(name))


def read_schemes(value: JsonValue, where: str, context: Context) -> dict[str, SecurityScheme]:
    """The security schemes by name, in the form of 3.x or of 2.0."""
    schemes = {}
    for name, item in value.items() if isinstance(value, dict) else ():
        place = pointer(where, name)
        raw = context.optional(item, place, "a security scheme")
        shown_name = clean_line(name)
        if raw is not None and shown_name:
            schemes[shown_name] = _scheme(shown_name, raw, place, context)
    return schemes


def _scheme(name: str, raw: JsonObject, where: str, context: Context) -> SecurityScheme:
    kind = str(raw.get("type", "")).lower()
    if kind == "apikey":
        return _api_key(name, raw, where, context)
    if kind == "basic":  # Swagger 2.0
        return SecurityScheme(name, "basic")
    if kind == "http":
        scheme = str(raw.get("scheme", "")).lower()
        return SecurityScheme(
            name, "basic" if scheme == "basic" else "bearer" if scheme == "bearer" else "other"
        )
    if kind == "oauth2":
        return _oauth2(name, raw)
    kinds: Mapping[str, Literal["openid", "mutual_tls"]] = {
        "openidconnect": "openid",
        "mutualtls": "mutual_tls",
    }
    if kind not in kinds:
        context.faults.add(where, f"the security scheme has the unknown type {shown(raw.get('type'))}")
    return SecurityScheme(name, kinds.get(kind, "other"))


def _api_key(name: str, raw: JsonObject, where: str, context: Context) -> SecurityScheme:
    parameter = raw.get("name")
    places: Mapping[object, Literal["query", "header", "cookie"]] = {
        "query": "query",
        "header": "header",
        "cookie": "cookie",
    }
    place = places.get(raw.get("in")) if isinstance(raw.get("in"), str) else None
    if place is None or not isinstance(parameter, str) or not is_clean_name(parameter):
        context.faults.add(where, "the API key has no place or no name")
        return SecurityScheme(name, "other")
    return SecurityScheme(name, "api_key", place=place, parameter=parameter)


def _oauth2(name: str, raw: JsonObject) -> SecurityScheme:
    flows = raw.get("flows")
    flows = (
        dict(flows) if isinstance(flows, dict) else {str(raw.get("flow", "")): raw}
    )  # 2.0 has one, unnested
    token_url = ""
    scopes: list[str] = []
    for flow, item in flows.items():
        if not isinstance(item, dict):
            continue
        scopes += _scopes(item.get("scopes"))
        url = item.get("tokenUrl")
        if flow in {"clientCredentials", "application"} and isinstance(url, str) and is_clean_name(url):
            token_url = url
    return SecurityScheme(name, "oauth2", token_url=token_url, scopes=tuple(dict.fromkeys(scopes)))


def read_servers(raw: JsonObject, where: str, context: Context) -> tuple[Server, ...]:
    """The servers that an object names; empty when it says nothing."""
    values = raw.get("servers")
    if not isinstance(values, list):
        return ()
    servers = []
    for item in values[:_MAX_SERVERS]:
        url = item.get("url") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(url, str) or not url.strip():
            context.faults.add(f"{where}/servers", "a server has no `url`; it was left out")
            continue
        filled = _filled(url.strip(), item.get("variables"))
        if filled is None or not is_clean_name(filled):
            context.faults.add(
                f"{where}/servers", f"the server {shown(url)} needs what is not said; it was left out"
            )
            continue
        servers.append(Server(filled, clean_prose(item.get("description"))))
    return tuple(servers)


def _filled(url: str, variables: JsonValue) -> str | None:
    """The URL with each variable's default, or first allowed value; None when one has neither."""
    values: dict[str, str] = {}
    for name, item in variables.items() if isinstance(variables, dict) else ():
        if isinstance(item, dict):
            allowed = item.get("enum")
            first = allowed[0] if isinstance(allowed, list) and allowed else None
            value = item.get("default", first)
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                values[name] = str(value)
    filled = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), url)
    return None if "{" in filled or "}" in filled else filled
