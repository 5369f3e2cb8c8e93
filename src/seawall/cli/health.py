"""`seawall health`: whether the server is well, by exit status; for containers, which have no curl."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from cyclopts import Parameter

from seawall.cli.output import show_text
from seawall.cli.source import Flags, ProfileOption, choose_blueprint, transport_of
from seawall.cli.startup import without_collection
from seawall.errors import SeawallError, StartError, UsageError

if TYPE_CHECKING:
    from seawall.blueprint import LoadedBlueprint

__all__ = ["command", "readiness_url"]

_PATIENCE: Final = 5.0  # seconds; a container's health check gives the whole command fifteen
_LARGEST: Final = 64 * 1024  # bytes of an answer that are looked at
_UNHEALTHY: Final = 1  # Docker: 1 is unhealthy, 2 is reserved


def command(
    blueprint: Annotated[
        Path | None, Parameter(help="The file that is served. Default: ./seawall.toml.")
    ] = None,
    /,
    *,
    url: Annotated[
        str | None,
        Parameter(
            help="Ask the server that listens there, such as http://127.0.0.1:8000/readyz.", metavar="URL"
        ),
    ] = None,
    profile: ProfileOption = None,
) -> int:
    """Tell whether the server is well; help.py has the words for people."""
    flags = Flags(profile=profile)
    try:
        if url is None:
            chosen = choose_blueprint(blueprint, command="health")
            told = _well(chosen, flags, os.environ)
        else:
            told = ask(url)
    except UsageError:
        raise
    except SeawallError as error:
        show_text(f"unhealthy: {error}\n")
        return _UNHEALTHY
    show_text(f"healthy: {told}\n")
    return 0


def _well(blueprint: Path, flags: Flags, environment: Mapping[str, str]) -> str:
    """What was found out of the server of that blueprint.

    Raises:
        SeawallError: it is not well.
    """
    over_http = transport_of(environment) == "http"
    # Each import when it is needed: asking a URL needs neither pydantic nor FastMCP.
    with without_collection():
        from seawall.cli.loading import load_source  # noqa: PLC0415  see above
        from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see above

        kinds = installed_kinds()
        loaded = load_source(blueprint, kinds=kinds, flags=flags, environment=environment)
        if over_http:
            return ask(readiness_url(loaded))
        from seawall.runtime.assemble import build  # noqa: PLC0415  see above
        from seawall.runtime.ending import run_to_end  # noqa: PLC0415  see above
        from seawall.runtime.selfcheck import tools_listed  # noqa: PLC0415  see above

        assembly = build(loaded, kinds, recorded=False)
    count = run_to_end(tools_listed(assembly.served))
    return f"{count} tool{'' if count == 1 else 's'} listed."


def readiness_url(loaded: LoadedBlueprint) -> str:
    """Where the server of the blueprint says whether it is ready, seen from its own machine."""
    settings = loaded.blueprint.http
    host = settings.host
    try:
        address = ip_address(host)
    except ValueError:
        pass
    else:
        if address.is_unspecified:
            host = "::1" if address.version == 6 else "127.0.0.1"  # noqa: PLR2004  of the protocol
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/readyz"


def ask(url: str) -> str:
    """What the server at that URL says, if it is ready. No proxy is used, and no redirect followed.

    Raises:
        UsageError: not a URL of http or https.
        StartError: there is no answer, or another one than 200.
    """
    connection, path = _connection(url)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        status, weak = response.status, _degraded(response.read(_LARGEST))
    except (OSError, UnicodeError, http.client.HTTPException) as error:  # UnicodeError: no name of a host
        raise StartError(f"{url} does not answer: {str(error) or type(error).__name__}.") from error
    finally:
        connection.close()
    if status != http.client.OK:
        raise StartError(f"{url} answers {status}.")
    return f"{url} answers {status}{f', degraded: {weak}' if weak else ''}."


def _degraded(body: bytes) -> str:
    """The names of the toolsets of which a part does not work, as the server tells them."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    names = told.get("degraded") if isinstance(told, dict) else None
    known = names if isinstance(names, list) else []
    return ", ".join(each for each in known if isinstance(each, str) and each.isprintable())


def _connection(url: str) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or "@" in parts.netloc  # a password would be shown, and is never sent
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise UsageError(
            f"--url {url!r} is not a URL of http or https.", hint="Such as http://127.0.0.1:8000/readyz."
        )
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = f"{parts.path or '/readyz'}{'?' + parts.query if parts.query else ''}"
    return kind(host, port, timeout=_PATIENCE), path
