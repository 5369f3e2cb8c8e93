"""What `seawall check` says about `[http]`: what is allowed, and worth knowing before it is served."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from seawall.blueprint.auth import NamedToken, TokenAuth, host_is_loopback
from seawall.blueprint.http import HttpSection
from seawall.cli.check import Finding
from seawall.errors import StartError
from seawall.security.secrets import read_secret

__all__ = ["about_http"]


def about_http(http: HttpSection) -> Iterator[Finding]:
    """Warnings and notes; what forbids to serve is asked of the runtime itself."""
    public = urlsplit(http.public_url or "")
    if public.scheme == "http" and not host_is_loopback(public.hostname or ""):
        yield Finding(
            "warning",
            "insecure_url",
            "http.public_url",
            "tokens and answers travel in the clear.",
            "Let clients connect by https.",
        )
    yield from _exposure(http)
    yield from _readable_secrets(http)
    if http.metrics_port is not None and not host_is_loopback(http.metrics_host):
        yield Finding(
            "note",
            "metrics_exposed",
            "http.metrics_host",
            "whoever reaches the port can read the metrics.",
            None,
        )
    if http.stateless:
        yield Finding(
            "note",
            "stateless",
            "http.stateless",
            "clients of the handshake versions (2025-11-25 and before) cannot cancel a call, be asked questions "
            "(elicitation, sampling), or listen for changes.",
            "Clients of 2026-07-28 lose nothing.",
        )


def _exposure(http: HttpSection) -> Iterator[Finding]:
    if _is_local(http.host):
        return
    if http.auth is None and http.allow_unauthenticated:
        yield Finding(
            "warning",
            "unauthenticated",
            "http.allow_unauthenticated",
            f"whoever reaches {http.host} can call every tool without scopes.",
            "Let nobody but a proxy that authenticates reach it.",
        )
    elif http.auth is not None:
        yield Finding(
            "note",
            "plain_http",
            "http.host",
            f"on {http.host} tokens travel in the clear: this server speaks no TLS.",
            "Let TLS end at a proxy in front of it.",
        )


def _readable_secrets(http: HttpSection) -> Iterator[Finding]:
    if not isinstance(http.auth, TokenAuth):
        return
    for name, given in http.auth.tokens.items():
        reference = given.token if isinstance(given, NamedToken) else given
        try:
            readable = read_secret(reference).world_readable
        except StartError:  # the runtime says so
            continue
        if readable:
            yield Finding(
                "warning",
                "world_readable_secret",
                f"http.auth.tokens.{name}",
                f"every user of this machine may read {reference}.",
                "Take the right away: chmod o-r.",
            )


def _is_local(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host_is_loopback(host)
