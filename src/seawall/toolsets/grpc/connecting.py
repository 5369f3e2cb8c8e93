"""The client that a declaration means: where it may connect, who it is there, and whom it believes."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

from seawall.errors import BlueprintError, EgressDeniedError, Problem
from seawall.security.egress import EgressPolicy, HostRule, Url, check_url
from seawall.toolsets.grpc.client import GrpcClient, Trusting
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.interface import Host
from seawall.toolsets.remote import credential_of, service_policy, token_urls
from seawall.upstream import Credential
from seawall.upstream.credentials import reserved

__all__ = ["client_of", "egress_policy"]


def client_of(declaration: GrpcDeclaration, host: Host, *, largest: int | None = None) -> GrpcClient:
    """The client of the declaration's service. Opens nothing.

    Args:
        declaration: names it.
        host: the blueprint's directory, and how large a result may be.
        largest: bytes that a message which is taken may have; what the declaration and the host say when None.

    Raises:
        BlueprintError: the endpoint is none, or the credential travels where gRPC has no place.
    """
    credential = _credential(declaration)
    url = _endpoint(declaration)
    folder = host.directory
    return GrpcClient(
        url,
        egress_policy(declaration, host, largest=largest),
        service_policy(declaration, origins=[declaration.endpoint]),
        credential=credential,
        trusting=Trusting(
            _path(folder, declaration.ca), _path(folder, declaration.certificate), declaration.certificate_key
        ),
        message_size=declaration.message_size,
    )


def egress_policy(declaration: GrpcDeclaration, host: Host, *, largest: int | None = None) -> EgressPolicy:
    """Where its connections may lead, those for tokens included.

    Raises:
        BlueprintError: as `client_of`.
    """
    credential = _credential(declaration)
    urls = token_urls([] if credential is None else [credential])
    hosts = dict.fromkeys((HostRule.of(_endpoint(declaration)), *map(HostRule.of, urls)))
    return EgressPolicy(
        hosts=tuple(hosts),
        networks=tuple(ip_network(network) for network in declaration.networks),
        connect_timeout=declaration.connect_timeout,
        max_response=largest or min(declaration.message_size, 2 * host.response_limit),
    )


def _endpoint(declaration: GrpcDeclaration) -> Url:
    try:
        return check_url(declaration.endpoint)
    except EgressDeniedError as error:
        raise BlueprintError([_problem("endpoint", f"it cannot be used: {error.reason}")]) from None


def _credential(declaration: GrpcDeclaration) -> Credential | None:
    if declaration.auth is None:
        return None
    try:
        credential = credential_of(declaration.auth, place="header")
    except ValueError:
        raise BlueprintError([_problem("auth", "`parameter` says which metadata holds the key")]) from None
    place, name = reserved(credential)
    if place != "header" or name.startswith("grpc-") or name.endswith("-bin"):
        raise BlueprintError(
            [_problem("auth", 'a credential travels in text metadata alone: `place` is "header"')]
        )
    return credential


def _path(folder: Path, text: str) -> Path | None:
    return folder / Path(text).expanduser() if text else None


def _problem(key: str, message: str) -> Problem:
    return Problem(
        source="", line=None, column=None, key=key, found="", allowed="", suggestion=None, message=message
    )
