"""Fixed tokens: who their bearers are."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastmcp.server.auth import AccessToken, TokenVerifier

from seawall.blueprint.auth import NamedToken, TokenAuth
from seawall.errors import StartError
from seawall.security.secrets import SecretDirectories, resolve

__all__ = ["FixedTokens", "fixed_tokens"]

_SHORTEST: Final = 16  # characters; what is shorter can be guessed over the network
_SENDABLE: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750, section 2.1


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    scopes: tuple[str, ...]
    digest: bytes = field(repr=False)


class FixedTokens(TokenVerifier):
    """Verifies tokens against a few known ones, of which only digests are kept."""

    def __init__(self, entries: Iterable[_Entry], *, required_scopes: Iterable[str]) -> None:
        super().__init__(required_scopes=list(required_scopes))
        self._entries = tuple(entries)

    def replace(self, other: FixedTokens) -> None:
        """Know the tokens of the other from now on, and no more of those from before."""
        self._entries = other._entries

    async def verify_token(self, token: str) -> AccessToken | None:
        """The bearer of the token, or None. Every entry is compared, so that the time tells nothing."""
        digest = _digest(token)
        found: _Entry | None = None
        for entry in self._entries:
            if hmac.compare_digest(entry.digest, digest):
                found = entry
        if found is None:
            return None
        # The token itself is not passed on: nothing behind this needs it, and what is not there cannot leak.
        return AccessToken(token="", client_id=found.name, subject=found.name, scopes=list(found.scopes))


def fixed_tokens(
    settings: TokenAuth, environment: Mapping[str, str], directories: SecretDirectories | None = None
) -> FixedTokens:
    """The verifier for the tokens that the settings refer to.

    Args:
        settings: of the blueprint.
        environment: where `env:NAME` is looked up.
        directories: where `secret:NAME` is; those of the process when None.

    Raises:
        StartError: a token is missing, too short, no bearer token at all, or the same as another one.
    """
    entries: list[_Entry] = []
    for name, given in settings.tokens.items():
        reference, scopes = (given.token, given.scopes) if isinstance(given, NamedToken) else (given, ())
        entry = _Entry(name, scopes, _digest(_checked(name, _resolved(reference, environment, directories))))
        same = [other.name for other in entries if other.digest == entry.digest]
        if same:
            raise StartError(
                f"http.auth.tokens: {same[0]!r} and {name!r} have the same token.",
                hint="Give each its own, so that it is known who calls.",
            )
        entries.append(entry)
    return FixedTokens(entries, required_scopes=settings.required_scopes)


def _resolved(reference: str, environment: Mapping[str, str], directories: SecretDirectories | None) -> str:
    try:
        return resolve(reference, environment=environment, directories=directories)
    except StartError as error:
        raise StartError(f"http.auth.tokens: {error.message}", hint=error.hint) from None


def _checked(name: str, token: str) -> str:
    if len(token) < _SHORTEST:
        reason, hint = f"has fewer than {_SHORTEST} characters", "`openssl rand -hex 32` makes a good one."
    elif not _SENDABLE.fullmatch(token):
        reason, hint = "has characters that no bearer token can have", "Use letters, digits and -._~+/ only."
    else:
        return token
    raise StartError(f"http.auth.tokens: the token of {name!r} {reason}.", hint=hint)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
