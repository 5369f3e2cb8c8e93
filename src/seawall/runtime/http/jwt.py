"""Access tokens of an authorization server: whose they are, and whether they are for this server."""

from __future__ import annotations

import math
from typing import Final, TypeGuard

from fastmcp.server.auth import AccessToken, TokenVerifier
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact
from starlette.authentication import AuthenticationError

from seawall.blueprint.auth import RESERVED_NAMES, JwtAuth
from seawall.runtime.http.keys import Keys, KeysUnavailableError
from seawall.types import JsonObject

__all__ = ["JwtVerifier"]

_LONGEST: Final = 16 * 1024  # characters of a token
_LONGEST_NAME: Final = 256  # characters of a subject or client

_MARKED: Final = frozenset({"at+jwt", "application/at+jwt"})
_UNMARKED: Final = frozenset({"", "jwt", "application/jwt"})
# What only tokens of other kinds have: ID tokens (OpenID Connect Core, section 2; the `token_use` of Cognito, the `typ`
# of Keycloak) and logout tokens (OpenID Connect Back-Channel Logout, section 2.4).
_FOREIGN_CLAIMS: Final = frozenset({"at_hash", "c_hash", "events"})
_FOREIGN_KINDS: Final = frozenset({"id", "refresh", "offline", "logout"})


class JwtVerifier(TokenVerifier):
    """Verifies JWT access tokens: signature, issuer, audience, times (RFC 7519, RFC 8725, RFC 9068).

    An expiry is required. The algorithm is one of the settings', whatever the token says; a token that its issuer
    made for another server or another purpose is refused, and one that is bound to a key of its sender (RFC 7800),
    since nobody here can tell the sender from a thief.
    """

    def __init__(self, settings: JwtAuth, keys: Keys) -> None:
        super().__init__(required_scopes=list(settings.required_scopes))
        self._keys = keys
        self._algorithms = list(settings.algorithms)
        self._leeway = settings.leeway
        self._require_type = settings.require_type
        self._registry = JWSRegistry(algorithms=self._algorithms, strict_check_header=False)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=math.ceil(settings.leeway),
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            exp={"essential": True},
        )

    async def verify_token(self, token: str) -> AccessToken | None:
        """The bearer of the token, or None when it is not valid.

        Raises:
            AuthenticationError: the authorization server's keys cannot be had; not the token's fault.
        """
        if len(token) > _LONGEST:
            return None
        try:
            header = extract_compact(token.encode("ascii")).headers()
            if header.get("alg") not in self._algorithms or "crit" in header:
                return None
            key_id = header.get("kid")
            keys = await self._keys.for_key_id(key_id if isinstance(key_id, str) else None)
            found = jwt.decode(token, keys, algorithms=self._algorithms, registry=self._registry)
            self._claims.validate(found.claims)
            if not self._is_access_token(found.header.get("typ", ""), found.claims):
                return None
            return self._bearer(found.claims)
        except KeysUnavailableError:
            raise AuthenticationError("the keys of the authorization server cannot be had") from None
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            return None

    def _is_access_token(self, kind: object, claims: JsonObject) -> bool:
        """By its type (RFC 9068, section 4); many issuers leave that out, and then by what it must not have."""
        if not isinstance(kind, str) or claims.get("cnf") is not None:
            return False
        if kind.lower() in _MARKED:
            return True
        if self._require_type or kind.lower() not in _UNMARKED or _FOREIGN_CLAIMS & claims.keys():
            return False
        own = {str(claims[name]).lower() for name in ("typ", "token_use") if name in claims}
        # Older versions of Keycloak put a nonce into access tokens also, but say what they are.
        return not own & _FOREIGN_KINDS and ("nonce" not in claims or "bearer" in own)

    def _bearer(self, claims: JsonObject) -> AccessToken | None:
        client = claims.get("client_id", claims.get("azp"))
        subject = claims.get("sub", client)
        if not _is_name(subject) or subject in RESERVED_NAMES:
            return None
        if not _is_name(client):
            client = None
        expiry = claims["exp"]
        return AccessToken(
            token="",  # whoever exchanges it takes it from the request; this is kept, and passed on
            client_id=client or subject,
            # A client that calls for itself is no user of the same name (RFC 9068, sections 2.2 and 5).
            subject=subject if subject != client else None,
            scopes=_scopes(claims),
            # FastMCP looks at the expiry once more, without leeway.
            expires_at=math.ceil(float(str(expiry)) + self._leeway),
            claims={"iss": claims["iss"]},
        )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def _scopes(claims: JsonObject) -> list[str]:
    """`scope` as RFC 8693 has it; `scp`, text or array, as some authorization servers do."""
    found = claims.get("scope", claims.get("scp", ""))
    if isinstance(found, str):
        return found.split()
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
