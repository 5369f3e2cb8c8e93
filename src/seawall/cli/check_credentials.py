"""What `seawall check` says about credentials that no call could ever have."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.blueprint import LoadedBlueprint
from seawall.blueprint.auth import JwtAuth
from seawall.cli.check import Finding
from seawall.toolsets.remote import RemoteDeclaration, ServiceDeclaration, TokenExchangeAuth

__all__ = ["about_credentials"]


def about_credentials(loaded: LoadedBlueprint) -> Iterator[Finding]:
    """A warning for each toolset that exchanges tokens which no caller brings."""
    if isinstance(loaded.blueprint.http.auth, JwtAuth):
        return
    for declaration in loaded.blueprint.toolset:
        if isinstance(declaration, ServiceDeclaration) and _exchanges(declaration):
            yield Finding(
                "warning",
                "no_token_to_exchange",
                declaration.name or declaration.kind,
                "`token_exchange` needs the access token that a caller has of an authorization server; without "
                '`[http.auth]` of kind "jwt" none brings one, and its calls are refused.',
                'Set `[http.auth]` with kind = "jwt", or another scheme in `auth`.',
            )


def _exchanges(declaration: ServiceDeclaration) -> bool:
    named = declaration.credentials.values() if isinstance(declaration, RemoteDeclaration) else ()
    return any(isinstance(auth, TokenExchangeAuth) for auth in (declaration.auth, *named))
