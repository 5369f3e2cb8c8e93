"""Where an operation is called: the blueprint decides, and the description only among what that allows."""

from __future__ import annotations

import re
from typing import Final

from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation
from seawall.upstream import percent

__all__ = ["base_url", "operation_url", "origin"]

_ABSOLUTE: Final = re.compile(
    r"(https?)://((?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(?:/[a-z0-9._~!$&'()*+,;=:@%/-]*)?\Z",
    re.IGNORECASE,
)
_RELATIVE: Final = re.compile(
    r"/?(?![/:])[a-z0-9._~!$&'()*+,;=@%-]+(?:/[a-z0-9._~!$&'()*+,;=:@%-]*)*\Z|/\Z", re.IGNORECASE
)
"""A path (RFC 3986, 4.2): no scheme, and no second slash or backslash at its beginning, which would name a host."""

_PORTS: Final = {"http": ":80", "https": ":443"}


def base_url(declaration: OpenApiDeclaration, description: ApiDescription) -> str | None:
    """Where the API is, without a slash at its end; None when only the operator can say it.

    The description's own word counts for https alone: that credentials go out in clear text is said in the blueprint.
    """
    if declaration.base_url:
        return declaration.base_url.rstrip("/")
    beside = origin(declaration.spec)
    for server in description.servers:
        if server.url.lower().startswith("https://") and _ABSOLUTE.match(server.url):
            return server.url.rstrip("/")
        if beside is not None and server.url.startswith("/") and not server.url.startswith("//"):
            return (beside + server.url).rstrip("/")
    return None


def operation_url(
    operation: ApiOperation, description: ApiDescription, declaration: OpenApiDeclaration, base: str
) -> str | None:
    """Where this operation is, without a slash at its end; None when that is a place that the blueprint does not allow.

    Only a server of its own, or of its path, is heeded: the first that the whole API has is `base`. A relative one
    (`../v9`) counts from `base`, whose host it cannot leave.
    """
    if not operation.servers or operation.servers == description.servers:
        return base
    allowed = {origin(base), *map(origin, declaration.hosts)}
    first = description.servers[0].url if description.servers else None
    for server in operation.servers:
        if server.url == first:
            return base
        url = percent.resolved(base, server.url) if _RELATIVE.match(server.url) else server.url
        if origin(url) in allowed:
            return url.rstrip("/")
    return None


def origin(url: str) -> str | None:
    """Scheme, host and port in one form; None for what is no absolute URL of HTTP."""
    found = _ABSOLUTE.match(url)
    if found is None:
        return None
    scheme, host = found[1].lower(), found[2].lower()
    return f"{scheme}://{host.removesuffix(_PORTS[scheme])}"
