"""Makes live sources of declared credentials: reads the secrets, once, when the toolset starts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import httpx2

from seawall.errors import StartError, UpstreamCredentialError
from seawall.security.redact import KNOWN_SECRETS
from seawall.security.secrets import resolve
from seawall.upstream.credentials.declared import (
    ApiKey,
    Basic,
    Bearer,
    ClientCredentials,
    Credential,
    TokenExchange,
)
from seawall.upstream.credentials.endpoint import TokenEndpoint
from seawall.upstream.credentials.proof import Asker, Proof, Source
from seawall.upstream.credentials.tokens import Issued, TokenCache

__all__ = ["open_credential", "page_key", "reserved"]

_AUTHORIZATION: Final = "authorization"
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  the name of a type
_ROUNDS: Final = 100_000
_PAGES: Final = b"seawall: continuations of answers"  # parts this use of the secrets from every other
_REFERENCES: Final = ("env:", "file:/", "secret:")


def reserved(credential: Credential) -> tuple[str, str]:
    """Place and name of what the credential sets, so that nothing else does."""
    if isinstance(credential, ApiKey):
        name = credential.parameter
        return credential.place, name.lower() if credential.place == "header" else name
    return "header", _AUTHORIZATION


def open_credential(
    credential: Credential,
    *,
    transport: httpx2.AsyncBaseTransport,
    host: str,
    environment: Mapping[str, str] | None = None,
) -> Source:
    """The source of a credential's proofs.

    Args:
        credential: as declared.
        transport: over which tokens are asked for.
        host: of the service, for messages.
        environment: where secrets are looked up; the process's own environment when None.

    Raises:
        StartError: a secret cannot be used; never says its value.
    """

    def secret(reference: str) -> str:
        return _printable(reference, resolve(reference, environment=environment))

    def maybe(text: str) -> str:
        return secret(text) if text.startswith(_REFERENCES) else text

    if isinstance(credential, ApiKey):
        _, name = reserved(credential)
        return _Fixed(Proof(credential.place, name, credential.prefix + secret(credential.secret)))
    if isinstance(credential, Bearer):
        return _Fixed(Proof("header", _AUTHORIZATION, f"Bearer {secret(credential.secret)}"))
    if isinstance(credential, Basic):
        password = "" if credential.password is None else secret(credential.password)
        pair = base64.b64encode(f"{maybe(credential.username)}:{password}".encode()).decode()
        KNOWN_SECRETS.add(pair)
        return _Fixed(Proof("header", _AUTHORIZATION, f"Basic {pair}"))
    endpoint = TokenEndpoint(
        credential.token_url,
        client=(maybe(credential.client_id), secret(credential.client_secret)),
        client_auth=credential.client_auth,
        transport=transport,
    )
    if isinstance(credential, ClientCredentials):
        return _Own(endpoint, _form(credential, "client_credentials"))
    return _Exchanged(endpoint, _form(credential, _EXCHANGE), host=host)


def page_key(credentials: Iterable[Credential], *, environment: Mapping[str, str] | None = None) -> bytes:
    """A key that every replica with the same secrets derives alike; empty when there is no secret to derive it from.

    Raises:
        StartError: a secret cannot be used.
    """
    references = sorted({each for credential in credentials if (each := _reference(credential)) is not None})
    secrets = [resolve(each, environment=environment) for each in references]
    if not secrets:
        return b""
    # What it signs is given away, so guessing a weak secret by it is made slow.
    return hashlib.pbkdf2_hmac("sha256", "\0".join(secrets).encode(), _PAGES, _ROUNDS)


def _reference(credential: Credential) -> str | None:
    if isinstance(credential, ApiKey | Bearer):
        return credential.secret
    return credential.password if isinstance(credential, Basic) else credential.client_secret


def _printable(reference: str, secret: str) -> str:
    if not secret.isprintable():
        raise StartError(
            f"the secret {reference!r} cannot be used: it holds a line break or another control character.",
            hint="A key, password or token is one line of text.",
        )
    return secret


def _form(credential: ClientCredentials | TokenExchange, grant: str) -> dict[str, str]:
    form = {"grant_type": grant}
    if credential.scopes:
        form["scope"] = " ".join(credential.scopes)
    if credential.audience is not None:
        form["audience"] = credential.audience
    if credential.resource is not None:
        form["resource"] = credential.resource
    return form


def _bearer(token: str) -> Proof:
    return Proof("header", _AUTHORIZATION, f"Bearer {token}", token)


class _Fixed:
    """A secret that stays the same while the server runs."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof

    async def proof(self, asker: Asker) -> Proof:
        del asker
        return self._proof

    def rejected(self, asker: Asker, proof: Proof) -> bool:
        del asker, proof
        return False

    async def close(self) -> None:
        return None


class _Own:
    """The server's own token."""

    def __init__(self, endpoint: TokenEndpoint, form: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._form = form
        self._tokens = TokenCache()

    async def proof(self, asker: Asker) -> Proof:
        del asker
        return _bearer(await self._tokens.get("", lambda: self._endpoint.issue(self._form)))

    def rejected(self, asker: Asker, proof: Proof) -> bool:
        del asker
        return self._tokens.drop("", proof.token)

    async def close(self) -> None:
        await self._tokens.close()


class _Exchanged:
    """For each caller the token that theirs was exchanged for."""

    def __init__(self, endpoint: TokenEndpoint, form: Mapping[str, str], *, host: str) -> None:
        self._endpoint = endpoint
        self._form = form
        self._host = host
        self._tokens = TokenCache()

    async def proof(self, asker: Asker) -> Proof:
        token = asker.token
        if not token:  # an empty one came with a fixed token, which is for this server alone
            raise UpstreamCredentialError(
                host=self._host,
                reason="the service is asked in the name of each caller, and this call came without an access token of theirs",
                hint="Sign in to this server over HTTP, at its authorization server, and call again.",
            )

        async def issue() -> Issued:
            return await self._endpoint.issue(
                {**self._form, "subject_token": token, "subject_token_type": _ACCESS_TOKEN}
            )

        return _bearer(await self._tokens.get(_key(asker), issue))

    def rejected(self, asker: Asker, proof: Proof) -> bool:
        return self._tokens.drop(_key(asker), proof.token)

    async def close(self) -> None:
        await self._tokens.close()


def _key(asker: Asker) -> str:
    """Names the caller by their token, so that no two callers ever share what one of them was given."""
    return hashlib.sha256(f"{asker.principal}\0{asker.token}".encode()).hexdigest()
