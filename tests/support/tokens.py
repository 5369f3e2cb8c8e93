"""An authorization server for tests: real keys, published over HTTP, and tokens good and forged."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

__all__ = [
    "AUDIENCE",
    "EC",
    "FOR_ENCRYPTION",
    "OTHER",
    "RSA",
    "claims",
    "issuing",
    "signed_with_the_public_key",
    "token",
    "unsigned",
]

AUDIENCE = "https://workspace.example/mcp"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
FOR_ENCRYPTION = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})


class _Published(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        keys = [key.as_dict(private=False) for key in (RSA, EC, FOR_ENCRYPTION)]
        body = json.dumps({"keys": [*keys, {"kty": "unknown", "kid": "new"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its base's name
        pass


@contextlib.contextmanager
def issuing(asked: list[str] | None = None) -> Iterator[str]:
    """The issuer's URL, with its keys at `/jwks.json`, for the length of a `with`; `asked` gets each path."""

    class Counting(_Published):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            super().do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def claims(issuer: str, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "alice",
        "exp": now + 300,
        "iat": now,
        "scope": "mcp files:read",
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def token(given: dict[str, Any], key: Any = RSA, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode(
        {"alg": algorithm, "kid": key.kid, **header}, given, key, algorithms=[algorithm], default_type=None
    )


def unsigned(given: dict[str, Any], algorithm: str = "none") -> str:
    parts = [{"alg": algorithm, "kid": "rsa"}, given]
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        + "."
    )


def signed_with_the_public_key(given: dict[str, Any]) -> str:
    """Algorithm confusion: HMAC by the text of the key that everybody knows."""
    start = unsigned(given, "HS256").rstrip(".")
    digest = hmac.digest(RSA.as_pem(private=False), start.encode(), "sha256")
    return f"{start}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
