"""Access tokens of an authorization server: whose they are, and whether they are for this server."""

from __future__ import annotations

import math
from typing import Final

from fastmcp.server.auth import AccessToken, TokenVerifier
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact
from starlette.authentication import AuthenticationError

from seawall.blueprint.auth import JwtAuth
from seawall.runtime.keys import Keys, KeysUnavailableError
from seawall.types import JsonObject

__all__ = ["JwtVerifier"]

_LONGEST: Final = 16 * 1024  # characters of a token
_LONGEST_NAME: Final = 256  # characters of a subject or client


class JwtVerifier(TokenVerifier):
    """Verifies JWT access tokens: signature, issuer, audience, times (RFC 7519, RFC 8725, RFC 9068).

    An expiry is required. The algorithm is one of the settings', whatever the token says; a token that its issuer
    made for another server is refused.
    """

    def __init__(self, settings: JwtAuth, keys: Keys) -> None:
        super().__init__(required_scopes=list(settings.required_scopes))
        self._keys = keys
        self._algorithms = list(settings.algorithms)
        self._leeway = settings.leeway
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
            return self._bearer(found.claims)
        except KeysUnavailableError:
            raise AuthenticationError("the keys of the authorization server cannot be had") from None
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            return None

    def _bearer(self, claims: JsonObject) -> AccessToken | None:
        subject, client = claims.get("sub"), claims.get("client_id", claims.get("azp"))
        names = [
            name for name in (subject, client) if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME
        ]
        if not names or not all(name.isprintable() for name in names):
            return None
        expiry = claims["exp"]
        return AccessToken(
            token="",  # nothing behind this needs it, and a token must not be passed on
            client_id=client if isinstance(client, str) else names[0],
            subject=subject if isinstance(subject, str) else None,
            scopes=_scopes(claims),
            # FastMCP looks at the expiry once more, without leeway.
            expires_at=math.ceil(float(str(expiry)) + self._leeway),
            claims={"iss": claims["iss"]},
        )


def _scopes(claims: JsonObject) -> list[str]:
    """`scope` as RFC 8693 has it; `scp`, text or array, as some authorization servers do."""
    found = claims.get("scope", claims.get("scp", ""))
    if isinstance(found, str):
        return found.split()
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
