"""Who the server is to the services behind it: declared as references, opened at start, put in by the client alone."""

from seawall.upstream.credentials.declared import (
    EVERY,
    ApiKey,
    Basic,
    Bearer,
    ClientCredentials,
    Credential,
    TokenExchange,
)
from seawall.upstream.credentials.proof import Asker, Proof, Source
from seawall.upstream.credentials.sources import open_credential, page_key, reserved

__all__ = [
    "EVERY",
    "ApiKey",
    "Asker",
    "Basic",
    "Bearer",
    "ClientCredentials",
    "Credential",
    "Proof",
    "Source",
    "TokenExchange",
    "open_credential",
    "page_key",
    "reserved",
]
