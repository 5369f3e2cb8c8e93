"""Joins the parts: a description that was read, operations that are shaped and called, the client, and the guard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seawall.errors import BlueprintError, EgressDeniedError, Problem
from seawall.toolsets.interface import Host, Reach
from seawall.toolsets.openapi.arguments import Offer, Shape, shape
from seawall.toolsets.openapi.calling import Calling
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation, SecurityScheme
from seawall.toolsets.openapi.pager import DescribedPager, pagings
from seawall.toolsets.openapi.request import Sending
from seawall.toolsets.openapi.responses import output_schema
from seawall.toolsets.openapi.service import Service, Shaped
from seawall.toolsets.openapi.source import load
from seawall.toolsets.openapi.survey import Candidate
from seawall.toolsets.remote import (
    UPSTREAM_ERRORS,
    ApiKeyAuth,
    Auth,
    credential_of,
)
from seawall.toolsets.remote_client import RemoteClient
from seawall.types import JsonObject
from seawall.upstream import EVERY, Credential, percent

__all__ = ["RealConnection"]


class RealConnection:
    """Reads files and URLs, and calls services through the egress guard."""

    def load(self, declaration: OpenApiDeclaration, host: Host) -> ApiDescription:
        """Read the description that the declaration names.

        Raises:
            StartError: it cannot be had, or is none.
            BlueprintError: it is not the one that is pinned.
        """
        return load(declaration, host.directory)

    def serve(
        self, declaration: OpenApiDeclaration, description: ApiDescription, host: Host, *, base: str
    ) -> Service:
        """The API at `base`.

        Raises:
            BlueprintError: credentials that the description does not know, or nobody says where they travel.
        """
        return ApiService(declaration, description, host, base=base)


class ApiService:
    """One API, called through its own client."""

    def __init__(
        self, declaration: OpenApiDeclaration, description: ApiDescription, host: Host, *, base: str
    ) -> None:
        self._declaration = declaration
        self._description = description
        self._host = host
        self._credentials = _credentials(declaration, description.security_schemes)
        try:
            self._client = RemoteClient(
                declaration, origins=(base, *declaration.hosts), credentials=self._credentials
            )
        except EgressDeniedError as error:
            raise BlueprintError([_problem("base_url", error.message)]) from error

    def shaped(self, candidate: Candidate, *, tool: str) -> Shaped:
        """The operation, ready to be called.

        Raises:
            ValueError: the override names arguments that cannot be hidden or fixed so, or `fields` is no expression.
        """
        operation, override = candidate.operation, candidate.override
        definitions = self._description.definitions
        made = shape(
            operation,
            definitions=definitions,
            offer=Offer(
                fixed=override.values(),
                left_out=override.hidden,
                schemes=tuple(self._description.security_schemes.values()),
            ),
            tool=tool,
        )
        calling = Calling(
            operation,
            made,
            sending=Sending(base_url=candidate.url, security=_needed(operation, self._credentials)),
            definitions=definitions,
            send=self._client.send,
            workers=self._host.workers,
            pager=self._pager(candidate, made),
            given=override.projection(),
            headers=[name.lower() for name in self._declaration.response_headers],
        )
        return Shaped(
            _offered(made, override.fields),
            calling,
            lambda: output_schema(operation, definitions),
            UPSTREAM_ERRORS,
        )

    def reach(self) -> Sequence[Reach]:
        """The places that requests may go to, and what narrows that."""
        return self._client.reach()

    async def start(self) -> None:
        """Read certificates and secrets. Nothing is sent.

        Raises:
            StartError: a secret is missing.
        """
        await self._client.start()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.close()

    def faults(self) -> Sequence[str]:
        """Why nothing can be sent at all."""
        return self._client.faults()

    def degraded(self) -> Sequence[str]:
        """Which hosts do not answer now."""
        return self._client.degraded()

    def _pager(self, candidate: Candidate, made: Shape) -> DescribedPager:
        queries = {each.name for each in candidate.operation.parameters if each.place == "query"}
        sent = [each for each in made.bindings if each.origin.part == "query"]
        fixed = {each.origin.name for each in sent if each.argument in made.fixed}
        ways = pagings(
            candidate.operation,
            self._description.definitions,
            below=percent.path_of(candidate.url),
            withheld=(queries - {each.origin.name for each in sent}) | fixed,
            fixed=fixed,
        )
        return DescribedPager(lambda: self._client.pages, ways)


def _offered(made: Shape, fields: str) -> JsonObject:
    """The schema; where the blueprint says what of an answer is given, the caller has no say."""
    properties = made.schema.get("properties")
    if not fields or not isinstance(properties, dict):
        return made.schema
    return {
        **made.schema,
        "properties": {name: each for name, each in properties.items() if name != "fields"},
    }


def _credentials(
    declaration: OpenApiDeclaration, schemes: Mapping[str, SecurityScheme]
) -> dict[str, Credential]:
    """The declared credentials by the security scheme that each satisfies.

    Raises:
        BlueprintError: a scheme that there is not, or nobody says where a key travels.
    """
    problems: list[Problem] = []
    found: dict[str, Credential] = {}
    if declaration.auth is not None:
        keys = [each for each in schemes.values() if each.kind == "api_key"]
        scheme = keys[0] if len(keys) == 1 and isinstance(declaration.auth, ApiKeyAuth) else None
        problems += _declare(found, EVERY, declaration.auth, scheme, key="auth")
    for name, auth in declaration.credentials.items():
        key = f"credentials.{name}"
        if name not in schemes:
            known = ", ".join(schemes) or "none"
            problems.append(
                _problem(key, f"the description has no security scheme {name!r}; it has: {known}")
            )
        else:
            problems += _declare(found, name, auth, schemes[name], key=key)
    if problems:
        raise BlueprintError(problems)
    return found


def _declare(
    found: dict[str, Credential], name: str, auth: Auth, scheme: SecurityScheme | None, *, key: str
) -> Iterator[Problem]:
    try:
        found[name] = credential_of(
            auth,
            place=None if scheme is None else scheme.place,
            parameter=None if scheme is None else scheme.parameter or None,
        )
    except ValueError as error:
        yield _problem(key, str(error))


def _needed(operation: ApiOperation, credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """The security schemes whose credentials go with the operation: the first alternative for which all are there."""
    for alternative in operation.security:
        if alternative and all(name in credentials for name in alternative):
            return tuple(alternative)
    return ()


def _problem(key: str, message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found="",
        allowed="",
        suggestion=None,
        message=message,
    )
