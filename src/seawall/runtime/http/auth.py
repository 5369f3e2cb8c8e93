"""Authentication over HTTP: from `[http.auth]` to what FastMCP asks for every request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastmcp.server.auth import AuthProvider, RemoteAuthProvider
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from seawall.blueprint.auth import JwtAuth
from seawall.blueprint.http import HttpSection
from seawall.errors import StartError
from seawall.runtime.http.jwt import JwtVerifier
from seawall.runtime.http.keys import FixedKey, Keys, PublishedKeys
from seawall.runtime.http.tokens import fixed_tokens
from seawall.security.secrets import MAX_SECRET_SIZE, resolve

__all__ = ["authentication"]

# pydantic would add a slash to a URL without path; clients compare an issuer letter by letter (RFC 8414, section 3.3).
_AS_WRITTEN = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))


def authentication(
    settings: HttpSection, *, directory: Path, environment: Mapping[str, str] | None = None
) -> AuthProvider | None:
    """What verifies the callers of HTTP; None when the settings ask for nothing.

    Args:
        settings: the `[http]` table.
        directory: where a relative `public_key` is looked up.
        environment: where secrets are looked up; the process's own environment when None.

    Raises:
        StartError: a secret or key is missing or cannot be used; never says its value.
    """
    known = os.environ if environment is None else environment
    if settings.auth is None:
        return None
    if not isinstance(settings.auth, JwtAuth):
        return fixed_tokens(settings.auth, known)
    verifier = JwtVerifier(settings.auth, _keys(settings.auth, directory, known))
    if settings.public_url is None:
        raise StartError("http.public_url is not set, which kind jwt needs.")
    return _Discoverable(
        verifier,
        authorization_servers=[_AS_WRITTEN.validate_python(settings.auth.issuer)],
        base_url=settings.public_url,
    )


class _Discoverable(RemoteAuthProvider):
    """Verifies, and serves the metadata (RFC 9728) from which a client learns where to sign in."""

    def get_middleware(self) -> list[Any]:
        """FastMCP's own, but that keys which cannot be had are the server's fault and not the token's."""
        backend = BearerAuthBackend(self)
        return [
            Middleware(AuthenticationMiddleware, backend=backend, on_error=_unavailable),
            Middleware(AuthContextMiddleware),
        ]


def _unavailable(connection: HTTPConnection, error: Exception) -> Response:
    del connection
    said = {"error": "temporarily_unavailable", "error_description": f"{error}; try again in a moment"}
    return JSONResponse(said, status_code=503, headers={"Retry-After": "5"})


def _keys(settings: JwtAuth, directory: Path, environment: Mapping[str, str]) -> Keys:
    if settings.jwks_url is not None:
        return PublishedKeys(settings.jwks_url)
    place = settings.public_key or ""
    try:
        return FixedKey(_pem(place, directory, environment))
    except ValueError as error:
        raise StartError(
            f"http.auth.public_key = {place!r} cannot be used: {error}.",
            hint="Name a file with the authorization server's public key in PEM form.",
        ) from None


def _pem(place: str, directory: Path, environment: Mapping[str, str]) -> str:
    if place.startswith(("env:", "file:", "secret:")):
        return resolve(place, environment=environment)
    try:
        with (directory / Path(place).expanduser()).open("rb") as file:
            content = file.read(MAX_SECRET_SIZE + 1)
    except OSError as error:
        raise ValueError(error.strerror or "the operating system refuses it") from None
    if len(content) > MAX_SECRET_SIZE:
        raise ValueError("it is too large")
    return content.decode()
